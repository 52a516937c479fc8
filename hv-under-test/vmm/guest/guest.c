/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/guest/guest.c - guest memory, the initramfs and the PVH start information
 * (vmm/guest/guest.h).
 */
#include "hv-under-test/vmm/guest/guest.h"

#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/guest/guest_load.h"

#define PVH_MAGIC 0x336ec578u
#define PVH_VERSION 1u
#define PVH_MEMORY_RAM 1u
#define PVH_MEMORY_RESERVED 2u
#define PAGE 4096u

/* xen/include/public/arch-x86/hvm/start_info.h, version 1. */
struct hvm_start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command_line, rsdp, memory_map;
    uint32_t memory_map_entries, reserved;
};

struct hvm_memory_map_entry {
    uint64_t address, bytes;
    uint32_t type, reserved;
};

struct hvm_module {
    uint64_t address, bytes, command_line, reserved;
};

_Static_assert(sizeof(struct hvm_start_info) == 56, "start_info version 1");
_Static_assert(sizeof(struct hvm_memory_map_entry) == 24, "memory map entry");
_Static_assert(sizeof(struct hvm_module) == 32, "module list entry");

struct guest_memory guest_memory;

static void write_start_info(uint64_t initramfs, uint64_t initramfs_bytes)
{
    uint8_t *page = guest_pointer(GUEST_START_INFO, GUEST_START_BYTES);
    const struct hvm_memory_map_entry map[] = {
        {.address = 0, .bytes = GUEST_LEGACY_HOLE, .type = PVH_MEMORY_RAM},
        {.address = GUEST_LEGACY_HOLE,
         .bytes = GUEST_LEGACY_END - GUEST_LEGACY_HOLE,
         .type = PVH_MEMORY_RESERVED},
        {.address = GUEST_LEGACY_END,
         .bytes = guest_memory.bytes - GUEST_LEGACY_END,
         .type = PVH_MEMORY_RAM},
    };
    const struct hvm_module module = {.address = initramfs, .bytes = initramfs_bytes};
    const struct hvm_start_info info = {
        .magic = PVH_MAGIC,
        .version = PVH_VERSION,
        .module_count = initramfs_bytes != 0,
        .modules = initramfs_bytes ? GUEST_START_INFO + sizeof(info) + sizeof(map) : 0,
        .command_line = GUEST_COMMAND_LINE,
        .memory_map = GUEST_START_INFO + sizeof(info),
        .memory_map_entries = sizeof(map) / sizeof(map[0]),
    };

    __builtin_memcpy(page, &info, sizeof(info));
    __builtin_memcpy(page + sizeof(info), map, sizeof(map));
    __builtin_memcpy(page + sizeof(info) + sizeof(map), &module, sizeof(module));
}

/* As high as it goes, above all the image takes. */
static const char *put_initramfs(const struct guest_files *f, uint64_t image_end,
                                 uint64_t *address)
{
    *address = 0;
    if (!f->initramfs_bytes)
        return NULL;
    if (f->initramfs_bytes >= guest_memory.bytes)
        return "the initramfs is larger than the guest's memory";
    *address = (guest_memory.bytes - f->initramfs_bytes) & ~(uint64_t)(PAGE - 1);
    if (*address < image_end)
        return "image and initramfs together do not fit into the guest's memory";
    __builtin_memcpy(guest_pointer(*address, f->initramfs_bytes), f->initramfs,
                     f->initramfs_bytes);
    return NULL;
}

static const char *put_command_line(const char *line)
{
    size_t length = 0;

    while (line[length])
        length++;
    if (length >= GUEST_COMMAND_LINE_BYTES)
        return "the guest's command line is longer than 4095 bytes";
    __builtin_memcpy(guest_pointer(GUEST_COMMAND_LINE, length + 1), line, length + 1);
    return NULL;
}

int guest_load(const struct guest_files *files, struct guest_start *start, const char **reason)
{
    const int bzimage = guest_is_bzimage(files->image, files->image_bytes);
    uint64_t initramfs, end = GUEST_LEGACY_END;

    *start = (struct guest_start){.entry = 0};
    *reason = "guest memory is smaller than 2 MiB";
    if (guest_memory.bytes <= GUEST_LEGACY_END)
        return -1;
    /* Where firmware would have left tables, and Linux looks for them: nothing of what the
     * boot loader or its predecessors left. */
    __builtin_memset(guest_memory.base, 0, GUEST_LEGACY_END);
    *reason = bzimage ? guest_load_bzimage(files, start, &end)
                      : guest_load_elf(files->image, files->image_bytes, &start->entry, &end);
    if (!*reason)
        *reason = put_command_line(files->command_line);
    if (!*reason)
        *reason = put_initramfs(files, end, &initramfs);
    if (*reason)
        return -1;
    if (bzimage) {
        guest_describe_bzimage((uint32_t)initramfs, (uint32_t)files->initramfs_bytes);
    } else {
        write_start_info(initramfs, files->initramfs_bytes);
        start->start_info = GUEST_START_INFO;
    }
    return 0;
}
