/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/soft/soft_shadow.c - the address space the guest runs in: what its tables
 * and the hypervisor's map of its memory say together, entered page by page at its faults. It
 * behaves as a TLB: it holds what was once true until INVLPG or a write of CR3 drops it (APM
 * vol. 2 section 5.5), never the absence of a page, and sets accessed and dirty bits.
 *
 * Everything is a user page in ring 3; the guest's own user bit has no meaning while it has
 * but one ring. Rights are those of ring 0 (section 5.6.5): CR0.WP decides whether read-only
 * pages are.
 */
#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/exits.h"
#include "hv-under-test/vmm/guest/guest.h"
#include "hv-under-test/vmm/paging/guest_walk.h"
#include "hv-under-test/vmm/paging/paging.h"
#include "hv-under-test/vmm/soft/soft.h"
#include "hv-under-test/vmm/machine/x86.h"

#define ENTRIES 512u
#define POOL_TABLES 128u

#define CACHE_BITS (X86_PTE_PWT | X86_PTE_PCD)
#define PIECE (1ull << 9) /* ours: of a larger page of the guest */

struct mapping { /* of one guest page */
    uint64_t physical;
    unsigned shift;
    int write, execute;
    uint64_t cache;
};

static uint64_t pool[POOL_TABLES][ENTRIES] __attribute__((aligned(4096)));
static unsigned pool_used;
static uint64_t alias;

static unsigned index_of(uint64_t linear, unsigned shift)
{
    return (unsigned)(linear >> shift) & (ENTRIES - 1);
}

void soft_shadow_flush(void)
{
    __builtin_memset(pool[0], 0, sizeof(pool[0]));
    pool[0][SOFT_ROOT_ENTRY] = alias;
    pool_used = 1;
}

void soft_shadow_start(uint64_t alias_entry)
{
    alias = alias_entry;
    soft_shadow_root = (uint64_t)(uintptr_t)pool[0];
    soft_shadow_flush();
}

/* --- the guest's tables --- */

/* 0, or -1 with the error code's bits that the walk decides. Why not guest_walk(): its header. */
static int walk(uint64_t linear, uint64_t access, struct mapping *m, uint64_t *code)
{
    const struct soft_state *s = &soft_state;
    uint64_t table = s->cr3 & X86_PTE_ADDRESS, entry, *p = NULL;
    int protect = (access & GUEST_CODE_WRITE) != 0;

    *m = (struct mapping){.physical = linear, .shift = 21, .write = 1, .execute = 1};
    *code = access & (GUEST_CODE_WRITE | (s->efer & X86_EFER_NXE ? GUEST_CODE_FETCH : 0));
    if (!(s->cr0 & X86_CR0_PG))
        return linear >> 32 ? -1 : 0;
    for (m->shift = 39;; m->shift -= 9) {
        p = (uint64_t *)(void *)guest_pointer(table + index_of(linear, m->shift) * 8u, 8);
        entry = p ? *p : 0;
        if (!(entry & X86_PTE_PRESENT))
            return -1;
        if ((entry & X86_PTE_NO_EXECUTE && !(s->efer & X86_EFER_NXE)) ||
            (entry & X86_PTE_LARGE && m->shift == 39)) {
            *code |= GUEST_CODE_PRESENT | GUEST_CODE_RESERVED;
            return -1;
        }
        m->write &= (entry & X86_PTE_WRITE) != 0;
        m->execute &= !(entry & X86_PTE_NO_EXECUTE);
        *p |= X86_PTE_ACCESSED;
        if (m->shift == 12 || (entry & X86_PTE_LARGE))
            break;
        table = entry & X86_PTE_ADDRESS;
    }
    if (!(s->cr0 & X86_CR0_WP))
        m->write = 1;
    if ((protect && !m->write) || (access & GUEST_CODE_FETCH && !m->execute)) {
        *code |= GUEST_CODE_PRESENT;
        return -1;
    }
    if (protect)
        *p |= X86_PTE_DIRTY;
    m->write &= protect || (entry & X86_PTE_DIRTY); /* the first write comes here to set it */
    m->cache = entry & CACHE_BITS;
    m->physical = (entry & X86_PTE_ADDRESS & ~((1ull << m->shift) - 1)) |
                  (linear & ((1ull << m->shift) - 1));
    return 0;
}

/* --- the shadow --- */

/* The entry at `level` (shift 12 or 21), with the tables above it; NULL: a large page is in
 * the way. */
static uint64_t *make_entry(uint64_t linear, unsigned shift)
{
    uint64_t *table = pool[0];

    if (pool_used > POOL_TABLES - 3)
        soft_shadow_flush();
    for (unsigned at = 39; at > shift; at -= 9) {
        uint64_t *e = &table[index_of(linear, at)];

        if (!(*e & X86_PTE_PRESENT) || *e & X86_PTE_LARGE) {
            __builtin_memset(pool[pool_used], 0, sizeof(pool[0]));
            *e = (uint64_t)(uintptr_t)pool[pool_used++] | X86_PTE_PRESENT | X86_PTE_WRITE |
                 X86_PTE_USER;
        }
        table = (uint64_t *)(uintptr_t)(*e & X86_PTE_ADDRESS);
    }
    return &table[index_of(linear, shift)];
}

/* INVLPG drops one entry; of a guest's larger page, of which the shadow may hold pieces, all of
 * them in 2 MiB, and everything if the guest has a page of 1 GiB there. */
void soft_shadow_drop(uint64_t linear)
{
    uint64_t *table = pool[0], *e;
    struct mapping m;
    uint64_t code;

    if (index_of(linear, 39) == SOFT_ROOT_ENTRY)
        return;
    if (!walk(linear, 0, &m, &code) && m.shift > 21) {
        soft_shadow_flush();
        return;
    }
    for (unsigned at = 39; at > 12; at -= 9) {
        e = &table[index_of(linear, at)];
        if (!(*e & X86_PTE_PRESENT))
            return;
        if (*e & X86_PTE_LARGE) {
            *e = 0;
            return;
        }
        table = (uint64_t *)(uintptr_t)(*e & X86_PTE_ADDRESS);
    }
    e = &table[index_of(linear, 12)];
    if ((*e & (X86_PTE_PRESENT | PIECE)) == X86_PTE_PRESENT)
        *e = 0;
    else
        __builtin_memset(table, 0, PAGING_PAGE_BYTES);
}

/* May one shadow entry map the 2 MiB around it? */
static int fits_large(const struct mapping *m)
{
    uint64_t start = m->physical & ~(PAGING_LARGE_BYTES - 1);

    if (m->shift < 21 || !guest_pointer(start, PAGING_LARGE_BYTES))
        return 0;
    for (uint64_t at = start; !soft_state.paravirtual && at < start + PAGING_LARGE_BYTES;
         at += PAGING_PAGE_BYTES)
        if (soft_scan_is_code(at))
            return 0;
    return 1;
}

enum vmm_cause soft_shadow_fault(struct vcpu *v, uint64_t linear, uint64_t code)
{
    const uint64_t access = code & (GUEST_CODE_WRITE | GUEST_CODE_FETCH);
    unsigned shift, flags;
    struct mapping m;
    uint64_t host, entry;
    int is_code;

    if (walk(linear, access, &m, &code)) {
        soft_deliver_page_fault(v, linear, code);
        return VMM_CAUSE_PAGE_FAULT;
    }
    if (index_of(linear, 39) == SOFT_ROOT_ENTRY)
        exits_give_up(v, VMM_CAUSE_PAGE_FAULT,
                      "the guest maps the addresses that the hypervisor keeps for itself",
                      "address", linear);
    if (paging_find(m.physical, &host, &flags) ||
        (access & GUEST_CODE_WRITE && !(flags & PAGING_WRITE)) ||
        (access & GUEST_CODE_FETCH && !(flags & PAGING_EXECUTE))) {
        const struct exits_memory_fault f = {.guest = m.physical, .code = access};

        return exits_memory_fault(v, &f);
    }
    is_code = !soft_state.paravirtual && soft_scan_is_code(m.physical);
    if (is_code && access & GUEST_CODE_WRITE)
        exits_give_up(v, VMM_CAUSE_PAGE_FAULT,
                      "cpu=soft: the guest wrote to its code, which has been read already",
                      "address", linear);
    if (access & GUEST_CODE_FETCH && !is_code && !soft_state.paravirtual)
        exits_give_up(v, VMM_CAUSE_PAGE_FAULT,
                      "cpu=soft: the guest ran code that was not read before", "address",
                      linear);
    shift = fits_large(&m) ? 21 : 12;
    entry = (host & ~((1ull << shift) - 1)) | X86_PTE_PRESENT | X86_PTE_USER | m.cache;
    entry |= shift == 21 ? X86_PTE_LARGE : m.shift > 12 ? PIECE : 0;
    entry |= flags & PAGING_UNCACHED ? CACHE_BITS : 0;
    if (m.write && flags & PAGING_WRITE && !is_code)
        entry |= X86_PTE_WRITE;
    if (!m.execute || !(flags & PAGING_EXECUTE) || (!is_code && !soft_state.paravirtual))
        entry |= X86_PTE_NO_EXECUTE;
    *make_entry(linear, shift) = entry;
    return VMM_CAUSE_PAGE_FAULT;
}

/* --- guest memory by linear address --- */

static int copy(struct vcpu *v, uint64_t linear, uint8_t *buffer, size_t n, uint64_t access,
                uint64_t *at, uint64_t *code)
{
    while (n) {
        size_t part = PAGING_PAGE_BYTES - (linear & (PAGING_PAGE_BYTES - 1));
        struct mapping m;
        uint8_t *p;

        part = part < n ? part : n;
        *at = linear;
        if (walk(linear, access, &m, code))
            return -1;
        p = guest_pointer(m.physical, part);
        if (!p) {
            const struct exits_memory_fault f = {
                .guest = m.physical, .code = access, .nested_event = 1};

            exits_memory_fault(v, &f);
        }
        if (access & GUEST_CODE_WRITE && !soft_state.paravirtual &&
            soft_scan_is_code(m.physical))
            exits_give_up(v, VMM_CAUSE_PAGE_FAULT,
                          "cpu=soft: the guest wrote to its code, which has been read already",
                          "address", linear);
        if (access & GUEST_CODE_WRITE)
            __builtin_memcpy(p, buffer, part);
        else
            __builtin_memcpy(buffer, p, part);
        linear += part;
        buffer += part;
        n -= part;
    }
    return 0;
}

int soft_read(struct vcpu *v, uint64_t linear, void *to, size_t n, uint64_t *at,
              uint64_t *code)
{
    return copy(v, linear, to, n, 0, at, code);
}

int soft_write(struct vcpu *v, uint64_t linear, const void *from, size_t n, uint64_t *at,
               uint64_t *code)
{
    return copy(v, linear, (uint8_t *)(uintptr_t)from, n, GUEST_CODE_WRITE, at, code);
}

size_t soft_fetch(struct vcpu *v, uint8_t *to, size_t n)
{
    size_t done = 0;

    while (done < n) {
        uint64_t linear = *v->rip + done, code;
        size_t part = PAGING_PAGE_BYTES - (linear & (PAGING_PAGE_BYTES - 1));
        struct mapping m;
        const uint8_t *p;

        part = part < n - done ? part : n - done;
        if (walk(linear, GUEST_CODE_FETCH, &m, &code))
            break;
        p = guest_pointer(m.physical, part);
        if (!p)
            break;
        __builtin_memcpy(to + done, p, part);
        if (!soft_state.paravirtual)
            soft_scan_restore(&soft_scan, m.physical, to + done, part);
        done += part;
    }
    return done;
}
