/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab/elf.h - what an ELF file wants the dynamic linker to load: program interpreter and
 * DT_NEEDED; and what kind of file it is (System V gABI, chapters 4 "Object Files" and 5
 * "Dynamic Linking").
 *
 * Handled: 64-bit little-endian x86-64 executables and shared objects; of those of 32 bits the
 * notes. Anything else that is not an ELF of that kind has no needs. Not handled: DT_AUXILIARY, DT_FILTER, dlopen(3).
 */
#ifndef ETALON_BENCH_LAB_ELF_H
#define ETALON_BENCH_LAB_ELF_H

#include <stddef.h>
#include <stdint.h>

#define ELF_MAX_NEEDED 96

struct elf_needs {
    const char *interpreter; /* NULL: a library, or static; points into the file */
    const char *soname[ELF_MAX_NEEDED];
    unsigned sonames;
};

/* 1 with *needs filled, 0 if it is no ELF of this kind (needs is then empty), -1 if it is one
 * and damaged (an offset or a name outside the file, too many libraries). */
int elf_read_needs(const uint8_t *data, size_t size, struct elf_needs *needs);

enum elf_kind {
    ELF_NONE,
    ELF_X86_32,    /* executable of 32 bits */
    ELF_X86_64,    /* executable of 64 bits, statically placed */
    ELF_X86_64_PIE /* … or one (or a library) that may lie anywhere */
};

/* Of little-endian x86 executables and shared objects; everything else is ELF_NONE. */
enum elf_kind elf_kind_of(const uint8_t *data, size_t size);

/* Has an x86 ELF, of 32 or 64 bits, a note of this owner and type in a PT_NOTE segment? */
int elf_has_note(const uint8_t *data, size_t size, const char *owner, uint32_t type);

#endif
