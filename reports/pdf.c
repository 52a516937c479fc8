/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/pdf.c - the page of html.c on paper, printed by Chromium: the one engine among those
 * of Debian that knows all of the page (grids, custom properties, SVG in HTML). It runs without
 * a window, a profile or a network, in a folder of its own.
 *
 * Chromium writes the time of printing into the file. Those digits become those of an
 * agreed date, of the same length, so that the same database gives the same bytes.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/process.h"
#include "reports/formats.h"

/* A PDF date (ISO 32000-1, 7.9.4); all that come must be as long. */
#define DATE_DIGITS 14
static const char date_digits[DATE_DIGITS + 1] = "20000101000000";

static const char *browser(void)
{
    static const char *const names[] = {"chromium", "chromium-browser", "google-chrome"};
    static char file[4096];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        for (const char *path = getenv("PATH"); path && *path;) {
            size_t n = strcspn(path, ":");

            snprintf(file, sizeof(file), "%.*s/%s", (int)n, path, names[i]);
            if (!access(file, X_OK))
                return file;
            path += n + (path[n] == ':');
        }
    return NULL;
}

static const char *pdf_unavailable(void)
{
    const char *why = report_html.unavailable();

    if (why)
        return why;
    return browser() ? NULL
                     : "Chromium, which prints the page, is not here: "
                       "apt-get install chromium";
}

/* "/CreationDate (D:20261126…" and "/ModDate (D:…" */
static void fix_dates(char *text, size_t size)
{
    static const char *const keys[] = {"/CreationDate (D:", "/ModDate (D:"};

    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
        const size_t n = strlen(keys[k]);
        char *p = text, *end = text + size;

        while ((p = memmem(p, (size_t)(end - p), keys[k], n))) {
            p += n;
            if ((size_t)(end - p) < DATE_DIGITS)
                return;
            for (size_t i = 0; i < DATE_DIGITS && isdigit((unsigned char)p[i]); i++)
                p[i] = date_digits[i];
        }
    }
}

static int print_page(const char *dir, struct err *e)
{
    char url[600], out[600], profile[600], log[600];
    /* As root Chromium starts without its own sandbox or not at all; the page runs nothing but
     * our script and fetches nothing, by its policy. */
    char *argv[] = {(char *)browser(),
                    (char *)"--headless",
                    (char *)"--disable-gpu",
                    (char *)"--disable-dev-shm-usage",
                    (char *)"--no-first-run",
                    (char *)"--no-pdf-header-footer",
                    (char *)"--print-to-pdf-no-header",
                    profile,
                    out,
                    url,
                    geteuid() == 0 ? (char *)"--no-sandbox" : NULL,
                    NULL};

    if (!argv[0])
        return err_set(e, ERR_UNAVAILABLE, "%s", pdf_unavailable());
    snprintf(url, sizeof(url), "file://%s/index.html", dir);
    snprintf(out, sizeof(out), "--print-to-pdf=%s/report.pdf", dir);
    snprintf(profile, sizeof(profile), "--user-data-dir=%s/profile", dir);
    snprintf(log, sizeof(log), "%s/log", dir);
    return process_run(argv, log, e);
}

struct bytes {
    char *text;
    size_t size;
};

static int write_bytes(void *opaque, FILE *f, struct err *e)
{
    const struct bytes *b = opaque;

    if (fwrite(b->text, 1, b->size, f) != b->size)
        return err_set_errno(e, ERR_IO, errno, "cannot write the PDF");
    return 0;
}

static int pdf_write(const struct report_request *request, struct err *e)
{
    struct report_request page = *request;
    struct bytes b = {0};
    char dir[512], file[600];
    int rc = paths_make_temporary(dir, sizeof(dir), e);

    if (rc)
        return rc;
    page.out_dir = dir;
    rc = formats_write_single_page(&page, e);
    if (!rc)
        rc = print_page(dir, e);
    snprintf(file, sizeof(file), "%s/report.pdf", dir);
    if (!rc)
        rc = file_read(file, &b.text, &b.size, e);
    if (!rc && (b.size < 5 || memcmp(b.text, "%PDF-", 5)))
        rc = err_set(e, ERR_DATA, "Chromium wrote no PDF");
    if (!rc) {
        fix_dates(b.text, b.size);
        rc = formats_put(request, "report.pdf", write_bytes, &b, e);
    }
    free(b.text);
    paths_remove_tree(dir, NULL);
    return rc;
}

const struct report_format report_pdf = {
    .name = "pdf",
    .file = "report.pdf",
    .summary = "the page on paper, printed by Chromium",
    .asked_for = 1,
    .unavailable = pdf_unavailable,
    .write = pdf_write,
};
