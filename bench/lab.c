/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab.c - the lab bench: QEMU (TCG, one instruction = 2 ns) with the card in it, and the
 * timer's RTL, simulated, on its wires.
 */
#include "bench/lab.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/paths.h"
#include "bench/lab/card.h"
#include "bench/lab/image.h"
#include "bench/lab/machine.h"
#include "bench/lab/run.h"
#include "collector/tolerance.h"
#include "probe/probe.h"

/*
 * An EVENT frame is at most 22 bytes and two ENDs, about 25 with escapes: 21 us at 12 Mbaud.
 * 60 us outside each interval (two markers) load the link to 70 %: at most 83 intervals in
 * 5 ms. A spin is two instructions.
 */
#define LAB_GAP_NS 60000u
#define LAB_GAP_SPINS (LAB_GAP_NS / (2 * MACHINE_NS_PER_INSTRUCTION))

/* First line of `qemu --version`, or "" if it cannot be run. Asked once. */
static const char *lab_qemu_version(void)
{
    static char line[256];
    FILE *in;

    if (line[0])
        return line;
    in = popen(MACHINE_QEMU " --version 2>/dev/null", "re");
    if (!in)
        return "";
    if (!fgets(line, sizeof(line), in))
        line[0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (pclose(in) != 0)
        line[0] = '\0';
    return line;
}

static const char *lab_unavailable(void)
{
    static const char *const parts[] = {"etalon-card.so", "etalon-timer-sim"};
    static char why[1280];
    const char *version = lab_qemu_version(), *number = strstr(version, "version ");
    char path[PATH_MAX];
    struct err e = {0};

    if (!number) {
        snprintf(why, sizeof(why),
                 "no " MACHINE_QEMU "; install the package " MACHINE_QEMU_PACKAGE);
        return why;
    }
    if (strncmp(number + 8, MACHINE_QEMU_VERSION, strlen(MACHINE_QEMU_VERSION)) != 0) {
        snprintf(why, sizeof(why),
                 "the card model needs QEMU " MACHINE_QEMU_VERSION
                 "x and found \"%s\"; install "
                 "Debian 12's package " MACHINE_QEMU_PACKAGE,
                 version);
        return why;
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (paths_find(parts[i], path, sizeof(path), &e) != 0) {
            snprintf(why, sizeof(why), "%s", e.text);
            return why;
        }
    }
    return NULL;
}

static int lab_prepare(void (*say)(void *opaque, const char *line), void *opaque,
                       struct err *e)
{
    const struct image_say lines = {.line = say, .opaque = opaque};
    struct image_kernel kernel;

    return image_get_kernel(say ? &lines : NULL, &kernel, e);
}

static int lab_put_hash(const struct platform_fact_sink *sink, const char *key,
                        const char *path, struct err *e)
{
    char hex[HASH_HEX_BYTES];
    int rc = hash_file(path, hex, e);

    if (rc == 0)
        sink->put(sink->opaque, key, hex);
    return rc;
}

/* Full path of the QEMU that PATH finds. */
static int lab_find_qemu(char out[PATH_MAX], struct err *e)
{
    const char *path = getenv("PATH");

    for (const char *p = path ? path : "/usr/bin"; *p;) {
        size_t n = strcspn(p, ":");

        snprintf(out, PATH_MAX, "%.*s/" MACHINE_QEMU, (int)n, p);
        if (n && access(out, X_OK) == 0)
            return 0;
        p += n + (p[n] == ':');
    }
    return err_set(e, ERR_UNAVAILABLE,
                   "no " MACHINE_QEMU "; install the package " MACHINE_QEMU_PACKAGE);
}

static int lab_describe_parts(const struct platform_fact_sink *sink, struct err *e)
{
    static const struct {
        const char *part, *key;
    } parts[] = {{"etalon-card.so", "lab.card.sha256"},
                 {"etalon-timer-sim", "lab.timer_sim.sha256"}};
    char path[PATH_MAX];
    int rc;

    rc = lab_find_qemu(path, e);
    if (rc == 0)
        rc = lab_put_hash(sink, "lab.qemu.sha256", path, e);
    for (size_t i = 0; rc == 0 && i < sizeof(parts) / sizeof(parts[0]); i++) {
        rc = paths_find(parts[i].part, path, sizeof(path), e);
        if (rc == 0)
            rc = lab_put_hash(sink, parts[i].key, path, e);
    }
    return rc;
}

static int lab_describe(const struct platform_fact_sink *sink, struct err *e)
{
    struct image_kernel kernel;
    int rc;

    /* lab.ns_per_instruction is a column of the campaign, shown by the view provenance. */
    sink->put(sink->opaque, "lab.machine_options", machine_pinned_options());
    sink->put(sink->opaque, "lab.qemu.version", lab_qemu_version());
    sink->put(sink->opaque, "lab.injection_cure", machine_cure() ? machine_cure() : "unknown");
    rc = lab_describe_parts(sink, e);
    if (rc == 0)
        rc = image_get_kernel(NULL, &kernel, e);
    if (rc != 0)
        return rc;
    sink->put(sink->opaque, "lab.kernel.package", kernel.package);
    sink->put(sink->opaque, "lab.kernel.version", kernel.version);
    sink->put(sink->opaque, "lab.kernel.package_sha256", kernel.package_sha256);
    sink->put(sink->opaque, "lab.kernel.vmlinux_sha256", kernel.sha256);
    return 0;
}

const struct bench bench_lab = {
    .name = "lab",
    .summary = "an emulated computer whose time is exact: 2 ns an instruction",
    .grade = 'A',
    .deterministic = 1,
    .tolerance = &pmu_tolerance_exact,
    .emulates_processor = 1,
    .emulates_timer = 1,
    .ns_per_instruction = MACHINE_NS_PER_INSTRUCTION,
    .card_tells_plan = CARD_PLAN_MAX_BYTES,
    .gap_spins = LAB_GAP_SPINS,
    .settle_ns = 0,
    .tsc_hz = MACHINE_TSC_HZ,
    .timebase_ppb = 0,
    .unavailable = lab_unavailable,
    .prepare = lab_prepare,
    .boot = run_boot,
    .describe = lab_describe,
};
