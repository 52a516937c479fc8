# Counting by names: libpfm4 encodes, perf_event_open(2) counts. The controller proves what it
# can (etalon doctor), the agent counts. Included once, as collector/target.mk is.
ifndef COLLECTOR_PMU_MK
COLLECTOR_PMU_MK := 1
PMU_SRCS := $(addprefix collector/pmu/,encode.c perf.c count.c user.c selftest.c loop_x86.c user_x86.c \
              formula.c group.c groups_builtin.c present.c)
LIB_SRCS += $(PMU_SRCS) $(addprefix collector/pmu/,set.c watch.c collectors_none.c)
AGENT_SRCS += $(PMU_SRCS) $(addprefix collector/pmu/,set.c collectors_linux.c) base/err.c
PAYLOAD_SRCS += collector/pmu/collectors_none.c
# The assembler includes them; the compiler's dependency file does not know.
$(BUILD)/host/collector/pmu/groups_builtin.o $(BUILD)/agent/collector/pmu/groups_builtin.o: \
    $(wildcard collector/pmu/groups/*.txt)
endif
