/* SPDX-License-Identifier: GPL-3.0-or-later */
/* analysis/trial_read.c - a blind trial's boots out of the database; see trial_read.h. */
#include "analysis/trial_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/query.h"

#define BIT(n) (1u << (n))

struct reading {
    struct trial_set *set;
    struct err *e;
    size_t room;
};

static int take_boot(void *opaque, const struct query_boot *q)
{
    struct reading *r = opaque;
    struct trial_set *s = r->set;
    struct trial_entry *more;

    if (s->entries == r->room) {
        r->room = r->room ? 2 * r->room : 64;
        more = reallocarray(s->entry, r->room, sizeof(*more));
        if (!more)
            return err_set(r->e, ERR_IO, "out of memory");
        s->entry = more;
    }
    more = &s->entry[s->entries++];
    *more = (struct trial_entry){.b = {.boot = q->boot}};
    snprintf(more->platform, sizeof(more->platform), "%s", q->platform);
    snprintf(more->variant, sizeof(more->variant), "%s", q->variant);
    snprintf(more->seed, sizeof(more->seed), "%s", q->seed);
    snprintf(more->reason, sizeof(more->reason), "%s%s%s", q->verdict, *q->reason ? ": " : "",
             q->reason);
    return 0;
}

/* Boots come in plan order. */
static int by_boot(const void *key, const void *entry)
{
    const int64_t boot = *(const int64_t *)key;
    const struct trial_entry *t = entry;

    return (boot > t->b.boot) - (boot < t->b.boot);
}

static struct trial_entry *find_entry(const struct trial_set *s, int64_t boot)
{
    return s->entries ? bsearch(&boot, s->entry, s->entries, sizeof(*s->entry), by_boot)
                      : NULL;
}

static int take_seal(void *opaque, const struct query_seal *q)
{
    struct reading *r = opaque;
    struct trial_entry *t = find_entry(r->set, q->boot);

    r->set->seals++;
    if (t)
        t->b.sealed = 1;
    return 0;
}

static int take_request(void *opaque, const struct query_distortion_request *q)
{
    struct reading *r = opaque;
    struct trial_entry *t = find_entry(r->set, q->boot);
    const enum trial_lie lie = trial_lie_of(q->kind, q->form, q->delivered);
    size_t used;

    if (!t)
        return 0;
    if (lie == TRIAL_LIES)
        return err_set(r->e, ERR_DATA, "boot %lld: a trial knows no lie \"%.60s\"",
                       (long long)q->boot, q->form);
    t->b.asked |= BIT(lie);
    if (q->count)
        t->b.done |= BIT(lie);
    used = strlen(t->lies);
    snprintf(t->lies + used, sizeof(t->lies) - used, "%s%s", used ? "+" : "", q->form);
    return 0;
}

static int take_recovery(void *opaque, const struct query_recovery *q)
{
    struct reading *r = opaque;
    struct trial_entry *t = find_entry(r->set, q->boot);
    const enum trial_finding kind = trial_finding_of(q->kind);

    if (!t)
        return 0;
    if (kind == TRIAL_FINDINGS)
        return err_set(r->e, ERR_DATA, "boot %lld: a trial knows no finding \"%.60s\"",
                       (long long)q->boot, q->kind);
    /* Without a ledger the verdict is one of two: it is the in-tree hypervisor's, and opened. */
    if (strcmp(q->verdict, "found") != 0 && strcmp(q->verdict, "nothing") != 0)
        t->b.judged = 1;
    if (q->events > 0)
        t->b.found |= BIT(kind);
    if (strcmp(q->verdict, "recovered") == 0)
        t->b.sized |= BIT(kind);
    if (strcmp(q->verdict, "not recovered") == 0)
        t->b.wrong |= BIT(kind);
    return 0;
}

static int take_clock(void *opaque, const struct query_clock *q)
{
    struct reading *r = opaque;
    struct trial_entry *t = find_entry(r->set, q->boot);

    if (!t || strcmp(q->clock, "tsc") != 0)
        return 0;
    t->b.court = strcmp(q->verdict, "biased") == 0 || strcmp(q->verdict, "aberrant") == 0
                     ? TRIAL_COURT_NAMED
                     : TRIAL_COURT_SOUND;
    return 0;
}

/* Boots of others, and of ours without a ledger that was sealed, have no part in a trial. */
static void keep_ours(struct trial_set *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->entries; i++) {
        struct trial_entry *t = &s->entry[i];

        if (!t->b.sealed && !t->b.judged)
            continue;
        if (t->b.judged)
            t->reason[0] = '\0';
        s->entry[kept++] = *t;
    }
    s->entries = kept;
}

int trial_read(struct query *q, const struct query_campaign *c, struct trial_set *out,
               struct err *e)
{
    struct reading r = {.set = out, .e = e};
    int rc;

    *out = (struct trial_set){0};
    rc = query_boots(q, c, take_boot, &r, e);
    if (!rc)
        rc = query_seals(q, c, take_seal, &r, e);
    if (!rc)
        rc = query_distortion_requests(q, c, take_request, &r, e);
    if (!rc)
        rc = query_recoveries(q, c, take_recovery, &r, e);
    if (!rc)
        rc = query_clocks(q, c, take_clock, &r, e);
    if (rc)
        trial_release(out);
    else
        keep_ours(out);
    return rc;
}

void trial_release(struct trial_set *set)
{
    free(set->entry);
    *set = (struct trial_set){0};
}
