/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/paging/guest_walk.c - walks with rights (vmm/paging/guest_walk.h). */
#include "hv-under-test/vmm/paging/guest_walk.h"

#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/guest/guest.h"
#include "hv-under-test/vmm/machine/x86.h"

#define ROOT_LONG 39u
#define ROOT_PAE 30u
#define ROOT_PAE_ADDRESS 0xffffffe0ull
#define INDEX_MASK 511u

unsigned guest_walk_root_shift(const struct guest_mode *m)
{
    if (!(m->cr0 & X86_CR0_PG))
        return 0;
    return m->efer & X86_EFER_LMA ? ROOT_LONG : ROOT_PAE;
}

uint64_t guest_walk_root(const struct guest_mode *m)
{
    return m->cr3 & (m->efer & X86_EFER_LMA ? X86_PTE_ADDRESS : ROOT_PAE_ADDRESS);
}

int guest_walk_is_page(uint64_t entry, unsigned shift)
{
    return shift == 12 || (shift < ROOT_LONG && (entry & X86_PTE_LARGE));
}

/* Bits that must be zero (section 5.3.5 and 5.4.1); addresses above the guest's are simply not
 * there. */
int guest_walk_is_reserved(const struct guest_mode *m, uint64_t entry, unsigned shift)
{
    const int is_long = (m->efer & X86_EFER_LMA) != 0;
    uint64_t zero = m->efer & X86_EFER_NXE ? 0 : X86_PTE_NO_EXECUTE;

    if (shift == ROOT_LONG || (shift == ROOT_PAE && !is_long))
        zero |= X86_PTE_LARGE;
    if (shift == ROOT_PAE && !is_long)
        zero |= X86_PTE_NO_EXECUTE;
    if (shift > 12 && guest_walk_is_page(entry, shift))
        zero |= ((1ull << shift) - 1) & ~((1ull << 13) - 1);
    return (entry & zero) != 0;
}

unsigned guest_walk_rights(const struct guest_mode *m, uint64_t entry, unsigned shift)
{
    if (shift == ROOT_PAE && !(m->efer & X86_EFER_LMA))
        return GUEST_RIGHTS;
    return (entry & X86_PTE_WRITE ? GUEST_RIGHT_WRITE : 0) |
           (entry & X86_PTE_USER ? GUEST_RIGHT_USER : 0) |
           (entry & X86_PTE_NO_EXECUTE ? 0 : GUEST_RIGHT_EXECUTE);
}

/* Sections 5.6.1 to 5.6.6. */
static int is_allowed(const struct guest_mode *m, unsigned rights, uint64_t access)
{
    const int user = (access & GUEST_CODE_USER) != 0;

    if (user && !(rights & GUEST_RIGHT_USER))
        return 0;
    if (access & GUEST_CODE_FETCH)
        return (rights & GUEST_RIGHT_EXECUTE) &&
               (user || !(rights & GUEST_RIGHT_USER) || !(m->cr4 & X86_CR4_SMEP));
    if (!user && (rights & GUEST_RIGHT_USER) && (m->cr4 & X86_CR4_SMAP) &&
        !(access & GUEST_ACCESS_AC))
        return 0;
    if (access & GUEST_CODE_WRITE)
        return (rights & GUEST_RIGHT_WRITE) || (!user && !(m->cr0 & X86_CR0_WP));
    return 1;
}

static enum guest_walk_result fault(struct guest_walk *w, uint64_t bits)
{
    w->code |= bits;
    return GUEST_WALK_FAULT;
}

enum guest_walk_result guest_walk(const struct guest_mode *m, uint64_t linear, uint64_t access,
                                  struct guest_walk *w)
{
    unsigned shift = guest_walk_root_shift(m);
    uint64_t table = guest_walk_root(m), entry;

    w->steps = 0;
    w->rights = GUEST_RIGHTS;
    w->code = access & (GUEST_CODE_WRITE | GUEST_CODE_USER);
    if ((m->efer & X86_EFER_NXE) || (m->cr4 & X86_CR4_SMEP))
        w->code |= access & GUEST_CODE_FETCH;
    if (!shift) {
        w->shift = 21;
        w->physical = (uint32_t)linear;
        return GUEST_WALK_MAPPED;
    }
    for (;; shift -= 9) {
        struct guest_walk_step *s = &w->step[w->steps++];
        const unsigned index = (unsigned)(linear >> shift) & INDEX_MASK;

        s->table = table;
        s->shift = shift;
        s->entry = (uint64_t *)(void *)guest_pointer(table + index * 8ull, 8);
        if (!s->entry) {
            w->physical = table + index * 8ull;
            return GUEST_WALK_NO_MEMORY;
        }
        s->value = entry = *s->entry;
        if (!(entry & X86_PTE_PRESENT))
            return fault(w, 0);
        if (guest_walk_is_reserved(m, entry, shift))
            return fault(w, GUEST_CODE_PRESENT | GUEST_CODE_RESERVED);
        w->rights &= guest_walk_rights(m, entry, shift);
        s->rights = w->rights;
        if (guest_walk_is_page(entry, shift))
            break;
        table = entry & X86_PTE_ADDRESS;
    }
    if (!is_allowed(m, w->rights, access))
        return fault(w, GUEST_CODE_PRESENT);
    w->shift = shift;
    w->physical =
        (entry & X86_PTE_ADDRESS & ~((1ull << shift) - 1)) | (linear & ((1ull << shift) - 1));
    return GUEST_WALK_MAPPED;
}

void guest_walk_mark(struct guest_walk *w, uint64_t access)
{
    for (unsigned i = 0; i < w->steps; i++) {
        struct guest_walk_step *s = &w->step[i];
        uint64_t bits = X86_PTE_ACCESSED;

        if (i == 0 && s->shift == ROOT_PAE)
            continue; /* PAE's root has neither bit */
        if (i == w->steps - 1 && (access & GUEST_CODE_WRITE))
            bits |= X86_PTE_DIRTY;
        if ((s->value & bits) == bits)
            continue;
        s->value |= bits;
        *s->entry = s->value;
    }
}
