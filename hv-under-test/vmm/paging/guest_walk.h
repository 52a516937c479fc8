/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/paging/guest_walk.h - a guest's page tables as its processor would walk
 * them, rights and accessed and dirty bits included (APM vol. 2 sections 5.2 to 5.6), for
 * backends under which the processor does not.
 *
 * Carried: paging off, PAE, long mode with four levels. Not handled: 32-bit paging without PAE,
 * five levels, protection keys; who uses this refuses them.
 *
 * Two other walks are not this one on purpose. linear.c takes every format and asks for no
 * rights, for it reads what the processor has fetched already, in exits that are measured.
 * soft_shadow.c has a guest of one ring: its user bits mean nothing, it sets accessed bits on
 * the way whatever comes of the access, takes a table outside RAM for an absent page, and knows
 * fewer reserved bits.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_PAGING_GUEST_WALK_H
#define ETALON_HV_UNDER_TEST_VMM_PAGING_GUEST_WALK_H

#include <stdint.h>

#define GUEST_WALK_LEVELS 4u

/* Bits of a page fault's error code, section 8.4.2; of an access all but PRESENT and RESERVED. A
 * fault of nested paging has TABLE_WALK, too, section 15.25.6. */
#define GUEST_CODE_PRESENT 1ull
#define GUEST_CODE_WRITE 2ull
#define GUEST_CODE_USER 4ull
#define GUEST_CODE_RESERVED 8ull
#define GUEST_CODE_FETCH 16ull
#define GUEST_CODE_TABLE_WALK (1ull << 33)
#define GUEST_ACCESS_AC (1ull << 32) /* not of the error code: RFLAGS.AC, against SMAP */

/* Rights that a path of entries adds up to. */
#define GUEST_RIGHT_WRITE 1u
#define GUEST_RIGHT_USER 2u
#define GUEST_RIGHT_EXECUTE 4u
#define GUEST_RIGHTS 7u

struct guest_mode;

enum guest_walk_result {
    GUEST_WALK_MAPPED,
    GUEST_WALK_FAULT,    /* a page fault with .code */
    GUEST_WALK_NO_MEMORY /* a table lies where the guest has no RAM: .physical */
};

struct guest_walk_step {
    uint64_t table;  /* its guest-physical address */
    uint64_t *entry; /* where the guest has it */
    uint64_t value;
    unsigned shift;  /* bits of linear address below those of this level */
    unsigned rights; /* GUEST_RIGHT_* down to here */
};

struct guest_walk {
    unsigned steps; /* of step[], from the root; 0: paging is off */
    struct guest_walk_step step[GUEST_WALK_LEVELS];
    unsigned shift;    /* of the page: 12, 21 or 30 */
    unsigned rights;   /* GUEST_RIGHT_* of all levels together */
    uint64_t physical; /* of the byte asked for */
    uint64_t code;
};

/* Bits of linear address below the root's; 0: paging is off. */
unsigned guest_walk_root_shift(const struct guest_mode *m);
/* The address of the root table in CR3. */
uint64_t guest_walk_root(const struct guest_mode *m);
/* Is the entry of a table at `shift` a page and no further table? */
int guest_walk_is_page(uint64_t entry, unsigned shift);
/* Has an entry of a table at `shift` bits that must be zero? And what it allows by itself. */
int guest_walk_is_reserved(const struct guest_mode *m, uint64_t entry, unsigned shift);
unsigned guest_walk_rights(const struct guest_mode *m, uint64_t entry, unsigned shift);
/* Walk for an access of GUEST_CODE_* and GUEST_ACCESS_AC. Nothing is written. */
enum guest_walk_result guest_walk(const struct guest_mode *m, uint64_t linear, uint64_t access,
                                  struct guest_walk *w);
/* The access takes place: accessed and dirty bits into the guest's tables and w's values. */
void guest_walk_mark(struct guest_walk *w, uint64_t access);

#endif
