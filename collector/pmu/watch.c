/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/pmu/watch.h"

#include <string.h>

#include "collector/pmu/present.h"

#define LEVELS (PMU_LEVEL_USER | PMU_LEVEL_KERNEL)
/* What an exchange of counters at entry and exit may lose or count twice. */
#define SIDES_SLACK 1000u
#define SIDES_PPM 1000u

/* The family's event for instructions, after the self-test of its group. */
static int watch_prove(struct pmu_watch *w, const char *pmu, const struct group_family *f,
                       struct err *e)
{
    for (unsigned i = 0; i < f->groups; i++) {
        const struct group *g = &f->group[i];
        int rc;

        if (strcmp(g->name, "core") != 0)
            continue;
        rc = pmu_group_prove(pmu, g, tolerance_now(), e);
        for (unsigned k = 0; rc == 0 && k < g->events; k++)
            if (strcmp(g->event[k].name, "instr") == 0) {
                group_event_name(pmu, g->event[k].event, w->event);
                return 0;
            }
        if (rc != 0)
            return rc;
    }
    return err_set(e, ERR_UNAVAILABLE, "%s has no event instr in a group core", f->family);
}

int pmu_watch_begin(struct pmu_watch *w, const char *sysfs, struct err *e)
{
    struct pmu_present here;
    struct group_family *f;
    int rc;

    memset(w, 0, sizeof(*w));
    rc = pmu_present_look(sysfs, &here, e);
    if (rc == 0)
        rc = group_for_pmu(here.pmu, &f, e);
    if (rc != 0)
        return rc;
    rc = watch_prove(w, here.pmu, f, e);
    group_release(f);
    return rc;
}

int pmu_watch_thread(struct pmu_watch *w, pid_t tid, struct err *e)
{
    struct pmu_group *g = &w->group[w->threads];
    int rc;

    if (!w->event[0] || w->threads == PMU_WATCH_THREADS)
        return err_set(e, ERR_BUG, "no event to watch thread %d by, or no room", (int)tid);
    rc = pmu_sides_open(g, w->event, LEVELS, tid, e);
    if (rc == 0)
        rc = pmu_group_start(g, e);
    if (rc != 0)
        pmu_group_close(g);
    else
        w->threads++;
    return rc;
}

int pmu_watch_value(struct pmu_watch *w, unsigned i, struct pmu_reading *out, struct err *e)
{
    struct pmu_reading zero = {.enabled_ns = 0}, now, d;
    int rc;

    if (i >= w->threads)
        return err_set(e, ERR_BUG, "thread %u of %u is not watched", i, w->threads);
    /* Stopped first: while they run, each is read a little later than the one before it. */
    rc = pmu_group_stop(&w->group[i], e);
    if (rc == 0)
        rc = pmu_group_read(&w->group[i], &now, e);
    if (rc == 0)
        rc = pmu_group_difference(&w->group[i], &zero, &now, &d, e);
    if (rc == 0)
        rc = pmu_sides_check(&d, SIDES_SLACK, SIDES_PPM, e);
    if (rc == 0)
        *out = d;
    return rc;
}

void pmu_watch_end(struct pmu_watch *w)
{
    while (w->threads > 0)
        pmu_group_close(&w->group[--w->threads]);
    w->event[0] = '\0';
}
