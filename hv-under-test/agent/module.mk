# Linux agent: build/agent/etalon-agent, static, so that an initramfs needs nothing else.

AGENT_SRCS += $(addprefix hv-under-test/agent/,main.c console.c card.c system.c facts.c exits.c \
              accounts.c faults.c modules.c net.c observing.c) hv-under-test/net/link.c

ALL_EXTRA += $(BUILD)/agent/etalon-agent

$(BUILD)/agent/etalon-agent: $$(AGENT_OBJS) $$(TARGET_OBJS)
	@mkdir -p $(@D)
	$(TARGET_CC) -static -no-pie -Wl,--build-id=none -Wl,-Map=$(BUILD)/agent/etalon-agent.map \
	    $(AGENT_OBJS) $(TARGET_OBJS) -lpfm -lm -o $@
