/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/pmu/present.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <perfmon/pfmlib.h>

#define PROVE_ITERATIONS 1000000u
#define PROVE_CALLS 1000u
#define STIR_BYTES (32u << 20)
#define STIR_BRANCHES 100000

/* What Linux calls the PMU of a core: x86 "cpu", on processors of two kinds "cpu_core"; arm64
 * "armv8_pmuv3_0", "armv8_cortex_a57". */
static int device_is_core(const char *name)
{
    return strcmp(name, "cpu") == 0 || strcmp(name, "cpu_core") == 0 ||
           strncmp(name, "armv8_", 6) == 0;
}

static int present_find_device(const char *sysfs, struct pmu_present *out, struct err *e)
{
    char path[512];
    struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/bus/event_source/devices", sysfs);
    dir = opendir(path);
    if (!dir)
        return err_set_errno(e, ERR_UNAVAILABLE, errno,
                             "this kernel has no perf events, or sysfs is not mounted: %s",
                             path);
    while ((entry = readdir(dir)))
        if (device_is_core(entry->d_name)) {
            snprintf(out->device, sizeof(out->device), "%.63s", entry->d_name);
            break;
        }
    closedir(dir);
    if (out->device[0])
        return 0;
    return err_set(e, ERR_UNAVAILABLE,
                   "Linux drives no hardware PMU here (%s has no core PMU): in a virtual "
                   "machine its hypervisor must offer one (KVM: -cpu host,pmu=on; Xen: "
                   "vpmu=on)",
                   path);
}

static int present_find_pmu(struct pmu_present *out, struct err *e)
{
    for (int i = 0; i < PFM_PMU_MAX; i++) {
        pfm_pmu_info_t info = {.size = sizeof(info)};

        if (pfm_get_pmu_info((pfm_pmu_t)i, &info) != PFM_SUCCESS || !info.is_present ||
            info.type != PFM_PMU_TYPE_CORE || strcmp(info.name, "ix86arch") == 0)
            continue;
        snprintf(out->pmu, sizeof(out->pmu), "%s", info.name);
        return 0;
    }
    return err_set(e, ERR_UNAVAILABLE,
                   "libpfm4 has no table for this processor, so its events have no names here "
                   "(nor has it any for %s); a later libpfm4 may",
                   pmu_encode_lacks());
}

int pmu_present_look(const char *sysfs, struct pmu_present *out, struct err *e)
{
    int device, pmu;

    *out = (struct pmu_present){.device = ""};
    pmu = pmu_encode_init(e);
    if (pmu != 0)
        return pmu;
    pmu = present_find_pmu(out, e);
    device = present_find_device(sysfs, out, e);
    if (device != 0)
        return device;
    return pmu;
}

int pmu_group_encode(const char *pmu, const struct group *g, unsigned levels,
                     enum pmu_side side, struct pmu_event event[PMU_GROUP_EVENTS],
                     struct err *e)
{
    char name[PMU_NAME_BYTES];
    int rc;

    for (unsigned i = 0; i < g->events; i++) {
        unsigned own = levels & g->event[i].levels;

        group_event_name(pmu, g->event[i].event, name);
        rc = pmu_encode(name, own ? own : levels, side, &event[i], e);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* NULL: nobody knows what the loop adds to it. */
static const struct pmu_known *known_of(const char *name)
{
    static const struct pmu_known instr = {1000 * PMU_LOOP_INSTRUCTIONS,
                                           1000 * PMU_LOOP_INSTRUCTIONS};
    static const struct pmu_known branch = {1000 * PMU_LOOP_BRANCHES,
                                            1000 * PMU_LOOP_BRANCHES};
    /* A taken branch an iteration: half a cycle at the very least, and no more than ten where
     * nothing waits for memory. */
    static const struct pmu_known cycles = {500, 10000};

    /* instr, or instr_user and the like */
    static const struct {
        const char *name;
        const struct pmu_known *known;
    } all[] = {{"instr", &instr}, {"branch", &branch}, {"cycles", &cycles}};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        size_t n = strlen(all[i].name);

        if (strncmp(name, all[i].name, n) == 0 && (name[n] == '\0' || name[n] == '_'))
            return all[i].known;
    }
    return NULL;
}

/* Touch every page of fresh memory twice and branch at random: each of it misses whatever TLB,
 * cache of the first levels and predictor there is. Returns something, so that it is done. */
static unsigned stir(unsigned char *area, size_t size, size_t page)
{
    uint32_t x = 2463534242u;
    unsigned sum = 0;

    for (int round = 0; round < 2; round++)
        for (size_t at = 0; at < size; at += page)
            sum += ++area[at];
    for (int i = 0; i < STIR_BRANCHES; i++) {
        x ^= x << 13; /* Marsaglia's xorshift32 */
        x ^= x >> 17;
        x ^= x << 5;
        if (x & 4096) /* the compiler cannot make a conditional move of this: */
            __asm__ volatile("" : "+r"(sum)::"memory");
        else
            sum++;
    }
    return sum;
}

static int prove_moved(const struct group *g, const struct pmu_reading *d, struct err *e)
{
    for (unsigned i = 0; i < g->events; i++)
        if (g->event[i].moves && d->raw[i] == 0)
            return err_set(e, ERR_UNAVAILABLE,
                           "%s opens, says that it ran 100 %% of the time and reads 0 after "
                           "%u fresh MiB were touched and %d branches taken at random: what "
                           "stands below Linux does not count it",
                           g->event[i].event, STIR_BYTES >> 20, STIR_BRANCHES);
    return 0;
}

static int stir_counted(struct pmu_group *g, struct pmu_reading *d, struct err *e)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct pmu_reading zero = {.enabled_ns = 0}, r;
    unsigned char *area =
        mmap(NULL, STIR_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    volatile unsigned sink;
    int rc;

    if (area == MAP_FAILED)
        return err_set_errno(e, ERR_IO, errno, "cannot map %u bytes", STIR_BYTES);
    madvise(area, STIR_BYTES, MADV_NOHUGEPAGE);
    rc = pmu_group_start(g, e);
    if (rc == 0) {
        sink = stir(area, STIR_BYTES, page);
        (void)sink;
        rc = pmu_group_stop(g, e);
    }
    if (rc == 0)
        rc = pmu_group_read(g, &r, e);
    munmap(area, STIR_BYTES);
    return rc == 0 ? pmu_group_difference(g, &zero, &r, d, e) : rc;
}

/* The group as a whole: was it scheduled all the time, and did move what must? */
static int prove_together(const struct group *group, const struct pmu_event *event,
                          struct err *e)
{
    struct pmu_reading d;
    struct pmu_group g;
    int rc = pmu_group_open(&g, event, group->events, 0, -1, e);

    if (rc == 0)
        rc = stir_counted(&g, &d, e);
    if (rc == 0)
        rc = prove_moved(group, &d, e);
    pmu_group_close(&g);
    return rc;
}

int pmu_group_prove(const char *pmu, const struct group *g,
                    const struct pmu_tolerance *tolerance, struct err *e)
{
    struct pmu_event event[PMU_GROUP_EVENTS];
    struct pmu_selftest seen;
    int rc = pmu_group_encode(pmu, g, PMU_LEVEL_USER, PMU_SIDE_BOTH, event, e);

    for (unsigned i = 0; i < g->events && rc == 0; i++) {
        const struct pmu_known *known = known_of(g->event[i].name);

        if (known)
            rc = pmu_selftest(&event[i], known, tolerance, PROVE_ITERATIONS, &seen, e);
    }
    return rc == 0 ? prove_together(g, event, e) : rc;
}

static void call_kernel(void)
{
    syscall(SYS_getppid);
}

int pmu_prove_syscalls(const char *tracefs, struct err *e)
{
    struct pmu_selftest seen;
    struct pmu_event event;
    int rc = pmu_encode_tracepoint(tracefs, "tracepoint::raw_syscalls:sys_enter", &event, e);

    return rc == 0 ? pmu_selftest_calls(&event, call_kernel, PROVE_CALLS, &seen, e) : rc;
}

static struct {
    unsigned char *next;
    size_t step;
} touch;

/* Sanitizers would touch their own pages beside it. */
__attribute__((no_sanitize("address"))) static void touch_page(void)
{
    *(volatile unsigned char *)touch.next = 1;
    touch.next += touch.step;
}

int pmu_prove_faults(struct err *e)
{
    const size_t pages = 3 * PROVE_CALLS + 1; /* N, 2N, and one to warm up */
    struct pmu_selftest seen;
    struct pmu_event event;
    unsigned char *area;
    int rc = pmu_encode("perf::PAGE-FAULTS", PMU_LEVEL_USER, PMU_SIDE_BOTH, &event, e);

    if (rc != 0)
        return rc;
    touch.step = (size_t)sysconf(_SC_PAGESIZE);
    area = mmap(NULL, pages * touch.step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0);
    if (area == MAP_FAILED)
        return err_set_errno(e, ERR_IO, errno, "cannot map %zu pages", pages);
    /* A huge page would be one fault for 512; a kernel without them answers EINVAL. */
    madvise(area, pages * touch.step, MADV_NOHUGEPAGE);
    touch.next = area;
    rc = pmu_selftest_calls(&event, touch_page, PROVE_CALLS, &seen, e);
    munmap(area, pages * touch.step);
    return rc;
}

static void examine_tables(pmu_say *say, void *arg)
{
    const char *lacks = pmu_encode_lacks();
    char text[256];

    snprintf(text, sizeof(text), "libpfm4 as it is linked here has no table for %s: %s",
             lacks[0] ? lacks : "some processors",
             "hardware events are unavailable there, by name and by register");
    say(arg, "tables", 1, text);
}

static void examine_groups(const struct pmu_present *here, const char *absent, pmu_say *say,
                           void *arg)
{
    const struct pmu_tolerance *t = &pmu_tolerance_metal;
    char passed[160];
    struct group_family *f;
    struct err e = {0};

    if (group_for_pmu(here->pmu, &f, &e) != 0) {
        say(arg, "hardware", 0, absent ? absent : e.text);
        return;
    }
    snprintf(
        passed, sizeof(passed),
        "self-test passed within %llu counts + %llu ppm, a tolerance that is declared and "
        "was measured on no processor",
        (unsigned long long)t->counts, (unsigned long long)t->ppm);
    for (unsigned i = 0; i < f->groups; i++) {
        const char *why = absent;

        if (!absent && pmu_group_prove(here->pmu, &f->group[i], t, &e) != 0)
            why = e.text;
        say(arg, f->group[i].name, !why, why ? why : passed);
    }
    group_release(f);
}

void pmu_examine(pmu_say *say, void *arg)
{
    static const char exact[] = "1000 are counted as 1000";
    struct pmu_present here;
    struct err e = {0};
    int rc = pmu_present_look("/sys", &here, &e);

    examine_tables(say, arg);
    examine_groups(&here, rc != 0 ? e.text : NULL, say, arg);
    rc = pmu_prove_syscalls("/sys/kernel/tracing", &e);
    say(arg, "syscalls", rc == 0, rc == 0 ? exact : e.text);
    rc = pmu_prove_faults(&e);
    say(arg, "faults", rc == 0, rc == 0 ? exact : e.text);
}
