/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/payload/pv.c - the payload as a paravirtual guest (payload/pv.h). */
#include "hv-under-test/payload/pv.h"

#include "hv-under-test/payload/payload.h"
#include "hv-under-test/payload/start.h"

#define PAGE_TABLE 3u /* present, writable */
#define PAGE_2M 0x83u /* … and a 2 MiB page */
#define PAGE_UNCACHED 0x18u
#define GIB_PAGES 512u

extern uint64_t payload_page_directory[4 * GIB_PAGES], payload_page_pointers[512],
    payload_page_root[512];

int payload_is_pv;

void payload_main(uint32_t kind, uint64_t info);
void payload_pv_main(uint64_t info); /* pv_start.S */

/* The map that start.S makes where paging is the payload's own. */
static void make_map(void)
{
    for (unsigned i = 0; i < 4 * GIB_PAGES; i++)
        payload_page_directory[i] =
            (uint64_t)i << 21 | PAGE_2M | (i >= 3 * GIB_PAGES ? PAGE_UNCACHED : 0);
    for (unsigned i = 0; i < 4; i++)
        payload_page_pointers[i] =
            (uintptr_t)(payload_page_directory + i * GIB_PAGES) | PAGE_TABLE;
    payload_page_root[0] = (uintptr_t)payload_page_pointers | PAGE_TABLE;
}

void payload_pv_main(uint64_t info)
{
    payload_is_pv = 1;
    make_map();
    pv_call(VMM_PV_SET_CR3, (uintptr_t)payload_page_root, 0);
    payload_main(START_PV, info);
}

void pv_take_exceptions(const void *gates, uint16_t limit, const void *stack_top)
{
    pv_call(VMM_PV_SET_EXCEPTION_STACK, (uintptr_t)stack_top, 0);
    pv_call(VMM_PV_SET_IDT, (uintptr_t)gates, limit);
}

int pv_msr_read(uint32_t msr, uint64_t *value)
{
    uint64_t number = VMM_PV_MSR_READ;

    __asm__ volatile("int %2"
                     : "+a"(number), "=d"(*value)
                     : "i"(VMM_PV_VECTOR), "D"((uint64_t)msr)
                     : "memory");
    return number ? -1 : 0;
}

int pv_msr_write(uint32_t msr, uint64_t value)
{
    return pv_call(VMM_PV_MSR_WRITE, msr, value) ? -1 : 0;
}
