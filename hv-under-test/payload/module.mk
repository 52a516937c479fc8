# No-OS runtime: build/payload/payload.elf.

PAYLOAD_SRCS += $(addprefix hv-under-test/payload/,start.S guarded.S msr.c main.c console.c loader.c pci.c \
                                                   hypervisor.c exception.c faults.c paging.c pv.c pv_start.S xen.c counter.c) \
                hv-under-test/target/mem.c

ALL_EXTRA += $(BUILD)/payload/payload.elf

# 64-bit code in a 32-bit container: QEMU tries multiboot first and refuses ELF64. The ELF64
# keeps symbols and debug information; a test reads its map.
$(BUILD)/payload/payload.elf64: $$(PAYLOAD_OBJS) $$(TARGET_OBJS) hv-under-test/payload/payload.ld
	@mkdir -p $(@D)
	ld -static -nostdlib --build-id=none -z noexecstack -z max-page-size=4096 \
	    -T hv-under-test/payload/payload.ld -Map=$(BUILD)/payload/payload.map \
	    $(PAYLOAD_OBJS) $(TARGET_OBJS) -o $@

$(BUILD)/payload/payload.elf: $(BUILD)/payload/payload.elf64
	objcopy -O elf32-i386 --strip-debug $< $@
