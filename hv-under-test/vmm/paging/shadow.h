/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/paging/shadow.h - shadow paging: the tables the processor walks instead of
 * the guest's, made of the guest's tables and the hypervisor's map of its memory (paging.h).
 * No processor feature is used here; docs/techniques/shadow-lazy.md and shadow-eager.md tell
 * the whole.
 *
 * A shadow table stands for one table of the guest at one level with the rights of the path
 * above it, and is shared by every path and address space that leads there. Roots are kept per
 * CR3. Tables come from a fixed pool: the root not used for longest gives way.
 *
 * Lazy: the shadow is a TLB (APM vol. 2 section 5.5). It may hold what the guest's tables once
 * said, never longer than a TLB may. INVLPG drops that page, of every level above what no
 * longer is what the guest's tables say. A write of CR3 keeps the shadow of the new root and
 * re-validates it: each entry but those of global pages is compared with the guest's, as it was
 * entered and as it is now, and dropped where they differ; and what INVLPG has dropped since
 * the root was last left is dropped in it, too. Linking a shadow table that exists already
 * re-validates it whole.
 *
 * Eager: the shadow is what the guest's tables say, always. Tables that have a shadow are
 * mapped read-only; each write to them is the caller's to emulate and to tell
 * (shadow_written). INVLPG needs no exit, a write of CR3 only another root.
 *
 * The processor's own TLB is kept right by address-space identifiers: one for each root, a new
 * one where entries were dropped and no single address says which.
 *
 * Formats: four levels in long mode, PAE's three otherwise, which paging off takes too.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_PAGING_SHADOW_H
#define ETALON_HV_UNDER_TEST_VMM_PAGING_SHADOW_H

#include <stdint.h>

struct guest_mode;

/* PAT that the processor must have for entries of the shadow: positions 0-3 as after reset,
 * then WC, WP, UC-, UC (APM vol. 2 section 7.8.2). */
#define SHADOW_PAT 0x0007050100070406ull

enum shadow_kind { SHADOW_LAZY, SHADOW_EAGER };

enum shadow_result {
    SHADOW_ENTERED,     /* go on at the same instruction */
    SHADOW_GUEST_FAULT, /* the guest's own page fault, .code */
    SHADOW_MEMORY,      /* no memory for this access at .physical: a device, or nothing */
    SHADOW_NO_TABLE,    /* a table of the guest lies at .physical, where it has no RAM */
    SHADOW_TABLE_WRITE, /* eager: a write to a table at .physical, allowed by the guest's rights */
};

struct shadow_outcome {
    uint64_t physical, code;
};

struct shadow_numbers {           /* since the start */
    uint64_t entered;             /* pages entered at faults */
    uint64_t delivered;           /* faults that were the guest's own */
    uint64_t switches, found;     /* writes of CR3, of them with the root still there */
    uint64_t revalidated;         /* entries that differed from the guest's */
    uint64_t evicted;             /* roots */
    uint64_t written, unshadowed; /* eager: writes told; tables given up for one */
};

extern struct shadow_numbers shadow_numbers;

/* The tables take shadow_bytes() of `memory`, page-aligned. Identifiers 1 to `last` are free to
 * use. `drop`: invalidate one page's translation of an identifier in the processor's TLB
 * (INVLPGA). */
uint64_t shadow_bytes(void);
void shadow_start(enum shadow_kind kind, void *memory, uint32_t last,
                  void (*drop)(uint64_t linear, uint32_t id));
/* Anything but CR3 has changed on which translation depends (CR0.PG, CR0.WP, CR4, EFER), or PAT
 * has: nothing is kept. */
void shadow_reset(const struct guest_mode *m, uint64_t pat);
/* CR3 was written. */
void shadow_set_root(const struct guest_mode *m);
/* INVLPG. */
void shadow_drop(uint64_t linear);
/* The processor faulted on the shadow. `access`: the bits of its error code, and
 * GUEST_ACCESS_AC. */
enum shadow_result shadow_fault(const struct guest_mode *m, uint64_t linear, uint64_t access,
                                struct shadow_outcome *out);
/* The guest's memory has been written at `physical`, within a page, on its behalf; matters to
 * eager alone. */
void shadow_written(uint64_t physical, unsigned bytes);
/* Eager: this page is no table any more, so it may be written. 0, or -1: it is the root in use. */
int shadow_unshadow(uint64_t physical);

/* For the processor: root, identifier, and whether all identifiers begin anew (once). */
uint64_t shadow_root(void);
uint32_t shadow_id(void);
int shadow_take_flush(void);

#endif
