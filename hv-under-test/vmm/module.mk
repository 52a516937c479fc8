# In-tree hypervisor: build/vmm/vmm.elf and the platform driver.

VMM_DIR := hv-under-test/vmm
VMM_SRCS += $(addprefix $(VMM_DIR)/,boot.S accounts.c config.c config_guests.c console.c \
               cpuid.c exits.c main.c pmu.c pmu_processor.c report.c text.c)
VMM_SRCS += $(addprefix $(VMM_DIR)/decode/,insn.c insn_operand.c linear.c)
VMM_SRCS += $(addprefix $(VMM_DIR)/devices/,cmos.c devices.c pci_guest.c pic.c pit.c ring.c \
               serial.c)
VMM_SRCS += $(addprefix $(VMM_DIR)/guest/,extended.c guest.c guest_bzimage.c guest_elf.c \
               place.c snapshot.c)
VMM_SRCS += $(addprefix $(VMM_DIR)/machine/,fault.c host_apic.c host_clock.c \
               host_interrupt.c host_interrupt_stubs.S host_timer.c machine.c memory.c \
               pci.c)
VMM_SRCS += $(addprefix $(VMM_DIR)/neighbours/,guests.c neighbour_loads.S sched.c)
VMM_SRCS += $(addprefix $(VMM_DIR)/paging/,guest_walk.c paging.c shadow.c shadow_tables.c)
VMM_SRCS += $(addprefix $(VMM_DIR)/soft/,soft.c soft_decode.c soft_emulate.c soft_entry.S \
               soft_event.c soft_pv.c soft_scan.c soft_shadow.c soft_snapshot.c)
VMM_SRCS += $(addprefix $(VMM_DIR)/svm/,svm.c svm_entry.S svm_exits.c svm_neighbour.c \
               svm_neighbour_entry.S svm_shadow.c svm_shadow_fault.c svm_snapshot.c)
VMM_SRCS += $(addprefix $(VMM_DIR)/time/,distort.c distort_ledger.c lie.c restore.c time.c)
VMM_SRCS += $(addprefix $(VMM_DIR)/vmx/,vmx.c vmx_capability.c vmx_entry.S vmx_exits.c)

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
	ld -static -nostdlib --no-warn-rwx-segments --fatal-warnings -z noexecstack \
	    -z max-page-size=4096 -T $(VMM_GUEST_DIR)/link.ld $(filter %.o,$^) -o $@.64
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
