/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reports/differences.c - see differences.h. */
#include "reports/differences.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/format.h"
#include "reports/wording.h"

int differences_asked(const struct model *m)
{
    return m->baseline < m->platforms && m->platforms > 1;
}

void differences_titles(const struct model *m, char *buf, size_t size,
                        const char *title[DIFFERENCES_COLUMNS + 1])
{
    const int lab = m->campaign.ns_per_instruction > 0;

    snprintf(buf, size, "n:time / %s", m->platform[m->baseline].label);
    title[0] = "workload, or operation less its loop";
    title[1] = "platform";
    title[2] = buf;
    title[3] = "n:bounds";
    title[4] = "n:difference, ns";
    title[5] = lab ? "n:difference, instructions" : NULL;
    title[6] = NULL;
}

struct difference {          /* ns */
    double value, low, high; /* bounds NaN: exact, or unknown */
    int exact;
};

/* In units of `per` ns. */
static void put_difference(char *out, const struct difference *d, double per)
{
    char buf[FORMAT_BYTES];

    if (isnan(d->value) || !(per > 0))
        strcpy(out, FORMAT_NONE);
    else if (d->exact)
        snprintf(out, WORDING_BYTES, "%s", format_figure(buf, d->value / per, 0));
    else if (isnan(d->low) || isnan(d->high))
        snprintf(out, WORDING_BYTES, "\xE2\x89\x88%.2g", d->value / per);
    else if (d->low <= 0 && d->high >= 0)
        strcpy(out, FORMAT_INDISTINGUISHABLE);
    else
        snprintf(out, WORDING_BYTES, "%s",
                 format_figure(buf, d->value / per, (d->high - d->low) / 2 / per));
}

static double unit_ns(const struct model_cell *cell)
{
    return cell->summary ? cell->summary->value_ns / cell->summary->work : NAN;
}

static int is_exact(const struct model_cell *cell)
{
    return cell->summary && !strncmp(cell->summary->verdict, "exact", 5);
}

static void run_row(const struct model *m, size_t r, size_t p,
                    void (*row)(void *opaque, const char *const *cell), void *opaque)
{
    const struct model_cell *cell = model_cell(m, r, p), *base = model_cell(m, r, m->baseline);
    char text[2][WORDING_BYTES], ratio[WORDING_BYTES], bounds[WORDING_BYTES];
    const double base_ns = unit_ns(base);
    struct difference d = {unit_ns(cell) - base_ns, NAN, NAN,
                           is_exact(cell) && is_exact(base)};

    if (!cell->chosen.known)
        return;
    /* Of samples what the ratio says, which is of means. */
    if (!d.exact)
        d = (struct difference){base_ns * (cell->chosen.ratio - 1),
                                base_ns * (cell->chosen.low - 1),
                                base_ns * (cell->chosen.high - 1), 0};
    put_difference(text[0], &d, 1);
    put_difference(text[1], &d, m->campaign.ns_per_instruction);
    row(opaque, (const char *[]){m->run[r].label, m->platform[p].label,
                                 wording_ratio(&cell->chosen, ratio),
                                 wording_bounds(&cell->chosen, bounds), text[0], text[1]});
}

static const struct model_exit_cost *base_cost(const struct model *m,
                                               const struct model_exit_cost *c)
{
    for (size_t i = 0; i < m->costs; i++)
        if (m->cost[i].platform == m->baseline && !strcmp(m->cost[i].operation, c->operation))
            return &m->cost[i];
    return NULL;
}

/* Costs are in instructions where one has a fixed time, else in ns. Of several boots the
 * difference lies between the extremes of both. */
static void cost_row(const struct model *m, const struct model_exit_cost *c,
                     void (*row)(void *opaque, const char *const *cell), void *opaque)
{
    const struct model_exit_cost *b = base_cost(m, c);
    const double per = m->campaign.ns_per_instruction > 0 ? m->campaign.ns_per_instruction : 1;
    char what[WORDING_BYTES], text[2][WORDING_BYTES];
    struct difference d = {NAN, NAN, NAN, 0};

    if (!b || c->platform == m->baseline)
        return;
    d.value = (c->cost - b->cost) * per;
    d.exact = m->campaign.deterministic && c->high == c->low && b->high == b->low;
    if (c->boots > 1 && b->boots > 1) {
        d.low = (c->low - b->high) * per;
        d.high = (c->high - b->low) * per;
    }
    snprintf(what, sizeof(what), "%s, less its loop", c->operation);
    put_difference(text[0], &d, 1);
    put_difference(text[1], &d, m->campaign.ns_per_instruction);
    row(opaque, (const char *[]){what, m->platform[c->platform].label, FORMAT_NONE,
                                 FORMAT_NONE, text[0], text[1]});
}

void differences_each(const struct model *m,
                      void (*row)(void *opaque, const char *const *cell), void *opaque)
{
    for (size_t r = 0; r < m->runs; r++)
        for (size_t p = 0; p < m->platforms; p++)
            run_row(m, r, p, row, opaque);
    for (size_t i = 0; i < m->costs; i++)
        cost_row(m, &m->cost[i], row, opaque);
}
