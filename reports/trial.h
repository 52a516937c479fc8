/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/trial.h - what came of a blind trial (analysis/trial.h), for people and for programs.
 *
 * Rates have exact intervals of TRIAL_CONFIDENCE. Boots that were not detected, not named or false
 * alarms, and such as could not be judged, are written one by one. Forms and reasons come out of
 * the database and are escaped.
 */
#ifndef ETALON_REPORTS_TRIAL_H
#define ETALON_REPORTS_TRIAL_H

#include <stdio.h>

#include "analysis/trial_read.h"

#define TRIAL_CONFIDENCE 0.95

/* `findings`: hash of what was found before anything was opened. */
void trial_write_text(const struct trial_set *set, const char *findings, FILE *f);
/* One object; boots are listed whole. */
void trial_write_json(const struct trial_set *set, const char *findings, FILE *f);

#endif
