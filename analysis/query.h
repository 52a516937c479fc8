/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/query.h - the only reader of the store.
 *
 * A query sees one database, read-only. Rows come through callbacks in a fixed order that
 * depends on the data alone, never on row ids or on when a boot was stored. Strings in a row
 * are borrowed until the callback returns; no string is NULL. NaN stands for SQL's NULL in a
 * double, QUERY_NONE in an integer.
 *
 * A callback returns 0 to go on; anything else ends the iteration and becomes the function's
 * return value (negative codes should leave a text in the caller's struct err themselves).
 *
 * Errors: ERR_IO (file missing or unreadable), ERR_DATA (not ours, another version, damaged),
 * ERR_USAGE (no such campaign; the text lists those there are).
 *
 * Not handled here: writing (collector/store.h), what figures mean (analysis/summarise.h).
 */
#ifndef ETALON_ANALYSIS_QUERY_H
#define ETALON_ANALYSIS_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/verdict.h"

#define QUERY_NONE INT64_MIN
#define QUERY_NAME_BYTES 128
#define QUERY_HASH_BYTES 80

struct query;
struct store;

int query_open(const char *path, struct query **out, struct err *e);
/* On a store that is open already, e.g. for writing; the store must outlive the query. */
int query_attach(struct store *store, struct query **out, struct err *e);
void query_close(struct query *q); /* NULL allowed */

/* --- campaigns --- */

struct query_campaign {
    int64_t id; /* for store_replace_*() */
    char name[QUERY_NAME_BYTES];
    char hash[QUERY_HASH_BYTES];
    char bench[QUERY_NAME_BYTES];
    int deterministic;
    double ns_per_instruction; /* 0 where there is none */
    int64_t boots_planned;
    int64_t boots_stored;
    /* The entry that others are compared with by the campaign's wish; "" none. */
    char baseline_platform[QUERY_NAME_BYTES], baseline_variant[QUERY_NAME_BYTES];
};

/* name NULL: the only campaign; ERR_USAGE if there are several. */
int query_find_campaign(struct query *q, const char *name, struct query_campaign *out,
                        struct err *e);
/* All, by name. */
int query_campaigns(struct query *q,
                    int (*row)(void *opaque, const struct query_campaign *campaign),
                    void *opaque, struct err *e);

/* --- boots and runs --- */

struct query_boot {
    int64_t boot; /* plan index */
    const char *platform, *variant, *seed, *verdict, *reason, *grade, *end;
    int64_t machine_time_ns, tick_hz;
    double step_ns; /* NaN: no HELLO was seen */
    int64_t timebase_ppb;
    double path_u_ns; /* standard deviation of the boot's null; NaN: none */
    int64_t frames, events, heartbeats, frames_damaged, frames_missing, frames_repeated;
    int64_t epoch_changes, lost, high_water, refused, watchdog, markers, violations;
    int64_t records, records_damaged, records_missing, records_repeated;
    int64_t intervals, intervals_ok;
    const char *guest_clock; /* "" none */
    int64_t guest_clock_hz;  /* QUERY_NONE */
};

/* In plan order. */
int query_boots(struct query *q, const struct query_campaign *c,
                int (*row)(void *opaque, const struct query_boot *boot), void *opaque,
                struct err *e);

/* Worst verdict of the campaign's boots and runs, skips left out. */
int query_worst_verdict(struct query *q, const struct query_campaign *c, enum verdict *worst,
                        struct err *e);

struct query_run {
    int64_t boot, w;
    const char *platform, *variant, *workload, *param, *metric, *unit, *form;
    double scale;
    int64_t work, iterations;
    const char *verdict, *reason, *answer;
    const char *boot_verdict;
};

/* By w, platform, variant, boot. */
int query_runs(struct query *q, const struct query_campaign *c,
               int (*row)(void *opaque, const struct query_run *run), void *opaque,
               struct err *e);

struct query_figure {
    int64_t boot, w;
    const char *platform, *variant, *workload, *param, *key;
    int64_t value;
};

/* By w, key, platform, variant, boot. */
int query_figures(struct query *q, const struct query_campaign *c,
                  int (*row)(void *opaque, const struct query_figure *figure), void *opaque,
                  struct err *e);

/* --- intervals --- */

struct query_duration {
    int64_t boot, interval, w, iteration; /* w, iteration: QUERY_NONE if unknown */
    const char *platform, *variant, *seed, *workload, *param, *metric, *unit, *form;
    double scale;
    int64_t work;
    double true_ns, u_ns, guest_ns;
    const char *verdict, *reason, *boot_verdict, *grade;
};

struct query_filter { /* NULL: any */
    const char *platform, *variant, *workload, *param;
    int only_ok; /* interval, run and boot may be used: verdict ok, and the boot ok or fail */
};

/* By w, platform, variant, boot, interval. */
int query_durations(struct query *q, const struct query_campaign *c,
                    const struct query_filter *filter,
                    int (*row)(void *opaque, const struct query_duration *duration),
                    void *opaque, struct err *e);

struct query_sample { /* a duration that counts, without what few ask for */
    size_t run;       /* all samples of one run of one boot have one number, and no others */
    int64_t boot, w;
    const char *platform, *variant, *seed, *workload, *param, *unit, *form;
    double scale;
    int64_t work;
    char grade;
    double true_ns, u_ns, guest_ns; /* guest_ns NaN also where it was not asked for */
};

/* As query_durations() with only_ok, for millions: by boot, interval, in which order they are
 * stored, so nothing is sorted and the memory does not grow with the rows. Intervals that belong
 * to no run are left out. guest: read guest_ns, too. */
int query_samples(struct query *q, const struct query_campaign *c, int guest,
                  int (*row)(void *opaque, const struct query_sample *sample), void *opaque,
                  struct err *e);

struct query_invalid { /* intervals that are not ok, counted */
    const char *platform, *variant, *verdict, *reason;
    int64_t boots, intervals;
};
int query_invalids(struct query *q, const struct query_campaign *c,
                   int (*row)(void *opaque, const struct query_invalid *invalid), void *opaque,
                   struct err *e);

/* --- clocks --- */

struct query_reading {
    int64_t boot;
    const char *platform, *variant, *clock, *unit;
    double unit_ns;           /* ns per unit; NaN: ticks of no stated frequency */
    double start_ns, stop_ns; /* true time since tick 0 */
    int64_t before, after;
    double step_ns;
    int64_t timebase_ppb;
};

/* Readings around intervals whose edges are good, in boots that may be used; by boot, clock in
 * the order of reading, interval. */
int query_readings(struct query *q, const struct query_campaign *c,
                   int (*row)(void *opaque, const struct query_reading *reading), void *opaque,
                   struct err *e);

/* The same, of one clock (NULL: all) of one boot (QUERY_NONE: all). */
int query_boot_readings(struct query *q, const struct query_campaign *c, int64_t boot,
                        const char *clock,
                        int (*row)(void *opaque, const struct query_reading *reading),
                        void *opaque, struct err *e);

/* The readings inside the intervals of workload `clock`, same order; the clock is named after
 * the guest clock with ".read" added, before == after is the reading (ns), and start_ns and
 * stop_ns are the edges: the reading was made between them. boot QUERY_NONE: all. */
int query_inner_readings(struct query *q, const struct query_campaign *c, int64_t boot,
                         int (*row)(void *opaque, const struct query_reading *reading),
                         void *opaque, struct err *e);

struct query_clock {
    int64_t boot;
    const char *platform, *variant, *clock;
    double offset_ns, skew_ppm, skew_low, skew_high;
    int64_t jumps, backsteps, freezes; /* QUERY_NONE: not asked of this clock */
    const char *verdict, *reason;
};

/* By boot, clock. */
int query_clocks(struct query *q, const struct query_campaign *c,
                 int (*row)(void *opaque, const struct query_clock *clock), void *opaque,
                 struct err *e);

/* --- the audit of time(1) (analysis/times.h) --- */

struct query_times { /* one interval; arrays: real, user, sys, steal, in ns */
    int64_t boot, w;
    double start_ns, stop_ns;    /* true time since tick 0 */
    int64_t before[4], after[4]; /* steal QUERY_NONE: not read */
    double step_ns;
    int64_t timebase_ppb;
    int64_t cpus, online_cpus, tick_ns; /* as the target told; QUERY_NONE */
};

/* Intervals with good edges and all three readings, in boots that may be used; by boot, run,
 * interval. */
int query_times(struct query *q, const struct query_campaign *c,
                int (*row)(void *opaque, const struct query_times *times), void *opaque,
                struct err *e);

struct query_time_audit { /* one run of one boot */
    int64_t boot;
    const char *platform, *variant, *workload, *param;
    int64_t intervals;
    double true_ns, real_ns, user_ns, sys_ns; /* from the first interval to the last */
    double steal_ns;                          /* NaN: not read */
    int64_t flagged;                          /* intervals */
    const char *verdict, *reason;
};

/* By boot, run. */
int query_time_audits(struct query *q, const struct query_campaign *c,
                      int (*row)(void *opaque, const struct query_time_audit *audit),
                      void *opaque, struct err *e);

/* What the processor counted over such a run (view time_counters); NaN: not read. */
struct query_time_counter {
    const char *platform, *variant;
    double user_ns, sys_ns;
    double instructions, cycles;
    double user_instructions, kernel_instructions, user_cycles, kernel_cycles;
};

/* By boot, run; only runs of which something was counted. */
int query_time_counters(struct query *q, const struct query_campaign *c,
                        int (*row)(void *opaque, const struct query_time_counter *counter),
                        void *opaque, struct err *e);

/* --- the overhead ledger (analysis/ledger.h) --- */

struct query_ledger_sample { /* one interval */
    int64_t boot, w;
    const char *platform, *workload, *param;
    const char *operation; /* of the workload exits; "" */
    int64_t operations;    /* parameter n of the run; QUERY_NONE */
    double step_ns, true_ns;
    double gap_ns;                 /* by the clock `raw`; NaN: not read */
    int64_t interrupts, stolen_ns; /* QUERY_NONE: not read */
    int asked;                     /* the boot was to read both, whether it could or not */
};

/* Intervals with good edges of runs that are ok, in boots that may be used; by boot, interval, in
 * which order they are stored. Of the platform's boots, or of all others; platform NULL: of all. */
int query_ledger_samples(struct query *q, const struct query_campaign *c, const char *platform,
                         int others,
                         int (*row)(void *opaque, const struct query_ledger_sample *sample),
                         void *opaque, struct err *e);

/* What the hypervisor counted in a boot; by boot, cause. */
int query_exit_totals(struct query *q, const struct query_campaign *c,
                      int (*row)(void *opaque, int64_t boot, const char *cause, int64_t count),
                      void *opaque, struct err *e);

struct query_overhead { /* one run of one boot */
    int64_t boot;
    const char *platform, *variant, *workload, *param;
    int64_t intervals;
    double true_ns, work_ns, operations_ns;
    int64_t interrupts; /* QUERY_NONE: not counted */
    double interrupts_ns, unseen_ns, steal_ns /* NaN: not told */, residual_ns, u_ns;
    int64_t flagged; /* intervals */
    const char *verdict, *reason;
};

/* By boot, run. */
int query_overheads(struct query *q, const struct query_campaign *c,
                    int (*row)(void *opaque, const struct query_overhead *overhead),
                    void *opaque, struct err *e);

/* --- distortions: what was done to a guest's time, and what of it can be found --- */

struct query_recovery_sample { /* one interval with the guest's own clock around it */
    int64_t boot, w;
    double start_ns, stop_ns; /* true time since tick 0 */
    uint64_t before, after;   /* TSC under the in-tree hypervisor, else the guest's clock */
    double unit_ns;           /* of those; NaN: not stated */
    double clean_ns; /* shortest of the same known work in the campaign; NaN: not known */
    double step_ns;
    int64_t timebase_ppb;
    double tick_ns; /* of the guest's kernel; NaN: it has none, or does not tell */
    int told; /* the in-tree hypervisor's report is here: what its ledger lacks was not done */
};

/* Of boots that may be used, by boot, interval. Known work is that of `null` and `spin`. */
int query_recovery_samples(struct query *q, const struct query_campaign *c,
                           int (*row)(void *opaque, const struct query_recovery_sample *s),
                           void *opaque, struct err *e);

struct query_tick { /* a boot of a guest with ticks of its own under the in-tree hypervisor */
    int64_t boot;
    double true_ns;          /* from the first START to the last STOP */
    int64_t clock_ns;        /* the same by CLOCK_MONOTONIC, from the reading before it … */
    uint64_t first, last;    /* … to the one after; the TSC then */
    double tsc_ns, tick_ns;  /* a tick of the TSC; of the guest's kernel. NaN: not told */
    const char *clocksource; /* what the guest keeps time by; "": not told */
    int64_t runs;            /* whose user + sys exceed real so far that the audit says so */
    double excess_ns;        /* the most of it; NaN: none */
    int told;                /* as above */
};

/* By boot. After the audit of time(1) (derived_times) was made. */
int query_ticks(struct query *q, const struct query_campaign *c,
                int (*row)(void *opaque, const struct query_tick *tick), void *opaque,
                struct err *e);

struct query_pad { /* cost of an operation more than in the campaign's baseline */
    int64_t boot;
    const char *operation, *unit;
    double cost, resolution;
    double units_per_tick; /* of the TSC; NaN: its rate is not known */
};

/* Of boots of the baseline's platform that are not the baseline's own, and only what is
 * comparable: the same build of the hypervisor (if it is the in-tree one), the same backend and
 * paging; for `hypercall` the same path, for `rdtsc` the same way to the guest's TSC. By boot,
 * operation. */
int query_pads(struct query *q, const struct query_campaign *c,
               int (*row)(void *opaque, const struct query_pad *pad), void *opaque,
               struct err *e);

struct query_distortion { /* an entry of the hypervisor's ledger of distortions */
    int64_t boot, lie;
    const char *kind;
    uint64_t begin, end, guest;
    int64_t requested, delivered, visible;
    uint64_t count;
};

/* By boot, seq. */
int query_distortions(struct query *q, const struct query_campaign *c,
                      int (*row)(void *opaque, const struct query_distortion *d), void *opaque,
                      struct err *e);

struct query_distortion_request {
    int64_t boot, lie;
    const char *platform, *variant, *kind, *unit, *form;
    int64_t entries, count, requested, delivered, visible;
};

/* By boot, lie. */
int query_distortion_requests(struct query *q, const struct query_campaign *c,
                              int (*row)(void *opaque,
                                         const struct query_distortion_request *r),
                              void *opaque, struct err *e);

struct query_seal {         /* what a hypervisor said, of a boot that is scored blind */
    int64_t boot, boot_row; /* plan index; row, for collector/store.h */
    const char *key_id, *commitment;
    const void *sealed;
    size_t size;
    int opened;
};

/* By boot. */
int query_seals(struct query *q, const struct query_campaign *c,
                int (*row)(void *opaque, const struct query_seal *seal), void *opaque,
                struct err *e);

struct query_recovery { /* view recoveries */
    int64_t boot;
    const char *platform, *variant, *kind, *detail, *unit;
    double requested, delivered, recovered, low, high; /* NaN */
    int64_t injected, events, missed;                  /* QUERY_NONE */
    double per_event;
    const char *verdict, *reason;
};

/* By boot, kind, detail. */
int query_recoveries(struct query *q, const struct query_campaign *c,
                     int (*row)(void *opaque, const struct query_recovery *r), void *opaque,
                     struct err *e);

/* --- what a benchmark in the guest would have printed (view scores) --- */

struct query_score {
    int64_t boot;
    const char *platform, *variant, *style;
    const char *workload, *param; /* "": of the boot's runs together */
    const char *name, *unit;
    double guest; /* NaN: no figure comes out of such a clock */
    double truth, error_ppm, u_ppm;
    const char *verdict;
};

/* By boot, style, run. */
int query_scores(struct query *q, const struct query_campaign *c,
                 int (*row)(void *opaque, const struct query_score *score), void *opaque,
                 struct err *e);

/* --- results --- */

struct query_summary {
    const char *platform, *variant, *workload, *param, *metric, *unit;
    int64_t n;
    double value, p50, p99, max, ci_low, ci_high;
    int64_t boots;
    const char *baseline;
    double ratio, ratio_low, ratio_high;
    const char *verdict;
    double value_ns; /* the time value stands for; NaN */
    double work;     /* of one interval, as the workload said; NaN */
    double u;        /* of value, by the timer step alone (k = 2), in its unit; NaN */
};

/* In the order summarise wrote them: campaign order of workloads, ladder order of platforms,
 * baselines `native` then `bare`, then the campaign's own as "PLATFORM VARIANT". */
int query_summaries(struct query *q, const struct query_campaign *c,
                    int (*row)(void *opaque, const struct query_summary *summary),
                    void *opaque, struct err *e);

/* --- exits --- */

struct query_exit_count {
    int64_t boot, w; /* w -1: the whole boot */
    const char *platform, *variant, *workload, *cause;
    int64_t count;
    int64_t ticks, ticks_min, ticks_max; /* the hypervisor's own account, of all and of single
                                            exits; 0 unknown */
    double tick_ns;                      /* NaN: the frequency is not stated */
};
int query_exit_counts(struct query *q, const struct query_campaign *c,
                      int (*row)(void *opaque, const struct query_exit_count *count),
                      void *opaque, struct err *e);

struct query_exit_cost {
    int64_t boot;
    const char *platform, *variant, *operation, *unit;
    double cost;
};
int query_exit_costs(struct query *q, const struct query_campaign *c,
                     int (*row)(void *opaque, const struct query_exit_cost *cost),
                     void *opaque, struct err *e);
/* What a sample of each collector costs; its name is the operation. */
int query_observer_costs(struct query *q, const struct query_campaign *c,
                         int (*row)(void *opaque, const struct query_exit_cost *cost),
                         void *opaque, struct err *e);

struct query_audit {
    int64_t boot;
    const char *platform, *variant, *what;
    int64_t k, exits_k, exits_2k;
};
int query_audits(struct query *q, const struct query_campaign *c,
                 int (*row)(void *opaque, const struct query_audit *audit), void *opaque,
                 struct err *e);

/* --- what was not as it should be, and where it all came from --- */

struct query_damage {
    int64_t boot;
    const char *platform, *variant, *source, *kind, *detail;
    int64_t byte_offset; /* QUERY_NONE */
};
int query_damages(struct query *q, const struct query_campaign *c,
                  int (*row)(void *opaque, const struct query_damage *damage), void *opaque,
                  struct err *e);

/* View provenance, by key; facts of boots ("boot.N.KEY") in plan order after the rest. */
struct query_fact {
    const char *key, *value;
};
int query_facts(struct query *q, const struct query_campaign *c,
                int (*row)(void *opaque, const struct query_fact *fact), void *opaque,
                struct err *e);

/* --- rows of any kind, for export --- */

enum query_type { QUERY_NULL, QUERY_INTEGER, QUERY_REAL, QUERY_TEXT };

struct query_cell {
    enum query_type type;
    int64_t integer;
    double real;
    const char *text; /* "" unless QUERY_TEXT */
};

struct query_table { /* a callback sees `columns` once, before the first row, also if empty */
    int (*columns)(void *opaque, const char *const *names, size_t n);
    int (*row)(void *opaque, const struct query_cell *cells, size_t n);
    void *opaque;
};

/* Names of the public views; NULL-terminated. */
const char *const *query_view_names(void);
/* One public view in canonical order; campaign NULL: all. ERR_USAGE lists the views. */
int query_view(struct query *q, const char *view, const struct query_campaign *c,
               const struct query_table *table, struct err *e);

/*
 * All of a campaign that a repetition must give again, here or on another computer, section by
 * section: nothing of the host (times, names, its own tools and packages), no row ids, no
 * attempts. `section` is called before its table.
 */
int query_canonical(struct query *q, const struct query_campaign *c,
                    int (*section)(void *opaque, const char *name), void *opaque,
                    const struct query_table *table, struct err *e);

#endif
