/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/config_guests.h - the words of config.h that say which guests there are beside
 * the first: guests, weights, slice, loads.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_CONFIG_GUESTS_H
#define ETALON_HV_UNDER_TEST_VMM_CONFIG_GUESTS_H

#include <stddef.h>

struct vmm_config;
struct vmm_text;

/* What they are where nothing is said. */
void config_guests_start(struct vmm_config *c);

/* The value of a word that is a list, as text. NULL, or what is wrong with it. */
const char *config_weights_parse(const char *s, size_t n, struct vmm_config *c);
const char *config_loads_parse(const char *s, size_t n, struct vmm_config *c);
void config_weights_describe(const struct vmm_config *c, struct vmm_text *t);
void config_loads_describe(const struct vmm_config *c, struct vmm_text *t);

/* Once all words are read: fills in what follows from others, and has the ledger tell of the guests
 * (LIE_GUESTS). NULL, or what cannot be, with the word it is about in *word. */
const char *config_guests_finish(struct vmm_config *c, const char **word);

#endif
