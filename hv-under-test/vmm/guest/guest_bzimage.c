/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/guest/guest_bzimage.c - Linux's own format, packed
 * (vmm/guest/guest_load.h). Fields and offsets: Linux Documentation/x86/boot.rst and
 * zero-page.rst.
 *
 * The packed kernel goes to the address it prefers and is entered there in 32-bit mode.
 */
#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/guest/guest_load.h"

#define SECTOR 512u
#define HEADER 0x1f1u /* setup_sects, the first field */
#define HEADER_LENGTH 0x201u
#define HEADER_MAGIC 0x202u
#define HEADER_MOST 0x290u /* boot_params has room so far */
#define MAGIC 0x53726448u  /* "HdrS" */
#define BOOT_FLAG_AT 0x1feu
#define BOOT_FLAG 0xaa55u
#define VERSION_AT 0x206u
#define VERSION_LEAST 0x20au /* 2.10: pref_address and init_size */
#define LOADER_AT 0x210u
#define LOADER_UNDEFINED 0xffu
#define FLAGS_AT 0x211u
#define FLAGS_LOADED_HIGH 0x01u
#define CODE32_START_AT 0x214u
#define INITRAMFS_AT 0x218u
#define INITRAMFS_BYTES_AT 0x21cu
#define COMMAND_LINE_AT 0x228u
#define COMMAND_LINE_MOST_AT 0x238u
#define SYSTEM_SIZE_AT 0x1f4u /* in 16 bytes */
#define PREFERRED_AT 0x258u
#define INIT_SIZE_AT 0x260u

#define E820_COUNT_AT 0x1e8u
#define E820_AT 0x2d0u
#define E820_RAM 1u
#define E820_RESERVED 2u

struct e820 {
    uint64_t address, bytes;
    uint32_t type;
} __attribute__((packed));

static uint32_t read32(const uint8_t *from)
{
    uint32_t v;

    __builtin_memcpy(&v, from, sizeof(v));
    return v;
}

static void put32(uint8_t *to, uint32_t value)
{
    __builtin_memcpy(to, &value, sizeof(value));
}

int guest_is_bzimage(const uint8_t *image, uint64_t bytes)
{
    return bytes >= HEADER_MOST && read32(image + HEADER_MAGIC) == MAGIC;
}

/* __BOOT_CS and __BOOT_DS, flat, at the selectors the protocol names. */
static void put_gdt(void)
{
    static const uint64_t gdt[GUEST_BOOT_GDT_ENTRIES] = {0, 0, 0x00cf9b000000ffffull,
                                                         0x00cf93000000ffffull};

    __builtin_memcpy(guest_pointer(GUEST_BOOT_GDT, sizeof(gdt)), gdt, sizeof(gdt));
}

const char *guest_load_bzimage(const struct guest_files *f, struct guest_start *start,
                               uint64_t *end)
{
    const uint8_t *image = f->image;
    const uint32_t sectors = image[HEADER] ? image[HEADER] : 4; /* 0 means 4 */
    const uint32_t setup = (sectors + 1) * SECTOR;
    const uint32_t header_end = HEADER_MAGIC + image[HEADER_LENGTH];
    const uint64_t system = (uint64_t)read32(image + SYSTEM_SIZE_AT) * 16;
    const uint32_t init = read32(image + INIT_SIZE_AT);
    uint64_t preferred, length = 0;
    uint8_t *parameters = guest_pointer(GUEST_START_INFO, GUEST_COMMAND_LINE_BYTES), *to;

    if ((image[BOOT_FLAG_AT] | image[BOOT_FLAG_AT + 1] << 8) != BOOT_FLAG)
        return "bzImage: no boot flag 0xaa55";
    if ((image[VERSION_AT] | image[VERSION_AT + 1] << 8) < (int)VERSION_LEAST)
        return "bzImage: its boot protocol is older than 2.10";
    if (header_end < INIT_SIZE_AT + 4 || header_end > HEADER_MOST)
        return "bzImage: its setup header has an impossible length";
    if (!(image[FLAGS_AT] & FLAGS_LOADED_HIGH))
        return "bzImage: it is a zImage, which is loaded low";
    if (!guest_inside(setup, system, f->image_bytes) || !system)
        return "bzImage: its code reaches outside the file";
    __builtin_memcpy(&preferred, image + PREFERRED_AT, sizeof(preferred));
    if (system > init)
        return "bzImage: it wants less memory than its own code has";
    to = guest_pointer(preferred, init);
    if (!to || preferred < GUEST_LEGACY_END)
        return "bzImage: the memory it wants is not in the guest's";
    while (f->command_line[length])
        length++;
    if (length > read32(image + COMMAND_LINE_MOST_AT))
        return "bzImage: the command line is longer than this kernel takes";

    __builtin_memcpy(to, image + setup, system);
    __builtin_memcpy(parameters + HEADER, image + HEADER, header_end - HEADER);
    parameters[LOADER_AT] = LOADER_UNDEFINED;
    put32(parameters + CODE32_START_AT, (uint32_t)preferred);
    put_gdt();
    start->entry = (uint32_t)preferred;
    start->boot_params = GUEST_START_INFO;
    *end = preferred + init;
    return NULL;
}

void guest_describe_bzimage(uint32_t initramfs, uint32_t initramfs_bytes)
{
    const struct e820 map[] = {
        {0, GUEST_LEGACY_HOLE, E820_RAM},
        {GUEST_LEGACY_HOLE, GUEST_LEGACY_END - GUEST_LEGACY_HOLE, E820_RESERVED},
        {GUEST_LEGACY_END, guest_memory.bytes - GUEST_LEGACY_END, E820_RAM},
    };
    uint8_t *parameters = guest_pointer(GUEST_START_INFO, GUEST_COMMAND_LINE_BYTES);

    put32(parameters + INITRAMFS_AT, initramfs);
    put32(parameters + INITRAMFS_BYTES_AT, initramfs_bytes);
    put32(parameters + COMMAND_LINE_AT, GUEST_COMMAND_LINE);
    parameters[E820_COUNT_AT] = sizeof(map) / sizeof(map[0]);
    __builtin_memcpy(parameters + E820_AT, map, sizeof(map));
}
