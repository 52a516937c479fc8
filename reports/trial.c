/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reports/trial.c - a blind trial for people and for programs; see trial.h. */
#include "reports/trial.h"

#include <inttypes.h>

#include "reports/escape.h"

#define BIT(n) (1u << (n))

static struct trial add_up(const struct trial_set *set)
{
    struct trial t = {0};

    for (size_t i = 0; i < set->entries; i++)
        trial_add(&t, &set->entry[i].b);
    return t;
}

static int is_counted(const struct trial_boot *b)
{
    return b->sealed || !b->asked;
}

static const char *outcome_name(enum trial_outcome o)
{
    static const char *const names[] = {
        [TRIAL_CLEAN] = "clean",   [TRIAL_FALSE_ALARM] = "false alarm",
        [TRIAL_MISSED] = "missed", [TRIAL_DETECTED] = "detected, not named",
        [TRIAL_NAMED] = "named",   [TRIAL_UNJUDGED] = "not judged",
    };

    return names[o];
}

/* --- text --- */

static void put_rate(FILE *f, const char *name, size_t x, size_t n)
{
    double low, high;

    trial_interval(x, n, TRIAL_CONFIDENCE, &low, &high);
    fprintf(f, "%-14s %4zu of %4zu   %6.2f %%, from %.2f to %.2f %% (exact, 95 %%)\n", name, x,
            n, n ? 100 * (double)x / (double)n : 0, 100 * low, 100 * high);
}

static void put_tally(FILE *f, const char *name, const struct trial_tally *t)
{
    if (t->boots)
        fprintf(f, "%-18s %6zu %9zu %6zu %6zu %7zu %6zu\n", name, t->boots, t->detected,
                t->named, t->sized, t->boots - t->detected, t->court);
}

static void put_boot(FILE *f, const struct trial_entry *t, enum trial_outcome o)
{
    char list[TRIAL_LIST_BYTES];

    fprintf(f, "boot %" PRId64 " (", t->b.boot);
    escape_text(f, t->platform);
    fputc(' ', f);
    escape_text(f, t->variant);
    fprintf(f, ", seed %s) %s: ", t->seed, outcome_name(o));
    if (o == TRIAL_UNJUDGED) {
        escape_text(f, t->reason);
    } else {
        escape_text(f, *t->lies ? t->lies : "no lie");
        fprintf(f, ", found: %s", trial_list(t->b.found, list));
    }
    fputc('\n', f);
}

static void put_lies(FILE *f, const struct trial *t)
{
    fprintf(f, "%-18s %6s %9s %6s %6s %7s %6s\n", "lie", "boots", "detected", "named", "sized",
            "missed", "court");
    for (unsigned i = 0; i < TRIAL_LIES; i++)
        put_tally(f, trial_lie_name((enum trial_lie)i), &t->lie[i]);
    put_tally(f, "several at once", &t->several);
    put_tally(f, "all", &t->all);
    fprintf(f, "\n%-26s %6s %12s\n", "control", "boots", "false alarms");
    for (unsigned i = 0; i < TRIAL_CONTROLS; i++)
        if (t->control[i])
            fprintf(f, "%-26s %6zu %12zu\n", trial_control_name((enum trial_control)i),
                    t->control[i], t->alarms[i]);
    fprintf(f, "%-26s %6zu %12zu\n\n", "all", t->controls, t->false_alarms);
}

void trial_write_text(const struct trial_set *set, const char *findings, FILE *f)
{
    const struct trial t = add_up(set);

    fprintf(f,
            "\nblind trial: %zu boots sealed; findings fixed before opening, SHA-256 %s\n\n",
            set->seals, findings);
    put_lies(f, &t);
    put_rate(f, "detected", t.all.detected, t.all.boots);
    put_rate(f, "named", t.all.named, t.all.boots);
    put_rate(f, "sized", t.all.sized, t.all.boots);
    put_rate(f, "missed", t.all.boots - t.all.detected, t.all.boots);
    put_rate(f, "false alarms", t.false_alarms, t.controls);
    fprintf(
        f,
        "court: boots of which it calls the guest's TSC no sound clock; of the controls %zu\n",
        t.court_alarms);
    if (t.unjudged)
        fprintf(f, "not judged: %zu boots\n", t.unjudged);
    for (size_t i = 0; i < set->entries; i++) {
        const struct trial_entry *b = &set->entry[i];
        const enum trial_outcome o = trial_judge(&b->b);

        if (is_counted(&b->b) && o != TRIAL_CLEAN && o != TRIAL_NAMED)
            put_boot(f, b, o);
    }
}

/* --- JSON --- */

static void put_json_rate(FILE *f, const char *name, size_t x, size_t n)
{
    double low, high;

    trial_interval(x, n, TRIAL_CONFIDENCE, &low, &high);
    fprintf(f, ",\n \"%s\":{\"boots\":%zu,\"of\":%zu,\"low\":%.17g,\"high\":%.17g}", name, x,
            n, low, high);
}

static void put_json_tally(FILE *f, const char *name, const struct trial_tally *t, int first)
{
    fprintf(f,
            "%s\n  {\"lie\":\"%s\",\"boots\":%zu,\"detected\":%zu,\"named\":%zu,\"sized\":%zu,"
            "\"court\":%zu}",
            first ? "" : ",", name, t->boots, t->detected, t->named, t->sized, t->court);
}

/* Names of a set of kinds as an array. */
static void put_json_found(FILE *f, unsigned found)
{
    int more = 0;

    fputs(",\"found\":[", f);
    for (unsigned i = 0; i < TRIAL_FINDINGS; i++)
        if (found & BIT(i)) {
            fprintf(f, "%s\"%s\"", more ? "," : "", trial_finding_name((enum trial_finding)i));
            more = 1;
        }
    fputc(']', f);
}

static void put_json_boot(FILE *f, const struct trial_entry *t, int first)
{
    fprintf(f, "%s\n  {\"boot\":%" PRId64 ",\"platform\":", first ? "" : ",", t->b.boot);
    escape_json(f, t->platform);
    fputs(",\"variant\":", f);
    escape_json(f, t->variant);
    fprintf(f, ",\"seed\":\"%s\",\"sealed\":%s,\"lie\":", t->seed,
            t->b.sealed ? "true" : "false");
    escape_json(f, t->lies);
    put_json_found(f, t->b.found);
    fprintf(f,
            ",\"outcome\":\"%s\",\"court\":%s,\"reason\":", outcome_name(trial_judge(&t->b)),
            t->b.court == TRIAL_COURT_NONE    ? "null"
            : t->b.court == TRIAL_COURT_NAMED ? "\"not sound\""
                                              : "\"sound\"");
    escape_json(f, t->reason);
    fputc('}', f);
}

void trial_write_json(const struct trial_set *set, const char *findings, FILE *f)
{
    const struct trial t = add_up(set);

    fprintf(f, "{\"seals\":%zu,\"findings\":\"%s\",\"confidence\":%g", set->seals, findings,
            TRIAL_CONFIDENCE);
    put_json_rate(f, "detected", t.all.detected, t.all.boots);
    put_json_rate(f, "named", t.all.named, t.all.boots);
    put_json_rate(f, "sized", t.all.sized, t.all.boots);
    put_json_rate(f, "missed", t.all.boots - t.all.detected, t.all.boots);
    put_json_rate(f, "false_alarms", t.false_alarms, t.controls);
    fprintf(f, ",\n \"court_alarms\":%zu,\"unjudged\":%zu,\"lies\":[", t.court_alarms,
            t.unjudged);
    for (unsigned i = 0; i < TRIAL_LIES; i++)
        put_json_tally(f, trial_lie_name((enum trial_lie)i), &t.lie[i], i == 0);
    put_json_tally(f, "several", &t.several, 0);
    fputs("],\n \"controls\":[", f);
    for (unsigned i = 0; i < TRIAL_CONTROLS; i++)
        fprintf(f, "%s\n  {\"control\":\"%s\",\"boots\":%zu,\"false_alarms\":%zu}",
                i ? "," : "", trial_control_name((enum trial_control)i), t.control[i],
                t.alarms[i]);
    fputs("],\n \"boots\":[", f);
    for (size_t i = 0; i < set->entries; i++)
        put_json_boot(f, &set->entry[i], i == 0);
    fputs("]}\n", f);
}
