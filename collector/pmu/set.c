/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/pmu/set.h"

#include <stdio.h>
#include <string.h>

#include "collector/pmu/present.h"
#include "collector/pmu/user.h"

#define SOFTWARE_PMU "perf"

/* The family's group of that name. */
static int set_find(struct pmu_set *set, const char *pmu, struct group_family **family,
                    const struct group **group)
{
    int rc = group_for_pmu(pmu, family, &set->why);

    if (rc != 0)
        return rc;
    for (unsigned i = 0; i < (*family)->groups; i++)
        if (strcmp((*family)->group[i].name, set->group) == 0) {
            *group = &(*family)->group[i];
            return 0;
        }
    rc = err_set(&set->why, ERR_UNAVAILABLE, "%s has no event group %s", (*family)->family,
                 set->group);
    group_release(*family);
    return rc;
}

/* Ask for what user_arm64.c needs; a kernel that knows no such wish may refuse it. */
static int set_open_group(struct pmu_set *set, const struct pmu_event *event, unsigned events)
{
    struct pmu_event asked[PMU_GROUP_EVENTS];

    memcpy(asked, event, events * sizeof(asked[0]));
    for (unsigned i = 0; i < events && !set->software; i++)
        pmu_user_ask(&asked[i]);
    if (pmu_group_open(&set->counting, asked, events, 0, -1, NULL) == 0)
        return 0;
    return pmu_group_open(&set->counting, event, events, 0, -1, &set->why);
}

/* Of a group that runs: by which way it will be read. */
static void set_choose_way(struct pmu_set *set)
{
    struct err e;

    set->in_user_space = 0;
    if (set->software) {
        snprintf(set->way, sizeof(set->way),
                 "read(2): software events are on no counter of the processor");
        return;
    }
    set->in_user_space = pmu_user_prove(&set->counting, &e) == 0;
    if (set->in_user_space)
        snprintf(set->way, sizeof(set->way), "in user space, without a system call");
    else
        snprintf(set->way, sizeof(set->way), "read(2): %.*s", (int)sizeof(set->way) - 16,
                 e.text);
}

static int set_open(struct pmu_set *set, const char *pmu, const struct group *group)
{
    struct pmu_event event[PMU_GROUP_EVENTS];
    int rc = pmu_group_prove(pmu, group, tolerance_now(), &set->why);

    if (rc == 0)
        rc = pmu_group_encode(pmu, group, PMU_LEVEL_USER | PMU_LEVEL_KERNEL, PMU_SIDE_BOTH,
                              event, &set->why);
    if (rc == 0)
        rc = set_open_group(set, event, group->events);
    if (rc != 0)
        return rc;
    rc = pmu_group_prove_fit(&set->counting, &set->why);
    if (rc == 0)
        rc = pmu_group_start(&set->counting, &set->why);
    if (rc != 0)
        pmu_group_close(&set->counting);
    else
        set_choose_way(set);
    return rc;
}

static void set_name(struct pmu_set *set, unsigned i, const char *event, const char *unit)
{
    snprintf(set->name[i], sizeof(set->name[i]), "%.15s.%.20s", set->group, event);
    set->reading[i] = (struct collector_reading){set->name[i], unit};
}

static void set_describe(struct pmu_set *set, const struct collector *as,
                         const struct group *group)
{
    for (unsigned i = 0; i < group->events; i++)
        set_name(set, i, group->event[i].name, "count");
    set_name(set, group->events, "enabled", "accounted_ns");
    set_name(set, group->events + 1, "running", "accounted_ns");
    set->here = *as;
    set->here.reading = set->reading;
    set->here.readings = group->events + 2;
}

const char *pmu_set_unavailable(struct pmu_set *set, const struct collector *as)
{
    struct pmu_present here = {.pmu = SOFTWARE_PMU};
    struct group_family *family;
    const struct group *group = NULL;
    int rc = 0;

    pmu_group_close(&set->counting);
    set->trouble = (struct err){.code = 0};
    if (!set->software)
        rc = pmu_present_look("/sys", &here, &set->why);
    if (rc == 0)
        rc = set_find(set, here.pmu, &family, &group);
    if (rc != 0)
        return set->why.text;
    rc = set_open(set, here.pmu, group);
    if (rc == 0)
        set_describe(set, as, group);
    group_release(family);
    return rc == 0 ? NULL : set->why.text;
}

void pmu_set_read(struct pmu_set *set, uint64_t *slot, int after)
{
    const unsigned n = set->counting.events;
    struct pmu_reading r = {.enabled_ns = 0};
    int left = set->in_user_space && pmu_user_read(&set->counting, after, &r, NULL) != 0;
    int rc = 0;

    if (left || !set->in_user_space)
        rc = pmu_group_read(&set->counting, &r, set->trouble.code ? NULL : &set->trouble);
    memcpy(slot, r.raw, n * sizeof(slot[0]));
    slot[n] = r.enabled_ns;
    slot[n + 1] = r.running_ns;
    if (rc == 0 && r.enabled_ns != r.running_ns && set->trouble.code == 0)
        err_set(&set->trouble, ERR_UNAVAILABLE,
                "the group %s ran %llu of %llu ns: its counters were shared (multiplexed), so "
                "its counts are no counts",
                set->group, (unsigned long long)r.running_ns,
                (unsigned long long)r.enabled_ns);
    /* Not read by another way from here on: two ways in one run would be two costs. */
    if (rc == 0 && left && set->trouble.code == 0)
        err_set(&set->trouble, ERR_UNAVAILABLE,
                "the group %s left its counters between two readings", set->group);
}

const char *pmu_set_failed(const struct pmu_set *set)
{
    return set->trouble.code ? set->trouble.text : NULL;
}

int pmu_set_fact(struct pmu_set *set, unsigned i, const char **key, const char **value)
{
    const struct pmu_event *event = &set->counting.event[i];
    uint64_t word[sizeof(event->attr) / sizeof(uint64_t)];
    unsigned words = sizeof(word) / sizeof(word[0]);
    int n;

    if (set->counting.events && i == set->counting.events) {
        *key = "read";
        *value = set->way;
        return 1;
    }
    if (i >= set->counting.events)
        return 0;
    memcpy(word, &event->attr, sizeof(word));
    while (words > 0 && word[words - 1] == 0)
        words--;
    n = snprintf(set->fact, sizeof(set->fact), "%s as %s attr", event->name, event->full);
    for (unsigned k = 0; k < words && n < (int)sizeof(set->fact); k++)
        n += snprintf(set->fact + n, sizeof(set->fact) - (size_t)n, " %llx",
                      (unsigned long long)word[k]);
    snprintf(set->key, sizeof(set->key), "event%u", i);
    *key = set->key;
    *value = set->fact;
    return 1;
}
