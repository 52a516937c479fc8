/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/trial.h - what came of a blind trial: findings that were fixed before anybody could know,
 * beside what the opened ledgers say was done (docs/blind.md).
 *
 * The boot is the unit. Of each it is known which kinds of lie were done to it and which kinds were
 * found (view recoveries). What the two have to do with each other is one table (trial.c): a lie
 * has things any of which is its own name, and things that may stand beside it.
 *
 *   lie                       its name           may stand beside it
 *   steal, pause that is told,
 *   time of other guests      steal
 *   pause that is hidden      pause, backstep    steal (outside known work, or with another lie)
 *   restore that is hidden    backstep
 *   restore that is told      nothing: the clock is right
 *   offset_step on, back      offset_step, backstep
 *   backstep                  backstep
 *   rate_ppm, jitter          rate_ppm, jitter
 *   exit_pad                  exit_pad
 *   lost_ticks                lost_ticks         user_over_total, what such a guest books
 *   user_over_total           user_over_total    lost_ticks, which is how it is done
 *
 *   detected     anything was found
 *   named        a name of every lie of the boot was found, and nothing that belongs to none
 *   sized        what the ledger says was delivered lies in what was stated of every finding
 *   missed       something was done and nothing found
 *   false alarm  nothing was done, or only what leaves the clock right, and something was found
 *
 * Not handled here: reading the database (trial_read.h), words (reports/trial.h).
 */
#ifndef ETALON_ANALYSIS_TRIAL_H
#define ETALON_ANALYSIS_TRIAL_H

#include <stddef.h>
#include <stdint.h>

/* Kinds of what is done, as far as they look different from outside */
enum trial_lie {
    TRIAL_STEAL,
    TRIAL_PAUSE_TOLD,
    TRIAL_PAUSE_HIDDEN,
    TRIAL_RESTORE_TOLD,
    TRIAL_RESTORE_HIDDEN,
    TRIAL_STEP_ON,
    TRIAL_STEP_BACK,
    TRIAL_BACKSTEP,
    TRIAL_RATE,
    TRIAL_JITTER,
    TRIAL_PAD,
    TRIAL_LOST,
    TRIAL_OVER,
    TRIAL_GUESTS, /* no lie: what other guests take stands in the same ledger */
    TRIAL_LIES
};

/* Name for people, and for programs: the form's words (lie.h), "offset_step:+" and "…:-". */
const char *trial_lie_name(enum trial_lie lie);
/* Which lie a request is: `kind` and `form` as in view distortion_requests, `delivered` tells a step on
 * from one back. TRIAL_LIES: none that is known. */
enum trial_lie trial_lie_of(const char *kind, const char *form, int64_t delivered);

/* Kinds of the view recoveries */
enum trial_finding {
    TRIAL_FOUND_STEAL,
    TRIAL_FOUND_PAUSE,
    TRIAL_FOUND_STEP,
    TRIAL_FOUND_BACKSTEP,
    TRIAL_FOUND_RATE,
    TRIAL_FOUND_JITTER,
    TRIAL_FOUND_PAD,
    TRIAL_FOUND_LOST,
    TRIAL_FOUND_OVER,
    TRIAL_FINDINGS
};

const char *trial_finding_name(enum trial_finding finding);
/* By its name in the view; TRIAL_FINDINGS: none that is known. */
enum trial_finding trial_finding_of(const char *kind);

/* What the clock court (view clocks) says of the guest's TSC. */
enum trial_court { TRIAL_COURT_NONE, TRIAL_COURT_SOUND, TRIAL_COURT_NAMED };

struct trial_boot {
    int64_t boot;   /* plan index */
    unsigned asked; /* bit of each enum trial_lie that was asked for … */
    unsigned done;  /* … and of which the ledger has something */
    unsigned found; /* bit of each enum trial_finding */
    unsigned sized; /* of those that came back with their size … */
    unsigned wrong; /* … and that did not */
    enum trial_court court;
    int sealed; /* nobody knew; 0: an open control */
    int judged; /* 0: it cannot be used, or its ledger is not there */
};

enum trial_outcome {
    TRIAL_CLEAN,       /* nothing done, nothing found */
    TRIAL_FALSE_ALARM, /* nothing done, something found */
    TRIAL_MISSED,
    TRIAL_DETECTED, /* and not named rightly */
    TRIAL_NAMED,
    TRIAL_UNJUDGED
};

enum trial_outcome trial_judge(const struct trial_boot *boot);
/* The names of such findings joined by ", "; "nothing" if there are none. */
#define TRIAL_LIST_BYTES 128
const char *trial_list(unsigned findings, char out[TRIAL_LIST_BYTES]);

/* --- all boots together --- */

enum trial_control {
    TRIAL_CONTROL_DRAWN, /* sealed, no lie drawn */
    TRIAL_CONTROL_ARMED, /* sealed, a lie asked for that never came to be done */
    TRIAL_CONTROL_TOLD,  /* sealed, done, and the guest's clock is right all the same */
    TRIAL_CONTROL_OPEN,  /* not sealed, no lie asked for */
    TRIAL_CONTROLS
};

const char *trial_control_name(enum trial_control control);

struct trial_tally { /* boots */
    size_t boots, detected, named, sized;
    size_t court; /* detected or not, of these the clock court calls the TSC no sound clock */
};

struct trial {
    struct trial_tally lie[TRIAL_LIES]; /* boots in which it alone was done */
    struct trial_tally several;         /* in which more than one was */
    struct trial_tally all;
    size_t control[TRIAL_CONTROLS]; /* boots */
    size_t alarms[TRIAL_CONTROLS];  /* of them with something found */
    size_t controls, false_alarms;  /* the same of all controls together */
    size_t court_alarms;            /* controls whose TSC the court calls no sound clock */
    size_t unjudged;
};

/* Open boots to which something was done are left out: whoever looked may have known. */
void trial_add(struct trial *t, const struct trial_boot *boot);

/*
 * Exact interval for the probability behind x of n (Clopper and Pearson 1934), two-sided at
 * `confidence`, on the binomial tails of GSL. n = 0: from 0 to 1.
 */
void trial_interval(size_t x, size_t n, double confidence, double *low, double *high);

#endif
