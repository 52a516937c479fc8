/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/rules.h - what a campaign file may ask of a platform: its variants, and its
 * options as a table of rules. One check and one help text are made of the table, so that an
 * option is a line in it and nothing else.
 */
#ifndef ETALON_HV_UNDER_TEST_RULES_H
#define ETALON_HV_UNDER_TEST_RULES_H

#include <stddef.h>

#include "base/err.h"
#include "hv-under-test/own_build.h"
#include "hv-under-test/platform.h"

enum platform_rule_kind {
    RULE_CHOICE, /* one of the words of `form`, which '|' separates */
    RULE_NUMBER, /* decimal, from least to most */
    RULE_BUILD,  /* absolute path of a build of the user's own (own_build.h) */
    RULE_TEXT,   /* whatever check() or wrong() takes */
};

struct platform_rule {
    const char *key;  /* NULL ends a table */
    const char *form; /* the value, as help shows it: "on|off", "N", "PATH" */
    const char *help;
    enum platform_rule_kind kind;
    long least, most;                /* NUMBER */
    enum own_build build;            /* BUILD */
    int (*check)(const char *value); /* TEXT: 0, or -1 … */
    const char *allowed;             /* … with what it must be, to be read after "must be" */
    const char *(*wrong)(const char *value); /* TEXT without check: NULL, or a sentence */
};

/*
 * Check variant (NULL: the default) and options against p->variants and p->rules. ERR_USAGE names
 * platform, option, value and what is allowed. Each option is judged by itself.
 */
int platform_check(const struct platform *p, const char *variant,
                   const struct platform_option *options, size_t count, struct err *e);

#endif
