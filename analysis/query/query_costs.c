/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/query/query_costs.c - costs of exits and observers, as the views exit_costs and
 * observer_costs say; see query.h.
 *
 * The views rank every interval of the database by its duration to find their medians. Here only
 * boots are read that timed such a thing, and a boot at a time is in memory. The views hold every
 * boot; what is said of a campaign rests on those that are usable.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/query/query_sql.h"

struct kind {
    const char *workload, *key; /* the parameter that names what is timed */
    const char *nothing;        /* its value where that is nothing: the baseline */
    const char *inner, *outer;  /* a thing with a baseline of its own; NULL */
    const char *view;           /* that shows the same */
};

static const struct kind exits = {"exits",       "op",        "empty", "kernel-hypercall",
                                  "kernel-call", "exit_costs"};
static const struct kind observers = {"observe", "collector", "none",
                                      NULL,      NULL,        "observer_costs"};

struct group { /* the iterations of all runs of a boot that time the same, so many in a row */
    int64_t boot_id, boot;
    char *text; /* the strings below */
    const char *platform, *variant, *name;
    int64_t n;
    double tick_hz, unit_ns; /* unit_ns: of the cost */
    const char *unit;
    int64_t *ticks;
    size_t samples, room;
    double median; /* ticks */
};

struct cost {
    const struct group *group;
    double value;
};

struct costs {
    const struct kind *kind;
    struct group *group;
    size_t groups;
    struct sql_runs runs;
    size_t *of; /* group of each run */
    struct cost *cost;
    size_t n;
    struct err *e;
};

#define STRINGS 3

static int out_of_memory(struct costs *all)
{
    return err_set(all->e, ERR_IO, "out of memory");
}

static size_t find_group(const struct costs *all, int64_t boot_id, const char *name, int64_t n)
{
    size_t i = all->groups;

    /* Runs come boot by boot. */
    while (i && all->group[i - 1].boot_id == boot_id)
        if (all->group[--i].n == n && !strcmp(all->group[i].name, name))
            return i;
    return all->groups;
}

static int add_group(struct costs *all, sqlite3_stmt *s)
{
    struct group *g = realloc(all->group, (all->groups + 1) * sizeof(*g));
    const double instruction_ns = sql_real(s, 8);
    const char *text[STRINGS];

    if (!g)
        return out_of_memory(all);
    all->group = g;
    g += all->groups;
    *g = (struct group){.boot_id = sql_integer(s, 0),
                        .boot = sql_integer(s, 1),
                        .n = sql_integer(s, 6),
                        .tick_hz = sql_real(s, 7),
                        .unit_ns = instruction_ns > 0 ? instruction_ns : 1,
                        .unit = instruction_ns > 0 ? "instructions" : "ns",
                        .text = sql_copy_texts(s, 3, text, STRINGS)};
    if (!g->text)
        return out_of_memory(all);
    all->groups++;
    g->platform = text[0];
    g->variant = text[1];
    g->name = text[2];
    return 0;
}

static int run_row(void *opaque, sqlite3_stmt *s)
{
    struct costs *all = opaque;
    const int64_t boot_id = sql_integer(s, 0);
    const size_t g = find_group(all, boot_id, sql_text(s, 5), sql_integer(s, 6));
    size_t *of;
    int rc = g == all->groups ? add_group(all, s) : 0;

    if (rc)
        return rc;
    of = realloc(all->of, (all->runs.n + 1) * sizeof(*of));
    if (!of)
        return out_of_memory(all);
    all->of = of;
    of[all->runs.n] = g;
    return sql_runs_add(&all->runs, boot_id, sql_integer(s, 2)) ? out_of_memory(all) : 0;
}

static int interval_row(void *opaque, sqlite3_stmt *s)
{
    struct costs *all = opaque;
    const size_t run =
        sql_runs_find(&all->runs, sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1));
    struct group *g;

    if (run == SIZE_MAX)
        return 0;
    g = &all->group[all->of[run]];
    if (g->samples == g->room) {
        const size_t room = g->room ? 2 * g->room : 256;
        int64_t *more = realloc(g->ticks, room * sizeof(*more));

        if (!more)
            return out_of_memory(all);
        g->ticks = more;
        g->room = room;
    }
    g->ticks[g->samples++] = sqlite3_column_int64(s, 2);
    return 0;
}

static int by_ticks(const void *va, const void *vb)
{
    const int64_t *a = va, *b = vb;

    return (*a > *b) - (*a < *b);
}

/* All of its intervals are there. */
static void finish_group(struct group *g)
{
    if (g->samples) {
        qsort(g->ticks, g->samples, sizeof(*g->ticks), by_ticks);
        g->median =
            ((double)g->ticks[(g->samples - 1) / 2] + (double)g->ticks[g->samples / 2]) / 2;
    }
    free(g->ticks);
    g->ticks = NULL;
}

static const char *baseline_of(const struct kind *k, const char *name)
{
    return k->inner && !strcmp(name, k->inner) ? k->outer : k->nothing;
}

/* Is there, or will there be, anything to tell of this group? */
static const struct group *find_baseline(const struct costs *all, const struct group *g)
{
    const char *name = baseline_of(all->kind, g->name);

    for (size_t i = 0; i < all->groups; i++) {
        const struct group *b = &all->group[i];

        if (b->boot_id == g->boot_id && b->n == g->n && !strcmp(b->name, name))
            return b;
    }
    return NULL;
}

static int by_name(const void *va, const void *vb)
{
    const struct cost *a = va, *b = vb;
    int order = strcmp(a->group->name, b->group->name);

    if (!order)
        order = strcmp(a->group->platform, b->group->platform);
    if (!order)
        order = strcmp(a->group->variant, b->group->variant);
    if (!order)
        order = (a->group->boot > b->group->boot) - (a->group->boot < b->group->boot);
    return order ? order : (a->value > b->value) - (a->value < b->value);
}

/* As the views are ordered. */
static int by_boot(const void *va, const void *vb)
{
    const struct cost *a = va, *b = vb;
    int order = (a->group->boot > b->group->boot) - (a->group->boot < b->group->boot);

    if (!order)
        order = strcmp(a->group->name, b->group->name);
    /* What is no number comes first. */
    if (!order)
        order = isnan(b->value) - isnan(a->value);
    return order ? order : (a->value > b->value) - (a->value < b->value);
}

static int make_costs(struct costs *all, int (*order)(const void *va, const void *vb))
{
    all->cost = calloc(all->groups + 1, sizeof(*all->cost));
    if (!all->cost)
        return out_of_memory(all);
    for (size_t i = 0; i < all->groups; i++) {
        const struct group *g = &all->group[i], *b = find_baseline(all, g);

        if (!b || !g->samples || !b->samples || !strcmp(g->name, all->kind->nothing))
            continue;
        all->cost[all->n].group = g;
        all->cost[all->n++].value =
            g->n ? (g->median - b->median) * 1e9 / g->tick_hz / (double)g->n / g->unit_ns
                 : NAN;
    }
    qsort(all->cost, all->n, sizeof(*all->cost), order);
    return 0;
}

static const char run_sql[] =
    "SELECT b.id, b.plan_index, r.w, b.platform, b.variant, k.value, "
    "CAST(nn.value AS INTEGER), b.tick_hz, c.ns_per_instruction "
    "FROM campaign c JOIN boot b ON b.campaign = c.id JOIN run r ON r.boot = b.id "
    "JOIN run_param k ON k.boot = r.boot AND k.w = r.w AND k.key = ?3 "
    "JOIN run_param nn ON nn.boot = r.boot AND nn.w = r.w AND nn.key = 'n' "
    "WHERE c.id = ?1 AND r.workload = ?2 AND r.verdict = 'ok' AND b.tick_hz > 0 "
    "AND (?4 OR " QUERY_USABLE_BOOT ") ORDER BY b.plan_index, r.w";

static const char interval_sql[] = "SELECT ?1, i.w, i.stop_tick - i.start_tick "
                                   "FROM interval i WHERE i.boot = ?1 AND i.w IS NOT NULL "
                                   "AND " QUERY_GOOD_INTERVAL;

/* Boot by boot, those that can give a cost. */
static int read_intervals(struct query *q, struct costs *all)
{
    sqlite3_stmt *s;
    int rc = sql_prepare(q, interval_sql, &s, all->e);

    for (size_t from = 0, to; !rc && from < all->groups; from = to) {
        const struct sql_argument boot = {.integer = all->group[from].boot_id};
        int wanted = 0;

        for (to = from; to < all->groups && all->group[to].boot_id == boot.integer; to++)
            wanted |= strcmp(all->group[to].name, all->kind->nothing) &&
                      find_baseline(all, &all->group[to]);
        if (wanted)
            rc = sql_run(q, s, &boot, 1, interval_row, all, all->e);
        for (size_t i = from; i < to; i++)
            finish_group(&all->group[i]);
    }
    sqlite3_finalize(s);
    return rc;
}

static int query_costs(struct query *q, int64_t campaign, const struct kind *kind, int every,
                       int (*row)(void *opaque, const struct query_exit_cost *cost),
                       void *opaque, struct err *e)
{
    const struct sql_argument arguments[] = {
        {NULL, campaign}, {kind->workload, 0}, {kind->key, 0}, {NULL, every}};
    struct costs all = {.kind = kind, .e = e};
    int rc = sql_each(q, run_sql, arguments, 4, run_row, &all, e);

    if (!rc)
        rc = read_intervals(q, &all);
    if (!rc)
        rc = make_costs(&all, every ? by_boot : by_name);
    for (size_t i = 0; !rc && i < all.n; i++) {
        const struct group *g = all.cost[i].group;
        const struct query_exit_cost cost = {g->boot, g->platform, g->variant,
                                             g->name, g->unit,     all.cost[i].value};

        rc = row(opaque, &cost);
    }
    for (size_t i = 0; i < all.groups; i++) {
        free(all.group[i].text);
        free(all.group[i].ticks);
    }
    free(all.group);
    free(all.of);
    free(all.cost);
    sql_runs_free(&all.runs);
    return rc;
}

int query_exit_costs(struct query *q, const struct query_campaign *c,
                     int (*row)(void *opaque, const struct query_exit_cost *cost),
                     void *opaque, struct err *e)
{
    return query_costs(q, c->id, &exits, 0, row, opaque, e);
}

int query_observer_costs(struct query *q, const struct query_campaign *c,
                         int (*row)(void *opaque, const struct query_exit_cost *cost),
                         void *opaque, struct err *e)
{
    return query_costs(q, c->id, &observers, 0, row, opaque, e);
}

/* --- the rows of the views --- */

struct campaigns {
    struct campaign {
        int64_t id;
        char name[QUERY_NAME_BYTES];
    } * campaign;
    size_t n;
    struct err *e;
};

static int campaign_row(void *opaque, sqlite3_stmt *s)
{
    struct campaigns *all = opaque;
    struct campaign *more = realloc(all->campaign, (all->n + 1) * sizeof(*more));

    if (!more)
        return err_set(all->e, ERR_IO, "out of memory");
    all->campaign = more;
    more += all->n++;
    more->id = sql_integer(s, 0);
    snprintf(more->name, sizeof(more->name), "%s", sql_text(s, 1));
    return 0;
}

struct cells {
    const char *campaign;
    const struct query_table *table;
};

static int cells_row(void *opaque, const struct query_exit_cost *cost)
{
    const struct cells *to = opaque;
    const struct query_cell cell[] = {
        {.type = QUERY_TEXT, .text = to->campaign},
        {.type = QUERY_INTEGER, .integer = cost->boot, .text = ""},
        {.type = QUERY_TEXT, .text = cost->platform},
        {.type = QUERY_TEXT, .text = cost->variant},
        {.type = QUERY_TEXT, .text = cost->operation},
        {.type = isnan(cost->cost) ? QUERY_NULL : QUERY_REAL, .real = cost->cost, .text = ""},
        {.type = QUERY_TEXT, .text = cost->unit},
    };

    return to->table->row(to->table->opaque, cell, sizeof(cell) / sizeof(cell[0]));
}

static const struct kind *kind_of(const char *view)
{
    static const struct kind *const kinds[] = {&exits, &observers};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (!strcmp(kinds[i]->view, view))
            return kinds[i];
    return NULL;
}

int sql_is_costs(const char *view)
{
    return kind_of(view) != NULL;
}

int sql_write_costs(struct query *q, const char *view, const char *campaign,
                    const struct query_table *table, struct err *e)
{
    const struct sql_argument argument = {campaign, QUERY_NONE};
    struct campaigns all = {.e = e};
    int rc = sql_each(q,
                      "SELECT id, name FROM campaign WHERE ?1 IS NULL OR name = ?1 "
                      "ORDER BY name",
                      &argument, 1, campaign_row, &all, e);

    for (size_t i = 0; !rc && i < all.n; i++) {
        struct cells to = {all.campaign[i].name, table};

        rc = query_costs(q, all.campaign[i].id, kind_of(view), 1, cells_row, &to, e);
    }
    free(all.campaign);
    return rc;
}
