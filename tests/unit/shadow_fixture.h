/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/shadow_fixture.h - shadow paging under a processor that walks the shadow and keeps
 * all it ever walked in a TLB until it is told otherwise, and a guest with some memory, a
 * read-only page and a device's.
 *
 * The engine's sources are included, with pools so small that roots are evicted all the time.
 */
#ifndef ETALON_TESTS_SHADOW_FIXTURE_H
#define ETALON_TESTS_SHADOW_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TABLES_POOL 24u
#define TABLES_MAPS 12u
#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/guest/guest.h"
#include "hv-under-test/vmm/paging/guest_walk.c"
#include "hv-under-test/vmm/paging/paging.h"
#include "hv-under-test/vmm/paging/shadow.c"
#include "hv-under-test/vmm/paging/shadow_tables.c"

#define KIB 1024ull
#define MIB (1024 * KIB)
#define RAM_BYTES (8 * MIB)
#define TABLE(k) ((k)*0x1000ull) /* large pages at 0 show the first ones, too */
#define READ_ONLY_PAGE 0x900000ull
#define DEVICE_PAGE 0x901000ull
#define NOTHING 0xa00000ull
#define TLB 512u

#define P 1ull
#define W 2ull
#define U 4ull
#define A 0x20ull
#define D 0x40ull
#define PS 0x80ull
#define G 0x100ull
#define NX (1ull << 63)
#define FRAME 0x000ffffffffff000ull

struct guest_memory guest_memory;
static void *memory_of_tables;
static uint8_t pages_of_host[2][4096] __attribute__((aligned(4096)));

int paging_find(uint64_t guest, uint64_t *host, unsigned *flags)
{
    const uint64_t page = guest & ~0xfffull;

    if (guest < RAM_BYTES) {
        *host = (uint64_t)(uintptr_t)guest_memory.base + guest;
        *flags = PAGING_WRITE | PAGING_EXECUTE;
    } else if (page == READ_ONLY_PAGE) {
        *host = (uint64_t)(uintptr_t)pages_of_host[0] + (guest & 0xfff);
        *flags = 0;
    } else if (page == DEVICE_PAGE) {
        *host = (uint64_t)(uintptr_t)pages_of_host[1] + (guest & 0xfff);
        *flags = PAGING_WRITE | PAGING_UNCACHED;
    } else {
        return -1;
    }
    return 0;
}

static uint64_t seed_now, step_now; /* of a random run; told when a requirement fails */

#define REQUIRE(condition, ...)                                                               \
    do {                                                                                      \
        if (!(condition)) {                                                                   \
            print_error("seed %llu step %llu: ", (unsigned long long)seed_now,                \
                        (unsigned long long)step_now);                                        \
            print_error(__VA_ARGS__);                                                         \
            fail_msg("%s", #condition);                                                       \
        }                                                                                     \
    } while (0)

/* --- the guest --- */

static struct guest_mode guest;
static uint64_t guest_pat;

static uint64_t *word_at(uint64_t physical)
{
    return (uint64_t *)(void *)(guest_memory.base + physical);
}

static int is_paged(void)
{
    return (guest.cr0 & X86_CR0_PG) != 0;
}

static int is_long_mode(void)
{
    return (guest.efer & X86_EFER_LMA) != 0;
}

/* --- rights --- */

/* Of one page of 4 KiB; rights: W U and X in the place of NX, as bits 1 2 4. */
struct translation {
    uint64_t page, size;
    unsigned rights, type;
    int dirty, global;
};

static int top_level(void)
{
    return is_long_mode() ? 3 : 2;
}

static int ends(uint64_t e, int level)
{
    return level == 0 || (level < 3 && (e & PS));
}

static int permits(const struct translation *t, uint64_t access)
{
    const int user = (access & GUEST_CODE_USER) != 0, user_page = (t->rights & 2u) != 0;
    const uint64_t cr4 = is_paged() ? guest.cr4 : 0;

    if (user && !user_page)
        return 0;
    if (access & GUEST_CODE_FETCH)
        return (t->rights & 4u) && !(!user && user_page && cr4 & X86_CR4_SMEP);
    if (!user && user_page && cr4 & X86_CR4_SMAP && !(access & GUEST_ACCESS_AC))
        return 0;
    if (access & GUEST_CODE_WRITE)
        return (t->rights & 1u) || (!user && !(guest.cr0 & X86_CR0_WP));
    return 1;
}

/* --- the processor on the shadow --- */

static const unsigned types_of_pat[] = {6, 4, 7, 0, 1, 5, 7, 0}; /* SHADOW_PAT, by hand */

static struct cached {
    uint32_t id;
    uint64_t linear, size, host, entry_rights;
    unsigned type;
} tlb[TLB];
static unsigned tlb_count;

static void tlb_forget(uint64_t linear, uint32_t id)
{
    for (unsigned i = 0; i < tlb_count;)
        if (tlb[i].id == id && (tlb[i].linear ^ linear) < tlb[i].size)
            tlb[i] = tlb[--tlb_count];
        else
            i++;
}

static void before_entry(void)
{
    if (shadow_take_flush())
        tlb_count = 0;
    REQUIRE(shadow_id() >= 1 && shadow_id() <= last_id, "identifier %u\n", shadow_id());
}

static int shadow_permits(uint64_t rights, uint64_t access)
{
    const struct translation t = {.rights = (rights & W ? 1u : 0) | (rights & U ? 2u : 0) |
                                            (rights & NX ? 0 : 4u)};

    /* CR0.WP is always on for it; SMEP and SMAP are off while the guest's paging is. */
    return permits(&t, access) && (!(access & GUEST_CODE_WRITE) || rights & W);
}

/* 0 with the translation in the TLB, or -1. */
static int walk_shadow(uint64_t linear)
{
    const uint64_t *table = (const uint64_t *)(uintptr_t)shadow_root();
    uint64_t rights = W | U;

    for (int level = top_level();; level--) {
        const uint64_t e = table[(linear >> (12 + 9 * level)) & 511],
                       size = 4096ull << (9 * level);

        if (!(e & P))
            return -1;
        if (level == 2 && !is_long_mode()) {
            REQUIRE(!(e & ~(FRAME | P)), "an entry of PAE's root has rights: %llx\n",
                    (unsigned long long)e);
        } else {
            rights = (rights & (e | ~(W | U))) | (e & NX);
        }
        if (!ends(e, level)) {
            table = (const uint64_t *)(uintptr_t)(e & FRAME);
            continue;
        }
        if (tlb_count == TLB)
            tlb[0] = tlb[--tlb_count];
        tlb[tlb_count++] = (struct cached){
            .id = shadow_id(),
            .linear = linear & ~(size - 1),
            .size = size,
            .host = e & FRAME & ~(size - 1),
            .entry_rights = rights,
            .type = types_of_pat[(e >> 3 & 3) | (e & (level ? 1ull << 12 : PS) ? 4 : 0)]};
        return 0;
    }
}

static const struct cached *find_cached(uint64_t linear)
{
    for (unsigned i = 0; i < tlb_count; i++)
        if (tlb[i].id == shadow_id() && (tlb[i].linear ^ linear) < tlb[i].size)
            return &tlb[i];
    return NULL;
}

/* NULL: a page fault, which drops what led to it. */
static const struct cached *access_memory(uint64_t linear, uint64_t access)
{
    const struct cached *c;

    before_entry();
    if (!find_cached(linear) && walk_shadow(linear))
        return NULL;
    c = find_cached(linear);
    if (shadow_permits(c->entry_rights, access))
        return c;
    tlb_forget(linear, shadow_id());
    return NULL;
}

static uint64_t host_page(uint64_t page)
{
    uint64_t host;
    unsigned flags;

    return paging_find(page, &host, &flags) ? 0 : host;
}

/* --- start --- */

/* A guest in long mode whose root is TABLE(0), on a fresh engine; memory stays as it is. */
static void start_guest(enum shadow_kind k, uint32_t ids)
{
    guest = (struct guest_mode){.cr0 = X86_CR0_PE | X86_CR0_PG | X86_CR0_WP,
                                .cr3 = TABLE(0),
                                .cr4 = X86_CR4_PAE | X86_CR4_PGE,
                                .efer = X86_EFER_LME | X86_EFER_LMA | X86_EFER_NXE};
    guest_pat = 0x0007040600070406ull;
    tlb_count = 0;
    shadow_start(k, memory_of_tables, ids, tlb_forget);
    shadow_reset(&guest, guest_pat);
}

static int make_memory(void **state)
{
    (void)state;
    guest_memory.base = aligned_alloc(PAGING_LARGE_BYTES, RAM_BYTES);
    guest_memory.bytes = RAM_BYTES;
    memory_of_tables = aligned_alloc(4096, (shadow_bytes() + 4095) & ~4095ull);
    if (!guest_memory.base || !memory_of_tables)
        return -1;
    memset(memory_of_tables, 0x5a, shadow_bytes());
    return 0;
}

static int free_memory(void **state)
{
    (void)state;
    free(guest_memory.base);
    free(memory_of_tables);
    return 0;
}

#endif
