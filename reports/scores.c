/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reports/scores.c - see scores.h. */
#include "reports/scores.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/format.h"
#include "reports/wording.h"

const char scores_note[] =
    "The same formula fed with two clocks: the guest's, as it stood around each "
    "iteration less what reading it costs, and the external one. LMbench: median of 11 "
    "repetitions; ubench: all work over all time; UnixBench: ten passes, the worst "
    "third dropped, index against its baselines. Of UnixBench's tests only three have a "
    "workload here that does the same: System Call Overhead, Pipe-based Context "
    "Switching and Pipe Throughput. The index is the geometric mean of those of the "
    "three that ran, and no System Benchmarks Index. A row is wrong where both differ "
    "by more than the readings leave open. No program printed these: they are worked "
    "out afterwards, while a score that a workload itself reported from the guest has a "
    "table of its own.";

const char scores_reported_note[] =
    "What the workload itself reported from the guest, beside the same work over true time; "
    "what a benchmark would have printed is worked out afterwards and has a table of its "
    "own.";

const char *const scores_columns[SCORES_COLUMNS + 1] = {
    "platform",           "style",          "n:scores", "n:wrong",      "the farthest off",
    "n:by guest's clock", "n:by true time", "unit",     "n:error, ppm", NULL};

/* As many digits as tell the two apart: the error's own size, a tenth of it. */
static void put_figure(char *out, const struct model_score *s, double value)
{
    char buf[FORMAT_BYTES];
    const double off = fabs(s->error_ppm) > s->u_ppm ? s->error_ppm : s->u_ppm;

    snprintf(out, WORDING_BYTES, "%s",
             isnan(value) ? FORMAT_NONE : format_figure(buf, value, fabs(value * off) * 1e-7));
}

static void put_error(char *out, const struct model_score *s)
{
    char buf[FORMAT_BYTES];

    if (isnan(s->error_ppm))
        strcpy(out, "no figure");
    else if (fabs(s->error_ppm) <= s->u_ppm)
        snprintf(out, WORDING_BYTES, "within %s", format_number(buf, s->u_ppm, 1));
    else
        snprintf(out, WORDING_BYTES, "%s%s", s->error_ppm > 0 ? "+" : "",
                 format_number(buf, s->error_ppm,
                               s->u_ppm < 1    ? 2
                               : s->u_ppm < 10 ? 1
                                               : 0));
}

void scores_each(const struct model *m, void (*row)(void *opaque, const char *const *cell),
                 void *opaque)
{
    for (size_t i = 0; i < m->scores; i++) {
        const struct model_score *s = &m->score[i];
        char text[5][WORDING_BYTES], style[WORDING_BYTES];

        snprintf(style, sizeof(style), "%s%s%s", s->style, *s->whole ? ", " : "", s->whole);
        snprintf(text[0], sizeof(text[0]), "%zu", s->printed);
        snprintf(text[1], sizeof(text[1]), "%zu", s->wrong);
        put_figure(text[2], s, s->guest);
        put_figure(text[3], s, s->truth);
        put_error(text[4], s);
        row(opaque, (const char *[]){m->platform[s->platform].label, style, text[0], text[1],
                                     s->worst, text[2], text[3], s->unit, text[4]});
    }
}
