/* SPDX-License-Identifier: GPL-3.0-or-later */
/* runner/ingest_runs.c - the runs a console tells of, their intervals and their answers. */
#include <inttypes.h>
#include <string.h>

#include "runner/ingest_reader.h"
#include "workloads/workload.h"

struct ingest_run *ingest_find_run(struct ingest_console *c, uint64_t w)
{
    /* Runs come in order, so the guess is nearly always right. */
    if (w < c->runs && c->run[w].w == w)
        return &c->run[w];
    for (size_t i = 0; i < c->runs; i++) {
        if (c->run[i].w == w)
            return &c->run[i];
    }
    return NULL;
}

/* "key=value key=value", no key twice: what store_add_run() can take apart. */
static int param_is_sound(const char *text)
{
    const char *word = text;

    while (*word) {
        const size_t n = strcspn(word, " ");
        const char *equals = memchr(word, '=', n);
        const size_t key = equals ? (size_t)(equals - word) + 1 : 0;

        if (!equals || equals == word)
            return 0;
        for (const char *other = text; other < word;) {
            const size_t m = strcspn(other, " ");

            if (m >= key && strncmp(other, word, key) == 0)
                return 0;
            other += m + 1;
        }
        word += n + (word[n] == ' ');
    }
    return 1;
}

void ingest_take_run(struct ingest_reader *x, const struct record *r)
{
    struct ingest_console *c = x->c;
    const char *verdict = record_get(r, "verdict");
    const char *param = record_get(r, "param");
    const char *form = record_get(r, "form");
    const struct workload *known;
    struct ingest_run run = {.verdict = VERDICT_OK, .scale = 1};
    uint64_t w = 0;

    if (record_get_u64(r, "w", &w) || w > UINT32_MAX || !record_get(r, "name") ||
        record_get_u64(r, "iters", &run.iterations) ||
        record_get_u64(r, "first", &run.first) || run.iterations > INGEST_MAX_INTERVALS ||
        run.first > INGEST_MAX_INTERVALS ||
        (verdict && verdict_parse(verdict, &run.verdict)) ||
        (form && strcmp(form, "per") != 0 && strcmp(form, "rate") != 0)) {
        ingest_wrong(x, r, "w, name, iters, first, form or verdict missing or senseless");
        return;
    }
    if (ingest_find_run(c, w)) {
        ingest_wrong(x, r, "a run begins twice");
        return;
    }
    if (param && !param_is_sound(param)) {
        ingest_wrong(x, r, "param is not of the form key=value key=value");
        param = NULL;
    }
    run.w = (uint32_t)w;
    ingest_copy(run.workload, sizeof run.workload, record_get(r, "name"));
    ingest_copy(run.param, sizeof run.param, param);
    ingest_copy(run.metric, sizeof run.metric, record_get(r, "metric"));
    ingest_copy(run.unit, sizeof run.unit, record_get(r, "unit"));
    ingest_copy(run.form, sizeof run.form, form ? form : "per");
    ingest_copy(run.reason, sizeof run.reason, record_get(r, "reason"));
    record_get_u64(r, "work", &run.work);
    /* The scale is a property of the workload's unit; the target has no way to print it. */
    known = workload_find(run.workload);
    if (known)
        run.scale = known->scale;
    else
        ingest_wrong(x, r, "a workload this etalon does not know: its unit has no scale");
    if (ingest_grow((void **)&c->run, &c->runs_room, c->runs, sizeof *c->run)) {
        c->no_memory = 1;
        return;
    }
    c->run[c->runs++] = run;
}

/* Make room for interval n; NULL when memory ran out. */
static struct ingest_iv *reach(struct ingest_console *c, uint64_t n)
{
    while (c->ivs <= n) {
        if (ingest_grow((void **)&c->iv, &c->ivs_room, c->ivs, sizeof *c->iv)) {
            c->no_memory = 1;
            return NULL;
        }
        c->iv[c->ivs++] = (struct ingest_iv){.read = STORE_NONE};
    }
    return &c->iv[n];
}

/* Room for both readings of every clock, all at once, so that indices stay simple. */
static int reserve_values(struct ingest_console *c)
{
    for (unsigned i = 0; i < 2 * c->clocks; i++) {
        if (ingest_grow((void **)&c->value, &c->values_room, c->values, sizeof *c->value)) {
            c->no_memory = 1;
            return -1;
        }
        c->value[c->values++] = 0;
    }
    return 0;
}

void ingest_take_iv(struct ingest_reader *x, const struct record *r)
{
    struct ingest_console *c = x->c;
    uint64_t n, w, iteration;
    struct ingest_run *run;
    struct ingest_iv *iv;

    if (record_get_u64(r, "n", &n) || record_get_u64(r, "w", &w) ||
        record_get_u64(r, "i", &iteration) || n >= INGEST_MAX_INTERVALS) {
        ingest_wrong(x, r, "n, w or i missing or senseless");
        return;
    }
    run = ingest_find_run(c, w);
    if (!run || n < run->first || iteration != n - run->first ||
        iteration >= run->iterations) {
        ingest_wrong(x, r, "the interval is not of the run it names");
        return;
    }
    iv = reach(c, n);
    if (!iv)
        return;
    if (iv->present) {
        iv->present = 2;
        ingest_wrong(x, r, "an interval is told twice");
        return;
    }
    *iv = (struct ingest_iv){
        .present = 1,
        .w = (uint32_t)w,
        .iteration = iteration,
        .read = STORE_NONE,
        .values = c->values,
    };
    run->seen++;
    if (reserve_values(c))
        return;
    for (unsigned i = 0; i < r->fields; i++) {
        const char *key = r->field[i].key;
        const int clock = ingest_find_clock(c, key);
        uint64_t before, after;

        if (clock >= 0) {
            if (record_get_pair(r, key, &before, &after)) {
                ingest_wrong(x, r, "a clock's readings are not two numbers");
                continue;
            }
            iv->mask |= 1u << clock;
            c->value[iv->values + 2u * (unsigned)clock] = (int64_t)before;
            c->value[iv->values + 2u * (unsigned)clock + 1] = (int64_t)after;
        } else if (strcmp(key, "read") == 0) {
            if (record_get_u64(r, key, &before) || before > INT64_MAX)
                ingest_wrong(x, r, "the reading inside the interval is not a number");
            else
                iv->read = (int64_t)before;
        } else if (strcmp(key, "n") != 0 && strcmp(key, "w") != 0 && strcmp(key, "i") != 0) {
            ingest_wrong(x, r, "a clock the boot record does not name");
        }
    }
}

static void put_figure(struct ingest_console *c, uint32_t w, const char *key, int64_t value)
{
    struct ingest_figure *f;

    for (size_t i = 0; i < c->figures; i++) {
        if (c->figure[i].w == w && strcmp(c->figure[i].key, key) == 0)
            return;
    }
    if (ingest_grow((void **)&c->figure, &c->figures_room, c->figures, sizeof *c->figure)) {
        c->no_memory = 1;
        return;
    }
    f = &c->figure[c->figures++];
    f->w = w;
    f->value = value;
    ingest_copy(f->key, sizeof f->key, key);
}

void ingest_take_answer(struct ingest_reader *x, const struct record *r)
{
    const char *text = record_get(r, "verdict");
    struct ingest_console *c = x->c;
    struct ingest_run *run;
    enum verdict verdict;
    uint64_t w;

    if (record_get_u64(r, "w", &w) || !text || verdict_parse(text, &verdict)) {
        ingest_wrong(x, r, "w or verdict missing or senseless");
        return;
    }
    run = ingest_find_run(c, w);
    if (!run || run->answered) {
        ingest_wrong(x, r, "no such run, or its second answer");
        return;
    }
    run->answered = 1;
    run->verdict = verdict_worst(run->verdict, verdict);
    ingest_copy(run->reason, sizeof run->reason, record_get(r, "reason"));
    ingest_copy(run->answer, sizeof run->answer, record_get(r, "answer"));
    for (unsigned i = 0; i < r->fields; i++) {
        const char *key = r->field[i].key;
        int64_t value;

        if (strcmp(key, "w") == 0 || strcmp(key, "verdict") == 0 ||
            strcmp(key, "reason") == 0 || strcmp(key, "answer") == 0)
            continue;
        if (ingest_get_signed(r, key, &value))
            ingest_wrong(x, r, "a figure is not a number");
        else
            put_figure(c, run->w, key, value);
    }
}
