/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/score.h - the counterfactual: what a benchmark that times itself would have printed.
 *
 * The same formula is fed with two clocks: the guest's, as it stood around each iteration, and the
 * external one. Nothing else differs, so what the two results differ by is the guest clock's doing.
 * Formulas in our own words after the programs' documentation:
 *
 *   lmbench    the iterations are taken as 11 repetitions (as many as there are, if fewer); each
 *              one's time per unit of work, and of these the median (McVoy and Staelin, USENIX
 *              1996). For what is measured as a rate, work over that time.
 *   ubench     all completed work over all time, over the normalisation of the score: a guest-timed
 *              run of fixed duration. Mean of CPU and memory: AVG.
 *   unixbench  the iterations are taken as 10 passes; operations per second of each, the worst
 *              third dropped, of the rest the geometric mean. Where the original has such a test:
 *              index = 10 x score / its baseline (SPARCstation 20-61), and over all tests of a boot
 *              the geometric mean.
 *
 * Not handled: the originals' search for a number of repetitions by a clock that lies; the work
 * here is fixed.
 */
#ifndef ETALON_ANALYSIS_SCORE_H
#define ETALON_ANALYSIS_SCORE_H

#include <stddef.h>

enum score_style { SCORE_LMBENCH, SCORE_UBENCH, SCORE_UNIXBENCH, SCORE_STYLES };

const char *score_style_name(enum score_style s); /* "lmbench" … */

struct score_work {
    double work;  /* of one iteration */
    int rate;     /* the workload's own value is work per time */
    double scale; /* workloads/workload.h: value = ns / work * scale, or work / s * scale */
};

/*
 * What is printed for n iterations that took ns[], each with `overhead_ns` in it that is the
 * reading's own (0 for the external clock). NaN if no time is left of a repetition or all: such a
 * benchmark prints infinity or dies. NaN also where memory is short or n is 0. Units: lmbench the
 * workload's own, ubench the workload's own, unixbench operations per second.
 */
double score_print(enum score_style style, const double *ns, size_t n, double overhead_ns,
                   const struct score_work *work);

/* Which styles are asked of a workload: a bit (1 << style) each. Of `ub-cpu` and `ub-mem` ubench;
 * of what is no work (null, clock, observe) none; of the rest lmbench and unixbench. */
unsigned score_styles(const char *workload);

struct score_test { /* of UnixBench 5.1.3 */
    const char *name, *workload;
    const char *param;   /* beginning of the canonical text of the parameters */
    double per_loop;     /* units of our work in one of its loops */
    double baseline_lps; /* of the SPARCstation */
};

/* The test that this run stands for, or NULL. */
const struct score_test *score_find_test(const char *workload, const char *param);

/* How far a printed figure is from the truth, and whether that is more than the readings' own
 * uncertainty (both ppm of the truth, of the printed figure). */
enum score_verdict { SCORE_TRUE, SCORE_WRONG, SCORE_UNKNOWN };
const char *score_verdict_name(enum score_verdict v); /* "true", "wrong", "unknown" */

/* guest NaN: WRONG, as no figure comes out; u_ppm NaN: UNKNOWN, as nothing bounds the readings. */
enum score_verdict score_judge(double guest, double truth, double u_ppm, double *error_ppm);

#endif
