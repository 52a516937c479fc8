/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/drift_json.c - clocks for programs; see drift.h.
 */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "reports/drift.h"
#include "reports/escape.h"

static void put_key(FILE *f, const char *name)
{
    fprintf(f, ",\"%s\":", name);
}

static void put_text(FILE *f, const char *name, const char *text)
{
    put_key(f, name);
    escape_json(f, text);
}

static void put_real(FILE *f, const char *name, double value)
{
    put_key(f, name);
    if (isfinite(value))
        fprintf(f, "%.17g", value);
    else
        fputs("null", f);
}

static void put_count(FILE *f, const char *name, uint64_t value)
{
    put_key(f, name);
    fprintf(f, "%" PRIu64, value);
}

static void put_samples(FILE *f, const struct drift_clock *k)
{
    if (!k->verdict) {
        fputs(",\"samples\":null", f);
        return;
    }
    fprintf(f, ",\"samples\":{\"sound\":%zu,\"biased\":%zu,\"aberrant\":%zu}",
            k->samples[CLOCK_SOUND], k->samples[CLOCK_BIASED], k->samples[CLOCK_ABERRANT]);
}

static void put_events(FILE *f, const struct drift_clock *k)
{
    fputs(",\"events\":[", f);
    for (size_t i = 0; i < k->events; i++) {
        const struct clock_event *v = &k->event[i];

        fprintf(f, "%s{\"kind\":\"%s\"", i ? "," : "", clock_event_name(v->kind));
        put_real(f, "from_ns", v->from_ns);
        put_real(f, "to_ns", v->to_ns);
        put_real(f, "size_ns", v->size_ns);
        put_real(f, "u_ns", v->u_ns);
        fputc('}', f);
    }
    fputc(']', f);
}

static void put_stability(FILE *f, const struct drift_clock *k)
{
    put_real(f, "tau0_s", k->rows ? k->tau0_s : NAN);
    put_real(f, "largest_gap", k->rows ? k->largest_gap : NAN);
    put_count(f, "left_out", k->left_out);
    fputs(",\"stability\":[", f);
    for (size_t i = 0; i < k->rows; i++) {
        const struct stability_row *r = &k->row[i];

        fprintf(f, "%s\n  {\"m\":%zu", i ? "," : "", r->m);
        put_real(f, "tau_s", r->tau);
        put_text(f, "noise", r->noise_known ? stability_noise_name(r->alpha) : NULL);
        for (int d = 0; d < STABILITY_KINDS; d++) {
            char name[32];

            snprintf(name, sizeof(name), "%s", stability_name((enum stability_kind)d));
            for (char *p = name; *p; p++)
                *p = (char)tolower((unsigned char)*p);
            put_real(f, name, r->deviation[d]);
            if (d == STABILITY_MTIE)
                continue;
            strcat(name, "_low");
            put_real(f, name, r->low[d]);
            strcpy(name + strlen(name) - 3, "high");
            put_real(f, name, r->high[d]);
        }
        fputc('}', f);
    }
    fputs("]}", f);
}

static void put_clock(FILE *f, const struct drift_head *head, const struct drift_clock *k)
{
    const int processor = k->question.kind == CLOCK_KIND_PROCESSOR;

    fputs("{\"campaign\":", f);
    escape_json(f, head->campaign);
    put_text(f, "bench", head->bench);
    put_key(f, "boot");
    fprintf(f, "%" PRId64, k->s.boot);
    put_text(f, "platform", k->s.platform);
    put_text(f, "variant", k->s.variant);
    put_text(f, "clock", k->s.name);
    put_real(f, "offset_ns", k->a.offset_ns);
    put_real(f, "skew_ppm", k->a.skew_ppm);
    put_real(f, "skew_low", k->a.skew_low);
    put_real(f, "skew_high", k->a.skew_high);
    put_key(f, "jumps");
    if (processor)
        fputs("null", f);
    else
        fprintf(f, "%" PRIu64, k->a.jumps);
    put_count(f, "backsteps", k->a.backsteps);
    put_key(f, "freezes");
    if (processor)
        fputs("null", f);
    else
        fprintf(f, "%" PRIu64, k->a.freezes);
    put_text(f, "verdict", clock_verdict_name(k->a.verdict));
    put_text(f, "reason", k->a.reason);
    put_real(f, "check_ppm", k->a.check_ppm);
    put_real(f, "jitter_ns", k->a.jitter_ns);
    put_count(f, "readings", k->s.n);
    put_samples(f, k);
    put_events(f, k);
    put_stability(f, k);
}

static void put_pair(FILE *f, const struct drift_set *set, const struct drift_pair *p)
{
    fprintf(f, "{\"boot\":%" PRId64, set->clock[p->a].s.boot);
    put_text(f, "a", set->clock[p->a].s.name);
    put_text(f, "b", set->clock[p->b].s.name);
    put_real(f, "offset_ns", p->offset_ns);
    put_real(f, "offset_u_ns", p->offset_u_ns);
    put_real(f, "skew_ppm", p->skew_ppm);
    put_real(f, "skew_low", p->skew_low);
    put_real(f, "skew_high", p->skew_high);
    fputc('}', f);
}

static void put_closure(FILE *f, const struct drift_set *set, const struct drift_closure *c)
{
    fprintf(f, "{\"boot\":%" PRId64 ",\"closes\":%s", c->boot, c->closes ? "true" : "false");
    put_text(f, "a", set->clock[c->a].s.name);
    put_text(f, "b", set->clock[c->b].s.name);
    put_text(f, "c", set->clock[c->c].s.name);
    put_real(f, "offset_ns", c->offset_ns);
    put_real(f, "offset_u_ns", c->offset_u_ns);
    put_real(f, "skew_ppm", c->skew_ppm);
    put_real(f, "skew_u_ppm", c->skew_u_ppm);
    fputc('}', f);
}

void drift_write_json(FILE *f, const struct drift_head *head, const struct drift_set *set)
{
    fputs("{\"clocks\":[", f);
    for (size_t i = 0; i < set->n; i++) {
        fputs(i ? ",\n" : "\n", f);
        put_clock(f, head, &set->clock[i]);
    }
    fputs("],\n\"pairs\":[", f);
    for (size_t i = 0; i < set->pairs; i++) {
        fputs(i ? ",\n" : "\n", f);
        put_pair(f, set, &set->pair[i]);
    }
    fputs("],\n\"closures\":[", f);
    for (size_t i = 0; i < set->closures; i++) {
        fputs(i ? ",\n" : "\n", f);
        put_closure(f, set, &set->closure[i]);
    }
    fputc(']', f);
    if (set->powers)
        drift_write_power_json(f, set);
    fputs("}\n", f);
}

void drift_write_samples(FILE *f, const struct drift_set *set)
{
    fputs("boot,platform,variant,clock,sample,true_ns,offset_low_ns,offset_high_ns,verdict\n",
          f);
    for (size_t i = 0; i < set->n; i++) {
        const struct drift_clock *k = &set->clock[i];

        for (size_t j = 0; k->verdict && j < k->s.n; j++) {
            const struct clock_bracket *b = &k->s.bracket[j];
            double low, high;

            clock_offset_bounds(k->s.bracket, b, k->s.unit_ns, &low, &high);
            fprintf(f, "%" PRId64 ",", k->s.boot);
            escape_csv(f, k->s.platform);
            fputc(',', f);
            escape_csv(f, k->s.variant);
            fputc(',', f);
            escape_csv(f, k->s.name);
            fprintf(f, ",%zu,%.17g,%.17g,%.17g,%s\n", j, (b->start_ns + b->stop_ns) / 2, low,
                    high, clock_verdict_name(k->verdict[j]));
        }
    }
}
