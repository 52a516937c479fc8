/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/compare/comparison.c - which runs are compared; see comparison.h.
 */
#include "analysis/compare/comparison.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int comparison_side_read(const char *db, const char *campaign, struct comparison_side *out,
                         struct err *e)
{
    struct query *q = NULL;
    int rc;

    memset(out, 0, sizeof(*out));
    rc = query_open(db, &q, e);
    if (!rc)
        rc = query_find_campaign(q, campaign, &out->campaign, e);
    if (!rc)
        rc = gather_campaign(q, &out->campaign, &out->runs, e);
    query_close(q);
    return rc;
}

void comparison_side_release(struct comparison_side *s)
{
    gather_release(&s->runs);
}

/* --- entries --- */

struct entry {
    const char *platform, *variant;
};

static int is_entry(const struct entry *e, const struct gather_run *r)
{
    return !strcmp(e->platform, r->platform) && !strcmp(e->variant, r->variant);
}

/* PLATFORM[ VARIANT][:LABEL]; a variant in the store is VARIANT or VARIANT:LABEL. Without a label
 * it is an entry without one. */
static int fits(const char *text, const struct gather_run *r)
{
    const size_t platform = strlen(r->platform);
    const char *label = strchr(r->variant, ':');

    if (strncmp(text, r->platform, platform))
        return 0;
    text += platform;
    if (*text == ' ')
        return !strcmp(text + 1, r->variant);
    if (*text == ':')
        return label && !strcmp(text, label);
    return !*text && !label;
}

#define LISTED_BYTES 512

/* The entry that `text` means. */
static int find_entry(const struct comparison_side *s, const char *text, struct entry *out,
                      struct err *e)
{
    char all[LISTED_BYTES] = "";
    struct entry last = {"", ""};
    size_t found = 0, used = 0;

    for (size_t i = 0; i < s->runs.runs; i++) {
        const struct gather_run *r = &s->runs.run[i];
        int new = 1;

        for (size_t j = 0; new &&j < i; j++)
            new = !is_entry(&(struct entry){r->platform, r->variant}, &s->runs.run[j]);
        if (!new)
            continue;
        if (used < sizeof(all))
            used += (size_t)snprintf(all + used, sizeof(all) - used, "%s\"%s %s\"",
                                     used ? ", " : "", r->platform, r->variant);
        if (!fits(text, r))
            continue;
        last = (struct entry){r->platform, r->variant};
        found++;
    }
    *out = last;
    if (found == 1)
        return 0;
    return err_set(e, ERR_USAGE, "campaign %s has %s entry \"%s\"; it has %s",
                   s->campaign.name, found ? "more than one" : "no", text,
                   used ? all : "none");
}

/* --- rows --- */

static double margin_of(const struct comparison_request *request, const struct gather_run *r)
{
    const struct comparison *aa = request->against_itself;
    double margin = request->margin;

    for (size_t i = 0; aa && i < aa->rows; i++) {
        const struct gather_run *a = aa->row[i].first;

        if (a && !strcmp(a->workload, r->workload) && !strcmp(a->param, r->param))
            margin = compare_margin(&aa->row[i].result);
    }
    return margin;
}

static int add_row(const struct comparison_request *request, const struct gather_run *first,
                   const struct gather_run *second, struct comparison *out, struct err *e)
{
    struct comparison_row *row = realloc(out->row, (out->rows + 1) * sizeof(*row));
    const struct compare_side a = {first, &request->first->campaign};
    const struct compare_side b = {second, &request->second->campaign};

    if (!row)
        return err_set(e, ERR_IO, "out of memory");
    out->row = row;
    row = &out->row[out->rows++];
    row->first = first;
    row->second = second;
    if (compare_pair(&a, &b, margin_of(request, first ? first : second), &request->setting,
                     &row->result))
        return err_set(e, ERR_IO, "out of memory");
    return 0;
}

struct wanted { /* NULL platform: every entry */
    struct entry first, second;
};

static int is_wanted(const struct entry *e, const struct gather_run *r)
{
    return !e->platform || is_entry(e, r);
}

/* The other side's run of the same work, or NULL. */
static const struct gather_run *partner(const struct comparison_side *s, const struct entry *e,
                                        const struct gather_run *r)
{
    return e->platform ? gather_find(&s->runs, e->platform, e->variant, r->workload, r->param)
                       : gather_find(&s->runs, r->platform, r->variant, r->workload, r->param);
}

static int has_entry(const struct comparison_side *s, const struct gather_run *r)
{
    for (size_t i = 0; i < s->runs.runs; i++)
        if (is_entry(&(struct entry){r->platform, r->variant}, &s->runs.run[i]))
            return 1;
    return 0;
}

/* Without names only entries that both sides have: a platform that one campaign did not run at
 * all is not a run that went missing. */
static int add_rows(const struct comparison_request *request, const struct wanted *w,
                    struct comparison *out, struct err *e)
{
    const struct comparison_side *a = request->first, *b = request->second;
    int rc = 0;

    for (size_t i = 0; !rc && i < a->runs.runs; i++) {
        const struct gather_run *r = &a->runs.run[i];

        if (is_wanted(&w->first, r) && (w->first.platform || has_entry(b, r)))
            rc = add_row(request, r, partner(b, &w->second, r), out, e);
    }
    for (size_t i = 0; !rc && i < b->runs.runs; i++) {
        const struct gather_run *r = &b->runs.run[i];

        if (is_wanted(&w->second, r) && (w->second.platform || has_entry(a, r)) &&
            !partner(a, &w->first, r))
            rc = add_row(request, NULL, r, out, e);
    }
    return rc;
}

static int decide(struct comparison *c, struct err *e)
{
    struct compare_result *all = malloc((c->rows + 1) * sizeof(*all));
    int rc;

    if (!all)
        return err_set(e, ERR_IO, "out of memory");
    for (size_t i = 0; i < c->rows; i++)
        all[i] = c->row[i].result;
    rc = compare_decide(all, c->rows);
    for (size_t i = 0; !rc && i < c->rows; i++)
        c->row[i].result = all[i];
    free(all);
    return rc ? err_set(e, ERR_IO, "out of memory") : 0;
}

int comparison_make(const struct comparison_request *request, struct comparison *out,
                    struct err *e)
{
    const char *first = request->first_entry ? request->first_entry : request->second_entry;
    const char *second = request->second_entry ? request->second_entry : first;
    struct wanted w = {{NULL, NULL}, {NULL, NULL}};
    int rc = 0;

    *out = (struct comparison){NULL, 0};
    if (first)
        rc = find_entry(request->first, first, &w.first, e);
    if (!rc && second)
        rc = find_entry(request->second, second, &w.second, e);
    if (!rc)
        rc = add_rows(request, &w, out, e);
    if (!rc && !out->rows)
        rc = err_set(e, ERR_USAGE, "campaigns %s and %s have no platform in common",
                     request->first->campaign.name, request->second->campaign.name);
    return rc ? rc : decide(out, e);
}

void comparison_release(struct comparison *c)
{
    free(c->row);
    *c = (struct comparison){NULL, 0};
}

/* --- A/A --- */

static size_t unlabelled(const char *variant)
{
    return strcspn(variant, ":");
}

int comparison_against_itself(const struct comparison_side *s, struct comparison *out,
                              struct err *e)
{
    char first[2 * GATHER_NAME_BYTES + 2], second[2 * GATHER_NAME_BYTES + 2];
    const struct gather_run *a = s->runs.runs ? &s->runs.run[0] : NULL, *b = NULL;
    const struct comparison_request request = {.first = s,
                                               .second = s,
                                               .first_entry = first,
                                               .second_entry = second,
                                               .margin = NAN,
                                               .setting = {0, bootstrap_default}};
    int others = 0;

    *out = (struct comparison){NULL, 0};
    for (size_t i = 0; i < s->runs.runs; i++) {
        const struct gather_run *r = &s->runs.run[i];

        if (is_entry(&(struct entry){a->platform, a->variant}, r))
            continue;
        if (!b)
            b = r;
        others |= !is_entry(&(struct entry){b->platform, b->variant}, r);
    }
    if (!b || others || strcmp(a->platform, b->platform) ||
        unlabelled(a->variant) != unlabelled(b->variant) ||
        strncmp(a->variant, b->variant, unlabelled(a->variant)))
        return err_set(e, ERR_USAGE,
                       "campaign %s is no A/A run: it should have two entries that are one "
                       "platform and variant under two labels (campaigns/aa.cfg)",
                       s->campaign.name);
    snprintf(first, sizeof(first), "%s %s", a->platform, a->variant);
    snprintf(second, sizeof(second), "%s %s", b->platform, b->variant);
    return comparison_make(&request, out, e);
}
