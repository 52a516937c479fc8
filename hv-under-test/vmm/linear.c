/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/linear.c - walks of a guest's own page tables (vmm/linear.h). */
#include "hv-under-test/vmm/linear.h"

#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/guest.h"
#include "hv-under-test/vmm/x86.h"

#define PRESENT 1ull
#define LARGE (1ull << 7)
#define ADDRESS 0x000ffffffffff000ull

/* One table format: how wide an entry is and how many index bits a level takes. */
struct format {
    unsigned levels, index_bits, entry_bytes;
    uint64_t table_mask; /* of CR3 */
};

static const struct format format_32 = {2, 10, 4, 0xfffff000ull};
static const struct format format_pae = {3, 9, 8, 0xffffffe0ull};
static const struct format format_4 = {4, 9, 8, ADDRESS};
static const struct format format_5 = {5, 9, 8, ADDRESS};

static const struct format *format_of(const struct guest_mode *m)
{
    if (!(m->cr4 & X86_CR4_PAE))
        return &format_32;
    if (!(m->efer & X86_EFER_LMA))
        return &format_pae;
    return m->cr4 & X86_CR4_LA57 ? &format_5 : &format_4;
}

static int read_entry(uint64_t address, unsigned bytes, uint64_t *entry)
{
    const uint8_t *p = guest_pointer(address, bytes);

    if (!p)
        return -1;
    *entry = bytes == 8 ? *(const uint64_t *)p : *(const uint32_t *)p;
    return *entry & PRESENT ? 0 : -1;
}

/* May an entry of this level be a page of its own? Level 0 always is one. */
static int is_page(const struct guest_mode *m, const struct format *f, unsigned level,
                   uint64_t entry)
{
    if (level == 0)
        return 1;
    if (!(entry & LARGE))
        return 0;
    if (f == &format_32)
        return level == 1 && (m->cr4 & X86_CR4_PSE);
    return level == 1 || (level == 2 && f != &format_pae);
}

int linear_translate(const struct guest_mode *m, uint64_t linear, uint64_t *physical)
{
    const struct format *f = format_of(m);
    uint64_t table = m->cr3 & f->table_mask;

    if (!(m->efer & X86_EFER_LMA))
        linear &= 0xffffffffull;
    if (!(m->cr0 & X86_CR0_PG)) {
        *physical = linear;
        return 0;
    }
    for (unsigned level = f->levels - 1;; level--) {
        unsigned shift = 12 + f->index_bits * level;
        uint64_t index = (linear >> shift) & ((1ull << f->index_bits) - 1);
        uint64_t inside = (1ull << shift) - 1, entry;

        if (f == &format_pae && level == 2)
            index &= 3;
        if (read_entry(table + index * f->entry_bytes, f->entry_bytes, &entry))
            return -1;
        if (is_page(m, f, level, entry)) {
            uint64_t frame = entry & ADDRESS & ~inside;

            /* 4 MiB pages keep address bits 39:32 in bits 20:13 (PSE-36). */
            if (f == &format_32 && level == 1)
                frame = (entry & 0xffc00000ull) | ((entry >> 13) & 0xffull) << 32;
            *physical = frame | (linear & inside);
            return 0;
        }
        if (level == 0)
            return -1;
        table = entry & ADDRESS;
    }
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
