/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/campaign.h - a campaign file (libconfig) as data.
 *
 * campaigns/demo.cfg is the documentation of the format. Every setting is checked against what
 * the seams offer (benches, platforms, workloads, collectors); an unknown or wrong one is
 * ERR_USAGE with "file:line: what was wrong; what is allowed". Nothing is ignored.
 */
#ifndef ETALON_RUNNER_CAMPAIGN_H
#define ETALON_RUNNER_CAMPAIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "bench/bench.h"
#include "hv-under-test/platform.h"
#include "runner/programs.h"

#define CAMPAIGN_NAME_BYTES 64
#define CAMPAIGN_MAX_PLATFORMS 32
#define CAMPAIGN_MAX_OPTIONS 16
#define CAMPAIGN_MAX_RUNS 4096
#define CAMPAIGN_LABEL_BYTES 24
#define CAMPAIGN_NO_BASELINE SIZE_MAX
#define CAMPAIGN_MAX_BOOTS 65536 /* the preamble carries 16 bits of plan index */

enum campaign_order { CAMPAIGN_ABBA, CAMPAIGN_SEQUENCE };
enum campaign_seeds {
    CAMPAIGN_SEEDS_SAME, /* every boot has the campaign's seed: in a deterministic bench a
                            repeated boot is the same boot and proves repeatability */
    CAMPAIGN_SEEDS_EACH, /* every boot has its own: boots are samples */
};

struct campaign_platform {
    const struct platform *platform;
    char *variant;                   /* owned */
    char *shown;                     /* VARIANT or VARIANT:LABEL, as in the store; owned */
    struct platform_option *options; /* owned, keys and values too */
    size_t option_count;
    unsigned memory_mb; /* 0: the platform's default */
    uint64_t limit_ns;  /* of one boot, in the machine's time */
    int next_rip;       /* processor = "nrip" (bench/lab/nrip_qemu.h) */
};

struct campaign {
    char name[CAMPAIGN_NAME_BYTES];
    const struct bench *bench;
    uint64_t seed;
    enum campaign_seeds seeds;
    enum campaign_order order;
    unsigned boots;           /* of each platform */
    uint64_t limit_ns;        /* of one boot where the platform says nothing */
    unsigned host_limit_s;    /* safety bound of one boot in host time */
    struct bench_timer timer; /* all 0: the bench's own */
    char *collectors;         /* comma-separated, or "none"; owned */
    char *file_collectors;    /* what the file says, where the user overrode it; else NULL */
    struct campaign_platform platform[CAMPAIGN_MAX_PLATFORMS];
    size_t platforms;
    size_t baseline; /* entry that others are compared with, or CAMPAIGN_NO_BASELINE */
    struct programs programs; /* of the workload exec */
    char *plan_text;          /* "run/run/…", hv-under-test/target/plan.h; owned */
    size_t runs;
    char *text; /* canonical text: what the hash is over, what the store keeps; owned */
    char hash[HASH_HEX_BYTES];
};

/* Read and check. *out is to be released with campaign_free(), also after an error. */
int campaign_load(const char *path, struct campaign *out, struct err *e);
/* `etalon run --collectors LIST`: instead of what the file says. Changes text and hash, because
 * it changes what happens in a boot. Call it before anything is run. */
int campaign_override_collectors(struct campaign *c, const char *list, struct err *e);
void campaign_free(struct campaign *c);

#endif
