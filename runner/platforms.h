/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/platforms.h - the list of platforms of a campaign file, and the one that others are
 * compared with.
 *
 * An entry is known in the store by its platform and by "VARIANT" or "VARIANT:LABEL"; two
 * entries that would be the same there are refused.
 */
#ifndef ETALON_RUNNER_PLATFORMS_H
#define ETALON_RUNNER_PLATFORMS_H

#include <libconfig.h>
#include <stdio.h>

#include "base/err.h"
#include "runner/campaign.h"

/* Needs bench, boots and limit_ns of *c. After an error, too, platforms_free(). */
int platforms_read(const config_setting_t *root, struct campaign *c, struct err *e);
void platforms_free(struct campaign *c);

/* The lines of the campaign's canonical text. */
void platforms_write(const struct campaign *c, FILE *f);

/* What stands before the keys of entry i's provenance: "PLATFORM.", or, where the campaign has
 * several entries of that platform, "PLATFORM VARIANT[:LABEL].". */
void platforms_fact_prefix(const struct campaign *c, size_t i, char *out, size_t size);

#endif
