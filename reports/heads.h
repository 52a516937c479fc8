/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/heads.h - what a report says before its tables: the largest ratio, the clocks that lie by
 * name, what is valid, where all comes from. Plain text; the format escapes it.
 */
#ifndef ETALON_REPORTS_HEADS_H
#define ETALON_REPORTS_HEADS_H

#include "reports/model.h"

#define HEADS_BYTES 1024
#define HEADS_PLATFORMS 6 /* whose clocks lie, named at most */

/* The baseline of the summary: MODEL_NATIVE, MODEL_BARE, MODEL_BASELINES for the campaign's own; -1:
 * nothing was compared. */
int heads_baseline(const struct model *m);
const char *heads_baseline_name(const struct model *m, int baseline);
const struct model_ratio *heads_ratio(const struct model_cell *cell, int baseline);

/* Lines in order; a line that goes on with the one before has name "". Borrowed until it returns. */
void heads_each(const struct model *m,
                void (*line)(void *opaque, const char *name, const char *text), void *opaque);

/* How many boots and intervals are ok, and what was lost; the HTML page has it in its head. */
const char *heads_validity(const struct model *m, char buf[HEADS_BYTES]);

#endif
