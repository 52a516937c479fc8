/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/html/html.c - the report as one self-contained page: one file, no network, and
 * one script of ours that sorts tables. The page's policy names the script by its hash, so that
 * nothing else would run even if it stood there.
 */
#include <inttypes.h>
#include <nettle/base64.h>
#include <nettle/sha2.h>
#include <string.h>

#include "reports/escape.h"
#include "reports/format.h"
#include "reports/formats.h"
#include "reports/gnuplot.h"
#include "reports/html/html.h"
#include "reports/html/style.h"
#include "reports/wording.h"

void html_text(FILE *f, const char *text)
{
    escape_html(f, text);
}

/* A name of many parts, which may break behind each of them where it must. */
static void put_breakable(FILE *f, const char *text)
{
    char part[256];

    while (*text) {
        size_t n = strcspn(text, "+:-/");

        n += text[n] != 0;
        if (n >= sizeof(part)) {
            html_text(f, text);
            return;
        }
        snprintf(part, sizeof(part), "%.*s", (int)n, text);
        html_text(f, part);
        text += n;
        fputs(*text ? "<wbr>" : "", f);
    }
}

void html_number(FILE *f, const char *text)
{
    fputs(strcmp(text, FORMAT_NONE) ? "<td class=\"n\">" : "<td class=\"n none\">", f);
    html_text(f, text);
    fputs("</td>", f);
}

void html_count(FILE *f, int64_t n)
{
    char buf[FORMAT_BYTES];

    html_number(f, n == QUERY_NONE ? FORMAT_NONE : format_number(buf, (double)n, 0));
}

void html_cell(FILE *f, const char *text)
{
    fputs("<td>", f);
    html_text(f, text);
    fputs("</td>", f);
}

void html_label(FILE *f, const char *workload, const char *param)
{
    fputs("<td class=\"label\">", f);
    html_text(f, workload);
    fputs(*param ? " " : "", f);
    html_text(f, param);
    fputs("</td>", f);
}

void html_reason(FILE *f, const char *text)
{
    fputs(*text ? "<td class=\"why\">" : "<td>", f);
    html_text(f, text);
    fputs("</td>", f);
}

void html_verdict(FILE *f, const char *verdict)
{
    static const struct {
        const char *begin, *class;
    } table[] = {
        {"ok", "ok"},
        {"sound", "ok"},
        {"skip", "skip"},
        {"error", "error"},
        {"fail", "fail"},
        {"crash", "crash"},
        {"biased", "warn"},
        {"aberrant", "fail"},
        {"boots differ", "warn"},
        {"unknown", "skip"},
        {"single", "warn"},
        {"closed", "ok"},
        {"over budget", "warn"},
        {"incomplete", "skip"},
        {"recovered", "ok"},
        {"not recovered", "fail"},
        {"missed", "fail"},
        {"false alarm", "fail"},
        {"found", "warn"},
        {"unseen", "skip"},
    };
    const char *class = "";

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (!strncmp(verdict, table[i].begin, strlen(table[i].begin)))
            class = table[i].class;
    fprintf(f, "<td class=\"%s\">", class);
    html_text(f, verdict);
    fputs("</td>", f);
}

void html_platform(FILE *f, const struct model *m, size_t platform)
{
    static const char *const shape[PLOT_SHAPES] = {"", " square", " diamond"};

    fprintf(f,
            "<span class=\"p\"><span class=\"key%s\" "
            "style=\"background:var(--s%zu)\"></span>",
            shape[platform / PLOT_COLOURS % PLOT_SHAPES], platform % PLOT_COLOURS + 1);
    put_breakable(f, m->platform[platform].label);
    fputs("</span>", f);
}

void html_table(FILE *f, const char *caption, const char *const *columns)
{
    html_table_at(f, NULL, caption, columns);
}

void html_table_at(FILE *f, const char *id, const char *caption, const char *const *columns)
{
    fputs("<div class=\"scroll\"", f);
    if (id)
        fprintf(f, " id=\"%s\"", id);
    fputs(" role=\"region\" tabindex=\"0\" aria-label=\"", f);
    html_text(f, caption);
    fputs("\">\n<table>\n<caption>", f);
    html_text(f, caption);
    fputs("</caption>\n<thead><tr>", f);
    for (; *columns; columns++) {
        int number = !strncmp(*columns, "n:", 2);

        fputs(number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">", f);
        put_breakable(f, *columns + (number ? 2 : 0));
        fputs("</th>", f);
    }
    fputs("</tr></thead>\n", f);
}

void html_table_end(FILE *f)
{
    fputs("</table>\n</div>\n", f);
}

static const struct {
    const char *id, *title;
    int (*write)(FILE *f, const struct model *m, struct err *e);
} section[] = {
    {"summary", "Summary", html_summary},
    {"ladder", "The ladder", html_figures},
    {"distributions", "Distributions", html_distributions},
    {"marker-path", "The marker path", html_marker_path},
    {"exits", "Exits and what they cost", html_exits},
    {"ledger", "Where the time went", html_ledger},
    {"clocks", "Guest clocks against true time", html_clocks},
    {"certificates", "Drift certificates", html_certificates},
    {"uncertainty", "Uncertainty budget", html_uncertainty},
    {"validity", "Validity", html_validity},
    {"provenance", "Provenance", html_provenance},
    {"method", "The method in one page", html_method},
};

#define SECTIONS (sizeof(section) / sizeof(section[0]))

void html_section(FILE *f, const char *id, const char *title)
{
    fprintf(f, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">", id, id);
    html_text(f, title);
    fputs("</h2>\n", f);
}

static void fact(FILE *f, const char *name, const char *value)
{
    fputs("<div><dt>", f);
    html_text(f, name);
    fputs("</dt><dd>", f);
    html_text(f, value);
    fputs("</dd></div>\n", f);
}

static void write_facts(FILE *f, const struct model *m)
{
    const struct wording_totals t = wording_totals(m);
    char buf[WORDING_BYTES], a[FORMAT_BYTES], b[FORMAT_BYTES];

    fputs("<dl class=\"facts\">\n", f);
    snprintf(buf, sizeof(buf), "%" PRId64 " of %" PRId64, t.boots - t.boots_bad,
             m->campaign.boots_planned > t.boots ? m->campaign.boots_planned : t.boots);
    fact(f, "boots ok", buf);
    snprintf(buf, sizeof(buf), "%s of %s",
             format_number(a, (double)(t.intervals - t.intervals_bad), 0),
             format_number(b, (double)t.intervals, 0));
    fact(f, "intervals ok", buf);
    fact(f, "timer records lost", format_number(a, (double)t.lost, 0));
    fact(f, "frames damaged or missing",
         format_number(a, (double)(t.frames_damaged + t.frames_missing), 0));
    snprintf(buf, sizeof(buf), "%s ns", format_figure(a, m->step_ns, 0));
    fact(f, "timer step", buf);
    fputs("</dl>\n", f);
}

/* Content Security Policy level 3: nothing is fetched, and what is not this script is not run. */
static void write_policy(FILE *f)
{
    struct sha256_ctx sha;
    uint8_t digest[SHA256_DIGEST_SIZE];
    char text[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + 1] = "";

    sha256_init(&sha);
    sha256_update(&sha, style_sort_size, (const uint8_t *)style_sort);
    sha256_digest(&sha, sizeof(digest), digest);
    base64_encode_raw(text, sizeof(digest), digest);
    fprintf(f,
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            "style-src 'unsafe-inline'; script-src 'sha256-%s'\">\n",
            text);
}

static void write_head(FILE *f, const struct model *m)
{
    char buf[WORDING_BYTES];

    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
          f);
    write_policy(f);
    fputs("<title>Etalon: campaign ", f);
    html_text(f, m->campaign.name);
    fputs("</title>\n<style>\n", f);
    fputs(style_css, f);
    fputs("</style>\n</head>\n<body>\n<header class=\"page\">\n<h1>Campaign ", f);
    html_text(f, m->campaign.name);
    fputs("</h1>\n<p class=\"sub\">What ", f);
    for (size_t i = 0; i < m->platforms; i++) {
        fputs(!i ? "" : i + 1 < m->platforms ? ", " : " and ", f);
        html_text(f, m->platform[i].label);
    }
    fputs(m->platforms == 1 ? " costs" : " cost", f);
    fprintf(f, ": %zu run%s measured on bench ", m->runs, m->runs == 1 ? "" : "s");
    html_text(f, m->campaign.bench);
    fputs(", grade ", f);
    html_text(f, *m->grades ? m->grades : "unknown");
    fputs(".</p>\n<div class=\"note\"><p>", f);
    html_text(f, wording_nature(m, buf));
    fputs("</p><p>", f);
    html_text(f, wording_boots(m, buf));
    fputs("</p></div>\n", f);
    write_facts(f, m);
    fputs("<nav aria-label=\"Sections\"><ul>\n", f);
    for (size_t i = 0; i < SECTIONS; i++)
        fprintf(f, "<li><a href=\"#%s\">%s</a></li>\n", section[i].id, section[i].title);
    fputs("</ul></nav>\n</header>\n<main>\n", f);
}

static int write_page(FILE *f, const struct model *m, struct err *e)
{
    int rc = 0;

    write_head(f, m);
    for (size_t i = 0; !rc && i < SECTIONS; i++) {
        html_section(f, section[i].id, section[i].title);
        rc = section[i].write(f, m, e);
        fputs("</section>\n", f);
    }
    fputs("</main>\n<footer>Written by Etalon from the campaign’s database; the same database "
          "gives the same bytes.</footer>\n<script>",
          f);
    fputs(style_sort, f);
    fputs("</script>\n</body>\n</html>\n", f);
    return rc;
}

static int html_write(const struct report_request *request, struct err *e)
{
    const int rc = formats_write(request, "index.html", html_read_certificates, write_page, e);

    gnuplot_end();
    return rc;
}

/* Another format may have put the pages; here is no link to them. */
static int judge_only(const struct report_request *request, struct model *m, struct err *e)
{
    int rc = model_read_certificates(request->query, m, NULL, NULL, e);

    for (size_t i = 0; i < m->certificates; i++)
        m->certificate[i].file = "";
    return rc;
}

int formats_write_single_page(const struct report_request *request, struct err *e)
{
    const int rc = formats_write(request, "index.html", judge_only, write_page, e);

    gnuplot_end();
    return rc;
}

const struct report_format report_html = {
    .name = "html",
    .file = "index.html",
    .summary = "one self-contained page with plots",
    .unavailable = gnuplot_unavailable,
    .write = html_write,
};
