/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/paging.h - nested page tables: guest-physical to physical.
 *
 * Four levels, in one of two formats: that of long mode (APM vol. 2 section 5.3), walked with
 * user rights as section 15.25.5 demands; or extended page tables (SDM vol. 3 section 28.3.2,
 * tables 28-1 to 28-6), with the memory type in each entry that maps. Tables come from a fixed pool; what is not mapped faults. The hypervisor's own
 * memory is identity-mapped, so a table's pointer is its physical address.
 *
 * Not handled: unmapping, 1 GiB pages, guest-physical addresses above 2^39.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_PAGING_H
#define ETALON_HV_UNDER_TEST_VMM_PAGING_H

#include <stdint.h>

#define PAGING_PAGE_BYTES 4096ull
#define PAGING_LARGE_BYTES (2ull << 20)

#define PAGING_WRITE 1u
#define PAGING_EXECUTE 2u
#define PAGING_UNCACHED 4u /* a device's page */

enum paging_format { PAGING_LONG, PAGING_EPT };

/* Nothing is mapped. */
void paging_start(enum paging_format format);
/* Map whole pages; 2 MiB pages are used where alignment allows. 0, or -1: a range is not
 * page-aligned, is mapped already or the pool is empty. */
int paging_map(uint64_t guest, uint64_t host, uint64_t bytes, unsigned flags);
/* 0 with *host and *flags, or -1: not mapped. */
int paging_find(uint64_t guest, uint64_t *host, unsigned *flags);
uint64_t paging_root(void);

/* Tables of their own, in long mode's format, for a small guest: `bytes` from its address 0 with all
 * rights, below 2 MiB, and nothing else. Returns their root. */
#define PAGING_SMALL_TABLES 4u
#define PAGING_ENTRIES 512u
uint64_t paging_small(uint64_t table[PAGING_SMALL_TABLES][PAGING_ENTRIES], uint64_t host,
                      uint64_t bytes);

#endif
