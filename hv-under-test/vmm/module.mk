# In-tree hypervisor: build/vmm/vmm.elf and the platform driver.


VMM_DIR := hv-under-test/vmm
VMM_SRCS += $(addprefix $(VMM_DIR)/,boot.S svm_entry.S main.c accounts.c cmos.c config.c \
              console.c cpuid.c devices.c exits.c fault.c guest.c guest_bzimage.c \
              guest_elf.c guest_walk.c host_apic.c host_clock.c host_interrupt.c \
              host_interrupt_stubs.S host_timer.c insn.c insn_operand.c linear.c machine.c \
              memory.c paging.c pci.c pci_guest.c pic.c pit.c place.c pmu.c \
              pmu_processor.c report.c shadow.c shadow_tables.c soft.c soft_decode.c \
              soft_emulate.c soft_entry.S soft_event.c soft_pv.c soft_scan.c soft_shadow.c \
              svm.c svm_exits.c svm_shadow.c svm_shadow_fault.c text.c time.c \
              vmx.c vmx_capability.c vmx_entry.S vmx_exits.c)

# Lies about the guest's time, and the ledger of them (docs/lies.md).
VMM_SRCS += $(addprefix $(VMM_DIR)/,distort.c distort_ledger.c extended.c lie.c restore.c ring.c serial.c snapshot.c \
              soft_snapshot.c svm_snapshot.c)

# Several guests (docs/techniques/guests.md).
VMM_SRCS += $(addprefix $(VMM_DIR)/,config_guests.c guests.c neighbour_loads.S sched.c svm_neighbour.c \
              svm_neighbour_entry.S)

# Finding and proving the counters is the collector's code (docs/msr.md).
VMM_SRCS += $(MSR_SRCS) workloads/text.c

ALL_EXTRA += $(BUILD)/vmm/vmm.elf

# Shared freestanding code the report needs.
VMM_TARGET_OBJS := $(addprefix $(BUILD)/target/,collector/record_write.o collector/tolerance.o base/crc32c.o)

VMM_LINK = ld -static -nostdlib --build-id=sha1 -z noexecstack -z max-page-size=4096 \
           -T $(VMM_DIR)/link.ld $(VMM_OBJS) $(VMM_TARGET_OBJS)

# 64-bit code in a 32-bit container: multiboot loaders refuse ELF64. vmm.elf64 keeps symbols
# and debug information in the format debuggers and the path test expect.
$(BUILD)/vmm/vmm.elf64: $$(VMM_OBJS) $(VMM_TARGET_OBJS) $(VMM_DIR)/link.ld
	@mkdir -p $(@D)
	$(VMM_LINK) -o $@

$(BUILD)/vmm/vmm.elf: $(BUILD)/vmm/vmm.elf64
	objcopy -O elf32-i386 --strip-debug $< $@

# The hypervisor's own test guest (tests/system/vmm_*.sh).
VMM_GUEST_DIR := tests/system/vmm_guest
VMM_GUEST_OBJS := $(addprefix $(BUILD)/vmm-guest/,start.o main.o common.o hostile.o \
                    interrupts.o neighbours.o pv.o restore.o ring.o)
VMM_GUEST_PAGING_OBJS := $(addprefix $(BUILD)/vmm-guest/,paging.o legacy.o)
VMM_GUEST_NO_PAGING_OBJ := $(BUILD)/vmm-guest/paging_none.o
ALL_EXTRA += $(BUILD)/tests/vmm-guest.elf $(BUILD)/tests/vmm-guest-paging.elf

$(BUILD)/vmm-guest/%.o: $(VMM_GUEST_DIR)/%.S
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -c $< -o $@

$(BUILD)/vmm-guest/%.o: $(VMM_GUEST_DIR)/%.c
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -c $< -o $@

$(BUILD)/tests/vmm-guest.elf: $(VMM_GUEST_OBJS) $(VMM_GUEST_NO_PAGING_OBJ)
$(BUILD)/tests/vmm-guest-paging.elf: $(VMM_GUEST_OBJS) $(VMM_GUEST_PAGING_OBJS)

$(BUILD)/tests/vmm-guest.elf $(BUILD)/tests/vmm-guest-paging.elf: $(VMM_GUEST_DIR)/link.ld
	@mkdir -p $(@D)
	ld -static -nostdlib -z noexecstack -z max-page-size=4096 -T $(VMM_GUEST_DIR)/link.ld \
	    $(filter %.o,$^) -o $@.64
	objcopy -O elf32-i386 --strip-debug $@.64 $@

# The hypervisor with a fault planted at link time (tests/system/vmm_guest/planted.c).
VMM_PLANTED_OBJ := $(BUILD)/vmm/tests/planted.o
ALL_EXTRA += $(BUILD)/tests/vmm-refused.elf $(BUILD)/tests/vmm-fault.elf

$(VMM_PLANTED_OBJ): $(VMM_GUEST_DIR)/planted.c
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -c $< -o $@

$(BUILD)/tests/vmm-refused.elf: $(BUILD)/vmm/vmm.elf64 $(VMM_PLANTED_OBJ)
	@mkdir -p $(@D)
	$(VMM_LINK) $(VMM_PLANTED_OBJ) --wrap=svm_run_full -o $@.64
	objcopy -O elf32-i386 --strip-debug $@.64 $@

$(BUILD)/tests/vmm-fault.elf: $(BUILD)/vmm/vmm.elf64 $(VMM_PLANTED_OBJ)
	@mkdir -p $(@D)
	$(VMM_LINK) $(VMM_PLANTED_OBJ) --wrap=time_start --wrap=svm_run_full -o $@.64
	objcopy -O elf32-i386 --strip-debug $@.64 $@

# The hypervisor with clients of its deadlines (tests/system/vmm_guest/ticks.c).
VMM_TICKS_OBJ := $(BUILD)/vmm/tests/ticks.o
ALL_EXTRA += $(BUILD)/tests/vmm-ticks.elf

$(VMM_TICKS_OBJ): $(VMM_GUEST_DIR)/ticks.c
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -c $< -o $@

$(BUILD)/tests/vmm-ticks.elf: $(BUILD)/vmm/vmm.elf64 $(VMM_TICKS_OBJ)
	@mkdir -p $(@D)
	$(VMM_LINK) $(VMM_TICKS_OBJ) --wrap=svm_run_full -o $@.64
	objcopy -O elf32-i386 --strip-debug $@.64 $@

# The hypervisor that forgets a part of its guest (tests/system/vmm_guest/forget.c).
VMM_FORGET_OBJ := $(BUILD)/vmm/tests/forget.o
VMM_FORGET_PARTS := extended_restore devices_restore pit_shift exits_set_emulated_register \
                    svm_restore svm_shadow_restore soft_restore distort_shift
VMM_FORGETS := $(foreach p,$(VMM_FORGET_PARTS),$(BUILD)/tests/vmm-forget-$p.elf)
ALL_EXTRA += $(VMM_FORGETS)

$(VMM_FORGET_OBJ): $(VMM_GUEST_DIR)/forget.c
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -c $< -o $@

$(VMM_FORGETS): $(BUILD)/tests/vmm-forget-%.elf: $(BUILD)/vmm/vmm.elf64 $(VMM_FORGET_OBJ)
	@mkdir -p $(@D)
	$(VMM_LINK) $(VMM_FORGET_OBJ) --wrap=$* -o $@.64
	objcopy -O elf32-i386 --strip-debug $@.64 $@

$(VMM_GUEST_OBJS) $(VMM_GUEST_PAGING_OBJS) $(VMM_GUEST_NO_PAGING_OBJ) $(VMM_PLANTED_OBJ) \
    $(VMM_TICKS_OBJ) $(VMM_FORGET_OBJ): Makefile $(VMM_DIR)/module.mk

-include $(VMM_GUEST_OBJS:.o=.d) $(VMM_GUEST_PAGING_OBJS:.o=.d) $(VMM_GUEST_NO_PAGING_OBJ:.o=.d) \
    $(VMM_PLANTED_OBJ:.o=.d) $(VMM_TICKS_OBJ:.o=.d) $(VMM_FORGET_OBJ:.o=.d)
