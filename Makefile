# Etalon. Two commands: `make demo` and `make check`; `make help` lists the rest.
#
# Non-recursive: each folder's module.mk names its sources, and this file knows how a source of
# each kind is built. Link rules in a module.mk use $$(TARGET_OBJS) and friends (second
# expansion), because the lists are complete only after the last include.

BUILD ?= build
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
HOST_CC := $(CC)
.DEFAULT_GOAL := all
.SECONDEXPANSION:
.DELETE_ON_ERROR:
.SUFFIXES:

, := ,
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion \
        -Wno-sign-conversion -Werror
SAN_FLAGS := $(if $(SAN),-fsanitize=address$(,)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
CFLAGS_BASE := -std=gnu11 -O2 -g $(WARN) -I. -MMD -MP
CFLAGS_HOST := $(CFLAGS_BASE) -D_GNU_SOURCE -fno-pie $(SAN_FLAGS)
# Freestanding code is compiled once and linked into agent, payload and controller alike:
# baseline x86-64, no red zone (the payload takes exceptions on the same stack), no PIC.
CFLAGS_TARGET := $(CFLAGS_BASE) -march=x86-64 -mtune=generic -ffreestanding -fno-pic -fno-pie \
                 -mno-red-zone -fno-stack-protector -fcf-protection=none -fno-strict-aliasing \
                 -fno-asynchronous-unwind-tables
CFLAGS_AGENT := $(CFLAGS_BASE) -D_GNU_SOURCE -march=x86-64 -fno-pie
CFLAGS_KERNEL := $(CFLAGS_TARGET) -mgeneral-regs-only
# The machine under test always runs what gcc made: the figures must not depend on the
# compiler that happened to build the controller.
TARGET_CC := gcc
LDFLAGS_HOST := -no-pie $(SAN_FLAGS)
LDLIBS_HOST := -lsqlite3 -lconfig -lgsl -lgslcblas -lnettle -lzstd -llzma -lz -lm

LIB_SRCS :=
TARGET_SRCS :=
AGENT_SRCS :=
PAYLOAD_SRCS :=
VMM_SRCS :=
CMD_SRCS :=
ALL_EXTRA :=

include $(wildcard base/module.mk probe/module.mk collector/module.mk workloads/module.mk \
        hv-under-test/module.mk bench/module.mk fpga-timer/module.mk analysis/module.mk \
        reports/module.mk runner/module.mk cmd/module.mk tests/module.mk)

obj = $(addsuffix .o,$(basename $(addprefix $(BUILD)/$(1)/,$(2))))
LIB_OBJS := $(call obj,host,$(LIB_SRCS))
CMD_OBJS := $(call obj,host,$(CMD_SRCS))
TARGET_OBJS := $(call obj,target,$(TARGET_SRCS))
AGENT_OBJS := $(call obj,agent,$(AGENT_SRCS))
PAYLOAD_OBJS := $(call obj,payload,$(PAYLOAD_SRCS))
VMM_OBJS := $(call obj,vmm,$(VMM_SRCS))

ETALON := $(BUILD)/etalon

.PHONY: all
all: $(ETALON) $$(ALL_EXTRA)

$(BUILD)/host/%.o: %.c
	@mkdir -p $(@D)
	$(HOST_CC) $(CFLAGS_HOST) -c $< -o $@

$(BUILD)/target/%.o: %.c
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_TARGET) -c $< -o $@

$(BUILD)/target/%.o: %.S
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_TARGET) -c $< -o $@

$(BUILD)/agent/%.o: %.c
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_AGENT) -c $< -o $@

$(BUILD)/payload/%.o: %.c
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -c $< -o $@

$(BUILD)/payload/%.o: %.S
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -c $< -o $@

$(BUILD)/vmm/%.o: %.c
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -c $< -o $@

$(BUILD)/vmm/%.o: %.S
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -c $< -o $@

$(BUILD)/libetalon.a: $(LIB_OBJS) $(TARGET_OBJS)
	@mkdir -p $(@D)
	@rm -f $@
	ar rcs $@ $^

$(ETALON): $(CMD_OBJS) $(BUILD)/libetalon.a
	$(HOST_CC) $(LDFLAGS_HOST) $(CMD_OBJS) $(BUILD)/libetalon.a $(LDLIBS_HOST) -o $@

# Every object depends on this file: a changed flag rebuilds.
$(LIB_OBJS) $(CMD_OBJS) $(TARGET_OBJS) $(AGENT_OBJS) $(PAYLOAD_OBJS) $(VMM_OBJS): Makefile

-include $(patsubst %.o,%.d,$(LIB_OBJS) $(CMD_OBJS) $(TARGET_OBJS) $(AGENT_OBJS) \
         $(PAYLOAD_OBJS) $(VMM_OBJS))
