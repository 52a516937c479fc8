/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/parse.c - "name,key=value,…" to a run and back; freestanding, so that campaign
 * files, command lines of boots and the target read the same grammar.
 */
#include "workloads/list.h"
#include "workloads/text.h"

#define ITERATIONS_MIN 1u
#define ITERATIONS_MAX 1000000u

struct word {
    const char *start;
    size_t length;
};

static int refuse_workload(struct word name, char *reason)
{
    struct text t = text_begin(reason, WORKLOAD_REASON_BYTES);
    size_t count;
    const struct workload *const *table = workload_table(&count);

    text_put(&t, "unknown workload '");
    text_put_bytes(&t, name.start, name.length < 24 ? name.length : 24);
    text_put(&t, "'; known:");
    for (size_t i = 0; i < count; i++) {
        text_put(&t, " ");
        text_put(&t, table[i]->name);
    }
    return -1;
}

static struct text refuse_begin(const struct workload *w, char *reason)
{
    struct text t = text_begin(reason, WORKLOAD_REASON_BYTES);

    text_put(&t, w->name);
    text_put(&t, ": ");
    return t;
}

static int refuse_key(const struct workload *w, struct word key, char *reason)
{
    struct text t = refuse_begin(w, reason);

    text_put(&t, "no parameter '");
    text_put_bytes(&t, key.start, key.length < 24 ? key.length : 24);
    text_put(&t, "'; allowed:");
    for (const struct workload_param *p = w->params; p->name; p++) {
        text_put(&t, " ");
        text_put(&t, p->name);
    }
    text_put(&t, " iters");
    return -1;
}

static int refuse_number(const struct workload *w, const struct workload_param *p,
                         struct word value, char *reason)
{
    struct text t = refuse_begin(w, reason);

    text_put(&t, p->name);
    text_put(&t, " must be ");
    text_put(&t, p->power_of_two ? "a power of two " : "a whole number ");
    text_put_u64(&t, p->min);
    text_put(&t, "..");
    text_put_u64(&t, p->max);
    if (p->multiple_of > 1) {
        text_put(&t, ", a multiple of ");
        text_put_u64(&t, p->multiple_of);
    }
    text_put(&t, " (suffix k = 1024, m = 1048576), not '");
    text_put_bytes(&t, value.start, value.length < 32 ? value.length : 32);
    text_put(&t, "'");
    return -1;
}

static int refuse_choice(const struct workload *w, const struct workload_param *p,
                         struct word value, char *reason)
{
    struct text t = refuse_begin(w, reason);

    text_put(&t, p->name);
    text_put(&t, " must be one of");
    for (size_t i = 0; p->choices[i]; i++) {
        text_put(&t, " ");
        text_put(&t, p->choices[i]);
    }
    text_put(&t, ", not '");
    text_put_bytes(&t, value.start, value.length < 32 ? value.length : 32);
    text_put(&t, "'");
    return -1;
}

/* Decimal digits with an optional k or m. 0, or -1 if it is no such number or too large. */
static int parse_number(struct word w, uint64_t *value)
{
    uint64_t v = 0, unit = 1;

    if (w.length > 1) {
        char last = w.start[w.length - 1];

        if (last == 'k' || last == 'm') {
            unit = last == 'k' ? 1024 : 1048576;
            w.length--;
        }
    }
    if (w.length == 0)
        return -1;
    for (size_t i = 0; i < w.length; i++) {
        unsigned digit = (unsigned)(unsigned char)w.start[i] - '0';

        if (digit > 9 || v > (UINT64_MAX - digit) / 10)
            return -1;
        v = v * 10 + digit;
    }
    if (v > UINT64_MAX / unit)
        return -1;
    *value = v * unit;
    return 0;
}

static int number_allowed(const struct workload_param *p, uint64_t v)
{
    if (v < p->min || v > p->max)
        return 0;
    if (p->multiple_of > 1 && v % p->multiple_of != 0)
        return 0;
    return !p->power_of_two || (v & (v - 1)) == 0;
}

static int parse_param(const struct workload *w, const struct workload_param *p,
                       struct word value, uint64_t *arg, char *reason)
{
    if (p->kind == WORKLOAD_NUMBER) {
        if (parse_number(value, arg) < 0 || !number_allowed(p, *arg))
            return refuse_number(w, p, value, reason);
        return 0;
    }
    for (size_t i = 0; p->choices[i]; i++) {
        if (text_equal(p->choices[i], value.start, value.length)) {
            *arg = i;
            return 0;
        }
    }
    return refuse_choice(w, p, value, reason);
}

/* One "key=value"; `given` has a bit per parameter already seen, the top one for iters. */
static int parse_setting(struct word setting, struct workload_run *run, uint32_t *iterations,
                         uint32_t *given, char *reason)
{
    static const struct workload_param iters = {.name = "iters",
                                                .kind = WORKLOAD_NUMBER,
                                                .min = ITERATIONS_MIN,
                                                .max = ITERATIONS_MAX};
    const struct workload *w = run->workload;
    const struct workload_param *p = &iters;
    struct word key = {setting.start, 0}, value;
    uint64_t count, *arg = &count;
    uint32_t bit = 1u << 31;

    while (key.length < setting.length && key.start[key.length] != '=')
        key.length++;
    if (key.length == setting.length)
        return refuse_key(w, key, reason);
    value.start = key.start + key.length + 1;
    value.length = setting.length - key.length - 1;

    if (!text_equal(iters.name, key.start, key.length)) {
        unsigned i = 0;

        for (p = w->params; p->name; p++, i++) {
            if (text_equal(p->name, key.start, key.length))
                break;
        }
        if (!p->name)
            return refuse_key(w, key, reason);
        arg = &run->arg[i];
        bit = 1u << i;
    }
    if (*given & bit) {
        struct text t = refuse_begin(w, reason);

        text_put(&t, p->name);
        text_put(&t, " is given twice");
        return -1;
    }
    *given |= bit;
    if (parse_param(w, p, value, arg, reason) < 0)
        return -1;
    if (p == &iters)
        *iterations = (uint32_t)count;
    return 0;
}

int workload_parse(const char *text, size_t length, struct workload_run *run,
                   uint32_t *iterations, char reason[WORKLOAD_REASON_BYTES])
{
    struct word name = {text, 0};
    const struct workload *const *table;
    size_t count, at;
    uint32_t given = 0;

    reason[0] = '\0';
    while (name.length < length && text[name.length] != ',')
        name.length++;
    table = workload_table(&count);
    run->workload = NULL;
    for (size_t i = 0; i < count; i++) {
        if (text_equal(table[i]->name, name.start, name.length))
            run->workload = table[i];
    }
    if (!run->workload)
        return refuse_workload(name, reason);

    *iterations = run->workload->default_iterations;
    for (unsigned i = 0; i < WORKLOAD_MAX_ARGS; i++)
        run->arg[i] = 0;
    for (unsigned i = 0; run->workload->params[i].name; i++)
        run->arg[i] = run->workload->params[i].initial;

    at = name.length;
    while (at < length) {
        struct word setting = {text + at + 1, 0};

        while (at + 1 + setting.length < length && setting.start[setting.length] != ',')
            setting.length++;
        if (parse_setting(setting, run, iterations, &given, reason) < 0)
            return -1;
        at += 1 + setting.length;
    }
    return 0;
}

size_t workload_format(const struct workload_run *run, char *out, size_t size)
{
    struct text t = text_begin(out, size);
    const struct workload_param *p = run->workload->params;

    for (unsigned i = 0; p[i].name; i++) {
        if (i)
            text_put(&t, " ");
        text_put(&t, p[i].name);
        text_put(&t, "=");
        if (p[i].kind == WORKLOAD_CHOICE)
            text_put(&t, p[i].choices[run->arg[i]]);
        else
            text_put_u64(&t, run->arg[i]);
    }
    return t.used;
}
