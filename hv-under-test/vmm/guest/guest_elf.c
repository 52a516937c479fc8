/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/guest/guest_elf.c - guest images in ELF, 32 and 64 bits, with a PVH note
 * (vmm/guest/guest_load.h).
 *
 * The image is checked before anything of it is believed: it comes from the user.
 */
#include <elf.h>

#include "hv-under-test/vmm/guest/guest_load.h"

#define PVH_NOTE_ENTRY 18u /* XEN_ELFNOTE_PHYS32_ENTRY, xen/include/public/elfnote.h */

struct header { /* of either class */
    uint64_t offset, count;
    size_t each;
    int wide; /* 64 bits */
};

struct segment {
    uint32_t type;
    uint64_t offset, address, file_bytes, memory_bytes;
};

static uint32_t aligned4(uint32_t n)
{
    return (n + 3u) & ~3u;
}

/* The first four bytes of a note in a segment of `bytes` bytes; 0 if it is not in there. The notes
 * of both classes have the same layout. */
static uint32_t find_note(const uint8_t *notes, uint64_t bytes, const char *owner,
                          uint32_t type)
{
    uint64_t at = 0, owner_bytes = 1;

    for (const char *c = owner; *c; c++)
        owner_bytes++;

    while (guest_inside(at, sizeof(Elf32_Nhdr), bytes)) {
        Elf32_Nhdr h;
        uint64_t name, text;

        __builtin_memcpy(&h, notes + at, sizeof(h));
        name = at + sizeof(h);
        if (h.n_namesz > bytes || h.n_descsz > bytes)
            return 0;
        text = name + aligned4(h.n_namesz);
        if (!guest_inside(text, h.n_descsz, bytes))
            return 0;
        if (h.n_type == type && h.n_namesz == owner_bytes && h.n_descsz >= 4 &&
            !__builtin_memcmp(notes + name, owner, owner_bytes)) {
            uint32_t value;

            __builtin_memcpy(&value, notes + text, sizeof(value));
            return value;
        }
        at = text + aligned4(h.n_descsz);
    }
    return 0;
}

static const char *load_segment(const uint8_t *image, uint64_t image_bytes,
                                const struct segment *s)
{
    uint8_t *to = guest_pointer(s->address, s->memory_bytes);
    uint64_t start = s->address, end = start + s->memory_bytes;

    if (!guest_inside(s->offset, s->file_bytes, image_bytes) ||
        s->file_bytes > s->memory_bytes)
        return "guest image: a segment reaches outside the file";
    if (!to)
        return "guest image: a segment does not fit into the guest's memory";
    if (start < GUEST_START_INFO + GUEST_START_BYTES && end > GUEST_START_INFO)
        return "guest image: a segment covers the start information at 0x6000-0x7fff";
    if (start < GUEST_LEGACY_END && end > GUEST_LEGACY_HOLE)
        return "guest image: a segment covers 0xa0000-0xfffff";
    __builtin_memcpy(to, image + s->offset, s->file_bytes);
    __builtin_memset(to + s->file_bytes, 0, s->memory_bytes - s->file_bytes);
    return NULL;
}

static int read_header(const uint8_t *image, uint64_t bytes, struct header *h)
{
    Elf32_Ehdr narrow;
    Elf64_Ehdr wide;

    if (bytes < sizeof(narrow) || __builtin_memcmp(image, ELFMAG, SELFMAG))
        return -1;
    __builtin_memcpy(&narrow, image, sizeof(narrow));
    if (narrow.e_ident[EI_CLASS] == ELFCLASS32) {
        *h = (struct header){narrow.e_phoff, narrow.e_phnum, sizeof(Elf32_Phdr), 0};
        return narrow.e_machine == EM_386 && narrow.e_phentsize == h->each ? 0 : -1;
    }
    if (narrow.e_ident[EI_CLASS] != ELFCLASS64 || bytes < sizeof(wide))
        return -1;
    __builtin_memcpy(&wide, image, sizeof(wide));
    *h = (struct header){wide.e_phoff, wide.e_phnum, sizeof(Elf64_Phdr), 1};
    return wide.e_machine == EM_X86_64 && wide.e_phentsize == h->each ? 0 : -1;
}

static struct segment read_segment(const uint8_t *image, const struct header *h, uint64_t i)
{
    const uint8_t *at = image + h->offset + i * h->each;
    Elf32_Phdr narrow;
    Elf64_Phdr wide;

    if (h->wide) {
        __builtin_memcpy(&wide, at, sizeof(wide));
        return (struct segment){wide.p_type, wide.p_offset, wide.p_paddr, wide.p_filesz,
                                wide.p_memsz};
    }
    __builtin_memcpy(&narrow, at, sizeof(narrow));
    return (struct segment){narrow.p_type, narrow.p_offset, narrow.p_paddr, narrow.p_filesz,
                            narrow.p_memsz};
}

const char *guest_load_elf(const uint8_t *image, uint64_t bytes, uint32_t *entry,
                           uint64_t *end)
{
    struct header h;

    *entry = 0;
    if (read_header(image, bytes, &h))
        return "guest image: neither an x86 ELF executable nor a Linux bzImage";
    if (!guest_inside(h.offset, h.count * h.each, bytes))
        return "guest image: program headers reach outside the file";
    for (uint64_t i = 0; i < h.count; i++) {
        const struct segment s = read_segment(image, &h, i);

        if (s.type == PT_LOAD && s.memory_bytes) {
            const char *reason = load_segment(image, bytes, &s);

            if (reason)
                return reason;
            if (s.address + s.memory_bytes > *end)
                *end = s.address + s.memory_bytes;
        } else if (s.type == PT_NOTE && !*entry &&
                   guest_inside(s.offset, s.file_bytes, bytes)) {
            *entry = find_note(image + s.offset, s.file_bytes, "Xen", PVH_NOTE_ENTRY);
        }
    }
    if (!*entry)
        return "guest image: no PVH entry note (Xen, type 18)";
    if (!guest_pointer(*entry, 1))
        return "guest image: the PVH entry is outside the guest's memory";
    return NULL;
}

int guest_find_note(const uint8_t *image, uint64_t image_bytes, const char *owner,
                    uint32_t type, uint32_t *value)
{
    struct header h;

    *value = 0;
    if (read_header(image, image_bytes, &h))
        return -1;
    for (uint64_t i = 0; i < h.count && !*value; i++) {
        const struct segment s = read_segment(image, &h, i);

        if (s.type == PT_NOTE && guest_inside(s.offset, s.file_bytes, image_bytes))
            *value = find_note(image + s.offset, s.file_bytes, owner, type);
    }
    return *value ? 0 : -1;
}
