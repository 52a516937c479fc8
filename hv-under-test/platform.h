/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/platform.h - the seam of what stands between the workload and the machine.
 *
 * prepare() runs on the controller: it turns one planned boot into a machine description (what
 * to load, with which command line). What starts a guest there, on the outermost OS of the machine
 * under test, is a struct launcher of the same name (hv-under-test/outer/outer.h): another program,
 * linked for another machine.
 */
#ifndef ETALON_HV_UNDER_TEST_PLATFORM_H
#define ETALON_HV_UNDER_TEST_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bench;
struct platform_rule;
struct pmu_tolerance;

#define PLATFORM_PATH_BYTES 1024
#define PLATFORM_COMMAND_LINE_BYTES 4096
#define PLATFORM_MAX_MODULES 2

/* What a bench is asked to boot. Filled by prepare(), read by bench->boot(). */
struct machine_spec {
    char kernel[PLATFORM_PATH_BYTES]; /* ELF: multiboot or PVH */
    char command_line[PLATFORM_COMMAND_LINE_BYTES];
    unsigned modules; /* multiboot modules; the first is Linux's initramfs */
    struct {
        char path[PLATFORM_PATH_BYTES];
        char arguments[PLATFORM_COMMAND_LINE_BYTES]; /* "" for none */
    } module[PLATFORM_MAX_MODULES];
    unsigned memory_mb;
    int svm;            /* the platform needs AMD SVM of the processor */
    int without_svm;    /* … or proves that it needs none: the processor must not have it */
    int no_iommu;       /* … and wants a machine without an IOMMU (for proving fall-backs) */
    int second_console; /* the hypervisor under test reports on the second serial port */
    int second_log;     /* … or only logs there: no records are due */
};

struct platform_option { /* key=value of the campaign file */
    const char *key, *value;
};

struct
    platform_program { /* of the user's own, for the workload exec: number = place in a list */
    const char *path;
    const char *argv; /* argv[0] … argv[n], each ended by a NUL */
    size_t argv_bytes;
};

/* One planned boot, as seen by a platform. All pointers are borrowed. */
struct platform_boot {
    const struct bench *bench;
    uint32_t plan_index;
    uint64_t seed;
    const char *plan_text;  /* hv-under-test/target/plan.h; without the etl. prefix */
    const char *collectors; /* comma-separated names, or "none" */
    uint64_t gap_spins;     /* spacing outside intervals, from the bench */
    uint64_t tsc_hz;        /* stated by the bench; 0 if unknown */
    /* Of counters in their self-test: the bench's or the platform's own. NULL: none, exact. */
    const struct pmu_tolerance *tolerance;
    uint64_t limit_ns;  /* bound of the boot in the machine's own time; 0: none */
    unsigned memory_mb; /* 0: the platform's default */
    const struct platform_option *options;
    size_t option_count;
    const struct platform_program *programs; /* to be shipped to a Linux under test */
    size_t program_count;
};

struct platform_fact_sink { /* where describe() puts provenance */
    void (*put)(void *opaque, const char *key, const char *value);
    void *opaque;
};

struct platform {
    const char *name; /* as in README's ladder */
    const char *summary;
    unsigned rank;                     /* position on the ladder, 0 = bare */
    const char *const *variants;       /* NULL-terminated, first is the default; never NULL */
    const struct platform_rule *rules; /* its options (rules.h), ended by one without a key */
    /* By how much a counter may miss what is known in its self-test on a real processor, with the
     * source of the figure (collector/tolerance.h). Never NULL. */
    const struct pmu_tolerance *tolerance;

    /* NULL, or a sentence on what is missing here and how to get it. */
    const char *(*unavailable)(const struct bench *bench);
    /* Build or find images (cached) and fill *out. Deterministic in its inputs. */
    /* Why this variant, one of variants[], cannot run on that bench, or NULL. NULL: each can. */
    const char *(*variant_unavailable)(const struct bench *bench, const char *variant);
    int (*prepare)(const struct platform_boot *boot, const char *variant,
                   struct machine_spec *out, struct err *e);
    /* Versions and hashes of all that prepare() loads for the same request, the user's own
     * builds among it; plan_index and seed of `boot` mean nothing here. Called
     * around every boot: whatever is not the same each time means another stack under test. */
    int (*describe)(const struct platform_boot *boot, const char *variant,
                    const struct platform_fact_sink *sink, struct err *e);
};

const struct platform *const *platform_table(size_t *count);
const struct platform *platform_find(const char *name);

#endif
