/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/interval.h - from edges to markers to intervals: the grammar of a boot.
 *
 * Pure functions over arrays. Input is the tape of a boot: pin samples in the order of the
 * wire, and breaks wherever the wire says (or its damage proves) that something may be missing
 * between two samples. Output is one entry per interval with the ticks of its START and STOP.
 *
 * The grammar (probe/marker/marker.h): preamble, then START(n) STOP(n) for n = 0, 1, … . A
 * marker is a change of the strobe; its time is the strobe edge, its code the levels
 * settle_ticks later. Whatever does not fit is named (enum interval_violation) and makes every
 * interval it touches invalid. Nothing is repaired: an interval is `ok` only if its two
 * markers, and every sample between them, are there and fit, and its number is proven. After a
 * hole the number follows from the code only while fewer markers can have been lost than would
 * make two numbers possible; otherwise the rest of the boot stays unnumbered and invalid.
 */
#ifndef ETALON_ANALYSIS_INTERVAL_H
#define ETALON_ANALYSIS_INTERVAL_H

#include <stddef.h>
#include <stdint.h>

#define INTERVAL_MAX_SAMPLES 4u
#define INTERVAL_UNKNOWN UINT64_MAX /* a tick or a number that is not known */

/* Why something on the tape, or an interval, is not good. */
enum interval_violation {
    INTERVAL_FINE = 0,
    /* breaks: reported by the wire */
    INTERVAL_BREAK_HOLE,   /* sequence numbers missing */
    INTERVAL_BREAK_LOST,   /* the timer says it lost records */
    INTERVAL_BREAK_EPOCH,  /* times before and after do not compare */
    INTERVAL_BREAK_DAMAGE, /* bytes that were no frame, though no number is missing */
    INTERVAL_BREAK_TIME,   /* time stood still or ran backwards */
    INTERVAL_BREAK_LEVELS, /* levels before a sample differ from those after the last one */
    /* grammar */
    INTERVAL_BAD_PREAMBLE, /* missing, wrong, or of another boot */
    INTERVAL_BARE_CODE,    /* code changed without a strobe */
    INTERVAL_CROWDED,      /* two strobes within the settling time */
    INTERVAL_WRONG_CODE,   /* a code that fits nowhere here */
    INTERVAL_START_TWICE,  /* START(n) again: marker doubled, or STOP and START missing */
    INTERVAL_STOP_TWICE,   /* STOP(n) again */
    INTERVAL_NO_STOP,      /* START without STOP */
    INTERVAL_NO_START,     /* STOP without START */
    INTERVAL_DOUBTFUL,     /* beside a missing marker, or one with a wrong code */
    INTERVAL_NUMBER,       /* number skipped, or not provable after a break */
    INTERVAL_MISSING,      /* the target says it marked this one; no edges of it exist */
    INTERVAL_SURPLUS,      /* edges of it exist; the target says it never marked it */
    INTERVAL_VIOLATIONS,
};

/* Short name ("sequence hole") and a sentence. */
const char *interval_violation_name(enum interval_violation v);
const char *interval_violation_text(enum interval_violation v);

struct interval_item {
    uint64_t t_ticks;     /* of samples[0]; of a break: last known time before it */
    uint64_t byte_offset; /* in the frame stream, for reports */
    uint64_t missing;     /* break: most EVENTs that can be missing; INTERVAL_UNKNOWN */
    uint8_t break_kind;   /* enum interval_violation; INTERVAL_FINE: this is a sample vector */
    uint8_t levels_before, n;
    uint8_t samples[INTERVAL_MAX_SAMPLES];
};

struct interval_rules {
    uint32_t plan_index;
    uint32_t step_ticks;   /* from samples[i] to samples[i+1] */
    uint64_t settle_ticks; /* from strobe edge to valid code */
    uint64_t expected;     /* `end intervals=`; INTERVAL_UNKNOWN: not told */
};

struct interval {
    uint64_t n;
    uint64_t start_tick, stop_tick; /* INTERVAL_UNKNOWN */
    uint64_t byte_offset;           /* of the item its first known edge came from */
    enum interval_violation why;    /* INTERVAL_FINE: ok */
};

struct interval_fault { /* each violation once, in order of the tape */
    enum interval_violation kind;
    uint64_t byte_offset, t_ticks;
    uint64_t n;    /* interval next expected or open there, or INTERVAL_UNKNOWN */
    uint32_t code; /* seen there */
};

struct interval_result {
    struct interval *interval; /* ascending n, no n twice */
    size_t count;
    struct interval_fault *fault;
    size_t faults;
    uint64_t markers; /* strobe edges, preamble included */
    int preamble_ok;
    size_t fine; /* intervals with INTERVAL_FINE */
};

/*
 * Derive. 0 also when the tape is full of faults; -1 only when memory ran out. *r is
 * overwritten and released with interval_free().
 */
int interval_derive(const struct interval_item *tape, size_t items,
                    const struct interval_rules *rules, struct interval_result *r);
void interval_free(struct interval_result *r);

#endif
