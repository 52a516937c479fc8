/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/ingest_console.c - from a console's text to what the target said.
 *
 * A record whose CRC fits may still say nonsense: every number is checked before it is used
 * as an index, and what cannot be used is put on the list of faults.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/store.h"
#include "runner/ingest_private.h"
#include "workloads/workload.h"

struct reader {
    struct ingest_console *c;
    struct ingest_faults *faults;
    enum ingest_source source;
    int stream;
    size_t pos; /* behind the record */
};

static void wrong(struct reader *x, const struct record *r, const char *what)
{
    ingest_fault(x->faults, VERDICT_ERROR, x->source, "unusable record", (int64_t)x->pos,
                 "record %" PRIu64 " (%.16s): %s", r->seq, r->type, what);
}

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

int ingest_get_signed(const struct record *r, const char *key, int64_t *value)
{
    const char *text = record_get(r, key);
    char *end = NULL;
    long long parsed;

    if (!text || !*text)
        return -1;
    errno = 0;
    parsed = strtoll(text, &end, 10);
    if (*end || errno)
        return -1;
    *value = parsed;
    return 0;
}

void ingest_put_fact(struct ingest_console *c, const char *prefix, const char *key,
                     const char *value)
{
    const size_t key_size = strlen(prefix) + strlen(key) + 1;
    const size_t value_size = strlen(value) + 1;
    char *text = malloc(key_size + value_size);

    if (!text || ingest_grow((void **)&c->fact, &c->facts_room, c->facts, sizeof *c->fact)) {
        free(text);
        c->no_memory = 1;
        return;
    }
    snprintf(text, key_size, "%s%s", prefix, key);
    memcpy(text + key_size, value, value_size);
    c->fact[c->facts++].text = text;
}

static void take_facts(struct reader *x, const struct record *r)
{
    for (unsigned i = 0; i < r->fields; i++)
        ingest_put_fact(x->c, "", r->field[i].key, r->field[i].value);
}

static int find_clock(const struct ingest_console *c, const char *name)
{
    for (unsigned i = 0; i < c->clocks; i++) {
        if (strcmp(c->clock[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static void take_boot(struct reader *x, const struct record *r)
{
    struct ingest_console *c = x->c;

    if (c->have_boot) {
        wrong(x, r, "a boot begins twice");
        return;
    }
    c->have_boot = 1;
    record_get_u64(r, "tsc_hz", &c->tsc_hz);
    for (unsigned i = 0; i < r->fields; i++) {
        const char *key = r->field[i].key;

        if (strncmp(key, "clock.", 6) != 0) {
            ingest_put_fact(c, "", key, r->field[i].value);
            continue;
        }
        if (c->clocks == COLLECTOR_MAX_READINGS || find_clock(c, key + 6) >= 0 ||
            strlen(key + 6) >= sizeof c->clock[0].name) {
            wrong(x, r, "too many clocks, or one of them twice");
            continue;
        }
        copy(c->clock[c->clocks].name, sizeof c->clock[0].name, key + 6);
        copy(c->clock[c->clocks].unit, sizeof c->clock[0].unit, r->field[i].value);
        c->clocks++;
    }
}

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

static void take_run(struct reader *x, const struct record *r)
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
        wrong(x, r, "w, name, iters, first, form or verdict missing or senseless");
        return;
    }
    if (ingest_find_run(c, w)) {
        wrong(x, r, "a run begins twice");
        return;
    }
    if (param && !param_is_sound(param)) {
        wrong(x, r, "param is not of the form key=value key=value");
        param = NULL;
    }
    run.w = (uint32_t)w;
    copy(run.workload, sizeof run.workload, record_get(r, "name"));
    copy(run.param, sizeof run.param, param);
    copy(run.metric, sizeof run.metric, record_get(r, "metric"));
    copy(run.unit, sizeof run.unit, record_get(r, "unit"));
    copy(run.form, sizeof run.form, form ? form : "per");
    copy(run.reason, sizeof run.reason, record_get(r, "reason"));
    record_get_u64(r, "work", &run.work);
    /* The scale is a property of the workload's unit; the target has no way to print it. */
    known = workload_find(run.workload);
    if (known)
        run.scale = known->scale;
    else
        wrong(x, r, "a workload this etalon does not know: its unit has no scale");
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

static void take_iv(struct reader *x, const struct record *r)
{
    struct ingest_console *c = x->c;
    uint64_t n, w, iteration;
    struct ingest_run *run;
    struct ingest_iv *iv;

    if (record_get_u64(r, "n", &n) || record_get_u64(r, "w", &w) ||
        record_get_u64(r, "i", &iteration) || n >= INGEST_MAX_INTERVALS) {
        wrong(x, r, "n, w or i missing or senseless");
        return;
    }
    run = ingest_find_run(c, w);
    if (!run || n < run->first || iteration != n - run->first ||
        iteration >= run->iterations) {
        wrong(x, r, "the interval is not of the run it names");
        return;
    }
    iv = reach(c, n);
    if (!iv)
        return;
    if (iv->present) {
        iv->present = 2;
        wrong(x, r, "an interval is told twice");
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
        const int clock = find_clock(c, key);
        uint64_t before, after;

        if (clock >= 0) {
            if (record_get_pair(r, key, &before, &after)) {
                wrong(x, r, "a clock's readings are not two numbers");
                continue;
            }
            iv->mask |= 1u << clock;
            c->value[iv->values + 2u * (unsigned)clock] = (int64_t)before;
            c->value[iv->values + 2u * (unsigned)clock + 1] = (int64_t)after;
        } else if (strcmp(key, "read") == 0) {
            if (record_get_u64(r, key, &before) || before > INT64_MAX)
                wrong(x, r, "the reading inside the interval is not a number");
            else
                iv->read = (int64_t)before;
        } else if (strcmp(key, "n") != 0 && strcmp(key, "w") != 0 && strcmp(key, "i") != 0) {
            wrong(x, r, "a clock the boot record does not name");
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
    copy(f->key, sizeof f->key, key);
}

static void take_answer(struct reader *x, const struct record *r)
{
    const char *text = record_get(r, "verdict");
    struct ingest_console *c = x->c;
    struct ingest_run *run;
    enum verdict verdict;
    uint64_t w;

    if (record_get_u64(r, "w", &w) || !text || verdict_parse(text, &verdict)) {
        wrong(x, r, "w or verdict missing or senseless");
        return;
    }
    run = ingest_find_run(c, w);
    if (!run || run->answered) {
        wrong(x, r, "no such run, or its second answer");
        return;
    }
    run->answered = 1;
    run->verdict = verdict_worst(run->verdict, verdict);
    copy(run->reason, sizeof run->reason, record_get(r, "reason"));
    copy(run->answer, sizeof run->answer, record_get(r, "answer"));
    for (unsigned i = 0; i < r->fields; i++) {
        const char *key = r->field[i].key;
        int64_t value;

        if (strcmp(key, "w") == 0 || strcmp(key, "verdict") == 0 ||
            strcmp(key, "reason") == 0 || strcmp(key, "answer") == 0)
            continue;
        if (ingest_get_signed(r, key, &value))
            wrong(x, r, "a figure is not a number");
        else
            put_figure(c, run->w, key, value);
    }
}

static void take_exits(struct reader *x, const struct record *r)
{
    struct ingest_console *c = x->c;
    const char *cause = record_get(r, "cause");
    struct ingest_exit add = {.w = -1};
    uint64_t w;

    if (!cause || record_get_u64(r, "count", &add.count)) {
        wrong(x, r, "cause or count missing or senseless");
        return;
    }
    if (!record_get_u64(r, "w", &w) && ingest_find_run(c, w))
        add.w = (int64_t)w;
    if (record_get_u64(r, "ticks", &add.ticks[0]))
        record_get_u64(r, "instructions", &add.ticks[0]);
    record_get_u64(r, "ticks_min", &add.ticks[1]);
    record_get_u64(r, "ticks_max", &add.ticks[2]);
    copy(add.cause, sizeof add.cause, cause);
    for (size_t i = 0; i < c->exits; i++) {
        if (c->exit[i].w == add.w && strcmp(c->exit[i].cause, add.cause) == 0) {
            wrong(x, r, "a cause of exits is told twice");
            return;
        }
    }
    if (ingest_grow((void **)&c->exit, &c->exits_room, c->exits, sizeof *c->exit)) {
        c->no_memory = 1;
        return;
    }
    c->exit[c->exits++] = add;
}

static void take_audit(struct reader *x, const struct record *r)
{
    struct ingest_console *c = x->c;
    struct ingest_audit add = {.k = 0};

    if (!record_get(r, "what") || record_get_u64(r, "k", &add.k) ||
        record_get_u64(r, "exits_k", &add.exits_k) ||
        record_get_u64(r, "exits_2k", &add.exits_2k)) {
        wrong(x, r, "what, k, exits_k or exits_2k missing or senseless");
        return;
    }
    copy(add.what, sizeof add.what, record_get(r, "what"));
    if (ingest_grow((void **)&c->audit, &c->audits_room, c->audits, sizeof *c->audit)) {
        c->no_memory = 1;
        return;
    }
    c->audit[c->audits++] = add;
}

static void take_error(struct reader *x, const struct record *r)
{
    const char *reason = record_get(r, "reason");

    ingest_fault(x->faults, VERDICT_ERROR, x->source,
                 x->stream ? INGEST_HYPERVISOR_GAVE_UP : INGEST_TARGET_GAVE_UP,
                 (int64_t)x->pos, "%.400s", reason ? reason : "no reason told");
    for (unsigned i = 0; i < r->fields; i++) {
        if (strcmp(r->field[i].key, "reason") != 0)
            ingest_put_fact(x->c, "error.", r->field[i].key, r->field[i].value);
    }
}

static void take_end(struct reader *x, const struct record *r)
{
    struct ingest_console *c = x->c;
    const char *status = record_get(r, "status");
    const int ok = status && strcmp(status, "ok") == 0;

    if (c->stream_end[x->stream]) {
        wrong(x, r, "a second end");
        return;
    }
    c->stream_end[x->stream] = 1;
    if (!ok)
        ingest_fault(x->faults, VERDICT_ERROR, x->source, "ended with an error",
                     (int64_t)x->pos, "status is %.32s", status ? status : "missing");
    if (x->stream) {
        ingest_put_fact(c, "hypervisor.", "exits",
                        record_get(r, "exits") ? record_get(r, "exits") : "");
        return;
    }
    if (record_get_u64(r, "intervals", &c->end_intervals) ||
        c->end_intervals > INGEST_MAX_INTERVALS) {
        wrong(x, r, "number of intervals missing or senseless");
        return;
    }
    c->have_end = 1;
    c->end_ok = ok;
}

/* --- the hypervisor's ledger of distortions --- */

static void judge(struct reader *x, const struct record *r, const char *what)
{
    if (what)
        wrong(x, r, what);
}

static void take_distortion(struct reader *x, const struct record *r)
{
    judge(x, r, ingest_take_distortion(x->c, r));
}

static void take_lie(struct reader *x, const struct record *r)
{
    judge(x, r, ingest_take_lie(x->c, r));
}

static void take_ledger(struct reader *x, const struct record *r)
{
    judge(x, r, ingest_take_ledger(x->c, r, x->faults));
    for (unsigned i = 0; i < r->fields; i++)
        ingest_put_fact(x->c, "ledger.", r->field[i].key, r->field[i].value);
}

enum stream_use { TARGET_ONLY, BOTH, HYPERVISOR_ONLY };

static void take_record(struct reader *x, const struct record *r)
{
    static const struct {
        const char *type;
        enum stream_use use; /* whose console it may come from */
        void (*take)(struct reader *x, const struct record *r);
    } table[] = {
        {"iv", TARGET_ONLY, take_iv},
        {"run", TARGET_ONLY, take_run},
        {"answer", TARGET_ONLY, take_answer},
        {"boot", TARGET_ONLY, take_boot},
        {"exits", BOTH, take_exits},
        {"audit", BOTH, take_audit},
        {"fact", BOTH, take_facts},
        {"error", BOTH, take_error},
        {"end", BOTH, take_end},
        {"distortion", HYPERVISOR_ONLY, take_distortion},
        {"lie", HYPERVISOR_ONLY, take_lie},
        {"ledger", HYPERVISOR_ONLY, take_ledger},
    };
    const enum stream_use other = x->stream ? TARGET_ONLY : HYPERVISOR_ONLY;

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(r->type, table[i].type) == 0 && table[i].use != other) {
            table[i].take(x, r);
            return;
        }
    }
    wrong(x, r, "unknown type");
}

void ingest_read_console(struct ingest_console *c, const char *log, size_t n, int stream,
                         uint32_t plan_index, struct ingest_faults *faults)
{
    struct reader x = {
        .c = c,
        .faults = faults,
        .source = stream ? INGEST_CONSOLE2 : INGEST_CONSOLE,
        .stream = stream,
    };
    struct record_stats stats = {.records = 0};
    uint64_t next_seq = 0;
    struct record *r = malloc(sizeof *r);

    if (!r) {
        c->no_memory = 1;
        return;
    }
    while (!c->no_memory && record_next(log, n, &x.pos, r, &next_seq, &stats)) {
        if (r->boot != plan_index)
            wrong(&x, r, "it belongs to another boot");
        else
            take_record(&x, r);
    }
    free(r);
    if (stats.damaged)
        ingest_fault(faults, VERDICT_ERROR, x.source, "damaged records", STORE_NONE,
                     "%" PRIu64 " records are cut or garbled", stats.damaged);
    if (stats.missing)
        ingest_fault(faults, VERDICT_ERROR, x.source, "missing records", STORE_NONE,
                     "%" PRIu64 " records are missing", stats.missing);
    if (stats.repeated)
        ingest_fault(faults, VERDICT_ERROR, x.source, "repeated records", STORE_NONE,
                     "%" PRIu64 " records came twice", stats.repeated);
    c->stream_records[stream] = stats.records;
    c->stats.records += stats.records;
    c->stats.damaged += stats.damaged;
    c->stats.missing += stats.missing;
    c->stats.repeated += stats.repeated;
    c->stats.noise_bytes += stats.noise_bytes;
}

void ingest_free_console(struct ingest_console *c)
{
    for (size_t i = 0; i < c->facts; i++)
        free(c->fact[i].text);
    free(c->fact);
    free(c->run);
    free(c->figure);
    free(c->iv);
    free(c->value);
    free(c->exit);
    free(c->audit);
    free(c->distortion);
    free(c->request);
    memset(c, 0, sizeof *c);
}
