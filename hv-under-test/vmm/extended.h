/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/extended.h - the guest's x87, SSE and AVX registers and XCR0, which stay in
 * the processor while the hypervisor runs: it is compiled without them. Copied only for a
 * snapshot (snapshot.h) and where another guest takes the processor (neighbour.h). boot.S has the processor allow that. APM vol. 2 section 11.5.
 *
 * Not handled: states beyond AVX, which no guest is shown (cpuid.c).
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_EXTENDED_H
#define ETALON_HV_UNDER_TEST_VMM_EXTENDED_H

#include <stdint.h>

#define EXTENDED_BYTES 1024u /* of x87, SSE and AVX 832 */

struct extended_state {
    uint8_t area[EXTENDED_BYTES] __attribute__((aligned(64)));
    uint64_t xcr0;
};

/* As after a reset: APM vol. 2 table 14-1. */
void extended_reset(struct extended_state *s);
void extended_save(struct extended_state *s);
void extended_restore(const struct extended_state *s);

#endif
