/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/paging/shadow_tables.c - the pool of shadow tables
 * (vmm/paging/shadow_tables.h).
 */
#include "hv-under-test/vmm/paging/shadow_tables.h"

#include <stddef.h>

#include "hv-under-test/vmm/guest/guest.h"
#include "hv-under-test/vmm/paging/paging.h"
#include "hv-under-test/vmm/machine/x86.h"

#define BUCKETS 1024u
#define MAP_BUCKETS 4096u
#define LARGE_PAGES (GUEST_RAM_LIMIT / PAGING_LARGE_BYTES)

struct tables tables;

/* Where memory is mapped writably by an entry of its own, to take the right away: by page, or
 * by 2 MiB. Pieces of larger pages are found by their table's key. */
struct map {
    uint32_t page; /* number of the page, with the shift in the top bits */
    uint16_t table, index, next;
};

/* Not in the image: only who shadows pays for it. */
struct memory {
    uint64_t pages[TABLES_POOL]
                  [TABLES_ENTRIES]; /* walked by the processor; zero when not in use */
    struct table pool[TABLES_POOL];
    struct map map[TABLES_MAPS];
};

static uint64_t (*pages)[TABLES_ENTRIES];
static struct table *pool;
static struct map *map;
static uint16_t bucket[BUCKETS], free_table;
static uint16_t map_bucket[MAP_BUCKETS], free_map;

static uint16_t tables_in_large[LARGE_PAGES]; /* tables that have a shadow, by 2 MiB */

_Static_assert(TABLES_POOL < TABLES_NONE && TABLES_MAPS < TABLES_NONE, "16 bits name them");

static uint16_t number_of(const struct table *t)
{
    return (uint16_t)(t - pool);
}

static unsigned bucket_of(uint64_t address)
{
    const uint64_t page = address >> 12;

    return (unsigned)(page ^ page >> 10) & (BUCKETS - 1);
}

static uint32_t page_of(uint64_t physical, unsigned shift)
{
    return (uint32_t)(physical >> shift) | (uint32_t)shift << 24;
}

static unsigned map_bucket_of(uint32_t page)
{
    return (page ^ page >> 12) & (MAP_BUCKETS - 1);
}

uint64_t tables_bytes(void)
{
    return sizeof(struct memory);
}

void tables_start(int protect, void *memory)
{
    struct memory *m = memory;

    pages = m->pages;
    pool = m->pool;
    map = m->map;
    for (unsigned i = 0; i < BUCKETS; i++)
        bucket[i] = TABLES_NONE;
    for (unsigned i = 0; i < MAP_BUCKETS; i++)
        map_bucket[i] = TABLES_NONE;
    for (unsigned i = 0; i < TABLES_POOL; i++) {
        pool[i] = (struct table){
            .entry = pages[i], .next = (uint16_t)(i + 1 < TABLES_POOL ? i + 1 : TABLES_NONE)};
        __builtin_memset(pages[i], 0, sizeof(pages[i]));
    }
    for (unsigned i = 0; i < TABLES_MAPS; i++)
        map[i].next = (uint16_t)(i + 1 < TABLES_MAPS ? i + 1 : TABLES_NONE);
    __builtin_memset(tables_in_large, 0, sizeof(tables_in_large));
    free_table = free_map = 0;
    tables = (struct tables){
        .free = TABLES_POOL, .maps = TABLES_MAPS, .epoch = 1, .protect = protect};
}

static int same_key(const struct table_key *a, const struct table_key *b)
{
    return a->address == b->address && a->shift == b->shift && a->rights == b->rights &&
           a->direct == b->direct && a->type == b->type;
}

struct table *tables_find(const struct table_key *key)
{
    for (unsigned n = bucket[bucket_of(key->address)]; n != TABLES_NONE; n = pool[n].next)
        if (same_key(&pool[n].key, key))
            return &pool[n];
    return NULL;
}

struct table *tables_at(unsigned i)
{
    return pool[i].used ? &pool[i] : NULL;
}

/* --- the way back from memory to what maps it --- */

static void note_map(const struct table *t, unsigned index, uint64_t physical)
{
    const uint32_t page = page_of(physical, t->key.shift);
    uint16_t *head = &map_bucket[map_bucket_of(page)];
    const uint16_t n = free_map;

    free_map = map[n].next;
    map[n] = (struct map){page, number_of(t), (uint16_t)index, *head};
    *head = n;
    tables.maps--;
}

static void forget_map(const struct table *t, unsigned index, uint64_t physical)
{
    uint16_t *at = &map_bucket[map_bucket_of(page_of(physical, t->key.shift))];

    while (map[*at].table != number_of(t) || map[*at].index != index)
        at = &map[*at].next;
    const uint16_t n = *at;

    *at = map[n].next;
    map[n].next = free_map;
    free_map = n;
    tables.maps++;
}

/* Guest-physical, of an entry for a page of RAM; -1: a device's. */
static uint64_t physical_of(uint64_t entry, unsigned shift)
{
    const uint64_t host = entry & X86_PTE_ADDRESS & ~((1ull << shift) - 1);
    const uint64_t base = (uint64_t)(uintptr_t)guest_memory.base;

    return host >= base && host - base < guest_memory.bytes ? host - base : UINT64_MAX;
}

static int is_noted(const struct table *t, uint64_t entry)
{
    return tables.protect && !t->key.direct && (entry & X86_PTE_WRITE) &&
           physical_of(entry, t->key.shift) != UINT64_MAX;
}

/* --- entries --- */

static void set_bit(uint64_t *bits, unsigned i)
{
    bits[i / 64] |= 1ull << (i % 64);
}

static void clear_bit(uint64_t *bits, unsigned i)
{
    bits[i / 64] &= ~(1ull << (i % 64));
}

struct table *tables_child(const struct table *t, unsigned i)
{
    const uint64_t at = t->entry[i] & X86_PTE_ADDRESS;

    return &pool[(at - (uint64_t)(uintptr_t)pages) / sizeof(pages[0])];
}

void tables_drop(struct table *t, unsigned i)
{
    const uint64_t entry = t->entry[i];

    if (!tables_bit(t->present, i))
        return;
    tables.epoch++;
    t->entry[i] = 0;
    clear_bit(t->present, i);
    clear_bit(t->global, i);
    if (tables_bit(t->link, i)) {
        struct table *child =
            &pool[((entry & X86_PTE_ADDRESS) - (uint64_t)(uintptr_t)pages) / sizeof(pages[0])];

        clear_bit(t->link, i);
        child->parents--;
        tables_release(child);
    } else if (is_noted(t, entry)) {
        forget_map(t, i, physical_of(entry, t->key.shift));
    }
}

void tables_set_page(struct table *t, unsigned i, uint64_t entry, uint64_t seen, int global)
{
    const uint64_t old = t->entry[i];

    /* One right more needs nothing of the TLB: the fault itself has dropped what it had. */
    if (old == entry || (old && (old | X86_PTE_WRITE | X86_PTE_DIRTY) == entry)) {
        if (old != entry && is_noted(t, entry))
            note_map(t, i, physical_of(entry, t->key.shift));
    } else {
        tables_drop(t, i);
        if (is_noted(t, entry))
            note_map(t, i, physical_of(entry, t->key.shift));
    }
    t->entry[i] = entry;
    t->seen[i] = seen;
    t->entered = ++tables.entered;
    set_bit(t->present, i);
    if (global)
        set_bit(t->global, i);
    else
        clear_bit(t->global, i);
}

void tables_set_link(struct table *t, unsigned i, struct table *child, uint64_t seen)
{
    const uint64_t at = (uint64_t)(uintptr_t)child->entry;

    child->parents++; /* before the old one goes, which may be the same */
    tables_drop(t, i);
    /* PAE's root has no rights (APM vol. 2 section 5.2.3). */
    t->entry[i] =
        at | X86_PTE_PRESENT |
        (t->key.shift == 30 && t->is_root ? 0
                                          : X86_PTE_WRITE | X86_PTE_USER | X86_PTE_ACCESSED);
    t->seen[i] = seen;
    t->entered = ++tables.entered;
    set_bit(t->present, i);
    set_bit(t->link, i);
}

void tables_empty(struct table *t)
{
    for (unsigned w = 0; w < TABLES_WORDS; w++)
        while (t->present[w])
            tables_drop(t, w * 64 + (unsigned)__builtin_ctzll(t->present[w]));
}

/* --- protection --- */

static void take_write(struct table *t, unsigned i)
{
    if (!(t->entry[i] & X86_PTE_WRITE) || tables_bit(t->link, i))
        return;
    if (t->key.shift > 12) { /* entered again, it comes in pieces */
        tables_drop(t, i);
        return;
    }
    if (is_noted(t, t->entry[i]))
        forget_map(t, i, physical_of(t->entry[i], 12));
    t->entry[i] &= ~X86_PTE_WRITE;
    tables.epoch++;
}

static void protect_noted(uint64_t physical, unsigned shift)
{
    const uint32_t page = page_of(physical, shift);
    uint16_t *at = &map_bucket[map_bucket_of(page)];

    while (*at != TABLES_NONE) {
        if (map[*at].page == page) {
            take_write(&pool[map[*at].table], map[*at].index); /* takes the note away, too */
            at = &map_bucket[map_bucket_of(page)];
        } else {
            at = &map[*at].next;
        }
    }
}

static void protect_pieces(uint64_t physical, unsigned shift)
{
    const uint64_t base = physical & ~((1ull << (shift + 9)) - 1);

    for (unsigned n = bucket[bucket_of(base)]; n != TABLES_NONE; n = pool[n].next)
        if (pool[n].key.direct && pool[n].key.shift == shift && pool[n].key.address == base)
            take_write(&pool[n], tables_index(physical, shift));
}

static void protect(uint64_t physical)
{
    protect_noted(physical, 12);
    protect_noted(physical, 21);
    protect_pieces(physical, 12);
    protect_pieces(physical, 21);
}

int tables_is_table(uint64_t physical)
{
    return tables_next_of(physical & ~(PAGING_PAGE_BYTES - 1), NULL) != NULL;
}

int tables_any_in_large(uint64_t physical)
{
    return tables_in_large[physical / PAGING_LARGE_BYTES] != 0;
}

struct table *tables_next_of(uint64_t physical, struct table *previous)
{
    unsigned n = previous ? previous->next : bucket[bucket_of(physical)];

    while (n != TABLES_NONE && (pool[n].key.direct ||
                                (pool[n].key.address & ~(PAGING_PAGE_BYTES - 1)) != physical))
        n = pool[n].next;
    return n == TABLES_NONE ? NULL : &pool[n];
}

/* --- tables --- */

struct table *tables_make(const struct table_key *key)
{
    const uint16_t n = free_table;
    struct table *t = &pool[n];
    uint16_t *head = &bucket[bucket_of(key->address)];
    int was_table = 1;

    free_table = t->next;
    tables.free--;
    if (!key->direct && tables.protect) {
        was_table = tables_is_table(key->address);
        tables_in_large[key->address / PAGING_LARGE_BYTES]++;
    }
    t->key = *key;
    t->guest = key->direct ? NULL : (const uint64_t *)(void *)guest_pointer(key->address, 8);
    t->next = *head;
    *head = n;
    t->used = 1;
    t->is_root = 0;
    t->parents = 0;
    t->pass = 0;
    if (!was_table)
        protect(key->address);
    return t;
}

void tables_release(struct table *t)
{
    uint16_t *at = &bucket[bucket_of(t->key.address)];

    if (t->parents || t->is_root)
        return;
    tables_empty(t);
    while (*at != number_of(t))
        at = &pool[*at].next;
    *at = t->next;
    if (!t->key.direct && tables.protect)
        tables_in_large[t->key.address / PAGING_LARGE_BYTES]--;
    t->used = 0;
    t->next = free_table;
    free_table = number_of(t);
    tables.free++;
}
