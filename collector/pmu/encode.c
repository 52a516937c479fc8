/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/pmu/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfmon/pfmlib_perf_event.h>

#define TRACEPOINT "tracepoint::"

static int encode_knows_pmu(const char *name)
{
    for (int i = 0; i < PFM_PMU_MAX; i++) {
        pfm_pmu_info_t info = {.size = sizeof(info)};

        if (pfm_get_pmu_info((pfm_pmu_t)i, &info) == PFM_SUCCESS &&
            strcmp(info.name, name) == 0)
            return 1;
    }
    return 0;
}

static int encode_check_forced(struct err *e)
{
    const char *forced = getenv("LIBPFM_FORCE_PMU");
    char name[64];

    if (!forced)
        return 0;
    /* "NAME" or "NAME:CPUID…", several separated by commas; ours to check is the first. */
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(forced, ":,"), forced);
    if (encode_knows_pmu(name))
        return 0;
    return err_set(e, ERR_USAGE,
                   "LIBPFM_FORCE_PMU names %s, which libpfm4 does not know; unset it", forced);
}

int pmu_encode_init(struct err *e)
{
    static int done;
    int rc;

    if (done)
        return 0;
    /* Read by libpfm4 when it starts: tables of PMUs that are not here answer as well. */
    if (setenv("LIBPFM_ENCODE_INACTIVE", "1", 1) != 0)
        return err_set(e, ERR_IO, "no memory for libpfm4's environment");
    rc = pfm_initialize();
    if (rc != PFM_SUCCESS)
        return err_set(e, ERR_UNAVAILABLE, "libpfm4 does not start: %s", pfm_strerror(rc));
    rc = encode_check_forced(e);
    if (rc != 0) {
        pfm_terminate();
        return rc;
    }
    done = 1;
    return 0;
}

const char *pmu_encode_lacks(void)
{
    /* Beside each a table that libpfm4 has as long, so that a libpfm4 for x86 is not blamed for
     * Arm. Later releases than Debian 12's have them. */
    static const struct {
        const char *pmu, *beside, *what;
    } later[] = {
        {"amd64_fam1ah_zen5", "amd64_fam19h_zen4", "AMD Zen 5 (family 1Ah)"},
        {"arm_ac72", "arm_ac57", "Arm Cortex-A72"},
    };
    static char lacks[128];
    size_t n = 0;

    lacks[0] = '\0';
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
        if (encode_knows_pmu(later[i].beside) && !encode_knows_pmu(later[i].pmu))
            n += (size_t)snprintf(lacks + n, sizeof(lacks) - n, "%s%s", n ? ", " : "",
                                  later[i].what);
    return lacks;
}

/* A part of the name, between colons, that says who is counted. */
static int encode_is_modifier(const char *part, size_t n)
{
    static const char *const modifiers[] = {"u", "k", "h", "hv", "mg", "mh", "pinned", "excl"};

    n = strcspn(part, "=") < n ? strcspn(part, "=") : n;
    for (size_t i = 0; i < sizeof(modifiers) / sizeof(modifiers[0]); i++)
        if (strlen(modifiers[i]) == n && strncasecmp(part, modifiers[i], n) == 0)
            return 1;
    return 0;
}

static int encode_check_name(const char *name, struct err *e)
{
    const char *part = strstr(name, "::");

    if (!part || part == name)
        return err_set(e, ERR_USAGE,
                       "event %s does not name its PMU; write PMU::EVENT, as in "
                       "skl::INST_RETIRED:ANY_P",
                       name);
    if (strlen(name) >= PMU_NAME_BYTES)
        return err_set(e, ERR_USAGE, "event name too long: %s", name);
    for (part += 2; *part; part += part[strcspn(part, ":")] ? 1 : 0) {
        size_t n = strcspn(part, ":");

        if (encode_is_modifier(part, n))
            return err_set(e, ERR_USAGE,
                           "event %s says who is counted (%.*s); that is asked for apart from "
                           "the name",
                           name, (int)n, part);
        part += n;
    }
    return 0;
}

static void encode_set_excludes(struct pmu_event *event)
{
    struct perf_event_attr *a = &event->attr;

    a->exclude_user = !(event->levels & PMU_LEVEL_USER);
    a->exclude_kernel = !(event->levels & PMU_LEVEL_KERNEL);
    a->exclude_hv = !(event->levels & PMU_LEVEL_HV);
    a->exclude_host = event->side == PMU_SIDE_GUEST;
    a->exclude_guest = event->side == PMU_SIDE_HOST;
}

int pmu_encode_check(const struct pmu_event *event, struct err *e)
{
    const struct perf_event_attr *a = &event->attr;
    const struct {
        const char *name;
        unsigned is, wanted;
    } bits[] = {
        {"exclude_user", a->exclude_user, !(event->levels & PMU_LEVEL_USER)},
        {"exclude_kernel", a->exclude_kernel, !(event->levels & PMU_LEVEL_KERNEL)},
        {"exclude_hv", a->exclude_hv, !(event->levels & PMU_LEVEL_HV)},
        {"exclude_host", a->exclude_host, event->side == PMU_SIDE_GUEST},
        {"exclude_guest", a->exclude_guest, event->side == PMU_SIDE_HOST},
    };

    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        if (bits[i].is != bits[i].wanted)
            return err_set(e, ERR_BUG, "%s: %s is %u in the attr and should be %u",
                           event->name, bits[i].name, bits[i].is, bits[i].wanted);
    return 0;
}

int pmu_encode(const char *name, unsigned levels, enum pmu_side side, struct pmu_event *out,
               struct err *e)
{
    char *full = NULL;
    pfm_perf_encode_arg_t arg = {.size = sizeof(arg), .attr = &out->attr, .fstr = &full};
    int rc;

    rc = pmu_encode_init(e);
    if (rc == 0)
        rc = encode_check_name(name, e);
    if (rc != 0)
        return rc;
    if (!(levels & (PMU_LEVEL_USER | PMU_LEVEL_KERNEL | PMU_LEVEL_HV)))
        return err_set(e, ERR_USAGE, "event %s would count at no privilege level", name);
    *out = (struct pmu_event){.levels = levels, .side = side};
    snprintf(out->name, sizeof(out->name), "%s", name);
    out->attr.size = sizeof(out->attr);
    rc = pfm_get_os_event_encoding(name, PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT, &arg);
    if (rc != PFM_SUCCESS)
        return err_set(e, ERR_USAGE, "libpfm4 on event %s: %s", name, pfm_strerror(rc));
    snprintf(out->full, sizeof(out->full), "%s", full ? full : "");
    free(full);
    /* Another PMU than the one named may not answer for it. */
    if (strncmp(out->full, name, (size_t)(strstr(name, "::") + 2 - name)) != 0)
        return err_set(e, ERR_USAGE, "event %s was taken for %s", name, out->full);
    encode_set_excludes(out);
    return pmu_encode_check(out, e);
}

int pmu_encode_tracepoint(const char *tracefs, const char *name, struct pmu_event *out,
                          struct err *e)
{
    char path[512];
    const char *system = name + strlen(TRACEPOINT), *point;
    unsigned long long id;
    FILE *f;
    int n;

    if (strncmp(name, TRACEPOINT, strlen(TRACEPOINT)) != 0 || !(point = strchr(system, ':')) ||
        strchr(name, '/') || strlen(name) >= PMU_NAME_BYTES)
        return err_set(e, ERR_USAGE, "%s is not " TRACEPOINT "SYSTEM:NAME", name);
    snprintf(path, sizeof(path), "%s/events", tracefs);
    f = fopen(path, "r");
    if (!f)
        return err_set(e, ERR_UNAVAILABLE,
                       "%s is not there, so %s has no number; as root: mount -t tracefs "
                       "tracefs %s",
                       path, name, tracefs);
    fclose(f);
    snprintf(path, sizeof(path), "%s/events/%.*s/%s/id", tracefs, (int)(point - system),
             system, point + 1);
    f = fopen(path, "r");
    if (!f)
        return err_set(e, ERR_UNAVAILABLE, "this kernel has no %s: %s cannot be read", name,
                       path);
    n = fscanf(f, "%llu", &id);
    fclose(f);
    if (n != 1)
        return err_set(e, ERR_DATA, "%s holds no number", path);
    *out = (struct pmu_event){.levels = PMU_LEVEL_USER | PMU_LEVEL_KERNEL | PMU_LEVEL_HV,
                              .side = PMU_SIDE_BOTH};
    snprintf(out->name, sizeof(out->name), "%s", name);
    snprintf(out->full, sizeof(out->full), "%s", name);
    out->attr.size = sizeof(out->attr);
    out->attr.type = PERF_TYPE_TRACEPOINT;
    out->attr.config = id;
    return 0;
}
