# In-tree hypervisor: build/vmm/vmm.elf and the platform driver.

LIB_SRCS += hv-under-test/vmm.c hv-under-test/platform_words.c

VMM_DIR := hv-under-test/vmm
VMM_SRCS += $(addprefix $(VMM_DIR)/,boot.S svm_entry.S main.c accounts.c config.c console.c \
                                    cpuid.c exits.c fault.c guest.c insn.c linear.c machine.c \
                                    memory.c paging.c pci.c report.c svm.c text.c time.c)

ALL_EXTRA += $(BUILD)/vmm/vmm.elf

# Shared freestanding code the report needs.
VMM_TARGET_OBJS := $(BUILD)/target/collector/record_write.o $(BUILD)/target/base/crc32c.o

# 64-bit code in a 32-bit container: multiboot loaders refuse ELF64. vmm.elf64 keeps symbols
# and debug information in the format debuggers and the path test expect.
$(BUILD)/vmm/vmm.elf64: $$(VMM_OBJS) $(VMM_TARGET_OBJS) $(VMM_DIR)/link.ld
	@mkdir -p $(@D)
	ld -static -nostdlib --build-id=sha1 -z noexecstack -z max-page-size=4096 \
	    -T $(VMM_DIR)/link.ld $(VMM_OBJS) $(VMM_TARGET_OBJS) -o $@

$(BUILD)/vmm/vmm.elf: $(BUILD)/vmm/vmm.elf64
	objcopy -O elf32-i386 --strip-debug $< $@

# The hypervisor's own test guest (tests/system/vmm_*.sh).
VMM_GUEST_DIR := tests/system/vmm_guest
VMM_GUEST_OBJS := $(BUILD)/vmm-guest/start.o $(BUILD)/vmm-guest/main.o
ALL_EXTRA += $(BUILD)/tests/vmm-guest.elf

$(BUILD)/vmm-guest/%.o: $(VMM_GUEST_DIR)/%.S
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -c $< -o $@

$(BUILD)/vmm-guest/%.o: $(VMM_GUEST_DIR)/%.c
	@mkdir -p $(@D)
	$(TARGET_CC) $(CFLAGS_KERNEL) -c $< -o $@

$(BUILD)/tests/vmm-guest.elf: $(VMM_GUEST_OBJS) $(VMM_GUEST_DIR)/link.ld
	@mkdir -p $(@D)
	ld -static -nostdlib -z noexecstack -z max-page-size=4096 -T $(VMM_GUEST_DIR)/link.ld \
	    $(VMM_GUEST_OBJS) -o $@.64
	objcopy -O elf32-i386 --strip-debug $@.64 $@

$(VMM_GUEST_OBJS): Makefile $(VMM_DIR)/module.mk

-include $(VMM_GUEST_OBJS:.o=.d)
