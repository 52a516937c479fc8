/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/soft/soft_scan.h - closing what ring 3 leaves open: the guest's code is
 * read before it runs, and every instruction that would not fault but shows or changes what is
 * the hypervisor's is replaced by one that traps.
 *
 * What is code is what the image says is code: its sections with SHF_EXECINSTR, swept in
 * order, each symbol taken as the begin of an instruction. The 32-bit code at the entry is
 * followed by its direct branches first. Only pages that were swept may be executed and they
 * may not be written (soft_shadow.c), so that there is no other code.
 *
 * A replacement begins with INT3, or is INT n where the instruction is long enough and the
 * call wants to be cheap; the rest of the instruction stays. What stood there is in the table.
 *
 * Not closed: a jump into the middle of an instruction, and data in the first or last page of
 * a section taken as code. Neither endangers the hypervisor: an instruction left alone in ring
 * 3 misleads the guest that runs it, nobody else. The guest that reads its own code sees the
 * replacements.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_SOFT_SOFT_SCAN_H
#define ETALON_HV_UNDER_TEST_VMM_SOFT_SOFT_SCAN_H

#include <stddef.h>
#include <stdint.h>

#define SOFT_VECTOR_HYPERCALL 0x82u
#define SOFT_VECTOR_CPUID 0x83u

#define SOFT_SCAN_PATCHES 1024u
#define SOFT_SCAN_CODE_LIMIT (4u << 20) /* sections with code lie below this address */

struct soft_patch {
    uint32_t address; /* guest-physical */
    uint8_t length;   /* of the instruction */
    uint8_t kind;     /* enum soft_kind */
    uint8_t replaced; /* bytes changed, from the first */
    uint8_t original[3];
};

struct soft_scan {
    uint64_t instructions; /* read */
    unsigned patches;
    struct soft_patch patch[SOFT_SCAN_PATCHES]; /* by address when the scan is done */
    uint64_t place;                             /* of what the reason is about */
};

/*
 * Scan the image, which guest_load() has put into guest memory; `entry`: its 32-bit entry.
 * keep_flags leaves PUSHF and POPF as they are. NULL, or a sentence why it cannot be done.
 */
const char *soft_scan_image(struct soft_scan *s, const uint8_t *image, uint64_t image_bytes,
                            uint32_t entry, int keep_flags);
/* Was this page swept? */
int soft_scan_is_code(uint64_t guest_physical);
/* The patch at an address, or NULL. */
const struct soft_patch *soft_scan_find(const struct soft_scan *s, uint64_t guest_physical);
/* Undo in a copy of guest memory: what stood at [guest_physical, + n). */
void soft_scan_restore(const struct soft_scan *s, uint64_t guest_physical, uint8_t *copy,
                       size_t n);

#endif
