/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/drift_power.c - the smallest distortions that would be found; see drift.h.
 */
#include <math.h>
#include <string.h>

#include "reports/drift.h"
#include "reports/escape.h"

const char *drift_size_text(enum detection_kind kind, double size, char buf[DRIFT_TEXT_BYTES])
{
    if (kind != DETECTION_RATE)
        return drift_time_text(size, buf);
    snprintf(buf, DRIFT_TEXT_BYTES, "%.3g ppm", size);
    return buf;
}

static void limit_text(const struct detection_curve *c, char buf[DRIFT_TEXT_BYTES])
{
    char size[DRIFT_TEXT_BYTES], low[DRIFT_TEXT_BYTES], high[DRIFT_TEXT_BYTES];

    if (isnan(c->limit)) {
        snprintf(buf, DRIFT_TEXT_BYTES, "none: %s", c->reason);
        return;
    }
    drift_size_text(c->kind, c->limit, size);
    drift_size_text(c->kind, c->limit_low, low);
    drift_size_text(c->kind, c->limit_high, high);
    snprintf(buf, DRIFT_TEXT_BYTES, "%.40s (%.40s to %.40s)", size,
             isnan(c->limit_low) ? "not bounded" : low,
             isnan(c->limit_high) ? "not bounded" : high);
}

static void length_text(const struct detection_curve *c, char buf[DRIFT_TEXT_BYTES])
{
    snprintf(buf, DRIFT_TEXT_BYTES, "%.4g s, %zu %s%s", c->length_s, c->readings,
             c->kind == DETECTION_STEAL ? "intervals" : "readings",
             c->extrapolated ? ", extrapolated" : "");
}

static void alarm_text(const struct detection_curve *c, char buf[DRIFT_TEXT_BYTES])
{
    if (c->clean.trials)
        snprintf(buf, DRIFT_TEXT_BYTES, "%u of %u (up to %.2g %%)", c->clean.named,
                 c->clean.trials, 100 * c->clean.high);
    else
        snprintf(buf, DRIFT_TEXT_BYTES, "not tried");
}

const char *drift_power_text(const struct drift_set *set, const struct drift_power *p,
                             char buf[DRIFT_TEXT_BYTES])
{
    if (!p->boots)
        snprintf(buf, DRIFT_TEXT_BYTES, "nothing can be injected: %.160s", p->reason);
    else if (!strcmp(p->name, DRIFT_STEAL_NAME))
        snprintf(
            buf, DRIFT_TEXT_BYTES,
            "one gap in an interval of known work; a gap shows in its own interval alone, "
            "whatever the length; %zu boots, %u trials a size",
            p->boots, set->setting.trials);
    else if (!*p->platform)
        snprintf(buf, DRIFT_TEXT_BYTES, "its own noise, %s; %u trials a size",
                 detection_noise_name(p->noise), set->setting.trials);
    else
        snprintf(buf, DRIFT_TEXT_BYTES, "noise of %zu boot%s, %s%s; %u trials a size",
                 p->boots, p->boots == 1 ? "" : "s", detection_noise_name(p->noise),
                 p->left_out ? ", those that are not clean left out" : "",
                 set->setting.trials);
    return buf;
}

/* --- terminal --- */

static void text_curve(FILE *f, const struct detection_curve *c)
{
    char length[DRIFT_TEXT_BYTES], limit[DRIFT_TEXT_BYTES], alarm[DRIFT_TEXT_BYTES];

    length_text(c, length);
    limit_text(c, limit);
    alarm_text(c, alarm);
    fprintf(f, "    %-9s %-30s %-44s", detection_name(c->kind), length, limit);
    if (c->clean.trials)
        fprintf(f, " false alarms %s", alarm);
    fputc('\n', f);
}

void drift_write_power_text(FILE *f, const struct drift_set *set)
{
    char buf[DRIFT_TEXT_BYTES];

    if (!set->powers)
        return;
    fprintf(f, "\nSmallest distortion found at %.3g %% power (interval of that size)\n",
            100 * set->setting.power);
    for (size_t i = 0; i < set->powers; i++) {
        const struct drift_power *p = &set->power[i];

        if (*p->platform) {
            escape_text(f, p->platform);
            fputc(' ', f);
            escape_text(f, p->variant);
            fputs(*p->variant ? "  " : " ", f);
        }
        escape_text(f, p->name);
        fprintf(f, ": %s\n", drift_power_text(set, p, buf));
        for (size_t k = 0; k < p->curves; k++)
            text_curve(f, &p->curve[k]);
    }
}

/* --- programs --- */

static void json_real(FILE *f, const char *name, double value)
{
    if (isfinite(value))
        fprintf(f, ",\"%s\":%.17g", name, value);
    else
        fprintf(f, ",\"%s\":null", name);
}

static void json_point(FILE *f, const struct detection_point *p)
{
    fprintf(f, "{\"size\":%.17g,\"trials\":%u,\"found\":%u,\"named\":%u", p->size, p->trials,
            p->found, p->named);
    json_real(f, "low", p->low);
    json_real(f, "high", p->high);
    fputc('}', f);
}

static void json_curve(FILE *f, const struct detection_curve *c)
{
    fprintf(f, "{\"kind\":\"%s\",\"unit\":\"%s\",\"readings\":%zu", detection_name(c->kind),
            detection_unit(c->kind), c->readings);
    json_real(f, "length_s", c->length_s);
    fprintf(f, ",\"extrapolated\":%s", c->extrapolated ? "true" : "false");
    json_real(f, "limit", c->limit);
    json_real(f, "limit_low", c->limit_low);
    json_real(f, "limit_high", c->limit_high);
    fputs(",\"reason\":", f);
    escape_json(f, c->reason);
    fputs(",\"clean\":", f);
    json_point(f, &c->clean);
    fputs(",\"points\":[", f);
    for (size_t i = 0; i < c->points; i++) {
        fputs(i ? ",\n   " : "\n   ", f);
        json_point(f, &c->point[i]);
    }
    fputs("]}", f);
}

void drift_write_power_json(FILE *f, const struct drift_set *set)
{
    fprintf(f, ",\n\"power\":{\"asked\":%.17g,\"confidence\":%.17g,\"trials\":%u,\"clocks\":[",
            set->setting.power, set->setting.confidence, set->setting.trials);
    for (size_t i = 0; i < set->powers; i++) {
        const struct drift_power *p = &set->power[i];

        fputs(i ? ",\n {\"platform\":" : "\n {\"platform\":", f);
        escape_json(f, p->platform);
        fputs(",\"variant\":", f);
        escape_json(f, p->variant);
        fputs(",\"clock\":", f);
        escape_json(f, p->name);
        fprintf(f, ",\"boots\":%zu,\"left_out\":%zu,\"noise\":\"%s\",\"reason\":", p->boots,
                p->left_out, detection_noise_name(p->noise));
        escape_json(f, p->reason);
        fputs(",\"curves\":[", f);
        for (size_t k = 0; k < p->curves; k++) {
            fputs(k ? ",\n  " : "\n  ", f);
            json_curve(f, &p->curve[k]);
        }
        fputs("]}", f);
    }
    fputs("]}", f);
}

/* --- certificates --- */

/* Power of this clock; NULL: none was asked for. */
static const struct drift_power *power_of(const struct drift_set *set,
                                          const struct drift_clock *k)
{
    for (size_t i = 0; i < set->powers; i++)
        if (!strcmp(set->power[i].platform, k->s.platform) &&
            !strcmp(set->power[i].variant, k->s.variant) &&
            !strcmp(set->power[i].name, k->s.name))
            return &set->power[i];
    return NULL;
}

static void html_cell(FILE *f, const char *text)
{
    fputs("<td>", f);
    escape_html(f, text);
    fputs("</td>", f);
}

static void html_curve(FILE *f, const struct detection_curve *c)
{
    char buf[DRIFT_TEXT_BYTES];

    fprintf(f, "<tr><th scope=\"row\">%s</th>", detection_name(c->kind));
    length_text(c, buf);
    html_cell(f, buf);
    limit_text(c, buf);
    html_cell(f, buf);
    alarm_text(c, buf);
    html_cell(f, buf);
    fputs("</tr>\n", f);
}

#define LINES 5u

/* One figure a kind: power over size, a line a length. */
static int html_plot(FILE *f, const struct drift_power *p, enum detection_kind kind,
                     struct err *e)
{
    static const char *const title[] = {
        [DETECTION_RATE] = "Power of finding a rate",
        [DETECTION_STEP] = "Power of finding a step forward",
        [DETECTION_BACKSTEP] = "Power of finding a step back",
        [DETECTION_FREEZE] = "Power of finding a freeze",
    };
    double x[LINES][DETECTION_POINTS], y[LINES][DETECTION_POINTS];
    char name[LINES][DRIFT_TEXT_BYTES], id[32];
    struct plot_series series[LINES];
    size_t n = 0;

    for (size_t k = 0; k < p->curves && n < LINES; k++) {
        const struct detection_curve *c = &p->curve[k];

        if (c->kind != kind || !c->points)
            continue;
        for (size_t i = 0; i < c->points; i++) {
            x[n][i] = c->point[i].size;
            y[n][i] = 100.0 * c->point[i].named / c->point[i].trials;
        }
        length_text(c, name[n]);
        series[n] = (struct plot_series){.name = name[n],
                                         .colour = (unsigned)n,
                                         .style = PLOT_LINE,
                                         .x = x[n],
                                         .y = y[n],
                                         .n = c->points};
        n++;
    }
    if (!n)
        return 0;
    snprintf(id, sizeof(id), "power_%s", detection_name(kind));
    return drift_put_figure(
        f, id, title[kind], "Share of trials in which it was found in its place and named.",
        NULL,
        (struct plot){.x_label = kind == DETECTION_RATE ? "rate, ppm" : "size, ns",
                      .y_label = "power, %",
                      .log_x = 1,
                      .series = series,
                      .series_count = n},
        e);
}

int drift_put_power_page(FILE *f, const struct drift_set *set, const struct drift_clock *k,
                         struct err *e)
{
    const struct drift_power *p = power_of(set, k);
    char buf[DRIFT_TEXT_BYTES];
    int rc = 0;

    if (!p)
        return 0;
    fprintf(f, "<section>\n<h2>Smallest distortion found at %.3g %% power</h2>\n<p>",
            100 * set->setting.power);
    escape_html(f, drift_power_text(set, p, buf));
    fputs(".</p>\n", f);
    if (p->curves) {
        fputs("<div class=\"scroll\"><table><caption>Limits, each with its interval</caption>"
              "<thead><tr><th scope=\"col\">kind</th><th scope=\"col\">length</th>"
              "<th scope=\"col\">smallest size found</th>"
              "<th scope=\"col\">false alarms of clean series</th></tr></thead><tbody>\n",
              f);
        for (size_t i = 0; i < p->curves; i++)
            html_curve(f, &p->curve[i]);
        fputs("</tbody></table></div>\n", f);
    }
    for (int kind = DETECTION_RATE; !rc && kind <= DETECTION_FREEZE; kind++)
        rc = html_plot(f, p, (enum detection_kind)kind, e);
    fputs("</section>\n", f);
    return rc;
}

void drift_put_power_markdown(FILE *f, const struct drift_set *set,
                              const struct drift_clock *k)
{
    const struct drift_power *p = power_of(set, k);
    char length[DRIFT_TEXT_BYTES], limit[DRIFT_TEXT_BYTES], alarm[DRIFT_TEXT_BYTES];

    if (!p)
        return;
    fprintf(f, "\n## Smallest distortion found at %.3g %% power\n\n",
            100 * set->setting.power);
    escape_markdown(f, drift_power_text(set, p, length));
    fputs(".\n", f);
    if (p->curves)
        fputs("\n| kind | length | smallest size found | false alarms of clean series |\n"
              "| --- | --- | --- | --- |\n",
              f);
    for (size_t i = 0; i < p->curves; i++) {
        length_text(&p->curve[i], length);
        limit_text(&p->curve[i], limit);
        alarm_text(&p->curve[i], alarm);
        fprintf(f, "| %s | %s | %s | %s |\n", detection_name(p->curve[i].kind), length, limit,
                alarm);
    }
}
