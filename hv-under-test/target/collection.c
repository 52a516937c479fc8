/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/collection.c - the collectors of a boot; see collection.h.
 */
#include "hv-under-test/target/collection.h"
#include "workloads/text.h"

static int is_clocks(const struct collector *k)
{
    return text_equal(k->name, "clocks", 6);
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
        if (c->why_not[i] && is_clocks(k))
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
