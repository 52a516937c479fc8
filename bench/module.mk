LIB_SRCS += bench/lab/xen_image.c bench/table.c bench/lab.c bench/lab/machine.c bench/lab/run.c
# What it boots.
LIB_SRCS += $(addprefix bench/lab/,image.c initramfs.c kernel.c cpio.c lock.c seen.c elf.c \
            package.c modules.c recipe.c)

-include bench/lab/timer.mk

# The card: a TCG plugin. QEMU loads it, so it is never built with a sanitizer.
CARD := $(BUILD)/etalon-card.so
ALL_EXTRA += $(CARD)
CARD_OBJS := $(addprefix $(BUILD)/card/bench/lab/,card_qemu.o injection_qemu.o \
             nrip_qemu.o nrip_insn.o)
$(BUILD)/card/%.o: %.c Makefile bench/module.mk
	@mkdir -p $(@D)
	$(HOST_CC) $(CFLAGS_BASE) -D_GNU_SOURCE -fPIC -fvisibility=hidden -c $< -o $@
$(CARD): $(CARD_OBJS)
	$(HOST_CC) -shared $^ -o $@
-include $(CARD_OBJS:.o=.d)

# A guest of a hundred instructions, for tests of the card and the bench.
GUEST_STORES := $(BUILD)/tests/guest_stores.elf
ALL_EXTRA += $(GUEST_STORES)
$(GUEST_STORES): tests/system/guest_stores.S Makefile
	@mkdir -p $(@D)
	$(TARGET_CC) -m32 -nostdlib -static -no-pie -Wl,-Ttext-segment=0x100000 \
	    -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,noseparate-code $< -o $@
