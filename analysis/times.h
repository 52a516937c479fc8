/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/times.h - the audit of time(1): what a guest says it took (real) and used (user, sys),
 * beside what passed outside. The study that Etalon goes back to saw user time larger than the
 * total; this is where such a thing is looked for. A pure function over arrays.
 *
 * real is CLOCK_REALTIME, user and sys are getrusage(2)'s of one process, all ns, read before
 * START and after STOP. real's two readings lie outside the two edges, those of user and sys
 * outside real's. So of honest clocks, whatever delays the readings,
 *
 *     real >= true                 (a)  for an interval and for a run
 *     user + sys <= real * cpus    (b)  but for the system calls that read them
 *     user + sys <= true * cpus    (c)  likewise
 *
 * A run as a whole, from its first reading to its last, is one more span, gaps included. A
 * delay between a reading and its marker can lengthen real of an interval, so
 *
 *     real <= true                 (d)  is asked of runs alone, where two such delays remain
 *
 * All of it within the tolerance: the uncertainty of the duration and one tick of the guest's
 * kernel (for (b) and (c) one on each processor), because a kernel may account by ticks. What
 * goes beyond is evidence, and one piece of evidence makes the run `aberrant`.
 *
 * Not handled here: drift within the tolerance (analysis/clock.h).
 */
#ifndef ETALON_ANALYSIS_TIMES_H
#define ETALON_ANALYSIS_TIMES_H

#include <stddef.h>
#include <stdint.h>

enum { TIMES_REAL, TIMES_USER, TIMES_SYS, TIMES_CLOCKS };

struct times_sample {         /* one interval */
    double start_ns, stop_ns; /* edges in true time */
    int64_t before[TIMES_CLOCKS], after[TIMES_CLOCKS];
};

struct times_limits {
    double step_ns;      /* of the timer: the uncertainty of an edge */
    double timebase_ppm; /* k = 2 */
    double tick_ns;      /* of the guest's kernel; 0: not told, TIMES_LONGEST_TICK_NS is taken */
    unsigned cpus;       /* that the process may run on; 0: not told, (b) and (c) not asked */
};

#define TIMES_LONGEST_TICK_NS 10e6 /* HZ = 100 */

enum times_verdict { TIMES_UNKNOWN, TIMES_SOUND, TIMES_ABERRANT };

struct times_result {
    double true_ns;               /* of the whole run, first START to last STOP */
    int64_t spent[TIMES_CLOCKS];  /* ns, first reading before to last after */
    double tolerance_ns;          /* of the whole run's real */
    size_t flagged;               /* intervals with evidence */
    size_t first_flagged;         /* index; n: none */
    enum times_verdict verdict;   /* UNKNOWN: no intervals, or cpus not told and nothing found */
    char reason[192];             /* "" if sound */
};

/* `sample` of one run, in the order of time. */
void times_audit(const struct times_sample *sample, size_t n, const struct times_limits *limits,
                 struct times_result *out);

const char *times_verdict_name(enum times_verdict v); /* unknown, sound, aberrant */

#endif
