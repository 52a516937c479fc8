/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/guest.c - guest memory and the PVH start (vmm/guest.h).
 *
 * The image is checked before anything of it is believed: it comes from the user.
 */
#include "hv-under-test/vmm/guest.h"

#include <elf.h>

#define PVH_NOTE_ENTRY 18u /* XEN_ELFNOTE_PHYS32_ENTRY, xen/include/public/elfnote.h */
#define PVH_MAGIC 0x336ec578u
#define PVH_VERSION 1u
#define PVH_MEMORY_RAM 1u
#define PVH_MEMORY_RESERVED 2u
#define LEGACY_HOLE 0xA0000u
#define LEGACY_HOLE_END 0x100000u

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

_Static_assert(sizeof(struct hvm_start_info) == 56, "start_info version 1");
_Static_assert(sizeof(struct hvm_memory_map_entry) == 24, "memory map entry");

struct guest_memory guest_memory;

static int inside(uint64_t offset, uint64_t bytes, uint64_t size)
{
    return offset <= size && bytes <= size - offset;
}

static uint32_t aligned4(uint32_t n)
{
    return (n + 3u) & ~3u;
}

/* The first four bytes of a note in a segment of `bytes` bytes; 0 if it is not in there. */
static uint32_t find_note(const uint8_t *notes, uint64_t bytes, const char *owner,
                          uint32_t type)
{
    uint64_t at = 0, owner_bytes = 1;

    for (const char *c = owner; *c; c++)
        owner_bytes++;
    while (inside(at, sizeof(Elf32_Nhdr), bytes)) {
        Elf32_Nhdr h;
        uint64_t name, text;

        __builtin_memcpy(&h, notes + at, sizeof(h));
        name = at + sizeof(h);
        if (h.n_namesz > bytes || h.n_descsz > bytes)
            return 0;
        text = name + aligned4(h.n_namesz);
        if (!inside(text, h.n_descsz, bytes))
            return 0;
        if (h.n_type == type && h.n_namesz == owner_bytes && h.n_descsz >= 4 &&
            !__builtin_memcmp(notes + name, owner, owner_bytes)) {
            uint32_t entry;

            __builtin_memcpy(&entry, notes + text, sizeof(entry));
            return entry;
        }
        at = text + aligned4(h.n_descsz);
    }
    return 0;
}

static const char *load_segment(const uint8_t *image, uint64_t image_bytes,
                                const Elf32_Phdr *p)
{
    uint8_t *to = guest_pointer(p->p_paddr, p->p_memsz);
    uint64_t start = p->p_paddr, end = start + p->p_memsz;

    if (!inside(p->p_offset, p->p_filesz, image_bytes) || p->p_filesz > p->p_memsz)
        return "guest image: a segment reaches outside the file";
    if (!to)
        return "guest image: a segment does not fit into the guest's memory";
    if (start < GUEST_START_INFO + GUEST_START_BYTES && end > GUEST_START_INFO)
        return "guest image: a segment covers the start information at 0x6000-0x7fff";
    if (start < LEGACY_HOLE_END && end > LEGACY_HOLE)
        return "guest image: a segment covers 0xa0000-0xfffff";
    __builtin_memcpy(to, image + p->p_offset, p->p_filesz);
    __builtin_memset(to + p->p_filesz, 0, p->p_memsz - p->p_filesz);
    return NULL;
}

static const char *write_start_info(const char *command_line)
{
    uint8_t *page = guest_pointer(GUEST_START_INFO, GUEST_START_BYTES);
    struct hvm_memory_map_entry map[] = {
        {.address = 0, .bytes = LEGACY_HOLE, .type = PVH_MEMORY_RAM},
        {.address = LEGACY_HOLE,
         .bytes = LEGACY_HOLE_END - LEGACY_HOLE,
         .type = PVH_MEMORY_RESERVED},
        {.address = LEGACY_HOLE_END,
         .bytes = guest_memory.bytes - LEGACY_HOLE_END,
         .type = PVH_MEMORY_RAM},
    };
    struct hvm_start_info info = {
        .magic = PVH_MAGIC,
        .version = PVH_VERSION,
        .command_line = GUEST_START_INFO + GUEST_START_BYTES - GUEST_COMMAND_LINE_BYTES,
        .memory_map = GUEST_START_INFO + sizeof(info),
        .memory_map_entries = sizeof(map) / sizeof(map[0]),
    };
    size_t length = 0;

    if (!page || guest_memory.bytes <= LEGACY_HOLE_END)
        return "guest memory is smaller than 1 MiB";
    while (command_line[length])
        length++;
    if (length >= GUEST_COMMAND_LINE_BYTES)
        return "the guest's command line is longer than 4095 bytes";
    __builtin_memcpy(page, &info, sizeof(info));
    __builtin_memcpy(page + sizeof(info), map, sizeof(map));
    __builtin_memcpy(page + GUEST_START_BYTES - GUEST_COMMAND_LINE_BYTES, command_line,
                     length + 1);
    return NULL;
}

int guest_load(const uint8_t *image, uint64_t image_bytes, const char *command_line,
               uint32_t *entry, const char **reason)
{
    Elf32_Ehdr h;

    *entry = 0;
    *reason = "guest image: not a 32-bit x86 ELF executable";
    if (image_bytes < sizeof(h))
        return -1;
    __builtin_memcpy(&h, image, sizeof(h));
    if (__builtin_memcmp(h.e_ident, ELFMAG, SELFMAG) || h.e_ident[EI_CLASS] != ELFCLASS32 ||
        h.e_machine != EM_386 || h.e_phentsize != sizeof(Elf32_Phdr))
        return -1;
    *reason = "guest image: program headers reach outside the file";
    if (!inside(h.e_phoff, (uint64_t)h.e_phnum * sizeof(Elf32_Phdr), image_bytes))
        return -1;
    for (unsigned i = 0; i < h.e_phnum; i++) {
        Elf32_Phdr p;

        __builtin_memcpy(&p, image + h.e_phoff + i * sizeof(p), sizeof(p));
        if (p.p_type == PT_LOAD && p.p_memsz) {
            *reason = load_segment(image, image_bytes, &p);
            if (*reason)
                return -1;
        } else if (p.p_type == PT_NOTE && !*entry &&
                   inside(p.p_offset, p.p_filesz, image_bytes)) {
            *entry = find_note(image + p.p_offset, p.p_filesz, "Xen", PVH_NOTE_ENTRY);
        }
    }
    *reason = "guest image: no PVH entry note (Xen, type 18)";
    if (!*entry)
        return -1;
    *reason = "guest image: the PVH entry is outside the guest's memory";
    if (!guest_pointer(*entry, 1))
        return -1;
    *reason = write_start_info(command_line);
    return *reason ? -1 : 0;
}

int guest_find_note(const uint8_t *image, uint64_t image_bytes, const char *owner,
                    uint32_t type, uint32_t *value)
{
    Elf32_Ehdr h;

    *value = 0;
    __builtin_memcpy(&h, image, sizeof(h));
    for (unsigned i = 0; i < h.e_phnum && !*value; i++) {
        Elf32_Phdr p;

        __builtin_memcpy(&p, image + h.e_phoff + i * sizeof(p), sizeof(p));
        if (p.p_type == PT_NOTE && inside(p.p_offset, p.p_filesz, image_bytes))
            *value = find_note(image + p.p_offset, p.p_filesz, owner, type);
    }
    return *value ? 0 : -1;
}
