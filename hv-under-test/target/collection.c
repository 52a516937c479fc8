/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/collection.c - the collectors of a boot; see collection.h.
 */
#include "hv-under-test/target/collection.h"
#include "workloads/text.h"

static size_t length_of(const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

static int is_named(const struct collector *k, const char *name)
{
    return text_equal(k->name, name, length_of(name));
}

const char *collection_choose(struct collection *c, uint32_t wanted, uint64_t tsc_hz)
{
    size_t count;
    const struct collector *const *table = collector_table(&count);

    *c = (struct collection){.count = 0};
    for (size_t i = 0; i < count && i < COLLECTOR_MAX; i++) {
        const struct collector *k = table[i];

        if (!(wanted & (1u << i)))
            continue;
        c->why_not[i] = k->unavailable ? k->unavailable() : NULL;
        if (c->why_not[i] && is_named(k, "clocks"))
            return c->why_not[i];
        if (c->why_not[i])
            continue;
        if (k->prepare)
            k->prepare(tsc_hz);
        if (k->here)
            k = k->here();
        if (k->readings > COLLECTOR_MAX_READINGS - c->readings)
            return "the collectors of this boot have more readings than a record holds: "
                   "take fewer of them";
        c->readings += k->readings;
        c->collector[c->count++] = k;
    }
    return NULL;
}

void collection_before(const struct collection *c, uint64_t *slot)
{
    for (unsigned i = 0; i < c->count; i++) {
        c->collector[i]->before(slot);
        slot += c->collector[i]->readings;
    }
}

void collection_after(const struct collection *c, uint64_t *slot)
{
    slot += 2 * c->readings;
    for (unsigned i = c->count; i-- > 0;) {
        slot -= c->collector[i]->readings;
        c->collector[i]->after(slot);
    }
}

const char *collection_failed(const struct collection *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        const char *reason = c->collector[i]->failed ? c->collector[i]->failed() : NULL;

        if (reason)
            return reason;
    }
    return NULL;
}

int collection_has_guest_clock(const struct collection *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (c->collector[i]->elapsed_ns)
            return 1;
    }
    return 0;
}

uint64_t collection_guest_ns(const struct collection *c, const uint64_t *slot)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (c->collector[i]->elapsed_ns)
            return c->collector[i]->elapsed_ns(slot, slot + c->readings);
        slot += c->collector[i]->readings;
    }
    return 0;
}

/* --- the workload that measures the reading ------------------------------------------------ */

static const char *observer_unavailable(void *place, const char *name)
{
    const struct collection *c = place;
    size_t count;
    const struct collector *const *table = collector_table(&count);

    if (text_equal("none", name, length_of(name)))
        return NULL;
    for (unsigned i = 0; i < c->count; i++) {
        if (is_named(c->collector[i], name))
            return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_named(table[i], name) && c->why_not[i])
            return c->why_not[i];
    }
    return "this collector is not read in this boot: name it in the campaign's collectors";
}

static void observer_choose(void *place, const char *name)
{
    struct collection *c = place;

    c->observed = NULL;
    for (unsigned i = 0; i < c->count; i++) {
        if (is_named(c->collector[i], name))
            c->observed = c->collector[i];
    }
}

static void observer_sample(void *place)
{
    struct collection *c = place;
    const struct collector *k = c->observed;

    c->samples++;
    if (!k)
        return;
    k->before(c->sample);
    k->after(c->sample + k->readings);
}

static uint64_t observer_samples(void *place)
{
    const struct collection *c = place;

    return c->samples;
}

const struct workload_observer *collection_observer(struct collection *c)
{
    c->observer = (struct workload_observer){
        .place = c,
        .unavailable = observer_unavailable,
        .choose = observer_choose,
        .sample = observer_sample,
        .samples = observer_samples,
    };
    return &c->observer;
}
