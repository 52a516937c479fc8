/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/paging.h - bits of page tables, and what the fuzz guest keeps of the
 * registers that its own walk depends on (ops_paging.c).
 */
#ifndef ETALON_TESTS_SYSTEM_VMM_FUZZ_PAGING_H
#define ETALON_TESTS_SYSTEM_VMM_FUZZ_PAGING_H

#include <stdint.h>

#define P 1u
#define W 2u
#define U 4u
#define A 0x20u
#define D 0x40u
#define PS 0x80ull
#define NX (1ull << 63)
#define NO_RUN 0x100u /* a right less, among W and U */

/* Accesses: bits of the error code. */
#define WRITE 2u
#define USER 4u
#define RESERVED 8u
#define FETCH 16u

#define CR0_WP (1ull << 16)
#define CR4_SMEP (1ull << 20)
#define EFER_NXE (1ull << 11)

#define AREA 0x8000000000ull /* root entry 1 */
#define PAGING_LASTING 40    /* the entry of each last table that is always there */

extern uint64_t guest_cr0, guest_cr4, guest_efer, *guest_root;

void paging_write_entry(uint64_t *entry, uint64_t value);
void paging_invalidate(uint64_t linear);
/* RBX = (RSI), or (RDI) = RCX, in ring 3. */
void paging_user_access(int is_store);

#endif
