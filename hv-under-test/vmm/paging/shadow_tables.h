/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/paging/shadow_tables.h - the pool of shadow tables, and which entry of
 * them maps what. Private to shadow*.c.
 *
 * Entries go in and out by tables_set_page(), tables_set_link() and tables_drop() only, which
 * keep the maps of bits, the counts of parents and the way back from memory to what maps it.
 * A dropped entry raises tables.epoch: the processor's TLB may still have it.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_PAGING_SHADOW_TABLES_H
#define ETALON_HV_UNDER_TEST_VMM_PAGING_SHADOW_TABLES_H

#include <stdint.h>

#include "hv-under-test/vmm/paging/guest_walk.h"

#define TABLES_ENTRIES 512u
#define TABLES_WORDS (TABLES_ENTRIES / 64)
#ifndef TABLES_POOL /* a test makes do with fewer */
#define TABLES_POOL 768u
#define TABLES_MAPS 16384u
#endif
#define TABLES_NONE 0xffffu

struct table_key {
    uint64_t address; /* of the guest's table; direct: of the memory mapped */
    uint8_t shift;
    uint8_t rights; /* GUEST_RIGHT_* of the path above */
    uint8_t direct; /* pieces of one page of the guest, or paging is off */
    uint8_t type;   /* direct: cache bits, an index into SHADOW_PAT */
};

struct table {
    struct table_key key;
    uint64_t *entry;               /* what the processor walks */
    const uint64_t *guest;         /* what it stands for; NULL: direct */
    uint64_t seen[TABLES_ENTRIES]; /* guest's entry when ours was made */
    uint64_t present[TABLES_WORDS], link[TABLES_WORDS], global[TABLES_WORDS];
    uint16_t next; /* of the same bucket, or of the free ones */
    uint32_t parents;
    uint8_t used, is_root;
    uint8_t validated; /* how far in this pass, shadow.c */
    uint32_t pass;
    uint64_t entered; /* when it last got an entry, in tables.entered */
    /* of a root */
    uint32_t id, generation;
    uint64_t epoch; /* up to which the TLB is right but for aliases of what INVLPG dropped, */
    uint64_t began; /* … and wholly */
    uint64_t last_used, left, dropped; /* in tables.entered; in INVLPG */
};

struct tables {
    unsigned free; /* tables */
    unsigned maps; /* free notes of what maps memory writably */
    uint64_t epoch, entered;
    int protect; /* eager */
};

extern struct tables tables;

/* `memory`: tables_bytes() of it, page-aligned; what is in it does not matter. */
uint64_t tables_bytes(void);
void tables_start(int protect, void *memory);
/* NULL: there is none. */
struct table *tables_find(const struct table_key *key);
/* A new one, empty; tables.free must not be 0. Protects the guest's table if that is asked for. */
struct table *tables_make(const struct table_key *key);
/* Only with no parents and no root: it goes with all that hangs on it alone. */
void tables_release(struct table *t);
struct table *tables_at(unsigned i); /* NULL: not in use; i < TABLES_POOL */

void tables_set_page(struct table *t, unsigned i, uint64_t entry, uint64_t seen, int global);
void tables_set_link(struct table *t, unsigned i, struct table *child, uint64_t seen);
void tables_drop(struct table *t, unsigned i);
struct table *tables_child(const struct table *t, unsigned i); /* of a link */
void tables_empty(struct table *t);

static inline int tables_bit(const uint64_t *map, unsigned i)
{
    return (int)(map[i / 64] >> (i % 64)) & 1;
}

static inline unsigned tables_index(uint64_t linear, unsigned shift)
{
    return (unsigned)(linear >> shift) & (TABLES_ENTRIES - 1);
}

/* --- eager --- */

/* Is the page that of a table that has a shadow? Any in the 2 MiB around it? */
int tables_is_table(uint64_t physical);
int tables_any_in_large(uint64_t physical);
/* Each shadow of the table at `physical` (page-aligned): NULL at the end. */
struct table *tables_next_of(uint64_t physical, struct table *previous);

#endif
