/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/report.h - what the hypervisor tells on its console, as records of
 * collector/record.h.
 *
 *   at the start  fact  vmm.abi= vmm.build=<build id, hex> vmm.processor_features=
 *                 fact  vmm.request.KEY=<value or -> vmm.KEY=<effective> … for every key
 *                 fact  vmm.tsc.how=<in words> vmm.tsc.ratio=<8.32, hex>
 *                 fact  vmm.guest_ram_bytes= vmm.host_ram_base= vmm.card_page=
 *   at the end    (where lies are told: distortion, lie and ledger; docs/lies.md)
 *                 distortion seq= lie= kind= unit= begin= end= guest= requested= delivered=
 *                       visible= count=     (one per entry, distort_ledger.h)
 *                 lie   n= kind= unit= form= entries= count= requested= delivered= visible=
 *                       (one per request: sums of all entries, dropped ones too)
 *                 ledger lies= entries= dropped= seed= build=
 *                 exits cause= count= ticks= ticks_min= ticks_max=
 *                 (one per cause with count > 0; ticks of the hypervisor's TSC)
 *                 fact  vmm.shadow.…=<number>  what shadow paging did (shadow.h), where it is
 *                 fact  vmm.guests.… vmm.guestN.…  what several guests did (guests.h), likewise
 *                 error reason=… KEY=<hex> …   when something went wrong
 *                 end   exits=<total> status=ok|error
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_REPORT_H
#define ETALON_HV_UNDER_TEST_VMM_REPORT_H

#include <stdint.h>

struct vmm_config;

struct report_detail {
    const char *key;
    uint64_t value;
};

struct report_place { /* what was found or chosen by this boot */
    uint64_t guest_ram_bytes, host_ram_base, card_page, processor_features;
};

void report_start(uint64_t boot);
void report_facts(const char *line, const struct vmm_config *c, const struct report_place *p);

/* One more fact; and who has some at the end, before the end record. */
void report_number(const char *key, uint64_t value);
void report_text(const char *key, const char *value);
void report_at_end(void (*more)(void));

/* The rest of the report; the machine ends. */
_Noreturn void report_end(void);
_Noreturn void report_error(const char *reason, const struct report_detail *details,
                            unsigned count);

#endif
