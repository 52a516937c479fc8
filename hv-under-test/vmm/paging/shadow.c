/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/paging/shadow.c - shadow paging (vmm/paging/shadow.h). */
#include "hv-under-test/vmm/paging/shadow.h"

#include <stddef.h>

#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/guest/guest.h"
#include "hv-under-test/vmm/paging/guest_walk.h"
#include "hv-under-test/vmm/paging/paging.h"
#include "hv-under-test/vmm/paging/shadow_tables.h"
#include "hv-under-test/vmm/machine/x86.h"

#define PAE_ROOT_BYTES 32u
#define PAE_ROOT_ENTRIES 4u
#define ROOM_TABLES 8u /* a fault makes at most three on its path and two of pieces */
#define ROOM_MAPS 2u
#define REMEMBERED 64u /* INVLPG, for roots not in use */

/* Memory types as PAT has them, and where SHADOW_PAT has each. */
#define TYPE_UC 3u
static const uint8_t type_at[8] = {TYPE_UC, 4, 0, 0, 1, 5, 0, 2};

/* How much of a table validate() looks at; more includes less. */
enum validation { VALIDATE_LINKS = 1, VALIDATE_ALL_BUT_GLOBAL, VALIDATE_ALL };

struct shadow_numbers shadow_numbers;

static enum shadow_kind kind;
static struct guest_mode mode; /* but for CR3 */
static struct table *root;
static uint8_t type_of_pat[8]; /* guest's PAT to a place in SHADOW_PAT */

static void (*drop_in_tlb)(uint64_t linear, uint32_t id);
static uint32_t last_id, next_id, generation;
static int flush;

static uint64_t uses;
static uint32_t pass;
static uint64_t dropped[REMEMBERED], dropped_count;

/* --- the processor's TLB --- */

/* An identifier of which the TLB knows nothing. */
static void renew(void)
{
    if (next_id > last_id) {
        generation++;
        next_id = 1;
        flush = 1;
    }
    root->id = next_id++;
    root->generation = generation;
    root->epoch = root->began = tables.epoch;
}

static void settle(void)
{
    if (root->epoch != tables.epoch || root->generation != generation)
        renew();
}

uint64_t shadow_root(void)
{
    return (uint64_t)(uintptr_t)root->entry;
}

uint32_t shadow_id(void)
{
    return root->id;
}

int shadow_take_flush(void)
{
    const int was = flush;

    flush = 0;
    return was;
}

/* --- room --- */

static void evict(struct table *t)
{
    t->is_root = 0;
    tables_release(t);
}

static struct table *oldest_root(void)
{
    struct table *oldest = NULL;

    for (unsigned i = 0; i < TABLES_POOL; i++) {
        struct table *t = tables_at(i);

        if (t && t->is_root && t != root && (!oldest || t->last_used < oldest->last_used))
            oldest = t;
    }
    return oldest;
}

/* For one fault. Tables of the root in use go only all together: it then begins anew. */
static void make_room(void)
{
    while (tables.free < ROOM_TABLES || tables.maps < ROOM_MAPS) {
        struct table *t = oldest_root();

        if (!t) {
            tables_empty(root);
            return;
        }
        evict(t);
        shadow_numbers.evicted++;
    }
}

/* --- is it still true --- */

/* An entry is compared whole: a guest that takes an accessed or dirty bit away has it set again
 * at the next access. What was entered after `since` came by another root's path: that it is
 * global says nothing here. */
static void validate(struct table *t, enum validation how, uint64_t since)
{
    if (t->entered > since)
        how = VALIDATE_ALL;
    if (!t->guest || (t->pass == pass && t->validated >= how))
        return;
    t->pass = pass;
    t->validated = (uint8_t)how;
    for (unsigned w = 0; w < TABLES_WORDS; w++) {
        uint64_t bits = t->present[w];

        if (how == VALIDATE_LINKS)
            bits = t->link[w];
        else if (how == VALIDATE_ALL_BUT_GLOBAL)
            bits &= ~t->global[w];
        for (; bits; bits &= bits - 1) {
            const unsigned i = w * 64 + (unsigned)__builtin_ctzll(bits);

            if (t->guest[i] != t->seen[i]) {
                tables_drop(t, i);
                shadow_numbers.revalidated++;
            } else if (tables_bit(t->link, i)) {
                validate(tables_child(t, i), how, since);
            }
        }
    }
}

static void validate_from(struct table *t, enum validation how, uint64_t since)
{
    pass++;
    validate(t, how, since);
}

/* Drop the page of the guest that maps `linear`, in pieces or whole, and what no longer leads
 * there. 1: it was one entry. */
static int drop_page(struct table *t, uint64_t linear)
{
    while (t->guest) {
        const unsigned i = tables_index(linear, t->key.shift);
        const int is_link = tables_bit(t->link, i);

        if (!tables_bit(t->present, i))
            return 0;
        if (!is_link || t->seen[i] != t->guest[i] || !tables_child(t, i)->guest) {
            tables_drop(t, i);
            return !is_link;
        }
        t = tables_child(t, i);
    }
    return 0; /* paging is off */
}

static void drop_from_root(uint64_t linear)
{
    const uint64_t before = tables.epoch;

    if (drop_page(root, linear) && root->epoch == before)
        root->epoch = tables.epoch;
    /* Also if there was nothing: another address may have shared the entry, and dropped it. */
    drop_in_tlb(linear, root->id);
}

void shadow_drop(uint64_t linear)
{
    drop_from_root(linear);
    /* INVLPG drops all that is cached of the levels above, wherever it leads (section 5.5.1,
     * without EFER.TCE). */
    validate_from(root, VALIDATE_LINKS, UINT64_MAX);
    dropped[dropped_count++ % REMEMBERED] = linear;
    settle();
}

/* --- roots --- */

static struct table_key root_key(const struct guest_mode *m)
{
    const unsigned shift = guest_walk_root_shift(m);
    const uint64_t address = guest_walk_root(m);
    const unsigned bytes = shift == 30 ? PAE_ROOT_BYTES : PAGING_PAGE_BYTES;

    if (!shift)
        return (struct table_key){.shift = 30, .rights = GUEST_RIGHTS, .direct = 1};
    /* A root where no memory is has nothing in it, and every walk says so. */
    if (!guest_pointer(address, bytes))
        return (struct table_key){.address = UINT64_MAX, .shift = (uint8_t)shift, .direct = 1};
    return (struct table_key){
        .address = address, .shift = (uint8_t)shift, .rights = GUEST_RIGHTS};
}

static void validate_root(struct table *r)
{
    const int forgotten = dropped_count - r->dropped > REMEMBERED;

    for (uint64_t n = r->dropped; !forgotten && n < dropped_count; n++)
        drop_page(r, dropped[n % REMEMBERED]);
    validate_from(r, forgotten ? VALIDATE_ALL : VALIDATE_ALL_BUT_GLOBAL, r->left);
}

void shadow_set_root(const struct guest_mode *m)
{
    const struct table_key key = root_key(m);
    struct table *r = tables_find(&key);

    shadow_numbers.switches++;
    if (root) {
        root->dropped = dropped_count;
        root->left = tables.entered;
    }
    if (r) {
        shadow_numbers.found++;
        if (kind == SHADOW_LAZY)
            validate_root(r);
    } else {
        if (root)
            make_room();
        r = tables_make(&key);
        r->is_root = 1;
        r->generation = 0;
    }
    r->last_used = ++uses;
    root = r;
    if (r->began != tables.epoch || r->generation != generation)
        renew(); /* an entry that INVLPG has dropped for one address may be cached for another */
}

void shadow_reset(const struct guest_mode *m, uint64_t pat)
{
    for (unsigned i = 0; i < TABLES_POOL; i++) {
        struct table *t = tables_at(i);

        if (t && t->is_root)
            evict(t);
    }
    root = NULL;
    mode = *m;
    for (unsigned i = 0; i < 8; i++)
        type_of_pat[i] = type_at[(pat >> (8 * i)) & 7u];
    shadow_set_root(m);
}

uint64_t shadow_bytes(void)
{
    return tables_bytes();
}

void shadow_start(enum shadow_kind k, void *memory, uint32_t last,
                  void (*drop)(uint64_t linear, uint32_t id))
{
    tables_start(k == SHADOW_EAGER, memory);
    kind = k;
    root = NULL;
    drop_in_tlb = drop;
    last_id = last;
    next_id = generation = 1;
    flush = 0;
    uses = dropped_count = 0;
    pass = 0;
    shadow_numbers = (struct shadow_numbers){0};
}

/* --- entering pages --- */

static unsigned type_of(uint64_t entry, unsigned shift)
{
    const uint64_t pat = shift == 12 ? X86_PTE_LARGE : X86_PTE_PAT_LARGE;

    return type_of_pat[(entry & X86_PTE_PWT ? 1 : 0) | (entry & X86_PTE_PCD ? 2 : 0) |
                       (entry & pat ? 4 : 0)];
}

/* The entry for a page of memory; 0: there is none. */
static uint64_t page_entry(uint64_t physical, unsigned shift, unsigned rights, unsigned type)
{
    const uint64_t pat = shift == 12 ? X86_PTE_LARGE : X86_PTE_PAT_LARGE;
    uint64_t host, entry;
    unsigned flags;

    if (paging_find(physical, &host, &flags))
        return 0;
    if (flags & PAGING_UNCACHED)
        type = TYPE_UC;
    /* Accessed and dirty from the start, so that the processor has nothing to write here. */
    entry = (host & ~((1ull << shift) - 1)) | X86_PTE_PRESENT | X86_PTE_ACCESSED;
    entry |= shift > 12 ? X86_PTE_LARGE : 0;
    entry |=
        (type & 1u ? X86_PTE_PWT : 0) | (type & 2u ? X86_PTE_PCD : 0) | (type & 4u ? pat : 0);
    if (rights & GUEST_RIGHT_USER)
        entry |= X86_PTE_USER;
    if ((rights & GUEST_RIGHT_WRITE) && (flags & PAGING_WRITE) &&
        !(tables.protect && tables_is_table(physical)))
        entry |= X86_PTE_WRITE | X86_PTE_DIRTY;
    if (!(rights & GUEST_RIGHT_EXECUTE) || !(flags & PAGING_EXECUTE))
        entry |= X86_PTE_NO_EXECUTE;
    return entry;
}

/* May one entry map the 2 MiB around it? */
static int fits_large(uint64_t physical)
{
    const uint64_t start = physical & ~(PAGING_LARGE_BYTES - 1);

    return guest_pointer(start, PAGING_LARGE_BYTES) &&
           !(tables.protect && tables_any_in_large(start));
}

static struct table *table_for(const struct table_key *key)
{
    struct table *t = tables_find(key);

    return t ? t : tables_make(key);
}

/* The table of pieces that `t` has at i: rights may have changed. */
static struct table *pieces_below(struct table *t, unsigned i, uint64_t physical,
                                  unsigned rights, unsigned type, uint64_t seen)
{
    const unsigned shift = t->key.shift;
    const struct table_key key = {.address = physical & ~((1ull << shift) - 1),
                                  .shift = (uint8_t)(shift - 9),
                                  .rights = (uint8_t)rights,
                                  .direct = 1,
                                  .type = (uint8_t)type};
    struct table *child = table_for(&key);

    if (!tables_bit(t->link, i) || tables_child(t, i) != child)
        tables_set_link(t, i, child, seen);
    t->seen[i] = seen;
    return child;
}

static uint64_t piece_entry(const struct table *t, unsigned i)
{
    return page_entry(t->key.address + ((uint64_t)i << t->key.shift), t->key.shift,
                      t->key.rights, t->key.type);
}

/* The other pages of 2 MiB of RAM, which lie behind one another in the machine's memory. */
static void enter_neighbours(struct table *t, uint64_t entry)
{
    const uint64_t first = entry & ~((PAGING_LARGE_BYTES - 1) & X86_PTE_ADDRESS);
    const uint64_t write =
        t->key.rights & GUEST_RIGHT_WRITE ? X86_PTE_WRITE | X86_PTE_DIRTY : 0;

    for (unsigned i = 0; i < TABLES_ENTRIES; i++) {
        const uint64_t offset = (uint64_t)i * PAGING_PAGE_BYTES;

        entry = (first | offset) & ~(X86_PTE_WRITE | X86_PTE_DIRTY);
        if (!tables.protect || !tables_is_table(t->key.address + offset))
            entry |= write;
        if (!tables_bit(t->present, i))
            tables_set_page(t, i, entry, 0, 0);
    }
}

/* Pieces of 4 KiB come all at once: the guest has one accessed and one dirty bit for them. */
static void enter_pieces(struct table *t, uint64_t physical)
{
    uint64_t entry, present = 0;
    unsigned i;

    while (t->key.shift > 12) {
        i = tables_index(physical, t->key.shift);
        if (t->key.shift == 21 && fits_large(physical)) {
            tables_set_page(t, i, piece_entry(t, i), 0, 0);
            return;
        }
        t = pieces_below(t, i, physical, t->key.rights, t->key.type, 0);
    }
    i = tables_index(physical, 12);
    entry = piece_entry(t, i);
    for (unsigned w = 0; w < TABLES_WORDS; w++)
        present |= t->present[w];
    tables_set_page(t, i, entry, 0, 0);
    if (!present && guest_pointer(t->key.address, PAGING_LARGE_BYTES))
        enter_neighbours(t, entry);
}

/* Rights of a page for the processor: the first write comes here to set the dirty bit; without
 * CR0.WP a page that ring 0 writes although it is read-only is nobody else's until the next
 * fault. */
static unsigned page_rights(unsigned rights, uint64_t entry, uint64_t access)
{
    const uint64_t write_as_user = GUEST_CODE_WRITE | GUEST_CODE_USER;

    if (!(rights & GUEST_RIGHT_WRITE) && (access & write_as_user) == GUEST_CODE_WRITE) {
        if (rights & GUEST_RIGHT_USER && mode.cr4 & X86_CR4_SMEP)
            rights &= ~GUEST_RIGHT_EXECUTE;
        return (rights | GUEST_RIGHT_WRITE) & ~GUEST_RIGHT_USER;
    }
    return entry & X86_PTE_DIRTY ? rights : rights & ~GUEST_RIGHT_WRITE;
}

static void enter_page(struct table *t, unsigned i, uint64_t physical, unsigned rights,
                       uint64_t seen)
{
    const unsigned shift = t->key.shift, type = type_of(seen, shift);
    const int global = (mode.cr4 & X86_CR4_PGE) && (seen & X86_PTE_GLOBAL);

    if (shift == 12 || (shift == 21 && fits_large(physical)))
        tables_set_page(t, i, page_entry(physical, shift, rights, type), seen, global);
    else
        enter_pieces(pieces_below(t, i, physical, rights, type, seen), physical);
}

/* The table one level down, which may be there already for another path: it was right when that
 * path was last used, so it is looked at again. */
static struct table *table_below(struct table *t, unsigned i, const struct guest_walk_step *s)
{
    const struct table_key key = {.address = s->value & X86_PTE_ADDRESS,
                                  .shift = (uint8_t)(s->shift - 9),
                                  .rights = (uint8_t)s->rights};
    struct table *child = tables_find(&key);

    if (child && tables_bit(t->link, i) && t->seen[i] == s->value &&
        tables_child(t, i) == child)
        return child;
    if (!child)
        child = tables_make(&key);
    else if (kind == SHADOW_LAZY)
        validate_from(child, VALIDATE_ALL, 0);
    tables_set_link(t, i, child, s->value);
    return child;
}

static void enter(const struct guest_walk *w, uint64_t linear, uint64_t access)
{
    struct table *t = root;
    unsigned k;

    shadow_numbers.entered++;
    make_room();
    if (!w->steps) {
        enter_pieces(root, w->physical);
        return;
    }
    for (k = 0; k + 1 < w->steps; k++)
        t = table_below(t, tables_index(linear, w->step[k].shift), &w->step[k]);
    enter_page(t, tables_index(linear, w->shift), w->physical,
               page_rights(w->rights, w->step[k].value, access), w->step[k].value);
}

enum shadow_result shadow_fault(const struct guest_mode *m, uint64_t linear, uint64_t access,
                                struct shadow_outcome *out)
{
    struct guest_walk w;
    uint64_t host;
    unsigned flags;

    switch (guest_walk(m, linear, access, &w)) {
    case GUEST_WALK_NO_MEMORY:
        out->physical = w.physical;
        return SHADOW_NO_TABLE;
    case GUEST_WALK_FAULT:
        out->code = w.code;
        shadow_numbers.delivered++;
        if (kind == SHADOW_LAZY) /* a page fault drops what led to it */
            drop_from_root(linear);
        settle();
        return SHADOW_GUEST_FAULT;
    case GUEST_WALK_MAPPED:
    default:
        break;
    }
    guest_walk_mark(&w, access);
    out->physical = w.physical;
    if (paging_find(w.physical, &host, &flags) ||
        (access & GUEST_CODE_WRITE && !(flags & PAGING_WRITE)) ||
        (access & GUEST_CODE_FETCH && !(flags & PAGING_EXECUTE)))
        return SHADOW_MEMORY;
    if (tables.protect && access & GUEST_CODE_WRITE && tables_is_table(w.physical))
        return SHADOW_TABLE_WRITE;
    enter(&w, linear, access);
    settle();
    return SHADOW_ENTERED;
}

/* --- eager --- */

/* A page whose accessed bit is set may be entered before it is asked for. */
static int enter_ahead(struct table *t, unsigned i, uint64_t entry)
{
    const unsigned shift = t->key.shift;
    const uint64_t physical = entry & X86_PTE_ADDRESS & ~((1ull << shift) - 1);
    const unsigned rights = t->key.rights & guest_walk_rights(&mode, entry, shift);
    const uint64_t needed = X86_PTE_PRESENT | X86_PTE_ACCESSED;
    uint64_t host;
    unsigned flags;

    if ((entry & needed) != needed || !guest_walk_is_page(entry, shift) ||
        guest_walk_is_reserved(&mode, entry, shift) || tables.maps < ROOM_MAPS ||
        (shift != 12 && !(shift == 21 && fits_large(physical))) ||
        paging_find(physical, &host, &flags))
        return 0;
    enter_page(t, i, physical, page_rights(rights, entry, 0), entry);
    return 1;
}

/* 1: a table has changed, and which ones there are may have, too. */
static int rewrite(struct table *t, uint64_t at)
{
    const unsigned entries =
        t->key.shift == 30 && t->is_root ? PAE_ROOT_ENTRIES : TABLES_ENTRIES;
    const uint64_t i = (at - t->key.address) / 8;
    int changed;

    if (at < t->key.address || i >= entries)
        return 0;
    changed = tables_bit(t->present, (unsigned)i);
    if (changed && t->seen[i] == t->guest[i])
        return 0;
    tables_drop(t, (unsigned)i);
    return enter_ahead(t, (unsigned)i, t->guest[i]) || changed;
}

void shadow_written(uint64_t physical, unsigned bytes)
{
    const uint64_t page = physical & ~(PAGING_PAGE_BYTES - 1);

    if (kind == SHADOW_LAZY)
        return; /* it may lag behind */
    shadow_numbers.written++;
    for (uint64_t at = physical & ~7ull; at < physical + bytes; at += 8) {
        struct table *t = tables_next_of(page, NULL);

        while (t)
            t = rewrite(t, at) ? tables_next_of(page, NULL) : tables_next_of(page, t);
    }
    settle();
}

/* Every link to a table; the last one takes it along. */
static void unlink_all(const struct table *child)
{
    for (unsigned n = 0; n < TABLES_POOL && child->parents; n++) {
        struct table *t = tables_at(n);

        if (!t || !t->guest || t->key.shift != child->key.shift + 9)
            continue;
        for (unsigned w = 0; w < TABLES_WORDS; w++)
            for (uint64_t bits = t->link[w]; bits; bits &= bits - 1) {
                const unsigned i = w * 64 + (unsigned)__builtin_ctzll(bits);

                if (tables_child(t, i) == child)
                    tables_drop(t, i);
            }
    }
}

int shadow_unshadow(uint64_t physical)
{
    const uint64_t page = physical & ~(PAGING_PAGE_BYTES - 1);
    struct table *t;

    for (t = tables_next_of(page, NULL); t; t = tables_next_of(page, t))
        if (t == root)
            return -1;
    while ((t = tables_next_of(page, NULL))) {
        t->is_root = 0;
        if (t->parents)
            unlink_all(t);
        else
            tables_release(t);
        shadow_numbers.unshadowed++;
    }
    settle();
    return 0;
}
