/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/drift_text.c - clocks on a terminal, and the words that all forms share; see drift.h.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "analysis/uncertainty.h"
#include "base/hash.h"
#include "reports/drift.h"
#include "reports/escape.h"

#define EVENTS_SHOWN 10u

const char *const drift_method[DRIFT_METHOD_LINES] = {
    "Offset is clock less reference, against the first reading. With brackets it lies between "
    "the reading before less the edge after it and the reading after less the edge before it, "
    "whatever the delays were.",
    "Skew is the Theil-Sen slope of the middles; beside it stands a robust regression "
    "(bisquare "
    "weights). The interval holds both estimates' own (each at half the risk), one resolution "
    "at "
    "either end and the timebase.",
    "Where a runs test says that residuals hang together and no line passes within the "
    "brackets, "
    "the interval is OADEV at an eighth of the window, carried on to the window as a random "
    "walk "
    "of frequency, unless the eighths' frequencies are independent (von Neumann).",
    "A jump is an offset that brackets on both sides cannot share at the clock's rate; "
    "without "
    "brackets a step of the running median beyond six times its noise and five times its "
    "spread. A step back is a "
    "reading "
    "smaller than the one before. A freeze is equal readings while more time passes than the "
    "smallest step the clock was seen to make.",
    "Deviations after NIST SP 1065 from evenly spaced phase; readings at uneven times are "
    "joined "
    "by straight lines. Intervals: chi-squared, equivalent degrees of freedom by Greenhall "
    "and "
    "Riley (2003) for the noise told by the lag-1 autocorrelation.",
    "Sound: no event, and the skew's interval holds 0 or stays within 0.1 ppm of it. Biased: "
    "it "
    "does neither. Aberrant: an event, or more than 500 ppm. Unknown: the interval is wider "
    "than "
    "that.",
    "A sample is aberrant where an event is met, biased where it alone excludes a clock that "
    "kept "
    "the first offset, sound otherwise.",
};

const char *drift_time_text(double ns, char buf[DRIFT_TEXT_BYTES])
{
    static const struct {
        const char *name;
        double ns;
    } unit[] = {{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}};
    size_t i = 0;

    if (!isfinite(ns)) {
        snprintf(buf, DRIFT_TEXT_BYTES, "unknown");
        return buf;
    }
    while (i < 3 && fabs(ns) < unit[i].ns)
        i++;
    snprintf(buf, DRIFT_TEXT_BYTES, "%.4g %s", ns / unit[i].ns, unit[i].name);
    return buf;
}

const char *drift_skew_text(const struct drift_clock *k, char buf[DRIFT_TEXT_BYTES])
{
    const struct clock_assessment *a = &k->a;
    const double u = fmax(a->skew_high - a->skew_ppm, a->skew_ppm - a->skew_low);
    int decimals = isnan(u) ? 3 : uncertainty_decimals(u, 6) + 1;

    if (decimals < 0)
        decimals = 0;
    if (isnan(a->skew_ppm))
        snprintf(buf, DRIFT_TEXT_BYTES, "none");
    else if (isnan(u))
        snprintf(buf, DRIFT_TEXT_BYTES, "%+.3f ppm apart from its events", a->skew_ppm);
    else
        snprintf(buf, DRIFT_TEXT_BYTES, "%+.*f \xC2\xB1 %.*f ppm", decimals, a->skew_ppm,
                 decimals, u);
    return buf;
}

const char *drift_event_text(const struct clock_event *v, char buf[DRIFT_TEXT_BYTES])
{
    char size[DRIFT_TEXT_BYTES], u[DRIFT_TEXT_BYTES], stood[DRIFT_TEXT_BYTES];

    drift_time_text(v->size_ns, size);
    drift_time_text(v->u_ns, u);
    if (v->kind == CLOCK_FREEZE)
        snprintf(
            buf, DRIFT_TEXT_BYTES,
            "freeze of at least %.40s at %.9g s, the offset then another by %.40s \xC2\xB1 "
            "%.40s",
            drift_time_text(v->to_ns - v->from_ns, stood), v->from_ns / 1e9, size, u);
    else
        snprintf(buf, DRIFT_TEXT_BYTES, "%s of %.40s \xC2\xB1 %.40s between %.9g and %.9g s",
                 clock_event_name(v->kind), size, u, v->from_ns / 1e9, v->to_ns / 1e9);
    return buf;
}

const char *drift_spacing_text(const struct drift_clock *k, char buf[DRIFT_TEXT_BYTES])
{
    if (!k->rows)
        snprintf(buf, DRIFT_TEXT_BYTES, "no stability: too few readings, or all at one time");
    else if (k->largest_gap < 1.01)
        snprintf(buf, DRIFT_TEXT_BYTES, "readings come evenly, %.6g s apart", k->tau0_s);
    else
        snprintf(
            buf, DRIFT_TEXT_BYTES,
            "readings come unevenly and were resampled by straight lines to %.6g s; the "
            "largest gap is %.3g of these, and below it the clock looks more stable than it "
            "may be",
            k->tau0_s, k->largest_gap);
    if (k->left_out)
        snprintf(buf + strlen(buf), DRIFT_TEXT_BYTES - strlen(buf),
                 "; %zu readings with wide brackets are left out", k->left_out);
    return buf;
}

const char *drift_nature_text(const struct drift_head *head, const struct drift_set *set)
{
    if (!*head->campaign)
        return set->bounded
                   ? "Reference and brackets are the file's own: what they are worth is "
                     "for who made it to say."
                   : "The reference is the file's own and has no brackets: offsets have "
                     "noise of unknown origin and no bound.";
    if (head->lab)
        return "True time is the virtual time of the lab, an emulated computer in which every "
               "instruction takes a fixed time: clocks are compared exactly, and nothing is "
               "said "
               "about oscillators of real hardware.";
    return "True time is that of the external timer, outside the reach of any hypervisor.";
}

#define NAME_PART 60   /* bytes of each of the clock's own names */
#define NAME_DIGITS 12 /* of the hash */

static int is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '.' || c == '_' || c == '+' || c == '-';
}

/* Append what may stand in a file's name. Returns 1 if that was all of the text. */
static int add_plain(char name[DRIFT_NAME_BYTES], size_t *n, const char *text)
{
    int all = strlen(text) <= NAME_PART;

    for (size_t i = 0; i < NAME_PART && text[i]; i++) {
        const int plain = is_plain(text[i]) && (*n || text[i] != '.');

        all &= plain;
        name[(*n)++] = plain ? text[i] : '_';
    }
    name[*n] = 0;
    return all;
}

/* A boot has one platform and one variant, so that only the clock's own name must stay apart. */
void drift_certificate_name(const struct drift_clock *k, char name[DRIFT_NAME_BYTES])
{
    char hash[HASH_HEX_BYTES];
    size_t n = 0;

    if (*k->s.platform) {
        n = (size_t)snprintf(name, DRIFT_NAME_BYTES, "boot%03" PRId64 "-", k->s.boot);
        add_plain(name, &n, k->s.platform);
        name[n++] = '-';
    }
    if (*k->s.variant) {
        add_plain(name, &n, k->s.variant);
        name[n++] = '-';
    }
    if (add_plain(name, &n, k->s.name) && *k->s.name)
        return;
    hash_bytes(k->s.name, strlen(k->s.name), hash);
    snprintf(name + n, DRIFT_NAME_BYTES - n, "-%.*s", NAME_DIGITS, hash);
}

static void write_clock(FILE *f, const struct drift_clock *k)
{
    char buf[DRIFT_TEXT_BYTES];

    if (*k->s.platform) {
        fprintf(f, "boot %-3" PRId64 " ", k->s.boot);
        escape_text(f, k->s.platform);
        fputc(' ', f);
        escape_text(f, k->s.variant);
        fputs(*k->s.variant ? "  " : " ", f);
    }
    escape_text(f, k->s.name);
    fprintf(f, ": %s", clock_verdict_name(k->a.verdict));
    if (*k->a.reason) {
        fputs(", ", f);
        escape_text(f, k->a.reason);
    }
    fprintf(f, "\n    skew %s", drift_skew_text(k, buf));
    if (!isnan(k->a.check_ppm))
        fprintf(f, " (robust fit %+.6g)", k->a.check_ppm);
    if (!isnan(k->a.jitter_ns))
        fprintf(f, ", jitter %s", drift_time_text(k->a.jitter_ns, buf));
    fprintf(f, ", %zu readings", k->s.n);
    if (k->verdict)
        fprintf(f, ": %zu sound, %zu biased, %zu aberrant", k->samples[CLOCK_SOUND],
                k->samples[CLOCK_BIASED], k->samples[CLOCK_ABERRANT]);
    fputc('\n', f);
    for (size_t i = 0; i < k->events && i < EVENTS_SHOWN; i++)
        fprintf(f, "    %s\n", drift_event_text(&k->event[i], buf));
    if (k->events > EVENTS_SHOWN)
        fprintf(f, "    and %zu events more (--json has all)\n", k->events - EVENTS_SHOWN);
}

/* "-" where too few readings define it. */
static void cell(FILE *f, const char *before, int width, double value)
{
    if (isnan(value))
        fprintf(f, "%s%*s", before, width, "-");
    else
        fprintf(f, "%s%*.3g", before, width, value);
}

static void write_stability(FILE *f, const struct drift_clock *k)
{
    static const enum stability_kind others[] = {
        STABILITY_MDEV, STABILITY_HDEV, STABILITY_TOTDEV, STABILITY_TDEV, STABILITY_MTIE};
    char buf[DRIFT_TEXT_BYTES];

    fprintf(f, "\n%s\n", drift_spacing_text(k, buf));
    if (!k->rows)
        return;
    fputs("      tau, s      ADEV     OADEV   (95 %)                  MDEV      HDEV    "
          "TOTDEV   TDEV, s   MTIE, s  noise\n",
          f);
    for (size_t i = 0; i < k->rows; i++) {
        const struct stability_row *r = &k->row[i];

        fprintf(f, "%12.6g", r->tau);
        cell(f, " ", 9, r->deviation[STABILITY_ADEV]);
        cell(f, " ", 9, r->deviation[STABILITY_OADEV]);
        cell(f, " (", 8, r->low[STABILITY_OADEV]);
        cell(f, " to ", 8, r->high[STABILITY_OADEV]);
        fputc(')', f);
        for (size_t j = 0; j < sizeof(others) / sizeof(others[0]); j++)
            cell(f, " ", 9, r->deviation[others[j]]);
        fprintf(f, "  %s\n", r->noise_known ? stability_noise_name(r->alpha) : "unknown");
    }
}

void drift_write_text(FILE *f, const struct drift_head *head, const struct drift_set *set)
{
    if (*head->campaign) {
        fputs("campaign ", f);
        escape_text(f, head->campaign);
        fputs(", bench ", f);
        escape_text(f, head->bench);
        fputc('\n', f);
    }
    fprintf(f, "%s\n\n", drift_nature_text(head, set));
    if (!set->n)
        fputs("No clock was read.\n", f);
    for (size_t i = 0; i < set->n; i++)
        write_clock(f, &set->clock[i]);
    if (set->n == 1)
        write_stability(f, set->clock);
    for (size_t i = 0; i < set->closures; i++) {
        const struct drift_closure *c = &set->closure[i];

        fprintf(f, "boot %" PRId64 ": the clocks against each other %s; at worst (", c->boot,
                c->closes ? "close" : "DO NOT CLOSE");
        escape_text(f, set->clock[c->a].s.name);
        fputs(", ", f);
        escape_text(f, set->clock[c->b].s.name);
        fputs(", ", f);
        escape_text(f, set->clock[c->c].s.name);
        fprintf(f, ") by %.3g \xC2\xB1 %.3g ns and %.3g \xC2\xB1 %.3g ppm\n", c->offset_ns,
                c->offset_u_ns, c->skew_ppm, c->skew_u_ppm);
    }
    drift_write_power_text(f, set);
}
