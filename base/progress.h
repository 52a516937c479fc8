/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * base/progress.h - how far a long work is, as text; cmd/ decides where it goes.
 *
 * On a terminal one line that is rewritten, with the time left; elsewhere one plain line for
 * each finished step.
 */
#ifndef ETALON_BASE_PROGRESS_H
#define ETALON_BASE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct progress {
    uint64_t total, done;
    int64_t start_ms, first_done_ms; /* host's monotonic clock */
    uint64_t already; /* done before this start (resume); not used for the rate */
};

void progress_begin(struct progress *p, uint64_t total, uint64_t already, int64_t now_ms);
void progress_step(struct progress *p, int64_t now_ms);

/* Estimated ms left, or -1 while nothing is known. */
int64_t progress_left_ms(const struct progress *p, int64_t now_ms);

/* "[ 3/12] 25%  1:05 left" into out. */
void progress_format(const struct progress *p, int64_t now_ms, char *out, size_t size);

int64_t progress_now_ms(void);

#endif
