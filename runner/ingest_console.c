/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/ingest_console.c - from a console's text to what the target said: record by record, those
 * of runs in ingest_runs.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/store.h"
#include "runner/ingest_reader.h"

void ingest_wrong(struct ingest_reader *x, const struct record *r, const char *what)
{
    ingest_fault(x->faults, VERDICT_ERROR, x->source, "unusable record", (int64_t)x->pos,
                 "record %" PRIu64 " (%.16s): %s", r->seq, r->type, what);
}

void ingest_copy(char *out, size_t size, const char *text)
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

static void take_facts(struct ingest_reader *x, const struct record *r)
{
    for (unsigned i = 0; i < r->fields; i++)
        ingest_put_fact(x->c, "", r->field[i].key, r->field[i].value);
}

int ingest_find_clock(const struct ingest_console *c, const char *name)
{
    for (unsigned i = 0; i < c->clocks; i++) {
        if (strcmp(c->clock[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static void take_boot(struct ingest_reader *x, const struct record *r)
{
    struct ingest_console *c = x->c;

    if (c->have_boot) {
        ingest_wrong(x, r, "a boot begins twice");
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
        if (c->clocks == COLLECTOR_MAX_READINGS || ingest_find_clock(c, key + 6) >= 0 ||
            strlen(key + 6) >= sizeof c->clock[0].name) {
            ingest_wrong(x, r, "too many clocks, or one of them twice");
            continue;
        }
        ingest_copy(c->clock[c->clocks].name, sizeof c->clock[0].name, key + 6);
        ingest_copy(c->clock[c->clocks].unit, sizeof c->clock[0].unit, r->field[i].value);
        c->clocks++;
    }
}

static void take_exits(struct ingest_reader *x, const struct record *r)
{
    struct ingest_console *c = x->c;
    const char *cause = record_get(r, "cause");
    struct ingest_exit add = {.w = -1};
    uint64_t w;

    if (!cause || record_get_u64(r, "count", &add.count)) {
        ingest_wrong(x, r, "cause or count missing or senseless");
        return;
    }
    if (!record_get_u64(r, "w", &w) && ingest_find_run(c, w))
        add.w = (int64_t)w;
    if (record_get_u64(r, "ticks", &add.ticks[0]))
        record_get_u64(r, "instructions", &add.ticks[0]);
    record_get_u64(r, "ticks_min", &add.ticks[1]);
    record_get_u64(r, "ticks_max", &add.ticks[2]);
    ingest_copy(add.cause, sizeof add.cause, cause);
    for (size_t i = 0; i < c->exits; i++) {
        if (c->exit[i].w == add.w && strcmp(c->exit[i].cause, add.cause) == 0) {
            ingest_wrong(x, r, "a cause of exits is told twice");
            return;
        }
    }
    if (ingest_grow((void **)&c->exit, &c->exits_room, c->exits, sizeof *c->exit)) {
        c->no_memory = 1;
        return;
    }
    c->exit[c->exits++] = add;
}

static void take_audit(struct ingest_reader *x, const struct record *r)
{
    struct ingest_console *c = x->c;
    struct ingest_audit add = {.k = 0};

    if (!record_get(r, "what") || record_get_u64(r, "k", &add.k) ||
        record_get_u64(r, "exits_k", &add.exits_k) ||
        record_get_u64(r, "exits_2k", &add.exits_2k)) {
        ingest_wrong(x, r, "what, k, exits_k or exits_2k missing or senseless");
        return;
    }
    ingest_copy(add.what, sizeof add.what, record_get(r, "what"));
    if (ingest_grow((void **)&c->audit, &c->audits_room, c->audits, sizeof *c->audit)) {
        c->no_memory = 1;
        return;
    }
    c->audit[c->audits++] = add;
}

static void take_error(struct ingest_reader *x, const struct record *r)
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

static void take_end(struct ingest_reader *x, const struct record *r)
{
    struct ingest_console *c = x->c;
    const char *status = record_get(r, "status");
    const int ok = status && strcmp(status, "ok") == 0;

    if (c->stream_end[x->stream]) {
        ingest_wrong(x, r, "a second end");
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
        ingest_wrong(x, r, "number of intervals missing or senseless");
        return;
    }
    c->have_end = 1;
    c->end_ok = ok;
}

/* --- the hypervisor's ledger of distortions --- */

static void judge(struct ingest_reader *x, const struct record *r, const char *what)
{
    if (what)
        ingest_wrong(x, r, what);
}

static void take_distortion(struct ingest_reader *x, const struct record *r)
{
    judge(x, r, ingest_take_distortion(x->c, r));
}

static void take_lie(struct ingest_reader *x, const struct record *r)
{
    judge(x, r, ingest_take_lie(x->c, r));
}

static void take_ledger(struct ingest_reader *x, const struct record *r)
{
    judge(x, r, ingest_take_ledger(x->c, r, x->faults));
    for (unsigned i = 0; i < r->fields; i++)
        ingest_put_fact(x->c, "ledger.", r->field[i].key, r->field[i].value);
}

enum stream_use { TARGET_ONLY, BOTH, HYPERVISOR_ONLY };

static void take_record(struct ingest_reader *x, const struct record *r)
{
    static const struct {
        const char *type;
        enum stream_use use; /* whose console it may come from */
        void (*take)(struct ingest_reader *x, const struct record *r);
    } table[] = {
        {"iv", TARGET_ONLY, ingest_take_iv},
        {"run", TARGET_ONLY, ingest_take_run},
        {"answer", TARGET_ONLY, ingest_take_answer},
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
    ingest_wrong(x, r, "unknown type");
}

void ingest_read_console(struct ingest_console *c, const char *log, size_t n, int stream,
                         uint32_t plan_index, struct ingest_faults *faults)
{
    struct ingest_reader x = {
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
            ingest_wrong(&x, r, "it belongs to another boot");
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
