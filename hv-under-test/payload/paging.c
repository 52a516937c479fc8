/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/paging.c - the identity map made by start.S (AMD APM vol. 2, section
 * 5.3.4: a page-directory entry of a 2 MiB page).
 */
#include "hv-under-test/payload/cpu.h"
#include "hv-under-test/payload/payload.h"

#define PAGE_SHIFT_2M 21u
#define PAGE_UNCACHED                                                                         \
    0x18u /* PCD PWT: strong uncacheable in the PAT a processor starts with */

extern uint64_t payload_page_directory[2048];

void paging_uncache(uint64_t address)
{
    uint64_t *entry = &payload_page_directory[address >> PAGE_SHIFT_2M];

    if ((*entry & PAGE_UNCACHED) == PAGE_UNCACHED)
        return;
    *entry |= PAGE_UNCACHED;
    cpu_invlpg(address);
    cpu_wbinvd();
}
