/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/html_validity.c - what was not as it should be, and where everything came from.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/format.h"
#include "reports/html.h"
#include "reports/wording.h"

#define DAMAGE_SHOWN 50

static void boot_table(FILE *f, const struct model *m)
{
    static const char *const columns[] = {
        "n:boot", "Platform",  "verdict",   "n:intervals", "n:ok",        "n:frames",
        "n:lost", "n:damaged", "n:missing", "n:grammar",   "n:FIFO peak", "n:machine time, s",
        "n:seed", NULL};
    char buf[FORMAT_BYTES];

    html_table(
        f,
        "Boots in plan order; lost: timer records, damaged and missing: frames, grammar: "
        "faults of the marker grammar",
        columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->boots; i++) {
        const struct model_boot *b = &m->boot[i];

        fputs("<tr>", f);
        html_count(f, b->boot);
        fputs("<td>", f);
        html_platform(f, m, b->platform);
        fputs("</td>", f);
        html_verdict(f, b->verdict);
        html_count(f, b->intervals);
        html_count(f, b->intervals_ok);
        html_count(f, b->frames);
        html_count(f, b->lost);
        html_count(f, b->frames_damaged);
        html_count(f, b->frames_missing);
        html_count(f, b->violations);
        html_count(f, b->high_water);
        html_number(f, format_number(buf, (double)b->machine_time_ns / 1e9, 3));
        html_number(f, b->seed);
        fputs("</tr>\n", f);
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
}

static void bad_boots(FILE *f, const struct model *m)
{
    int any = 0;

    for (size_t i = 0; i < m->boots; i++) {
        const struct model_boot *b = &m->boot[i];

        if (!strcmp(b->verdict, "ok"))
            continue;
        fprintf(f, "%s<li>boot %" PRId64 " on ", any++ ? "" : "<ul>\n", b->boot);
        html_text(f, m->platform[b->platform].label);
        fprintf(f, ": <span class=\"%s\">", b->verdict);
        html_text(f, b->verdict);
        fputs("</span>, ", f);
        html_text(f, b->reason);
        fputs("</li>\n", f);
    }
    fputs(any ? "</ul>\n" : "", f);
}

static void invalid_table(FILE *f, const struct model *m)
{
    static const char *const columns[] = {"Platform",    "verdict", "reason",
                                          "n:intervals", "n:boots", NULL};

    if (!m->invalids) {
        fputs("<p>No interval was invalid.</p>\n", f);
        return;
    }
    html_table(f, "Intervals that no figure rests on", columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->invalids; i++) {
        const struct model_invalid *v = &m->invalid[i];

        fputs("<tr><th scope=\"row\">", f);
        html_platform(f, m, v->platform);
        fputs("</th>", f);
        html_verdict(f, v->verdict);
        html_reason(f, v->reason);
        html_count(f, v->intervals);
        html_count(f, v->boots);
        fputs("</tr>\n", f);
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
}

static void damage_table(FILE *f, const struct model *m)
{
    static const char *const columns[] = {"n:boot",    "source", "kind",
                                          "n:at byte", "detail", NULL};

    if (!m->damages)
        return;
    html_table(f, "Damage found on the way in", columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->damages && i < DAMAGE_SHOWN; i++) {
        const struct model_damage *d = &m->damage[i];

        fputs("<tr>", f);
        html_count(f, d->boot);
        html_cell(f, d->source);
        html_cell(f, d->kind);
        html_count(f, d->byte_offset);
        fputs("<td class=\"wrap\">", f);
        html_text(f, d->detail);
        fputs("</td></tr>\n", f);
    }
    if (m->damages > DAMAGE_SHOWN)
        fprintf(
            f,
            "<tr><td colspan=\"5\">and %zu more, in the view <code>damages</code></td></tr>\n",
            m->damages - DAMAGE_SHOWN);
    fputs("</tbody>\n", f);
    html_table_end(f);
}

static void skip_table(FILE *f, const struct model *m)
{
    static const char *const columns[] = {"Platform", "workload", "verdict",
                                          "reason",   "n:boots",  NULL};

    if (!m->skips)
        return;
    fputs("<h3>Runs without a figure</h3>\n", f);
    html_table(f, "Runs that were skipped or went wrong, with the reason", columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->skips; i++) {
        const struct model_skip *s = &m->skip[i];

        fputs("<tr><th scope=\"row\">", f);
        html_platform(f, m, s->platform);
        fputs("</th>", f);
        html_label(f, m->run[s->run].label, "");
        html_verdict(f, s->verdict);
        html_reason(f, s->reason);
        html_count(f, s->boots);
        fputs("</tr>\n", f);
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
}

int html_validity(FILE *f, const struct model *m, struct err *e)
{
    (void)e;
    fputs(
        "<p>The timer numbers every frame and counts every record it had to drop, so loss is "
        "known and not guessed; a boot with a lost record gives no figure. Markers follow a "
        "grammar in which a missing or doubled one cannot hide.</p>\n",
        f);
    bad_boots(f, m);
    boot_table(f, m);
    invalid_table(f, m);
    damage_table(f, m);
    skip_table(f, m);
    return 0;
}

/* --- provenance --- */

static int of_a_boot(const char *key)
{
    return !strncmp(key, "boot.", 5) && key[5] >= '0' && key[5] <= '9';
}

static void fact_rows(FILE *f, const struct model *m, int boots)
{
    static const char *const columns[] = {"key", "value", NULL};

    html_table(f,
               boots ? "What each boot told of itself" : "What took part, and how it was set",
               columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->facts; i++) {
        const struct model_fact *fact = &m->fact[i];

        if (of_a_boot(fact->key) != boots || !strcmp(fact->key, "campaign.text"))
            continue;
        fputs("<tr><th scope=\"row\"><code>", f);
        html_text(f, fact->key);
        fputs("</code></th><td class=\"wrap\"><code>", f);
        html_text(f, fact->value);
        fputs("</code></td></tr>\n", f);
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
}

/* A <pre> keeps line ends; each line is escaped by itself. */
static void campaign_text(FILE *f, const char *text)
{
    fputs("<details class=\"printed\"><summary>The campaign as it was run</summary>\n<pre>",
          f);
    while (*text) {
        size_t n = strcspn(text, "\n");
        char *line = strndup(text, n);

        html_text(f, line);
        fputc('\n', f);
        free(line);
        text += n + (text[n] == '\n');
    }
    fputs("</pre></details>\n", f);
}

int html_provenance(FILE *f, const struct model *m, struct err *e)
{
    int boots = 0;

    (void)e;
    fact_rows(f, m, 0);
    for (size_t i = 0; i < m->facts; i++) {
        if (!strcmp(m->fact[i].key, "campaign.text"))
            campaign_text(f, m->fact[i].value);
        boots |= of_a_boot(m->fact[i].key);
    }
    if (boots) {
        fputs("<details><summary>Facts of single boots</summary>\n", f);
        fact_rows(f, m, 1);
        fputs("</details>\n", f);
    }
    return 0;
}
