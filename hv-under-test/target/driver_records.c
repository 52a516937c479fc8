/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/target/driver_records.c - what a target tells, apart from its runs (driver.h). */
#include "hv-under-test/target/driver_private.h"
#include "workloads/text.h"

void driver_flush(struct target *t)
{
    size_t n = t->out.used;

    /* Emptied first: a fault inside write() must not send the same records again. */
    t->out.used = 0;
    t->out.start = 0;
    if (n)
        t->ops->write(t->text, n);
}

struct record_writer *driver_begin(struct target *t, const char *type)
{
    if (t->out.size - t->out.used <= RECORD_MAX_BYTES)
        driver_flush(t);
    record_begin(&t->out, type);
    return &t->out;
}

void driver_end(struct target *t)
{
    if (record_end(&t->out) == 0)
        return;
    /* Too long for a record. It took no seq, so its loss must be said, not found. */
    record_begin(&t->out, "error");
    record_text(&t->out, "reason", "a record was longer than a record may be");
    record_end(&t->out);
}

void target_begin(struct target *t, const struct target_ops *ops, uint32_t boot)
{
    t->ops = ops;
    t->out.buf = t->text;
    t->out.size = sizeof t->text;
    t->out.boot = boot;
}

void driver_write_end(struct target *t, const char *status)
{
    struct record_writer *w = driver_begin(t, "end");

    record_u64(w, "intervals", t->intervals);
    record_text(w, "status", status);
    driver_end(t);
    driver_flush(t);
}

void target_fail(struct target *t, const char *reason)
{
    struct record_writer *w;

    t->out.used = t->out.start; /* what follows is unfinished … */
    t->out.overflow = 0;
    w = driver_begin(t, "error");
    record_text(w, "reason", reason);
    driver_end(t);
    driver_write_end(t, "error");
}

/* Room for "collector." and a name, "clock." and a name. */
#define COLLECTOR_KEY_BYTES 48u

static void write_clock_names(struct record_writer *w, const struct collector *c)
{
    for (unsigned i = 0; i < c->readings; i++) {
        char key[COLLECTOR_KEY_BYTES];
        struct text name = text_begin(key, sizeof key);

        text_put(&name, "clock.");
        text_put(&name, c->reading[i].name);
        record_text(w, key, c->reading[i].unit);
    }
}

static void write_collector_facts(struct target *t, const struct collector *c)
{
    const char *key, *value;

    for (unsigned i = 0; c->fact && c->fact(i, &key, &value); i++) {
        char name[COLLECTOR_KEY_BYTES];
        struct text k = text_begin(name, sizeof name);

        text_put(&k, "collector.");
        text_put(&k, c->name);
        text_put(&k, ".");
        text_put(&k, key);
        record_text(driver_begin(t, "fact"), name, value);
        driver_end(t);
    }
}

static void write_collectors(struct target *t)
{
    size_t count;
    const struct collector *const *table = collector_table(&count);

    for (size_t i = 0; i < count; i++) {
        char key[COLLECTOR_KEY_BYTES], value[WORKLOAD_REASON_BYTES];
        struct text k = text_begin(key, sizeof key), v = text_begin(value, sizeof value);
        const char *why = t->collection.why_not[i];

        if (!(t->plan.collectors & (1u << i)))
            continue;
        text_put(&k, "collector.");
        text_put(&k, table[i]->name);
        text_put(&v, why ? "unavailable: " : "read");
        text_put(&v, why ? why : "");
        record_text(driver_begin(t, "fact"), key, value);
        driver_end(t);
        write_collector_facts(t, table[i]);
    }
}

void driver_write_boot(struct target *t)
{
    struct record_writer *w = driver_begin(t, "boot");

    record_text(w, "env", t->ops->env);
    record_hex(w, "card", t->card);
    record_u64(w, "tsc_hz", t->plan.tsc_hz);
    t->ops->describe_boot(w);
    for (unsigned i = 0; i < t->collection.count; i++)
        write_clock_names(w, t->collection.collector[i]);
    driver_end(t);
    w = driver_begin(t, "fact");
    record_u64(w, "seed", t->plan.seed);
    record_u64(w, "gap_spins", t->plan.gap_spins);
    record_u64(w, "arena_bytes", t->env.arena_bytes);
    record_text(w, "exits_counted",
                t->ops->exits_total ? "yes"
                : t->ops->sentinel  ? "traced"
                                    : "no");
    driver_end(t);
    if (t->ops->describe) {
        t->ops->describe(driver_begin(t, "fact"));
        driver_end(t);
    }
    write_collectors(t);
}
