/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/paging.c - nested page tables (vmm/paging.h). */
#include "hv-under-test/vmm/paging.h"

#include <stddef.h>

#include "hv-under-test/vmm/x86.h"

#define ENTRIES 512u
#define POOL_TABLES 16u /* root, 2nd level, one per GiB below 4, the rest for 4 KiB pages */

static uint64_t pool[POOL_TABLES][ENTRIES] __attribute__((aligned(4096)));
static unsigned pool_used;

void paging_start(void)
{
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
            *e = (uint64_t)(uintptr_t)pool[pool_used++] | X86_PTE_PRESENT | X86_PTE_WRITE |
                 X86_PTE_USER;
        } else if (*e & X86_PTE_LARGE) {
            return NULL;
        }
        table = (uint64_t *)(uintptr_t)(*e & X86_PTE_ADDRESS);
    }
    return entry_at(table, guest, level);
}

int paging_map(uint64_t guest, uint64_t host, uint64_t bytes, unsigned flags)
{
    uint64_t bits = X86_PTE_PRESENT | X86_PTE_USER;

    if ((guest | host | bytes) % PAGING_PAGE_BYTES)
        return -1;
    bits |= flags & PAGING_WRITE ? X86_PTE_WRITE : 0;
    bits |= flags & PAGING_EXECUTE ? 0 : X86_PTE_NO_EXECUTE;
    bits |= flags & PAGING_UNCACHED ? X86_PTE_PCD : 0;
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
            *flags = (e & X86_PTE_WRITE ? PAGING_WRITE : 0) |
                     (e & X86_PTE_NO_EXECUTE ? 0 : PAGING_EXECUTE) |
                     (e & X86_PTE_PCD ? PAGING_UNCACHED : 0);
            return 0;
        }
        table = (uint64_t *)(uintptr_t)(e & X86_PTE_ADDRESS);
    }
}
