/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/loader.c - command line and memory map, from multiboot (Multiboot
 * 0.6.96, section 3.3) or PVH (Xen include/public/arch-x86/hvm/start_info.h).
 */
#include "hv-under-test/payload/payload.h"
#include "hv-under-test/payload/start.h"
#include "hv-under-test/target/driver.h"

/* Pointers of the loaders are 32- or 64-bit physical addresses; all of it is mapped. */
#define AT(type, address) ((const type *)(uintptr_t)(address))

#define RAM 1u /* the type of ordinary memory in both maps */

struct multiboot_info {
    uint32_t flags;
    uint32_t mem_lower, mem_upper; /* KiB; upper begins at 1 MiB */
    uint32_t boot_device;
    uint32_t command_line;
    uint32_t modules_count, modules;
    uint32_t symbols[4];
    uint32_t map_bytes, map;
};

#define MULTIBOOT_HAS_MEMORY 0x01u
#define MULTIBOOT_HAS_COMMAND_LINE 0x04u
#define MULTIBOOT_HAS_MAP 0x40u

struct __attribute__((packed)) multiboot_map_entry {
    uint32_t size; /* of the rest */
    uint64_t address, bytes;
    uint32_t type;
};

struct pvh_start_info {
    uint32_t magic, version, flags, modules_count;
    uint64_t modules, command_line, rsdp;
    /* version 1 and later */
    uint64_t map;
    uint32_t map_entries, reserved;
};

#define PVH_MAGIC 0x336EC578u

struct pvh_map_entry {
    uint64_t address, bytes;
    uint32_t type, reserved;
};

static char command_line[TARGET_COMMAND_LINE_BYTES];

static const char *copy_command_line(uint64_t address)
{
    const char *from = AT(char, address);

    for (size_t i = 0; i < sizeof command_line; i++) {
        command_line[i] = from[i];
        if (!from[i])
            return NULL;
    }
    command_line[0] = '\0';
    return "the command line is longer than 4095 bytes";
}

/* If [address, address + bytes) holds the whole image, its end is where RAM ends for us. */
static void consider(struct loader_info *out, uint64_t address, uint64_t bytes, uint32_t type)
{
    uint64_t end = address + bytes;

    if (type != RAM || address > (uintptr_t)payload_image_start ||
        end < (uintptr_t)payload_image_end)
        return;
    out->ram_end = end > UINT32_MAX ? UINT32_MAX : end;
}

static const char *read_multiboot(uint64_t info, struct loader_info *out)
{
    const struct multiboot_info *m = AT(struct multiboot_info, info);

    out->name = "multiboot";
    if (m->flags & MULTIBOOT_HAS_MAP) {
        uint64_t at = m->map, end = at + m->map_bytes;

        while (at + sizeof(struct multiboot_map_entry) <= end) {
            const struct multiboot_map_entry *e = AT(struct multiboot_map_entry, at);

            consider(out, e->address, e->bytes, e->type);
            at += e->size + sizeof e->size;
        }
    } else if (m->flags & MULTIBOOT_HAS_MEMORY) {
        consider(out, 1u << 20, (uint64_t)m->mem_upper << 10, RAM);
    }
    if (m->flags & MULTIBOOT_HAS_COMMAND_LINE)
        return copy_command_line(m->command_line);
    return NULL;
}

static const char *read_pvh(uint64_t info, struct loader_info *out)
{
    const struct pvh_start_info *s = AT(struct pvh_start_info, info);

    out->name = "pvh";
    if (s->magic != PVH_MAGIC)
        return "entered at the PVH entry without a start_info";
    if (s->version < 1)
        return "the PVH start_info is of version 0, without a memory map";
    for (uint32_t i = 0; i < s->map_entries; i++) {
        const struct pvh_map_entry *e = AT(struct pvh_map_entry, s->map) + i;

        consider(out, e->address, e->bytes, e->type);
    }
    if (s->command_line)
        return copy_command_line(s->command_line);
    return NULL;
}

const char *loader_read(uint32_t kind, uint64_t info, struct loader_info *out)
{
    const char *reason;

    *out = (struct loader_info){.command_line = command_line};
    reason = kind == START_MULTIBOOT ? read_multiboot(info, out) : read_pvh(info, out);
    if (!reason && !out->ram_end)
        reason = "the loader's memory map does not name the RAM that holds this program";
    return reason;
}
