/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/model.h - what a report says, before it has a format: one campaign read through
 * analysis/query.h, joined over boots, in the order of the page.
 *
 * Everything is owned by the model and lives until model_free().
 */
#ifndef ETALON_REPORTS_MODEL_H
#define ETALON_REPORTS_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/query.h"
#include "base/err.h"

struct model_platform {
    const char *name, *variant;
    const char *label; /* name, with the variant where the campaign has several of them */
    unsigned rank;
    int64_t boots, boots_ok;
};

struct model_run { /* a workload with its parameters */
    const char *workload, *param, *label, *metric, *unit;
};

enum { MODEL_NATIVE, MODEL_BARE, MODEL_BASELINES };
extern const char *const model_baseline_name[MODEL_BASELINES];

struct model_ratio {
    int known; /* the baseline exists and is another platform */
    int exact; /* both figures are exact counts */
    double ratio, low, high;
};

/* Quantiles of which a cell keeps each boot's own. */
#define MODEL_QUANTILES 3
extern const double model_quantile[MODEL_QUANTILES]; /* 0.5, 0.99, 0.999 */

struct model_cell {                      /* one run on one platform */
    int present;                         /* it was planned there */
    const struct query_summary *summary; /* strings owned by the model; NULL unless present */
    struct model_ratio ratio[MODEL_BASELINES];
    struct model_ratio chosen; /* against the campaign's own baseline */
    const char *reason;        /* why it has no figure; "" */
    double *ns;                /* true times that count, ascending */
    size_t n;
    size_t *boot_begin;               /* private: where each boot's began */
    double *boot_ns[MODEL_QUANTILES]; /* of each boot that counts, ascending */
    size_t boots;
    double true_total_ns, guest_total_ns; /* over iterations that have both */
    double guest_score; /* median over boots of guest_score_milli / 1000; NaN: none */
    double true_score;  /* the same work over the true time */
};

struct model_boot {
    int64_t boot;
    size_t platform;
    const char *seed, *verdict, *reason, *grade, *end, *guest_clock;
    int64_t machine_time_ns, intervals, intervals_ok;
    int64_t frames, lost, frames_damaged, frames_missing, frames_repeated, violations;
    int64_t records_damaged, records_missing, high_water, watchdog;
    double step_ns, path_u_ns; /* NaN: not told */
    int64_t timebase_ppb;
};

struct model_clock { /* one guest clock of a platform, over its boots */
    size_t platform;
    const char *clock;
    int64_t boots;
    double offset_ns;                     /* of the first boot */
    double skew_ppm, skew_low, skew_high; /* median; lowest and highest bound of any boot */
    int64_t jumps, backsteps, freezes;    /* sums; QUERY_NONE: not asked of this clock */
    const char *verdict, *reason;         /* the worst of the boots, with its reason */
    int64_t boot;                         /* the first that has that verdict */
};

/*
 * The drift certificate of one clock: of the boot whose verdict stands in model_clock. What
 * model_read() leaves to model_read_certificates(), since it reads that boot anew.
 */
struct model_certificate {
    size_t clock;       /* of model.clock */
    const char *file;   /* its page, relative to the report; "": none is written */
    const char *jitter; /* as the certificate says it; "" */
    double skew_ppm, skew_low, skew_high; /* bounds NaN: apart from its events */
    size_t readings, biased, aberrant;
    int judged;          /* readings have verdicts */
    double tau_s, oadev; /* at the longest averaging time of the table; NaN */
    double mtie_s;       /* over the whole; NaN */
};

/* The clock that a benchmark in the guest would use: bounds of its offset against its first
 * reading, over the first boot of a platform that may be used. */
struct model_clock_track {
    size_t platform;
    const char *clock;
    int64_t boot;
    double *true_s, *low_ns, *high_ns; /* thinned to what a drawing shows, no extreme lost */
    size_t n;
};

#define MODEL_TRACK_PIECES 400

struct model_time { /* what time(1) would say, summed over the runs of a platform's boots */
    size_t platform;
    int64_t runs, aberrant, unknown;
    double true_ns, real_ns, user_ns, sys_ns, steal_ns; /* steal NaN: not read */
};

/* What the processor counted over those of them in which it was read, beside the books. */
struct model_time_counter {
    size_t platform;
    double user_ns, sys_ns;
    double instructions, cycles; /* of both levels; NaN: not read, as below */
    double user_instructions, kernel_instructions, user_cycles, kernel_cycles;
};

struct model_time_finding { /* a run of a boot that cannot be true */
    size_t platform;
    int64_t boot, flagged;                              /* intervals */
    double true_ns, real_ns, user_ns, sys_ns, steal_ns; /* steal NaN: not read */
    const char *workload, *param, *reason;
};

#define MODEL_TIME_FINDINGS 20 /* kept; all are counted in model_time.aberrant */

struct model_exit_cost { /* by operation and platform, over boots */
    size_t platform;
    const char *operation, *unit;
    double cost, low, high; /* median, lowest, highest of the boots */
    double *sample;
    size_t boots;
};

struct model_overhead { /* the overhead ledger of one run, sums over the boots */
    size_t platform;
    const char *workload, *param;
    double true_ns, work_ns, operations_ns, interrupts_ns, unseen_ns;
    double steal_ns; /* NaN: not told */
    double residual_ns, u_ns;
    int64_t intervals, flagged;
    const char *verdict, *reason; /* the worst of the boots */
};

struct model_exit_count { /* the hypervisor's account of whole boots, by cause */
    size_t platform;
    const char *cause;
    int64_t boots, count_low, count_high; /* of a boot */
    int64_t count, ticks;                 /* sums */
    int64_t ticks_min, ticks_max;         /* of a single exit */
    double tick_ns;
};

#define MODEL_RECOVERIES 500 /* shown at most; the view has all */
#define MODEL_SCORE_BYTES 640
struct model_score { /* of one style on one platform (view scores) */
    size_t platform;
    const char *style; /* lmbench, ubench, unixbench */
    const char *whole; /* "AVG", "index": of a boot's runs together; else "" */
    size_t printed, wrong;
    /* the score that is farthest off */
    const char *worst, *unit;
    double guest, truth, error_ppm, u_ppm; /* guest, error_ppm NaN: no figure comes out */
};

struct model_recovery { /* a distortion found or missed in a boot (view recoveries) */
    size_t platform;
    int64_t boot, injected, events, missed; /* QUERY_NONE */
    const char *kind, *detail, *unit, *verdict, *reason;
    double requested, delivered, recovered, low, high, per_event; /* NaN */
};

struct model_audit {
    size_t platform;
    const char *what;
    int64_t k, boots, low,
        high; /* exits that K of it cause: lowest and highest of the boots */
};

struct model_skip { /* a run that has no figure, with its reason */
    size_t platform, run;
    const char *verdict, *reason;
    int64_t boots;
};

struct model_invalid {
    size_t platform;
    const char *verdict, *reason;
    int64_t boots, intervals;
};

struct model_damage {
    int64_t boot, byte_offset;
    const char *source, *kind, *detail;
};

struct model_fact {
    const char *key, *value;
};

struct model {
    struct query_campaign campaign;
    struct model_platform *platform;
    struct model_run *run;
    struct model_cell *cell; /* [run * platforms + platform] */
    struct model_boot *boot;
    struct query_summary *summary;
    struct model_clock *clock;
    struct model_certificate *certificate;
    struct model_clock_track *track;
    struct model_time *time;
    struct model_time_finding *finding;
    struct model_exit_cost *cost;
    struct model_exit_cost *observer; /* of a sample; operation is the collector */
    struct model_time_counter *time_counter;
    struct model_overhead *overhead;
    struct model_exit_count *exit;
    struct model_score *score;
    size_t scores;
    struct model_recovery *recovery; /* but for those where there was nothing and none found */
    struct model_audit *audit;
    struct model_skip *skip;
    struct model_invalid *invalid;
    struct model_damage *damage;
    struct model_fact *fact;
    size_t platforms, runs, boots, summaries, clocks, certificates, tracks, costs, exits,
        audits, skips, invalids, damages, facts, times, time_counters, findings, observers,
        overheads, recoveries;
    size_t recoveries_clean;  /* kinds of boots in which nothing was injected and none found */
    size_t recoveries_left;   /* that found no room */
    size_t baseline;          /* platform others are compared with by the campaign's wish;
                                 `platforms`: none */
    double step_ns;           /* of the timer; NaN: no boot told */
    const char *grades;       /* each letter once */
    struct model_text *texts; /* private: backing store of all strings */
};

/* Platforms that a table has room for as columns; a campaign file names at most half as many. */
#define MODEL_COLUMNS 64

/* 1 if any platform's iterations of this run differ from one another. */
int model_has_spread(const struct model *m, size_t run);

/* NULL: not measured there. */
const struct model_exit_cost *model_find_cost(const struct model *m, const char *operation,
                                              size_t platform);

/* campaign as in query_find_campaign(). Summarise first: without it there is nothing but raw
 * rows, and ERR_USAGE says so. */
int model_read(struct query *q, const char *campaign, struct model *out, struct err *e);
void model_free(struct model *m);

/*
 * Judge the clocks that have a certificate, in the order of model.clock. `page` (or NULL) puts a
 * page for each: a borrowed set of one clock, and what the page is told of its origin; it sets
 * `file`, which lives until it returns. A model that has its certificates keeps them unless there
 * are pages to put.
 */
struct drift_set;
struct drift_head;
int model_read_certificates(struct query *q, struct model *m,
                            int (*page)(void *opaque, const struct drift_head *head,
                                        const struct drift_set *one, const char **file),
                            void *opaque, struct err *e);

/* How many samples of the cell its boot number b has, b < boots. */
size_t model_boot_samples(const struct model_cell *cell, size_t b);

static inline struct model_cell *model_cell(const struct model *m, size_t run, size_t platform)
{
    return &m->cell[run * m->platforms + platform];
}

/* Private to reports/model*.c */
const char *model_text(struct model *m, const char *text); /* a copy; "" if memory is short */
size_t model_find_platform(const struct model *m, const char *name, const char *variant);
/* Runs, their cells, the scores that guests reported. The platforms are there by then. */
int model_read_cells(struct query *q, struct model *m, struct err *e);
int model_read_exits(struct query *q, struct model *m, struct err *e);
int model_read_clocks(struct query *q, struct model *m, struct err *e);
int model_read_times(struct query *q, struct model *m, struct err *e);
int model_read_ledger(struct query *q, struct model *m, struct err *e);
int model_read_scores(struct query *q, struct model *m, struct err *e);
int model_read_recoveries(struct query *q, struct model *m, struct err *e);
/* The array, moved if need be, with room for one more element after its n; that one is zeroed.
 * NULL: out of memory, and the old array stays. */
void *model_grow(void *array, size_t n, size_t size, struct err *e);

#endif
