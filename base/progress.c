/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

void progress_begin(struct progress *p, uint64_t total, uint64_t already, int64_t now_ms)
{
    p->total = total;
    p->done = already;
    p->already = already;
    p->start_ms = now_ms;
    p->first_done_ms = -1;
}

void progress_step(struct progress *p, int64_t now_ms)
{
    p->done++;
    if (p->first_done_ms < 0)
        p->first_done_ms = now_ms;
}

int64_t progress_left_ms(const struct progress *p, int64_t now_ms)
{
    uint64_t ours = p->done - p->already;

    if (ours == 0 || p->done > p->total)
        return -1;
    return (now_ms - p->start_ms) * (int64_t)(p->total - p->done) / (int64_t)ours;
}

void progress_format(const struct progress *p, int64_t now_ms, char *out, size_t size)
{
    int64_t left = progress_left_ms(p, now_ms);
    int n = snprintf(out, size, "[%" PRIu64 "/%" PRIu64 "] %3" PRIu64 "%%", p->done, p->total,
                     p->total ? 100 * p->done / p->total : 100);

    if (n < 0 || (size_t)n >= size)
        return;
    if (left >= 0)
        snprintf(out + n, size - (size_t)n, "  %" PRId64 ":%02" PRId64 " left", left / 60000,
                 left / 1000 % 60);
}

int64_t progress_now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
