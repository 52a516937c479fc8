/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/setting.h - typed reads of libconfig settings with errors that name the line.
 *
 * Every error is ERR_USAGE and reads "line N: SETTING: what was wrong; what is allowed"; the
 * caller puts the file name in front.
 */
#ifndef ETALON_RUNNER_SETTING_H
#define ETALON_RUNNER_SETTING_H

#include <libconfig.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

int setting_error(const config_setting_t *s, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "line N: SETTING" in front of the text already in *e; ERR_USAGE. */
int setting_wrap(const config_setting_t *s, struct err *e);

/* Refuse members of `group` that are not in the NULL-terminated list. */
int setting_only(const config_setting_t *group, const char *const *names, struct err *e);

/* A member of `group`; `initial` NULL means that it must be there. *out points into the tree. */
int setting_text(const config_setting_t *group, const char *name, const char *initial,
                 const char **out, struct err *e);
int setting_number(const config_setting_t *group, const char *name, uint64_t initial,
                   uint64_t min, uint64_t max, uint64_t *out, struct err *e);
/* One of the NULL-terminated words; the first is the default. *out is its index. */
int setting_choice(const config_setting_t *group, const char *name, const char *const *words,
                   int *out, struct err *e);

/* Append "word" with ", " between, for lists of what is allowed; cut when full. */
void setting_append(char *list, size_t size, const char *word);

#endif
