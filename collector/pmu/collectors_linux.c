/* SPDX-License-Identifier: GPL-3.0-or-later */
/* collector/pmu/collectors_linux.c - the collectors of event groups, in the agent. */
#include "collector/pmu/collectors.h"
#include "collector/pmu/set.h"

#define DEFINE(id, name_, group_, software_, summary_)                                        \
    static struct pmu_set set_##id = {.group = group_, .software = software_};                \
    static const char *unavailable_##id(void)                                                 \
    {                                                                                         \
        return pmu_set_unavailable(&set_##id, &collector_##id);                               \
    }                                                                                         \
    static const struct collector *here_##id(void)                                            \
    {                                                                                         \
        return &set_##id.here;                                                                \
    }                                                                                         \
    static int fact_##id(unsigned i, const char **key, const char **value)                    \
    {                                                                                         \
        return pmu_set_fact(&set_##id, i, key, value);                                        \
    }                                                                                         \
    static void before_##id(uint64_t *slot)                                                   \
    {                                                                                         \
        pmu_set_read(&set_##id, slot, 0);                                                     \
    }                                                                                         \
    static void after_##id(uint64_t *slot)                                                    \
    {                                                                                         \
        pmu_set_read(&set_##id, slot, 1);                                                     \
    }                                                                                         \
    static const char *failed_##id(void)                                                      \
    {                                                                                         \
        return pmu_set_failed(&set_##id);                                                     \
    }                                                                                         \
    const struct collector collector_##id = {                                                 \
        .name = name_,                                                                        \
        .summary = summary_,                                                                  \
        .unavailable = unavailable_##id,                                                      \
        .here = here_##id,                                                                    \
        .fact = fact_##id,                                                                    \
        .before = before_##id,                                                                \
        .after = after_##id,                                                                  \
        .failed = failed_##id,                                                                \
    };

PMU_COLLECTORS(DEFINE)
