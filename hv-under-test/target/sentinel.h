/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/sentinel.h - how a guest marks groups of operations for somebody who
 * reads a trace of its exits (plan word etl.counter=trace).
 *
 * A sentinel is a CPUID at an address whose lowest 12 bits nobody else's CPUID has in user
 * space: every hypervisor that traces exits tells the instruction's address with the exit, and
 * no channel, no magic number and no agreement with the hypervisor is needed. Two kinds:
 *   plain    CPUID itself, which always exits from a guest with hardware support
 *   forced   Xen's prefix for PV guests (UD2A, "xen", CPUID), where CPUID alone need not trap
 *
 * A group begins with sentinel_begin_site() of its audit and ends with SENTINEL_END. Between
 * them stand K or 2K operations (driver.h); the reader counts the exits in between.
 *
 * Also the header of sentinel.S, and of those who read traces (hv-under-test/xen/exits.h).
 */
#ifndef ETALON_HV_UNDER_TEST_TARGET_SENTINEL_H
#define ETALON_HV_UNDER_TEST_TARGET_SENTINEL_H

/* Site i begins at this offset in its page, plus i times the pitch. */
#define SENTINEL_PAGE_MASK 0xFFF
#define SENTINEL_OFFSET 0xE00
#define SENTINEL_PITCH 16
/* Within a site: the CPUID of a plain one; what follows the CPUID of a forced one, which is
 * where a hypervisor is after it has emulated it. */
#define SENTINEL_AT_PLAIN 5
#define SENTINEL_AT_FORCED 12

#ifndef __ASSEMBLER__

enum sentinel_audit { SENTINEL_NULL, SENTINEL_HYPERCALL, SENTINEL_CPUID, SENTINEL_AUDITS };
/* As in audit records, in the order above. */
#define SENTINEL_AUDIT_NAMES                                                                  \
    {                                                                                         \
        "null", "hypercall", "cpuid"                                                          \
    }

#define SENTINEL_END (2 * SENTINEL_AUDITS)
#define SENTINEL_SITES (SENTINEL_END + 1)

static inline unsigned sentinel_begin_site(enum sentinel_audit audit, int twice)
{
    return 2u * (unsigned)audit + (twice ? 1u : 0u);
}

void sentinel_plain(unsigned site);
void sentinel_forced(unsigned site);
/* One forced CPUID that is no sentinel: the operation of SENTINEL_CPUID. */
void sentinel_cpuid_forced(void);

#endif
#endif
