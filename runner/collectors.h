/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/collectors.h - lists of collectors as a campaign file and a command line spell them.
 *
 * The text is that of the plan word etl.collectors: names with commas between, each once, or
 * "none". Names come from collector_table().
 */
#ifndef ETALON_RUNNER_COLLECTORS_H
#define ETALON_RUNNER_COLLECTORS_H

#include "base/err.h"

#define COLLECTORS_BYTES 256

/* Append a name to a list that begins as "". ERR_USAGE with what there is. */
int collectors_add(char list[COLLECTORS_BYTES], const char *name, struct err *e);

/* From "name,name" or "none", which stays "none". ERR_USAGE as above. */
int collectors_parse(const char *text, char list[COLLECTORS_BYTES], struct err *e);

#endif
