/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm_lies.h - what the platforms of the in-tree hypervisor ask it to do to its
 * guest's time, and whether that is sealed (docs/lies.md, docs/adr/0023). Options:
 *
 *   lie   alternatives that '|' separates, each lies of vmm/time/lie.h joined by '+', or
 * "none"
 *   seal  a key: one alternative is drawn for each boot, and what the hypervisor says is sealed
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_LIES_H
#define ETALON_HV_UNDER_TEST_VMM_LIES_H

#include <stddef.h>

#include "base/err.h"
#include "hv-under-test/platform.h"

/* Lines of the table of rules. */
#define VMM_LIES_RULES                                                                        \
    {.key = "lie",                                                                            \
     .form = "LIE+LIE…|…",                                                                    \
     .help = "what the hypervisor does to the guest's time on purpose (docs/lies.md)",        \
     .kind = RULE_TEXT,                                                                       \
     .wrong = vmm_lies_wrong},                                                                \
    {                                                                                         \
        .key = "seal", .form = "KEYFILE",                                                     \
        .help = "draw one of the alternatives of `lie` for each boot and seal what the "      \
                "hypervisor says, until `etalon open`",                                       \
        .kind = RULE_TEXT, .check = vmm_lies_check_key,                                       \
        .allowed = "the absolute path of a key (make one with `etalon open --new-key FILE`)"  \
    }

const char *vmm_lies_wrong(const char *value); /* NULL, or a sentence */
int vmm_lies_check_key(const char *value);     /* 0, or -1 */

/*
 * Append the words for this boot to the hypervisor's line, which holds all others. Every
 * alternative is held against the hypervisor's own reader of the whole line, whichever is drawn:
 * what it would refuse is refused before a machine starts, and the refusal tells nothing.
 * `ticks`: the guest has a timer whose interrupts can be lost.
 */
int vmm_lies_write(const struct platform_boot *boot, int ticks, char *line, size_t size,
                   struct err *e);

/* The key's id, which must be the same around every boot. */
int vmm_lies_describe(const struct platform_boot *boot, const struct platform_fact_sink *sink,
                      struct err *e);

#endif
