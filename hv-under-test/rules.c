/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/rules.c - variants and options against a platform's tables; see rules.h. */
#include "hv-under-test/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_BYTES 256

static void append(char names[NAMES_BYTES], const char *name)
{
    const size_t used = strlen(names);

    snprintf(names + used, NAMES_BYTES - used, "%s%s", used ? ", " : "", name);
}

static int check_variant(const struct platform *p, const char *variant, struct err *e)
{
    char names[NAMES_BYTES] = "";

    for (unsigned v = 0; p->variants[v]; v++) {
        if (!variant || strcmp(p->variants[v], variant) == 0)
            return 0;
        append(names, p->variants[v]);
    }
    return err_set(e, ERR_USAGE, "%s has no variant '%s'; it has: %s", p->name, variant,
                   names);
}

static int is_choice(const char *form, const char *value)
{
    const size_t n = strlen(value);

    for (const char *word = form; word; word = strchr(word, '|')) {
        word += *word == '|';
        if (n && strncmp(word, value, n) == 0 && (word[n] == '|' || !word[n]))
            return 1;
    }
    return 0;
}

static int is_number(const struct platform_rule *r, const char *value)
{
    char *end;
    const long n = strtol(value, &end, 10);

    return value[0] >= '0' && value[0] <= '9' && !*end && n >= r->least && n <= r->most;
}

static int refuse(const char *platform, const struct platform_option *o, const char *must,
                  struct err *e)
{
    return err_set(e, ERR_USAGE, "%s: %s=%s: must be %s", platform, o->key, o->value, must);
}

static int check_text(const char *platform, const struct platform_rule *r,
                      const struct platform_option *o, struct err *e)
{
    const char *wrong;

    if (r->check)
        return r->check(o->value) == 0 ? 0 : refuse(platform, o, r->allowed, e);
    wrong = r->wrong(o->value);
    return wrong ? err_set(e, ERR_USAGE, "%s: %s=%s: %s", platform, o->key, o->value, wrong)
                 : 0;
}

static int check_value(const char *platform, const struct platform_rule *r,
                       const struct platform_option *o, struct err *e)
{
    char must[NAMES_BYTES];

    switch (r->kind) {
    case RULE_CHOICE:
        snprintf(must, sizeof(must), "one of %s", r->form);
        return is_choice(r->form, o->value) ? 0 : refuse(platform, o, must, e);
    case RULE_NUMBER:
        snprintf(must, sizeof(must), "a number from %ld to %ld", r->least, r->most);
        return is_number(r, o->value) ? 0 : refuse(platform, o, must, e);
    case RULE_BUILD:
        return own_build_check(platform, o, r->build, e);
    case RULE_TEXT:
    default:
        return check_text(platform, r, o, e);
    }
}

static int check_option(const struct platform *p, const struct platform_option *o,
                        struct err *e)
{
    char names[NAMES_BYTES] = "";

    for (const struct platform_rule *r = p->rules; r->key; r++) {
        if (strcmp(r->key, o->key) == 0)
            return check_value(p->name, r, o, e);
        append(names, r->key);
    }
    return err_set(e, ERR_USAGE, "%s has no option '%s'; it has%s%s", p->name, o->key,
                   names[0] ? ": " : " none", names);
}

int platform_check(const struct platform *p, const char *variant,
                   const struct platform_option *options, size_t count, struct err *e)
{
    int rc = check_variant(p, variant, e);

    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = check_option(p, &options[i], e);
    return rc;
}
