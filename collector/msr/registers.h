/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/msr/registers.h - performance monitoring registers by number and bit.
 *
 * AMD: AMD64 Architecture Programmer's Manual, 24593, volume 2 (APM), section 13.2
 * "Performance Monitoring Counters" (13.2.1 counters and event-select registers, 13.2.2
 * detecting hardware support, the HG_ONLY field, performance monitoring version 2); CPUID:
 * APM volume 3, appendix E. Register numbers: APM volume 2, appendix A, and the processor
 * programming references (PPR) of families 17h, 19h and 1Ah, section "MSRs".
 *
 * Intel: Software Developer's Manual (SDM), 325462: volume 3B, chapter "Performance
 * Monitoring" (19 or 20 or 21, by edition), sections "Architectural Performance Monitoring"
 * (versions 1 to 5) and "Full-Width Writes to Performance Counter Registers"; volume 4, table
 * "IA-32 Architectural MSRs"; CPUID leaf 0AH: volume 2A.
 */
#ifndef ETALON_COLLECTOR_MSR_REGISTERS_H
#define ETALON_COLLECTOR_MSR_REGISTERS_H

/* --- AMD --- */

/* Four counters of every processor of families 0Fh and later. */
#define AMD_LEGACY_CTL0 0xC0010000u /* … C001_0003 */
#define AMD_LEGACY_CTR0 0xC0010004u /* … C001_0007 */
#define AMD_LEGACY_COUNTERS 4u
#define AMD_LEGACY_FAMILY 0x0Fu
/* CPUID 8000_0001 ECX: six pairs, CTL at even numbers; the first four are the legacy ones. */
#define AMD_CPUID_CORE_COUNTERS (1u << 23)
#define AMD_CORE_CTL0 0xC0010200u
#define AMD_CORE_CTR0 0xC0010201u
#define AMD_CORE_COUNTERS 6u
#define AMD_COUNTER_BITS 48u /* "PERF_CTR[47:0]"; no CPUID leaf tells a width */

/* CPUID 8000_0022: EAX bit 0 version 2, EBX bits 3:0 number of core counters. */
#define AMD_CPUID_MONITORING 0x80000022u
#define AMD_MONITORING_V2 (1u << 0)
#define AMD_GLOBAL_STATUS 0xC0000300u
#define AMD_GLOBAL_CTL 0xC0000301u
#define AMD_GLOBAL_STATUS_CLEAR 0xC0000302u

/* Event select. Unit mask, user, system, edge, interrupt, enable, invert and counter mask stand
 * where Intel has them; below what is AMD's own. */
#define AMD_SELECT_EVENT_HIGH (0xFull << 32) /* event bits 11:8 */
#define AMD_SELECT_GUEST_ONLY (1ull << 40) /* HG_ONLY: 00 and 11 count both; with EFER.SVME */
#define AMD_SELECT_HOST_ONLY (1ull << 41)  /* clear, 01 and 10 count nothing */

/* --- both --- */

#define SELECT_EVENT 0xFFull
#define SELECT_UNIT_MASK 0xFF00ull
#define SELECT_USER (1ull << 16)
#define SELECT_SYSTEM (1ull << 17)
#define SELECT_EDGE (1ull << 18)
#define SELECT_INTERRUPT (1ull << 20)
#define SELECT_ENABLE (1ull << 22)
#define SELECT_INVERT (1ull << 23)
#define SELECT_COUNTER_MASK (0xFFull << 24)
/* What an event table may say. The rest of a select register is ours. */
#define SELECT_OF_EVENT                                                                       \
    (SELECT_EVENT | SELECT_UNIT_MASK | SELECT_EDGE | SELECT_INVERT | SELECT_COUNTER_MASK |    \
     AMD_SELECT_EVENT_HIGH)

/* APM volume 2 section 17.2 "Effective Frequency"; SDM volume 3B "Hardware Coordination
 * Feedback Capability". CPUID 6 ECX bit 0. Both count in C0 only: MPERF at a constant rate,
 * APERF at the actual one. */
#define CPUID_POWER 0x00000006u
#define CPUID_POWER_EFFECTIVE (1u << 0)
#define MSR_MPERF 0x000000E7u
#define MSR_APERF 0x000000E8u

/* --- Intel --- */

#define INTEL_CPUID_MONITORING 0x0000000Au
#define INTEL_PMC0 0x000000C1u /* writes take bits 31:0, extend the sign, ignore the rest */
#define INTEL_FULL_PMC0 0x000004C1u /* … with bit 13 of PERF_CAPABILITIES: the whole width */
#define INTEL_SELECT0 0x00000186u
#define INTEL_FIXED_CTR0 0x00000309u /* instructions, core cycles, reference cycles, slots */
#define INTEL_CAPABILITIES 0x00000345u
#define INTEL_CAPABILITIES_FULL_WRITE (1ull << 13)
#define INTEL_CPUID1_CAPABILITIES (1u << 15) /* CPUID 1 ECX: PDCM */
#define INTEL_FIXED_CTRL 0x0000038Du /* a nibble a counter: ring 0, rings 1-3, any, PMI */
#define INTEL_FIXED_SYSTEM 1ull
#define INTEL_FIXED_USER 2ull
#define INTEL_GLOBAL_STATUS 0x0000038Eu
#define INTEL_GLOBAL_CTRL 0x0000038Fu
#define INTEL_GLOBAL_OVF_CTRL 0x00000390u
#define INTEL_GLOBAL_FIXED 32u /* first bit of the fixed counters in the three above */
#define INTEL_RDPMC_FIXED (1u << 30)

#endif
