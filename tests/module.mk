# Tests are found by their place: tests/unit/test_*.c, tests/{lint,sim,system}/*.sh. All print
# TAP; tests/run adds them up. helpers of shell tests are tests/system/*.c (build/tests/…).

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
TEST_HELPERS := $(patsubst tests/system/%.c,$(BUILD)/tests/%,$(wildcard tests/system/*.c))
BENCHES := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
LINT_TESTS := $(wildcard tests/lint/*.sh)
SIM_TESTS := $(wildcard tests/sim/*.sh)
# Rungs too slow for every day: `make check-long`.
SYSTEM_TESTS_LONG := $(wildcard tests/system/long/*.sh)
# The longest first: none of them runs alone at the end, beside an idle processor.
SYSTEM_TESTS_SLOW := $(addprefix tests/system/,xen_faults.sh xen_flood.sh kvm_linux.sh net.sh \
                     overhead.sh own_kernel.sh)
SYSTEM_TESTS := $(SYSTEM_TESTS_SLOW) $(filter-out tests/system/lib.sh $(SYSTEM_TESTS_SLOW), \
                $(wildcard tests/system/*.sh))

# Tests may include a .c to reach its statics, so prototypes and unused ones are no matter.
CFLAGS_TEST = $(CFLAGS_HOST) -Wno-missing-prototypes -Wno-unused-function -Wno-conversion
LDLIBS_TEST := -lcmocka -lgmp -lutil

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libetalon.a
	@mkdir -p $(@D)
	$(HOST_CC) $(CFLAGS_TEST) -MF $@.d $(LDFLAGS_HOST) $< $(BUILD)/libetalon.a $(LDLIBS_TEST) \
	    $(LDLIBS_HOST) -o $@

$(BUILD)/tests/%: tests/system/%.c $(BUILD)/libetalon.a
	@mkdir -p $(@D)
	$(HOST_CC) $(CFLAGS_TEST) -MF $@.d $(LDFLAGS_HOST) $< $(BUILD)/libetalon.a $(LDLIBS_HOST) -o $@

# Runs inside the machine under test: static.
$(BUILD)/tests/false_qemu: tests/system/false_qemu.c
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_AGENT) -MF $@.d -static -no-pie $< -o $@

# PVH guests of Xen that go wrong, each in its own way.
XEN_FAULTS := $(foreach f,loop crash triple off silent flood,$(BUILD)/tests/xen-fault-$f.elf)
TEST_HELPERS += $(XEN_FAULTS)

$(XEN_FAULTS): $(BUILD)/tests/xen-fault-%.elf: tests/system/xen/fault_guest.S tests/module.mk
	@mkdir -p $(@D)
	$(TARGET_CC) -m32 -c -DFAULT_$* $< -o $(@:.elf=.o)
	ld -m elf_i386 -static -nostdlib --build-id=none -z noexecstack -z max-page-size=4096 \
	    --no-warn-rwx-segments -N -Ttext=0x100000 \
	    --section-start=.note.Xen=0x104000 -e start $(@:.elf=.o) -o $@
# Guest kernels that fail (tests/system/kvm_guests.sh): one object, the fault chosen by the linker.
KVM_GUESTS := never_boot panic fall_silent flood
KVM_GUEST_OBJS := $(BUILD)/kvm-guest/main.o \
                  $(addprefix $(BUILD)/payload/hv-under-test/payload/,start.o console.o pci.o) \
                  $(addprefix $(BUILD)/target/,collector/record_write.o base/crc32c.o)
KVM_GUEST_ELFS := $(patsubst %,$(BUILD)/tests/kvm-guest-%.elf,$(KVM_GUESTS))

$(BUILD)/kvm-guest/%.o: tests/system/kvm_guest/%.c
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -c $< -o $@

$(BUILD)/tests/kvm-guest-%.elf: $(KVM_GUEST_OBJS) hv-under-test/payload/payload.ld
	@mkdir -p $(@D)
	n=1; for k in $(KVM_GUESTS); do [ $$k = $* ] && break; n=$$((n + 1)); done; \
	ld -static -nostdlib --build-id=none -z noexecstack -z max-page-size=4096 \
	    -T hv-under-test/payload/payload.ld --defsym guest_fault=$$n $(KVM_GUEST_OBJS) -o $@.64
	objcopy -O elf32-i386 --strip-debug $@.64 $@

-include $(BUILD)/kvm-guest/main.d

# /init of the arm64 machine (tests/system/pmu_arm64.sh): the collector's sources, cross-built
# against libpfm4 for arm64 under $(ARM64), where scripts/fetch-arm64 put it.
ARM64 ?= cache/arm64/tree
PMU_ARM64_SRCS := $(wildcard tests/system/pmu_arm64/*.c) base/err.c \
                  $(filter-out %_x86.c,$(PMU_SRCS)) collector/pmu/loop_arm64.c \
                  collector/pmu/watch.c collector/tolerance.c \
                  collector/pmu/user_arm64.c

$(BUILD)/tests/pmu-arm64-init: $(PMU_ARM64_SRCS) $(wildcard collector/pmu/*.h \
    collector/pmu/groups/*.txt tests/system/pmu_arm64/*.h) Makefile tests/module.mk
	@mkdir -p $(@D)
	aarch64-linux-gnu-gcc $(filter-out -MMD -MP,$(CFLAGS_BASE)) -D_GNU_SOURCE \
	    -isystem $(ARM64)/usr/include -static -s $(PMU_ARM64_SRCS) \
	    $(ARM64)/usr/lib/aarch64-linux-gnu/libpfm.a -lm -o $@
# The payload with a modelled PMU (tests/system/payload_msr.sh), one for each planted fault by its
# number in enum model_fault.
MSR_PAYLOADS := $(foreach n,0 3 5,$(BUILD)/tests/msr-payload-$n.elf)
MSR_PAYLOAD_OBJ := $(BUILD)/msr-payload/model.o
TEST_HELPERS += $(MSR_PAYLOADS)

$(MSR_PAYLOAD_OBJ): tests/system/msr_payload/model.c
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -Wno-unused-function -c $< -o $@

$(MSR_PAYLOADS): $(BUILD)/tests/msr-payload-%.elf: $$(PAYLOAD_OBJS) $$(TARGET_OBJS) \
                 $(MSR_PAYLOAD_OBJ) hv-under-test/payload/payload.ld
	@mkdir -p $(@D)
	ld -static -nostdlib --build-id=none -z noexecstack -z max-page-size=4096 \
	    -T hv-under-test/payload/payload.ld --defsym msr_fault=$* $(MSR_PAYLOAD_OBJ) \
	    $(filter-out %/payload/msr.o,$(PAYLOAD_OBJS)) $(TARGET_OBJS) -o $@.64
	objcopy -O elf32-i386 --strip-debug $@.64 $@

# The hypervisor on the same model (tests/system/vmm_pmu.sh).
VMM_PMUS := $(foreach n,0 3 10 11,$(BUILD)/tests/vmm-pmu-$n.elf)
TEST_HELPERS += $(VMM_PMUS)

$(VMM_PMUS): $(BUILD)/tests/vmm-pmu-%.elf: $(BUILD)/vmm/vmm.elf64 $(MSR_PAYLOAD_OBJ)
	@mkdir -p $(@D)
	$(subst $(VMM_OBJS),$(filter-out %/pmu_processor.o,$(VMM_OBJS)),$(VMM_LINK)) \
	    $(MSR_PAYLOAD_OBJ) --defsym msr_fault=$* -o $@.64
	objcopy -O elf32-i386 --strip-debug $@.64 $@

# The hypervisor with the duties of an exit that it does not have, one at a time, none, and all
# (tests/system/vmm_duties.sh).
VMM_DUTY_DIR := tests/system/vmm_duties
VMM_DUTY_NAMES := registers state gates fpu xcr0 spec rsb debug clean event tlb work tpr time
VMM_DUTY_ENTRY := $(BUILD)/vmm/tests/duties.S
VMM_DUTIES := $(foreach d,none $(VMM_DUTY_NAMES) all,$(BUILD)/tests/vmm-duty-$d.elf)
TEST_HELPERS += $(VMM_DUTIES)

$(VMM_DUTY_ENTRY): $(VMM_DIR)/svm/svm_entry.S $(VMM_DUTY_DIR)/hooks.sed
	@mkdir -p $(@D)
	sed -f $(VMM_DUTY_DIR)/hooks.sed $< >$@

$(VMM_DUTIES): $(BUILD)/tests/vmm-duty-%.elf: $(VMM_DUTY_ENTRY) $(VMM_DUTY_DIR)/duties.inc \
                                              $(BUILD)/vmm/vmm.elf64
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -c $< -o $@.o \
	    $(foreach d,$(subst all,$(VMM_DUTY_NAMES),$*),-Wa,--defsym,with_$d=1)
	$(subst $(VMM_OBJS),$(filter-out %/svm_entry.o,$(VMM_OBJS)),$(VMM_LINK)) $@.o -o $@.64
	objcopy -O elf32-i386 --strip-debug $@.64 $@

-include $(MSR_PAYLOAD_OBJ:.o=.d)

# The fuzz guests, one of svm and one of soft and pv, and the plugin that looks at the hypervisor
# meanwhile (tests/system/vmm_fuzz.sh, docs/trust.md).
VMM_FUZZ_DIR := tests/system/vmm_fuzz
vmm_fuzz_objs = $(addprefix $(BUILD)/vmm-fuzz/,$(addsuffix .o,$(1)))
VMM_FUZZ_COMMON := start snippets engine ops_common ops_port ops_paging ops_option
VMM_FUZZ_SVM_OBJS := $(call vmm_fuzz_objs,$(VMM_FUZZ_COMMON) guest_svm ops_control ops_event \
                       ops_ring3 ops_table ops_interrupt ends_svm)
VMM_FUZZ_SOFT_OBJS := $(call vmm_fuzz_objs,$(VMM_FUZZ_COMMON) guest_soft ops_pv ops_frame soft_flags \
                        ends_soft)
VMM_FUZZ_WATCH := $(BUILD)/tests/fuzz-watch.so
TEST_HELPERS += $(BUILD)/tests/fuzz-svm.elf $(BUILD)/tests/fuzz-soft.elf $(VMM_FUZZ_WATCH)

$(BUILD)/vmm-fuzz/%.o: $(VMM_FUZZ_DIR)/%.c
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -c $< -o $@

$(BUILD)/vmm-fuzz/%.o: $(VMM_FUZZ_DIR)/%.S
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -c $< -o $@

$(BUILD)/tests/fuzz-svm.elf: $(VMM_FUZZ_SVM_OBJS) $(BUILD)/vmm-guest/legacy.o
$(BUILD)/tests/fuzz-soft.elf: $(VMM_FUZZ_SOFT_OBJS)

$(BUILD)/tests/fuzz-svm.elf $(BUILD)/tests/fuzz-soft.elf: tests/system/vmm_guest/link.ld
	@mkdir -p $(@D)
	ld -static -nostdlib --no-warn-rwx-segments --fatal-warnings -z noexecstack \
	    -z max-page-size=4096 -T $< $(filter %.o,$^) -o $@.64
	objcopy -O elf32-i386 --strip-debug $@.64 $@

# QEMU loads it, so it is never built with a sanitizer.
$(VMM_FUZZ_WATCH): $(VMM_FUZZ_DIR)/watch.c
	@mkdir -p $(@D)
	$(HOST_CC) $(CFLAGS_BASE) -D_GNU_SOURCE -fPIC -fvisibility=hidden -shared -MF $@.d $< -o $@

$(VMM_FUZZ_SVM_OBJS) $(VMM_FUZZ_SOFT_OBJS): Makefile tests/module.mk
-include $(VMM_FUZZ_SVM_OBJS:.o=.d) $(VMM_FUZZ_SOFT_OBJS:.o=.d)

$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/libetalon.a
	@mkdir -p $(@D)
	$(HOST_CC) $(CFLAGS_TEST) -MF $@.d $(LDFLAGS_HOST) $< $(BUILD)/libetalon.a $(LDLIBS_HOST) -o $@

$(UNIT_TESTS) $(TEST_HELPERS) $(BENCHES): Makefile tests/module.mk

-include $(addsuffix .d,$(UNIT_TESTS) $(TEST_HELPERS) $(BENCHES))

.PHONY: unit-tests test-helpers
unit-tests: $(UNIT_TESTS)
test-helpers: $(TEST_HELPERS) $(KVM_GUEST_ELFS)
