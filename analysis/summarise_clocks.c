/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise_clocks.c - guest clocks of a campaign against true time.
 */
#include "analysis/summarise_clocks.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/clock_series.h"
#include "analysis/query.h"
#include "collector/store.h"

struct result {
    char name[CLOCK_NAME_BYTES];
    struct clock_assessment a;
    int64_t boot;
};

struct clocks {
    struct result *result;
    size_t results;
    struct err *e;
};

static int assess(void *opaque, const struct clock_series *s)
{
    struct clocks *k = opaque;
    struct result *more = realloc(k->result, (k->results + 1) * sizeof(*more));
    struct result *r;

    if (!more)
        return err_set(k->e, ERR_IO, "out of memory");
    k->result = more;
    r = &k->result[k->results++];
    memcpy(r->name, s->name, sizeof(r->name));
    r->boot = s->boot;
    return clock_series_assess(s, &r->a) ? err_set(k->e, ERR_IO, "out of memory") : 0;
}

static int write_clocks(struct store *store, const struct query_campaign *c,
                        const struct clocks *k)
{
    struct store_clock *row = calloc(k->results + 1, sizeof(*row));
    int rc;

    if (!row)
        return err_set(k->e, ERR_IO, "out of memory");
    for (size_t i = 0; i < k->results; i++) {
        const struct result *r = &k->result[i];
        int processor = clock_series_is_processor(r->name);

        row[i] = (struct store_clock){
            .plan_index = (uint32_t)r->boot,
            .clock = r->name,
            .offset_ns = r->a.offset_ns,
            .skew_ppm = r->a.skew_ppm,
            .skew_low = r->a.skew_low,
            .skew_high = r->a.skew_high,
            .jumps = processor ? STORE_NONE : (int64_t)r->a.jumps,
            .backsteps = (int64_t)r->a.backsteps,
            .freezes = processor ? STORE_NONE : (int64_t)r->a.freezes,
            .verdict = clock_verdict_name(r->a.verdict),
            .reason = r->a.reason,
        };
    }
    rc = store_replace_clocks(store, c->id, row, k->results, k->e);
    free(row);
    return rc;
}

int summarise_clocks(struct store *store, struct query *q, const struct query_campaign *c,
                     struct err *e)
{
    struct clocks k = {.e = e};
    int rc = clock_series_read(q, c, QUERY_NONE, assess, &k, e);

    if (!rc)
        rc = write_clocks(store, c, &k);
    free(k.result);
    return rc;
}
