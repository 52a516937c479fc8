/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm_guests.h - which guests the platforms of the in-tree hypervisor put beside the
 * one that is measured (docs/techniques/guests.md). Options guests, weights, slice and loads, as the
 * hypervisor's words of these names (vmm/config.h).
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_GUESTS_H
#define ETALON_HV_UNDER_TEST_VMM_GUESTS_H

#include <stddef.h>

#include "hv-under-test/platform.h"

/* Lines of the table of rules. */
#define VMM_GUESTS_RULES                                                                      \
    {.key = "guests",                                                                         \
     .form = "N",                                                                             \
     .help = "variant svm+nested: guests that take turns on the processor, the measured one " \
             "with them",                                                                     \
     .kind = RULE_NUMBER,                                                                     \
     .least = 1,                                                                              \
     .most = 4},                                                                              \
        {.key = "weights",                                                                    \
         .form = "N:N…",                                                                      \
         .help = "with guests: their shares of the processor, the measured one's first",      \
         .kind = RULE_TEXT,                                                                   \
         .wrong = vmm_guests_weights_wrong},                                                  \
        {.key = "slice",                                                                      \
         .form = "US",                                                                        \
         .help = "with guests: microseconds of a turn of weight 1",                           \
         .kind = RULE_NUMBER,                                                                 \
         .least = 20,                                                                         \
         .most = 1000000},                                                                    \
    {                                                                                         \
        .key = "loads", .form = "LOAD:LOAD…",                                                 \
        .help = "with guests: what the others do: spin, yield, tick, fill, probe",            \
        .kind = RULE_TEXT, .wrong = vmm_guests_loads_wrong                                    \
    }

/* NULL, or a sentence. */
const char *vmm_guests_weights_wrong(const char *value);
const char *vmm_guests_loads_wrong(const char *value);

/* Append the words for this boot to the hypervisor's line; nothing where none is asked for. Whether
 * they can be is the hypervisor's reader's to say (vmm_lies_write()). `hz`: the line has no rate of
 * the TSC yet. */
void vmm_guests_write(const struct platform_boot *boot, int hz, char *line, size_t size);

#endif
