# The outer system's program: build/outer/etalon-outer, PID 1 of the Linux that runs KVM or
# QEMU. OUTER_OBJS is what every such program has in common; launchers and table differ.

OUTER_COMMON_SRCS := $(addprefix hv-under-test/outer/,main.c outer.c words.c records.c guest.c \
                     peer.c) \
                     hv-under-test/agent/system.c hv-under-test/agent/card.c \
                     hv-under-test/agent/modules.c hv-under-test/net/link.c \
                     hv-under-test/host.c \
                     workloads/net_peer_linux.c
OUTER_KVM_SRCS := $(addprefix hv-under-test/outer/,table_kvm.c kvm.c kvm_card.c kvm_exits.c \
                   kvm_net.c kvm_monitor.c kvm_process.c kvm_sides.c kvm_stats.c)
OUTER_OBJS := $(addprefix $(BUILD)/agent/,$(OUTER_COMMON_SRCS:.c=.o)) \
              $(addprefix $(BUILD)/target/,collector/record_write.o collector/tolerance.o base/crc32c.o)
OUTER_KVM_OBJS := $(addprefix $(BUILD)/agent/,$(OUTER_KVM_SRCS:.c=.o))
# The agent's objects, too; listed here so that they are built by the same rule.
include collector/pmu/module.mk
OUTER_PMU_OBJS := $(addprefix $(BUILD)/agent/,$(PMU_SRCS:.c=.o) collector/pmu/watch.o base/err.o)

ALL_EXTRA += $(BUILD)/outer/etalon-outer

$(BUILD)/outer/etalon-outer: $(OUTER_OBJS) $(OUTER_KVM_OBJS) $(OUTER_PMU_OBJS)
	@mkdir -p $(@D)
	$(TARGET_CC) -static -no-pie -Wl,--build-id=none $^ -lpfm -lm -o $@

$(OUTER_OBJS) $(OUTER_KVM_OBJS) $(BUILD)/agent/collector/pmu/watch.o: Makefile hv-under-test/outer/module.mk
-include $(patsubst %.o,%.d,$(OUTER_OBJS) $(OUTER_KVM_OBJS))
