/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/sim/model.h - what the timer must say about a stream of pin changes.
 *
 * A stream is a list of {t_ns, pins} in order of time. model_records() cuts it into the records
 * a timer without loss would send: one per clock with a change, at the lab's 2 ns a tick.
 * model_compare() walks the frames received along them: every EVENT must be the next record,
 * byte for byte, and every LOST must stand for exactly the records that are missing there.
 */
#ifndef ETALON_TESTS_SIM_MODEL_H
#define ETALON_TESTS_SIM_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "tests/sim/frames.h"

struct change {
    uint64_t t_ns;
    uint8_t pins;
};

struct record {
    uint64_t t;
    uint8_t before, samples[2];
};

/* Returns the number of records written to `out`, which has room for n. `mask`: channels
 * enabled. */
size_t model_records(const struct change *changes, size_t n, uint8_t mask, struct record *out);

struct model_result {
    size_t events;     /* EVENT frames that were right */
    size_t lost;       /* sum of the LOST counts that were right */
    size_t losses;     /* LOST frames */
    const char *wrong; /* NULL, or what did not fit */
};

/* 1 when events + lost is everything and nothing was wrong. */
int model_compare(const struct frames *f, const struct record *r, size_t n,
                  struct model_result *out);

/* A small generator with a state of its own (xorshift64*). */
uint64_t model_random(uint64_t *state);

#endif
