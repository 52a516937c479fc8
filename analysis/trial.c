/* SPDX-License-Identifier: GPL-3.0-or-later */
/* analysis/trial.c - from judged boots and opened ledgers to rates; see trial.h. */
#include "analysis/trial.h"

#include <gsl/gsl_cdf.h>
#include <stdio.h>
#include <string.h>

#define BIT(n) (1u << (n))
#define HALVINGS 60 /* of [0, 1]: below what a double can tell */

/* What a lie looks like: any finding of `is` names it, those of `may` can stand beside it. */
static const struct look {
    const char *name;
    const char *kind, *form; /* of the request; form: how it begins, "" any */
    int sign;                /* of what was delivered; 0 either */
    unsigned is, may;
} looks[TRIAL_LIES] = {
    [TRIAL_STEAL] = {"steal", "steal", "", 0, BIT(TRIAL_FOUND_STEAL), 0},
    [TRIAL_PAUSE_TOLD] = {"pause:told", "pause", "pause:told", 0, BIT(TRIAL_FOUND_STEAL), 0},
    [TRIAL_PAUSE_HIDDEN] = {"pause:hidden", "pause", "pause:hidden", 0,
                            BIT(TRIAL_FOUND_PAUSE) | BIT(TRIAL_FOUND_BACKSTEP),
                            BIT(TRIAL_FOUND_STEAL)},
    [TRIAL_RESTORE_TOLD] = {"restore:told", "restore", "restore:told", 0, 0, 0},
    [TRIAL_RESTORE_HIDDEN] = {"restore:hidden", "restore", "restore:hidden", 0,
                              BIT(TRIAL_FOUND_BACKSTEP), 0},
    [TRIAL_STEP_ON] = {"offset_step:+", "offset_step", "", 1, BIT(TRIAL_FOUND_STEP), 0},
    [TRIAL_STEP_BACK] = {"offset_step:-", "offset_step", "", -1, BIT(TRIAL_FOUND_BACKSTEP), 0},
    [TRIAL_BACKSTEP] = {"backstep", "backstep", "", 0, BIT(TRIAL_FOUND_BACKSTEP), 0},
    [TRIAL_RATE] = {"rate_ppm", "rate_ppm", "", 0, BIT(TRIAL_FOUND_RATE), 0},
    [TRIAL_JITTER] = {"jitter", "jitter", "", 0, BIT(TRIAL_FOUND_JITTER), 0},
    [TRIAL_PAD] = {"exit_pad", "exit_pad", "", 0, BIT(TRIAL_FOUND_PAD), 0},
    [TRIAL_LOST] = {"lost_ticks", "lost_ticks", "", 0, BIT(TRIAL_FOUND_LOST),
                    BIT(TRIAL_FOUND_OVER)},
    [TRIAL_OVER] = {"user_over_total", "user_over_total", "", 0, BIT(TRIAL_FOUND_OVER),
                    BIT(TRIAL_FOUND_LOST)},
    [TRIAL_GUESTS] = {"guests", "guests", "", 0, BIT(TRIAL_FOUND_STEAL), 0},
};

static const char *const findings[TRIAL_FINDINGS] = {
    [TRIAL_FOUND_STEAL] = "steal",          [TRIAL_FOUND_PAUSE] = "pause",
    [TRIAL_FOUND_STEP] = "offset_step",     [TRIAL_FOUND_BACKSTEP] = "backstep",
    [TRIAL_FOUND_RATE] = "rate_ppm",        [TRIAL_FOUND_JITTER] = "jitter",
    [TRIAL_FOUND_PAD] = "exit_pad",         [TRIAL_FOUND_LOST] = "lost_ticks",
    [TRIAL_FOUND_OVER] = "user_over_total",
};

const char *trial_lie_name(enum trial_lie lie)
{
    return looks[lie].name;
}

enum trial_lie trial_lie_of(const char *kind, const char *form, int64_t delivered)
{
    for (unsigned i = 0; i < TRIAL_LIES; i++) {
        const struct look *l = &looks[i];

        if (strcmp(l->kind, kind) == 0 && strncmp(form, l->form, strlen(l->form)) == 0 &&
            (!l->sign || (l->sign < 0) == (delivered < 0)))
            return (enum trial_lie)i;
    }
    return TRIAL_LIES;
}

const char *trial_finding_name(enum trial_finding finding)
{
    return findings[finding];
}

enum trial_finding trial_finding_of(const char *kind)
{
    unsigned i = 0;

    while (i < TRIAL_FINDINGS && strcmp(findings[i], kind) != 0)
        i++;
    return (enum trial_finding)i;
}

const char *trial_control_name(enum trial_control control)
{
    static const char *const names[TRIAL_CONTROLS] = {
        [TRIAL_CONTROL_DRAWN] = "no lie drawn",
        [TRIAL_CONTROL_ARMED] = "armed, nothing done",
        [TRIAL_CONTROL_TOLD] = "told, the clock is right",
        [TRIAL_CONTROL_OPEN] = "open control",
    };

    return names[control];
}

const char *trial_list(unsigned set, char out[TRIAL_LIST_BYTES])
{
    size_t used = 0;

    snprintf(out, TRIAL_LIST_BYTES, "nothing");
    for (unsigned i = 0; i < TRIAL_FINDINGS; i++)
        if (set & BIT(i))
            used += (size_t)snprintf(out + used, TRIAL_LIST_BYTES - used, "%s%s",
                                     used ? ", " : "", findings[i]);
    return out;
}

/* --- a boot --- */

/* Those of the lies that a look from outside can show at all. */
static unsigned to_be_seen(unsigned lies)
{
    unsigned seen = 0;

    for (unsigned i = 0; i < TRIAL_LIES; i++)
        if (lies & BIT(i) && looks[i].is)
            seen |= BIT(i);
    return seen;
}

/* Has each of the lies one of its names in the set? */
static int each_in(unsigned lies, unsigned set)
{
    for (unsigned i = 0; i < TRIAL_LIES; i++)
        if (lies & BIT(i) && !(looks[i].is & set))
            return 0;
    return 1;
}

enum trial_outcome trial_judge(const struct trial_boot *b)
{
    const unsigned lies = to_be_seen(b->done);
    unsigned theirs = 0;

    if (!b->judged)
        return TRIAL_UNJUDGED;
    if (!lies)
        return b->found ? TRIAL_FALSE_ALARM : TRIAL_CLEAN;
    if (!b->found)
        return TRIAL_MISSED;
    for (unsigned i = 0; i < TRIAL_LIES; i++)
        if (lies & BIT(i))
            theirs |= looks[i].is | looks[i].may;
    return each_in(lies, b->found) && !(b->found & ~theirs) ? TRIAL_NAMED : TRIAL_DETECTED;
}

/* --- all of them --- */

static void count(struct trial_tally *t, const struct trial_boot *b, enum trial_outcome o)
{
    t->boots++;
    t->detected += o != TRIAL_MISSED;
    t->named += o == TRIAL_NAMED;
    t->sized += o == TRIAL_NAMED && !b->wrong && each_in(to_be_seen(b->done), b->sized);
    t->court += b->court == TRIAL_COURT_NAMED;
}

static enum trial_control control_of(const struct trial_boot *b)
{
    if (!b->sealed)
        return TRIAL_CONTROL_OPEN;
    if (b->done)
        return TRIAL_CONTROL_TOLD;
    return b->asked ? TRIAL_CONTROL_ARMED : TRIAL_CONTROL_DRAWN;
}

static void count_control(struct trial *t, const struct trial_boot *b, enum trial_outcome o)
{
    const enum trial_control k = control_of(b);

    t->control[k]++;
    t->alarms[k] += o == TRIAL_FALSE_ALARM;
    t->controls++;
    t->false_alarms += o == TRIAL_FALSE_ALARM;
    t->court_alarms += b->court == TRIAL_COURT_NAMED;
}

void trial_add(struct trial *t, const struct trial_boot *b)
{
    const enum trial_outcome o = trial_judge(b);
    const unsigned lies = to_be_seen(b->done);

    if (!b->sealed && b->asked)
        return;
    if (o == TRIAL_UNJUDGED) {
        t->unjudged++;
    } else if (!lies) {
        count_control(t, b, o);
    } else {
        count(&t->all, b, o);
        count(lies & (lies - 1) ? &t->several : &t->lie[__builtin_ctz(lies)], b, o);
    }
}

/* --- how well a rate is known --- */

/* The p at which a tail that grows with p has the probability `share`. */
static double solve(double (*tail)(unsigned, double, unsigned), unsigned k, unsigned n,
                    double share, int grows)
{
    double low = 0, high = 1;

    for (int i = 0; i < HALVINGS; i++) {
        const double p = (low + high) / 2;

        if ((tail(k, p, n) < share) == grows)
            low = p;
        else
            high = p;
    }
    return (low + high) / 2;
}

void trial_interval(size_t x, size_t n, double confidence, double *low, double *high)
{
    const double share = (1 - confidence) / 2;

    *low = 0;
    *high = 1;
    if (x > 0) /* P(X >= x) grows with p */
        *low = solve(gsl_cdf_binomial_Q, (unsigned)x - 1, (unsigned)n, share, 1);
    if (x < n) /* P(X <= x) falls */
        *high = solve(gsl_cdf_binomial_P, (unsigned)x, (unsigned)n, share, 0);
}
