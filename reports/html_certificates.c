/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/html_certificates.c - the drift certificates: a page of its own for each clock, and the
 * section that leads to them.
 */
#include <math.h>
#include <stdio.h>

#include "base/paths.h"
#include "reports/drift.h"
#include "reports/format.h"
#include "reports/formats.h"
#include "reports/html.h"
#include "reports/wording.h"

#define FOLDER "certificates"

struct putting {
    const struct report_request *request;
    struct err *e;
    char file[DRIFT_NAME_BYTES + 32];
};

struct one_page {
    const struct drift_head *head;
    const struct drift_set *one;
};

static int write_certificate(void *opaque, FILE *f, struct err *e)
{
    const struct one_page *p = opaque;

    return drift_write_page(f, p->head, p->one, 0, "../index.html#certificates", e);
}

static int put_certificate(void *opaque, const struct drift_head *head,
                           const struct drift_set *one, const char **file)
{
    struct putting *p = opaque;
    struct one_page page = {head, one};
    char name[DRIFT_NAME_BYTES];

    drift_certificate_name(one->clock, name);
    snprintf(p->file, sizeof(p->file), FOLDER "/%s.html", name);
    *file = p->file;
    return formats_put(p->request, p->file, write_certificate, &page, p->e);
}

int html_read_certificates(const struct report_request *request, struct model *m,
                           struct err *e)
{
    struct putting p = {.request = request, .e = e};
    char folder[4096];
    int rc = 0;

    if (!m->clocks)
        return 0;
    if ((size_t)snprintf(folder, sizeof(folder), "%s/" FOLDER, request->out_dir) >=
        sizeof(folder))
        return err_set(e, ERR_USAGE, "the folder's name is too long: %s", request->out_dir);
    rc = paths_make_dirs(folder, e);
    return rc ? rc : model_read_certificates(request->query, m, put_certificate, &p, e);
}

static void certificate_row(FILE *f, const struct model *m, const struct model_certificate *c)
{
    const struct model_clock *k = &m->clock[c->clock];
    char buf[WORDING_BYTES];

    fputs("<tr><th scope=\"row\">", f);
    html_platform(f, m, k->platform);
    fputs("</th><td>", f);
    if (*c->file) {
        fputs("<a href=\"", f);
        html_text(f, c->file);
        fputs("\">", f);
    }
    html_text(f, k->clock);
    fputs(*c->file ? "</a></td>" : "</td>", f);
    html_count(f, k->boot);
    html_verdict(f, k->verdict);
    html_number(f, wording_certified_skew(c, buf));
    html_number(f, *c->jitter ? c->jitter : FORMAT_NONE);
    html_number(f, isnan(c->oadev) ? FORMAT_NONE : wording_small(buf, c->oadev));
    html_number(f, isnan(c->tau_s) ? FORMAT_NONE : wording_small(buf, c->tau_s));
    html_number(f, isnan(c->mtie_s) ? FORMAT_NONE : wording_small(buf, c->mtie_s * 1e6));
    html_count(f, (int64_t)c->readings);
    html_count(f, c->judged ? (int64_t)c->biased : QUERY_NONE);
    html_count(f, c->judged ? (int64_t)c->aberrant : QUERY_NONE);
    fputs("</tr>\n", f);
}

int html_certificates(FILE *f, const struct model *m, struct err *e)
{
    static const char *const columns[] = {
        "Platform", "clock",      "n:boot",  "verdict",           "n:skew, ppm (95 %)",
        "n:jitter", "n:OADEV",    "n:at, s", "n:MTIE, \xC2\xB5s", "n:readings",
        "n:biased", "n:aberrant", NULL};

    (void)e;
    if (!m->certificates) {
        fputs("<p>No guest clock was read in this campaign.</p>\n", f);
        return 0;
    }
    fputs(
        "<p>Each clock of a platform has a page of its own, of the boot whose verdict it has: "
        "offset, residuals, events, Allan deviations with intervals, MTIE. OADEV is the one "
        "of "
        "the longest averaging time of the table there, MTIE that of the longest stretch; a "
        "skew without an interval is "
        "that apart from the clock\xE2\x80\x99s events. "
        "<code>etalon drift --certificate</code> writes those of all boots.</p>\n",
        f);
    html_table_at(f, "certificate-rows", "Drift certificates, one a clock", columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->certificates; i++)
        certificate_row(f, m, &m->certificate[i]);
    fputs("</tbody>\n", f);
    html_table_end(f);
    return 0;
}
