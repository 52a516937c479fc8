/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/lab/elf.h"

#include <elf.h>
#include <string.h>

struct elf_file {
    const uint8_t *data;
    size_t size;
    Elf64_Ehdr header;
};

static int elf_has(const struct elf_file *f, uint64_t offset, uint64_t bytes)
{
    return offset <= f->size && bytes <= f->size - offset;
}

static int elf_program_header(const struct elf_file *f, unsigned i, Elf64_Phdr *out)
{
    uint64_t at = f->header.e_phoff + (uint64_t)i * sizeof(*out);

    if (!elf_has(f, at, sizeof(*out)))
        return -1;
    memcpy(out, f->data + at, sizeof(*out));
    return 0;
}

/* A NUL-terminated text that ends inside the file; NULL if it does not. */
static const char *elf_text(const struct elf_file *f, uint64_t offset)
{
    if (offset >= f->size || !memchr(f->data + offset, '\0', f->size - offset))
        return NULL;
    return (const char *)f->data + offset;
}

/* File offset of a virtual address, by the loaded segments. */
static int elf_offset(const struct elf_file *f, uint64_t address, uint64_t *offset)
{
    Elf64_Phdr p;

    for (unsigned i = 0; i < f->header.e_phnum; i++) {
        if (elf_program_header(f, i, &p) != 0)
            return -1;
        if (p.p_type == PT_LOAD && address >= p.p_vaddr && address - p.p_vaddr < p.p_filesz) {
            *offset = p.p_offset + (address - p.p_vaddr);
            return 0;
        }
    }
    return -1;
}

static int elf_read_dynamic(const struct elf_file *f, const Elf64_Phdr *p,
                            struct elf_needs *needs)
{
    uint64_t strings = 0, count = p->p_filesz / sizeof(Elf64_Dyn);
    Elf64_Dyn d;

    if (!elf_has(f, p->p_offset, p->p_filesz))
        return -1;
    for (uint64_t i = 0; i < count; i++) {
        memcpy(&d, f->data + p->p_offset + i * sizeof(d), sizeof(d));
        if (d.d_tag == DT_STRTAB && elf_offset(f, d.d_un.d_ptr, &strings) != 0)
            return -1;
    }
    for (uint64_t i = 0; i < count; i++) {
        memcpy(&d, f->data + p->p_offset + i * sizeof(d), sizeof(d));
        if (d.d_tag == DT_NULL)
            break;
        if (d.d_tag != DT_NEEDED)
            continue;
        if (!strings || needs->sonames == ELF_MAX_NEEDED || d.d_un.d_val > f->size)
            return -1;
        needs->soname[needs->sonames] = elf_text(f, strings + d.d_un.d_val);
        if (!needs->soname[needs->sonames++])
            return -1;
    }
    return 0;
}

int elf_read_needs(const uint8_t *data, size_t size, struct elf_needs *needs)
{
    struct elf_file f = {.data = data, .size = size};
    Elf64_Phdr p;

    *needs = (struct elf_needs){.sonames = 0};
    if (size < sizeof(f.header) || memcmp(data, ELFMAG, SELFMAG) != 0)
        return 0;
    memcpy(&f.header, data, sizeof(f.header));
    if (f.header.e_ident[EI_CLASS] != ELFCLASS64 || f.header.e_ident[EI_DATA] != ELFDATA2LSB ||
        f.header.e_machine != EM_X86_64 ||
        (f.header.e_type != ET_EXEC && f.header.e_type != ET_DYN))
        return 0;
    if (f.header.e_phnum && f.header.e_phentsize != sizeof(p))
        return -1;
    for (unsigned i = 0; i < f.header.e_phnum; i++) {
        if (elf_program_header(&f, i, &p) != 0)
            return -1;
        if (p.p_type == PT_INTERP) {
            needs->interpreter = elf_text(&f, p.p_offset);
            if (!needs->interpreter)
                return -1;
        }
        if (p.p_type == PT_DYNAMIC && elf_read_dynamic(&f, &p, needs) != 0)
            return -1;
    }
    return 1;
}

enum elf_kind elf_kind_of(const uint8_t *data, size_t size)
{
    Elf32_Ehdr h;

    /* The fields read stand at the same place in both classes. */
    if (size < sizeof(h) || memcmp(data, ELFMAG, SELFMAG) != 0)
        return ELF_NONE;
    memcpy(&h, data, sizeof(h));
    if (h.e_ident[EI_DATA] != ELFDATA2LSB || (h.e_type != ET_EXEC && h.e_type != ET_DYN))
        return ELF_NONE;
    if (h.e_ident[EI_CLASS] == ELFCLASS32 && h.e_machine == EM_386)
        return ELF_X86_32;
    if (h.e_ident[EI_CLASS] == ELFCLASS64 && h.e_machine == EM_X86_64)
        return h.e_type == ET_EXEC ? ELF_X86_64 : ELF_X86_64_PIE;
    return ELF_NONE;
}

/* Names and descriptions are padded to 4 bytes (gABI, "Note Section"). */
static uint64_t elf_padded(uint64_t bytes)
{
    return (bytes + 3) & ~(uint64_t)3;
}

static int elf_segment_has_note(const struct elf_file *f, const Elf64_Phdr *p,
                                const char *owner, uint32_t type)
{
    const size_t name = strlen(owner) + 1;
    Elf64_Nhdr n;

    if (!elf_has(f, p->p_offset, p->p_filesz))
        return 0;
    for (uint64_t at = 0; p->p_filesz - at >= sizeof(n);) {
        uint64_t body;

        memcpy(&n, f->data + p->p_offset + at, sizeof(n));
        body = elf_padded(n.n_namesz) + elf_padded(n.n_descsz);
        at += sizeof(n);
        if (body > p->p_filesz - at)
            return 0;
        if (n.n_type == type && n.n_namesz == name &&
            memcmp(f->data + p->p_offset + at, owner, name) == 0)
            return 1;
        at += body;
    }
    return 0;
}

/* Program header i of a file of 32 bits, as far as notes need it. -1: outside the file. */
static int elf_program_header_32(const struct elf_file *f, unsigned i, Elf64_Phdr *p)
{
    Elf32_Ehdr h;
    Elf32_Phdr narrow;
    uint64_t at;

    memcpy(&h, f->data, sizeof(h));
    at = h.e_phoff + (uint64_t)i * h.e_phentsize;
    if (h.e_phentsize < sizeof(narrow) || !elf_has(f, at, sizeof(narrow)))
        return -1;
    memcpy(&narrow, f->data + at, sizeof(narrow));
    *p = (Elf64_Phdr){
        .p_type = narrow.p_type, .p_offset = narrow.p_offset, .p_filesz = narrow.p_filesz};
    return 0;
}

static int elf_has_note_32(const struct elf_file *f, const char *owner, uint32_t type)
{
    Elf32_Ehdr h;
    Elf64_Phdr p;

    memcpy(&h, f->data, sizeof(h));
    for (unsigned i = 0; i < h.e_phnum; i++) {
        if (elf_program_header_32(f, i, &p) != 0)
            return 0;
        if (p.p_type == PT_NOTE && elf_segment_has_note(f, &p, owner, type))
            return 1;
    }
    return 0;
}

int elf_has_note(const uint8_t *data, size_t size, const char *owner, uint32_t type)
{
    struct elf_file f = {.data = data, .size = size};
    const enum elf_kind kind = elf_kind_of(data, size);
    Elf64_Phdr p;

    if (kind == ELF_X86_32)
        return elf_has_note_32(&f, owner, type);
    if (kind == ELF_NONE || size < sizeof(f.header))
        return 0;
    memcpy(&f.header, data, sizeof(f.header));
    for (unsigned i = 0; i < f.header.e_phnum; i++) {
        if (elf_program_header(&f, i, &p) != 0)
            return 0;
        if (p.p_type == PT_NOTE && elf_segment_has_note(&f, &p, owner, type))
            return 1;
    }
    return 0;
}
