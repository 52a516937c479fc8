/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/paging.c - nested page tables (vmm/paging.h). */
#include "hv-under-test/vmm/paging.h"

#include <stddef.h>

#include "hv-under-test/vmm/x86.h"

#define ENTRIES PAGING_ENTRIES
#define EPT_READ (1ull << 0)
#define EPT_WRITE (1ull << 1)
#define EPT_EXECUTE (1ull << 2)
#define EPT_UNCACHED (0ull << 3) /* memory type, and the guest's PAT has a say beside it */
#define EPT_WRITE_BACK (6ull << 3)
#define POOL_TABLES 16u /* root, 2nd level, one per GiB below 4, the rest for 4 KiB pages */

/* An entry's bits. Present, large (bit 7) and the address are at one place in both formats. */
static const struct form {
    uint64_t table;                            /* of an entry that points to a table */
    uint64_t page, write, execute, no_execute; /* of one that maps */
    uint64_t cached, uncached;
} forms[] = {
    [PAGING_LONG] = {.table = X86_PTE_PRESENT | X86_PTE_WRITE | X86_PTE_USER,
                     .page = X86_PTE_PRESENT | X86_PTE_USER,
                     .write = X86_PTE_WRITE,
                     .no_execute = X86_PTE_NO_EXECUTE,
                     .uncached = X86_PTE_PCD},
    [PAGING_EPT] = {.table = EPT_READ | EPT_WRITE | EPT_EXECUTE,
                    .page = EPT_READ,
                    .write = EPT_WRITE,
                    .execute = EPT_EXECUTE,
                    .cached = EPT_WRITE_BACK,
                    .uncached = EPT_UNCACHED},
};

_Static_assert(EPT_READ == X86_PTE_PRESENT, "what is there can be read");

static uint64_t pool[POOL_TABLES][ENTRIES] __attribute__((aligned(4096)));
static unsigned pool_used;
static const struct form *form = &forms[PAGING_LONG];

void paging_start(enum paging_format format)
{
    form = &forms[format];
    pool_used = 1;
    for (unsigned t = 0; t < POOL_TABLES; t++)
        for (unsigned i = 0; i < ENTRIES; i++)
            pool[t][i] = 0;
}

uint64_t paging_root(void)
{
    return (uint64_t)(uintptr_t)pool[0];
}

static uint64_t *entry_at(uint64_t *table, uint64_t guest, unsigned level)
{
    return &table[(guest >> (12 + 9 * level)) & (ENTRIES - 1)];
}

/* The entry that maps `guest` at `level` (0: 4 KiB, 1: 2 MiB); NULL if a larger page is in the
 * way or the pool is empty. */
static uint64_t *entry_make(uint64_t guest, unsigned level)
{
    uint64_t *table = pool[0];

    for (unsigned at = 3; at > level; at--) {
        uint64_t *e = entry_at(table, guest, at);

        if (!(*e & X86_PTE_PRESENT)) {
            if (pool_used == POOL_TABLES)
                return NULL;
            *e = (uint64_t)(uintptr_t)pool[pool_used++] | form->table;
        } else if (*e & X86_PTE_LARGE) {
            return NULL;
        }
        table = (uint64_t *)(uintptr_t)(*e & X86_PTE_ADDRESS);
    }
    return entry_at(table, guest, level);
}

int paging_map(uint64_t guest, uint64_t host, uint64_t bytes, unsigned flags)
{
    uint64_t bits = form->page;

    if ((guest | host | bytes) % PAGING_PAGE_BYTES)
        return -1;
    bits |= flags & PAGING_WRITE ? form->write : 0;
    bits |= flags & PAGING_EXECUTE ? form->execute : form->no_execute;
    bits |= flags & PAGING_UNCACHED ? form->uncached : form->cached;
    while (bytes) {
        unsigned level =
            (guest | host) % PAGING_LARGE_BYTES == 0 && bytes >= PAGING_LARGE_BYTES;
        uint64_t step = level ? PAGING_LARGE_BYTES : PAGING_PAGE_BYTES;
        uint64_t *e = entry_make(guest, level);

        if (!e || (*e & X86_PTE_PRESENT))
            return -1;
        *e = host | bits | (level ? X86_PTE_LARGE : 0);
        guest += step;
        host += step;
        bytes -= step;
    }
    return 0;
}

int paging_find(uint64_t guest, uint64_t *host, unsigned *flags)
{
    uint64_t *table = pool[0];

    if (guest >> 48)
        return -1;
    for (unsigned level = 3;; level--) {
        uint64_t e = *entry_at(table, guest, level);
        uint64_t inside = (1ull << (12 + 9 * level)) - 1;

        if (!(e & X86_PTE_PRESENT))
            return -1;
        if (level == 0 || (e & X86_PTE_LARGE)) {
            *host = (e & X86_PTE_ADDRESS & ~inside) | (guest & inside);
            *flags =
                (e & form->write ? PAGING_WRITE : 0) |
                ((e & (form->execute | form->no_execute)) == form->execute ? PAGING_EXECUTE
                                                                           : 0) |
                ((e & (form->cached | form->uncached)) == form->uncached ? PAGING_UNCACHED
                                                                         : 0);
            return 0;
        }
        table = (uint64_t *)(uintptr_t)(e & X86_PTE_ADDRESS);
    }
}

uint64_t paging_small(uint64_t table[PAGING_SMALL_TABLES][PAGING_ENTRIES], uint64_t host,
                      uint64_t bytes)
{
    const struct form *f = &forms[PAGING_LONG];

    for (unsigned t = 0; t < PAGING_SMALL_TABLES; t++)
        for (unsigned i = 0; i < ENTRIES; i++)
            table[t][i] = 0;
    for (unsigned t = 0; t + 1 < PAGING_SMALL_TABLES; t++)
        table[t][0] = (uint64_t)(uintptr_t)table[t + 1] | f->table;
    for (uint64_t at = 0; at < bytes; at += PAGING_PAGE_BYTES)
        table[PAGING_SMALL_TABLES - 1][at / PAGING_PAGE_BYTES] =
            (host + at) | f->page | f->write | f->execute | f->cached;
    return (uint64_t)(uintptr_t)table[0];
}
