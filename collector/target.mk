# The collector's part on the target; the controller's part (store) is in module.mk. Included
# once, by whichever of the two folders comes first.

ifndef COLLECTOR_TARGET_MK
COLLECTOR_TARGET_MK := 1
TARGET_SRCS += collector/record_write.c collector/table.c collector/tolerance.c
AGENT_SRCS += collector/clocks_linux.c collector/accounting_linux.c \
              collector/steal_linux.c
PAYLOAD_SRCS += collector/clocks_payload.c collector/accounting_none.c collector/steal_none.c
LIB_SRCS += collector/clocks_none.c collector/accounting_none.c collector/steal_none.c
include collector/pmu/module.mk

# Counters by their registers: in the payload, and on the controller for tests (docs/msr.md).
MSR_EVENTS := $(BUILD)/gen/msr_events.c
MSR_SRCS := $(addprefix collector/msr/,pmu.c counter.c prove.c frequency.c uarch.c) $(MSR_EVENTS)
PAYLOAD_SRCS += collector/msr_payload.c $(MSR_SRCS)
LIB_SRCS += collector/msr_none.c $(MSR_SRCS)
AGENT_SRCS += collector/msr_linux.c

# A program of this build, never of the machine under test: no sanitizers, native compiler.
$(BUILD)/gen/msr_events_gen: collector/msr/events_gen.c collector/msr/events_names.h \
                             collector/msr/events.h collector/msr/registers.h
	@mkdir -p $(@D)
	$(HOST_CC) -std=gnu11 -O1 $(WARN) -I. -D_GNU_SOURCE $< -lpfm -o $@

$(MSR_EVENTS): $(BUILD)/gen/msr_events_gen
	$< >$@
endif
