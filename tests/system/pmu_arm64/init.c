/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/pmu_arm64/init.c - /init of an arm64 machine whose PMU is exact: the collector's
 * own sources, cross-built, against a PMU that is there.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "collector/pmu/count.h"
#include "collector/pmu/present.h"
#include "collector/pmu/selftest.h"
#include "tests/system/pmu_arm64/init.h"

#define MILLION 1000000u

/* PMUv3 event numbers, each looked up where Arm publishes them as data (github.com/ARM-software/
 * data of 2025-01-17, pmu/cortex-a57.json, cortex-a53.json, neoverse-n1.json, -n2.json, -v1.json;
 * the files name the core's reference manual as theirs). There 8AH is EXC_HVC. config is the
 * number. */
static const struct {
    const char *event;
    unsigned config;
} published[] = {
    {"arm_ac57::INST_RETIRED", 0x08},   {"arm_ac57::CPU_CYCLES", 0x11},
    {"arm_ac57::L1D_TLB_REFILL", 0x05}, {"arm_ac57::EXCEPTION_HVC", 0x8a},
    {"arm_ac53::INST_RETIRED", 0x08},   {"arm_ac53::CPU_CYCLES", 0x11},
    {"arm_n1::INST_RETIRED", 0x08},     {"arm_n1::DTLB_WALK", 0x34},
    {"arm_n1::ITLB_WALK", 0x35},        {"arm_n1::STALL_BACKEND", 0x24},
    {"arm_n2::INST_RETIRED", 0x08},     {"arm_n2::BR_RETIRED", 0x21},
    {"arm_v1::CPU_CYCLES", 0x11},       {"arm_v1::BR_MIS_PRED_RETIRED", 0x22},
};

static void encodings(void)
{
    struct pmu_event event;
    struct err e;

    for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
        int rc = pmu_encode(published[i].event, PMU_LEVEL_USER, PMU_SIDE_GUEST, &event, &e);

        printf("encoding event=%s config=%#llx published=%#x verdict=%s\n", published[i].event,
               rc == 0 ? (unsigned long long)event.attr.config : 0, published[i].config,
               rc != 0 ? e.text
               : event.attr.config == published[i].config &&
                       event.attr.type == PERF_TYPE_RAW && event.attr.exclude_host &&
                       !event.attr.exclude_guest && event.attr.exclude_kernel
                   ? "ok"
                   : "differs");
    }
}

/* Every event of the group files for Arm; then what this machine has of its own family. */
static void groups(void)
{
    for (unsigned i = 0; i < group_file_count; i++) {
        const struct group_file *file = &group_files[i];
        struct pmu_event event[PMU_GROUP_EVENTS];
        struct group_family *f;
        struct err e = {0};

        if (strncmp(file->name, "arm-", 4) != 0)
            continue;
        if (group_parse(file->name, file->text, (size_t)(file->end - file->text), &f, &e) !=
            0) {
            printf("groups file=%s verdict=%s\n", file->name, e.text);
            continue;
        }
        for (unsigned g = 0; g < f->groups; g++)
            for (unsigned p = 0; p < f->pmus; p++)
                printf("groups file=%s group=%s verdict=%s\n", file->name, f->group[g].name,
                       pmu_group_encode(f->pmu[p], &f->group[g], PMU_LEVEL_USER, PMU_SIDE_BOTH,
                                        event, &e) == 0
                           ? "ok"
                           : e.text);
        group_release(f);
    }
}

static void doctor_line(void *arg, const char *name, int works, const char *text)
{
    (void)arg;
    printf("doctor name=%s verdict=%s\n", name, works ? "ok" : text);
}

static void selftest(const char *name, const struct pmu_known *known,
                     const struct pmu_tolerance *tolerance)
{
    struct pmu_selftest seen = {0};
    struct pmu_event event;
    struct err e = {0};
    int rc = pmu_encode(name, PMU_LEVEL_USER, PMU_SIDE_BOTH, &event, &e);

    if (rc == 0)
        rc = pmu_selftest(&event, known, tolerance, MILLION, &seen, &e);
    printf("selftest event=%s tolerance=%s n=%llu 2n=%llu verdict=%s\n", name, tolerance->name,
           (unsigned long long)seen.count[0], (unsigned long long)seen.count[1],
           rc == 0 ? "ok" : e.text);
}

/* N against counts: this thread's own instructions and cycles, user level only. */
static void table(void)
{
    struct pmu_event event[2];
    struct pmu_reading r;
    struct pmu_group g;
    struct err e = {0};

    if (pmu_encode("arm_ac57::INST_RETIRED", PMU_LEVEL_USER, PMU_SIDE_BOTH, &event[0], &e) ||
        pmu_encode("arm_ac57::CPU_CYCLES", PMU_LEVEL_USER, PMU_SIDE_BOTH, &event[1], &e) ||
        pmu_group_open(&g, event, 2, 0, -1, &e)) {
        printf("self verdict=%s\n", e.text);
        return;
    }
    pmu_loop(1);
    for (unsigned long n = 1; n <= 10 * MILLION; n *= 10) {
        if (pmu_group_start(&g, &e))
            break;
        pmu_loop(n);
        if (pmu_group_stop(&g, &e) || pmu_group_read(&g, &r, &e))
            break;
        printf("self n=%lu instructions=%llu cycles=%llu\n", n, (unsigned long long)r.raw[0],
               (unsigned long long)r.raw[1]);
    }
    if (e.text[0])
        printf("self verdict=%s\n", e.text);
    pmu_group_close(&g);
}

/* More groups than counters at once: the kernel shares them out; none may give a number. */
#define CROWD 8

static void crowd(void)
{
    struct pmu_reading zero = {.enabled_ns = 0}, r, d;
    struct pmu_group g[CROWD];
    struct pmu_event event;
    struct err e = {0};
    int refused = 0, given = 0, opened = 0;

    if (pmu_encode("arm_ac57::INST_RETIRED", PMU_LEVEL_USER, PMU_SIDE_BOTH, &event, &e) == 0)
        while (opened < CROWD && pmu_group_open(&g[opened], &event, 1, 0, -1, &e) == 0)
            opened++;
    for (int i = 0; i < opened; i++)
        pmu_group_start(&g[i], &e);
    pmu_loop(50 * MILLION);
    for (int i = 0; i < opened; i++)
        pmu_group_stop(&g[i], &e);
    for (int i = 0; i < opened; i++) {
        if (pmu_group_read(&g[i], &r, &e) == 0 &&
            pmu_group_difference(&g[i], &zero, &r, &d, &e) == 0)
            given++;
        else
            refused++;
        printf("crowd group=%d raw=%llu enabled_ns=%llu running_ns=%llu\n", i,
               (unsigned long long)r.raw[0], (unsigned long long)r.enabled_ns,
               (unsigned long long)r.running_ns);
        pmu_group_close(&g[i]);
    }
    printf("crowd opened=%d refused=%d given=%d verdict=%s\n", opened, refused, given, e.text);
}

/* A group larger than the PMU, and how the same events split into runs. */
static void split(void)
{
    struct pmu_event event[2 * PMU_GROUP_EVENTS];
    unsigned first[2 * PMU_GROUP_EVENTS + 1], parts = 0;
    struct pmu_group g;
    struct err e = {0};
    int rc = 0;

    for (unsigned i = 0; i < 2 * PMU_GROUP_EVENTS && rc == 0; i++)
        rc =
            pmu_encode("arm_ac57::INST_RETIRED", PMU_LEVEL_USER, PMU_SIDE_BOTH, &event[i], &e);
    if (rc == 0)
        rc = pmu_group_open(&g, event, PMU_GROUP_EVENTS, 0, -1, &e);
    if (rc == 0)
        pmu_group_close(&g);
    printf("split whole=%s\n", rc == 0 ? "fits" : e.text);
    rc = pmu_split(event, 2 * PMU_GROUP_EVENTS, first, 2 * PMU_GROUP_EVENTS + 1, &parts, &e);
    printf("split groups=%u largest=%u verdict=%s\n", parts, parts ? first[1] - first[0] : 0,
           rc == 0 ? "ok" : e.text);
}

static void set_up(void)
{
    static const char *const folders[] = {"/proc", "/sys", "/dev"};

    for (int i = 0; i < 3; i++)
        mkdir(folders[i], 0755);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
}

int main(void)
{
    static const struct pmu_known two = {2000, 2000}, wide = {500, 10000};
    struct pmu_present here;
    struct utsname u;
    struct err e = {0};

    set_up();
    uname(&u);
    printf("\nbegin kernel=%s\n", u.release);
    encodings();
    groups();
    pmu_present_look("/sys", &here, &e);
    printf("present device=%s pmu=%s verdict=%s\n", here.device, here.pmu,
           e.text[0] ? e.text : "ok");
    selftest("arm_ac57::INST_RETIRED", &two, &pmu_tolerance_exact);
    selftest("arm_ac57::CPU_CYCLES", &wide, &pmu_tolerance_metal);
    pmu_examine(doctor_line, NULL);
    table();
    read_in_user_space();
    crowd();
    split();
    sides_of_a_guest();
    printf("end\n");
    fflush(stdout);
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}
