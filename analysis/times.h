/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/times.h - the audit of time(1): what a guest says it took (real) and used (user, sys),
 * beside what passed outside. The study that Etalon goes back to saw user time larger than the
 * total; this is where such a thing is looked for. A pure function over arrays.
 *
 * real is CLOCK_REALTIME, user and sys are getrusage(2)'s of one process, steal is /proc/stat's
 * of the machine (where the collector `accounting` reads it); all ns. Readings stand around the
 * markers in mirrored order:
 *
 *     steal, user+sys, real, START ... STOP, real, user+sys, steal
 *
 * So over an interval the window of real holds that of true time, and from the readings after
 * one STOP to those before a later START true time's holds real's, real's that of user+sys, and
 * that one steal's. Whatever delays a reading - a guest that is taken off the processor between
 * a reading and its marker is honest and may stand still for 30 ms there - this is true of
 * honest clocks:
 *
 *     over an interval, or a run from its first START to its last STOP:
 *         (a) real >= true
 *     from the STOP before to the START after, around an interval or a run:
 *         (b) user + sys <= real * cpus
 *         (c) user + sys <= true * cpus
 *         (d) real <= true
 *         (e) user + sys + steal <= real * cpus
 *
 * (e) is asked where the process may run on every processor of the machine. Bounds hold within
 * the tolerance: the uncertainty of the duration and one tick of the guest's kernel (for (b),
 * (c), (e) one on each processor), because a kernel may account by ticks; for (e) also the step
 * of steal, 10 ms. What goes beyond is evidence, and one piece of it makes the run `aberrant`.
 *
 * Not handled here: drift within the tolerance (analysis/clock/clock.h).
 */
#ifndef ETALON_ANALYSIS_TIMES_H
#define ETALON_ANALYSIS_TIMES_H

#include <stddef.h>
#include <stdint.h>

enum { TIMES_REAL, TIMES_USER, TIMES_SYS, TIMES_STEAL, TIMES_CLOCKS };

struct times_sample {         /* one interval */
    double start_ns, stop_ns; /* edges in true time */
    int64_t before[TIMES_CLOCKS], after[TIMES_CLOCKS];
};

struct times_limits {
    double step_ns;      /* of the timer: the uncertainty of an edge */
    double timebase_ppm; /* k = 2 */
    double tick_ns; /* of the guest's kernel; 0: not told, TIMES_LONGEST_TICK_NS is taken */
    unsigned cpus;  /* that the process may run on; 0: not told; (b), (c), (e) not asked */
    int has_steal;  /* of all samples, and of those processors alone: (e) is asked */
};

#define TIMES_STEAL_STEP_NS 10e6   /* USER_HZ = 100 */
#define TIMES_LONGEST_TICK_NS 10e6 /* HZ = 100 */

enum times_verdict { TIMES_UNKNOWN, TIMES_SOUND, TIMES_ABERRANT };

struct times_result {
    double true_ns;              /* of the whole run, first START to last STOP */
    int64_t spent[TIMES_CLOCKS]; /* ns, first reading before to last after */
    double tolerance_ns;         /* of the whole run's real */
    size_t flagged;              /* intervals with evidence */
    size_t first_flagged;        /* index; n: none */
    enum times_verdict verdict; /* UNKNOWN: no intervals, or cpus not told and nothing found */
    char reason[192];           /* "" if sound */
};

/*
 * One run: sample[first .. first+n-1] of a boot's `total` samples in the order of time. Its
 * neighbours serve as the readings before and after it.
 */
void times_audit(const struct times_sample *sample, size_t total, size_t first, size_t n,
                 const struct times_limits *limits, struct times_result *out);

const char *times_verdict_name(enum times_verdict v); /* unknown, sound, aberrant */

#endif
