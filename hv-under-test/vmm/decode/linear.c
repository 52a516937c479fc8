/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/decode/linear.c - walks of a guest's own page tables
 * (vmm/decode/linear.h).
 */
#include "hv-under-test/vmm/decode/linear.h"

#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/guest/guest.h"
#include "hv-under-test/vmm/machine/x86.h"

/* 32-bit paging: two levels of 1024 entries of 4 bytes. */
static int walk_32(const struct guest_mode *m, uint32_t linear, uint64_t *physical)
{
    const uint8_t *p = guest_pointer((m->cr3 & 0xfffff000u) + (linear >> 22) * 4u, 4);
    uint64_t entry = p ? *(const uint32_t *)p : 0;

    if (!(entry & X86_PTE_PRESENT))
        return -1;
    if ((entry & X86_PTE_LARGE) && (m->cr4 & X86_CR4_PSE)) {
        /* 4 MiB; bits 20:13 hold address bits 39:32 (PSE-36). */
        *physical =
            (entry & 0xffc00000u) | ((entry >> 13) & 0xffu) << 32 | (linear & 0x3fffffu);
        return 0;
    }
    p = guest_pointer((entry & 0xfffff000u) + ((linear >> 12) & 1023u) * 4u, 4);
    entry = p ? *(const uint32_t *)p : 0;
    if (!(entry & X86_PTE_PRESENT))
        return -1;
    *physical = (entry & 0xfffff000u) | (linear & 0xfffu);
    return 0;
}

/* Levels of 512 entries of 8 bytes; level 0 maps 4 KiB. A page may be large at level 1, and at
 * level 2 where that is not PAE's root. */
static int walk_64(uint64_t table, unsigned top, unsigned large_levels, uint64_t linear,
                   uint64_t *physical)
{
    unsigned shift = 12 + 9 * top;

    for (;; shift -= 9) {
        const uint8_t *p = guest_pointer(table + ((linear >> shift) & 511u) * 8u, 8);
        uint64_t entry = p ? *(const uint64_t *)p : 0;

        if (!(entry & X86_PTE_PRESENT))
            return -1;
        if (shift == 12 || ((entry & X86_PTE_LARGE) && shift <= 12 + 9 * large_levels)) {
            uint64_t inside = (1ull << shift) - 1;

            *physical = (entry & X86_PTE_ADDRESS & ~inside) | (linear & inside);
            return 0;
        }
        table = entry & X86_PTE_ADDRESS;
    }
}

int linear_translate(const struct guest_mode *m, uint64_t linear, uint64_t *physical)
{
    if (m->efer & X86_EFER_LMA) /* implies paging */
        return walk_64(m->cr3 & X86_PTE_ADDRESS, m->cr4 & X86_CR4_LA57 ? 4 : 3, 2, linear,
                       physical);
    linear &= 0xffffffffu;
    if (!(m->cr0 & X86_CR0_PG)) {
        *physical = linear;
        return 0;
    }
    if (m->cr4 & X86_CR4_PAE)
        return walk_64(m->cr3 & 0xffffffe0u, 2, 1, linear, physical);
    return walk_32(m, (uint32_t)linear, physical);
}

/* The part of the bytes that lies in the page of `linear`. */
static size_t read_inside_page(const struct guest_mode *m, uint64_t linear, uint8_t *out,
                               size_t n)
{
    uint64_t left = 4096 - (linear & 4095), physical;
    const uint8_t *p;

    if (left > n)
        left = n;
    if (linear_translate(m, linear, &physical))
        return 0;
    p = guest_pointer(physical, left);
    if (!p)
        return 0;
    if (left == LINEAR_FETCH_BYTES)
        __builtin_memcpy(out, p, LINEAR_FETCH_BYTES); /* fixed size: two moves, no call */
    else
        __builtin_memcpy(out, p, left);
    return left;
}

size_t linear_fetch(const struct guest_mode *m, uint64_t linear,
                    uint8_t out[LINEAR_FETCH_BYTES])
{
    size_t done = read_inside_page(m, linear, out, LINEAR_FETCH_BYTES);

    if (done && done < LINEAR_FETCH_BYTES)
        done += read_inside_page(m, linear + done, out + done, LINEAR_FETCH_BYTES - done);
    return done;
}
