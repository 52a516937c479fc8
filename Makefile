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
# Debug information names sources relative to the tree, so that a build does not depend on where it
# was made.
CFLAGS_BASE := -std=gnu11 -O2 -g -ffile-prefix-map=$(CURDIR)=. $(WARN) -I. -MMD -MP
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
LDLIBS_HOST := -lpfm -lsqlite3 -lconfig -lgsl -lgslcblas -lnettle -lzstd -llzma -llz4 -lz -lm

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

# --- what people call -----------------------------------------------------------------------

.PHONY: help packages lab demo check check-long check-unit check-asan bench lint fmt install clean distclean
help:
	@echo "make demo     install what is missing, build, run campaigns/demo.cfg, write the report"
	@echo "make check    every test; ends with N passed, N failed, N skipped"
	@echo "make check-long   slow rungs and many boots: an hour, after make check"
	@echo "make          build $(ETALON)"
	@echo "make lab      fetch and build what the lab bench boots"
	@echo "make lint     style and static analysis;  make fmt puts the style right"
	@echo "make bench    speed and memory, as ratios within one run (BENCH_SAMPLES=\"1e5 1e6\": less)"
	@echo "make install  to PREFIX=$(PREFIX) (DESTDIR is honoured)"
	@echo "make clean    what was built;  make distclean: what was downloaded and measured, too"

packages:
	@scripts/install-packages

QUIET_MAKE := $(MAKE) -s --no-print-directory -j$(shell nproc)

# Packages first, then everything else by a second make: headers that are missing now will be
# there then.
demo: packages
	@echo "building (plain \`make\` shows the commands)"
	@$(QUIET_MAKE) all
	@mkdir -p out
	@rm -f out/demo.db out/demo.db-wal out/demo.db-shm
	@$(ETALON) run campaigns/demo.cfg --db out/demo.db
	@$(ETALON) report --db out/demo.db --out out/demo
	@echo "the report is out/demo/index.html"

lab: packages
	@$(QUIET_MAKE) all
	@$(ETALON) lab prepare

# The ASan/UBSan run of the host code is a build of its own; what runs on the target is the
# same there.
check: packages
	@echo "building, once plain and once with sanitizers"
	@$(QUIET_MAKE) all unit-tests test-helpers
	@$(QUIET_MAKE) BUILD=build-asan SAN=1 unit-tests
	@tests/run $(LINT_TESTS) $(UNIT_TESTS) \
	    $(patsubst $(BUILD)/%,build-asan/%,$(UNIT_TESTS)) $(SIM_TESTS) $(SYSTEM_TESTS)

check-long: packages
	@$(QUIET_MAKE) all unit-tests test-helpers
	@TEST_TIMEOUT=14400 tests/run $(SYSTEM_TESTS_LONG)

check-unit: all unit-tests
	@tests/run $(UNIT_TESTS)

check-asan:
	@$(QUIET_MAKE) BUILD=build-asan SAN=1 unit-tests
	@tests/run $(patsubst $(BUILD)/%,build-asan/%,$(UNIT_TESTS))

bench: all $(BENCHES)
	@for b in $(BENCHES); do $$b || exit 1; done

lint:
	@tests/run $(LINT_TESTS)

fmt:
	@clang-format -i $$(git ls-files '*.c' '*.h')

PREFIX ?= /usr/local
LIB_DIR := $(DESTDIR)$(PREFIX)/lib/etalon
INCLUDE_DIR := $(DESTDIR)$(PREFIX)/include/etalon
DOC_DIR := $(DESTDIR)$(PREFIX)/share/doc/etalon
MAN_DIR := $(DESTDIR)$(PREFIX)/share/man/man1
TARGET_PARTS := agent/etalon-agent payload/payload.elf vmm/vmm.elf etalon-card.so \
                etalon-timer-sim outer/etalon-outer \
                $(if $(wildcard /usr/include/libxl.h),xen/etalon-outer)
PKGCONFIG_DIR := $(DESTDIR)$(PREFIX)/share/pkgconfig
VERSION := $(shell sed -n 's/^.define ETALON_VERSION "\(.*\)"/\1/p' base/version.h)

install: all
	install -D -m 755 $(ETALON) $(DESTDIR)$(PREFIX)/bin/etalon
	for p in $(TARGET_PARTS); do install -D -m 755 $(BUILD)/$$p $(LIB_DIR)/$$p || exit 1; done
	install -D -m 644 -t $(INCLUDE_DIR)/probe probe/wire.h
	install -D -m 644 -t $(INCLUDE_DIR)/probe/marker probe/marker/marker.h
	install -d $(PKGCONFIG_DIR)
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' \
	    probe/marker/etalon-marker.pc.in >$(PKGCONFIG_DIR)/etalon-marker.pc
	install -D -m 644 -t $(DOC_DIR) README.md docs/*.md probe/marker/example.c
	install -D -m 644 -t $(DOC_DIR)/campaigns campaigns/*.cfg
	install -D -m 644 -t $(MAN_DIR) docs/man/*.1

clean:
	rm -rf build build-asan build-clang

distclean: clean
	rm -rf cache out
