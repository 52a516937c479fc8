/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/decode/linear.h - reading a guest by its linear addresses: the guest's own
 * page tables are walked in software (APM vol. 2 sections 5.2 and 5.3: 32-bit, PAE, 4 and 5
 * levels).
 *
 * Rights are not checked: this is used for instructions the processor has fetched already.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_DECODE_LINEAR_H
#define ETALON_HV_UNDER_TEST_VMM_DECODE_LINEAR_H

#include <stddef.h>
#include <stdint.h>

#define LINEAR_FETCH_BYTES 16 /* an instruction has at most 15 */

struct guest_mode;

/* 0 with the guest-physical address, or -1: not mapped, or the tables lie outside RAM. */
int linear_translate(const struct guest_mode *m, uint64_t linear, uint64_t *physical);
/* The bytes from `linear` on, enough for the longest instruction; returns how many could be
 * read. */
size_t linear_fetch(const struct guest_mode *m, uint64_t linear,
                    uint8_t out[LINEAR_FETCH_BYTES]);

#endif
