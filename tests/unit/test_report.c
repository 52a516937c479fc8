/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole reports: the same bytes from the same database, nothing fetched and nothing run by a
 * page, names of guests as text in every format, and the figures that must be in them.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/query/query.h"
#include "analysis/summarise/summarise.h"
#include "base/file.h"
#include "base/paths.h"
#include "reports/gnuplot.h"
#include "reports/report.h"
#include "tests/golden/synthetic.h"

#define NASTY                                                                                 \
    "</td><script>alert('1')</script>\"'>&|`x`\n# head\n=2+2 \xE2\x80\xAE \xD8\x9C "          \
    "\xE2\x81\xA6 \xFF</script>"

static const struct synthetic plain = {
    .name = "demo", .deterministic = 1, .boots = 2, .crash = 1, .native_skew_ppm = 3};
static const struct synthetic seeded = {
    .name = "seeded", .deterministic = 1, .boots = 4, .seeds_each = 1};
static const struct synthetic nasty = {.name = "<img src=x onerror=alert(1)> \"co\"",
                                       .deterministic = 1,
                                       .boots = 1,
                                       .crash = 1,
                                       .extra_text = NASTY,
                                       .vmm_variant = "svm:'/><b>/../../../x",
                                       .native_clock = "=../../../../\"><i>\n|x"};
static const struct synthetic host = {.name = "host", .boots = 1};

static void fill(const struct synthetic *what)
{
    struct err e = {0};
    struct store *s;

    unlink("r.db");
    if (store_open("r.db", STORE_CREATE, &s, &e))
        fail_msg("%s", e.text);
    synthetic_fill(s, what);
    if (summarise_campaign(s, what->name, &e))
        fail_msg("%s", e.text);
    store_close(s);
}

/* One format, or (NULL) all, into a fresh folder. */
static void write_report(const char *dir, const char *only)
{
    struct report_request request = {.campaign = NULL, .out_dir = dir};
    struct err e = {0};
    size_t count;
    const struct report_format *const *table = report_table(&count);

    paths_remove_tree(dir, NULL);
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(query_open("r.db", &request.query, &e), 0);
    for (size_t i = 0; i < count; i++)
        if ((only ? !strcmp(only, table[i]->name) : !table[i]->asked_for) &&
            table[i]->write(&request, &e))
            fail_msg("%s: %s", table[i]->name, e.text);
    query_close(request.query);
}

static char *slurp(const char *dir, const char *file, size_t *size)
{
    char path[256], *text;
    struct err e = {0};
    size_t n;

    snprintf(path, sizeof(path), "%s/%s", dir, file);
    if (file_read(path, &text, size ? size : &n, &e))
        fail_msg("%s", e.text);
    return text;
}

/* What most tests only read: every format of `plain` in folder "plain", written once. */
static void want_plain(void)
{
    static int written;

    if (written)
        return;
    fill(&plain);
    write_report("plain", NULL);
    written = 1;
}

static void same_database_same_bytes(void **state)
{
    static const char *const files[] = {"index.html",    "report.md",     "report.json",
                                        "summary.csv",   "durations.csv", "provenance.csv",
                                        "hyperfine.json"};

    (void)state;
    if (gnuplot_unavailable()) {
        print_message("# %s\n", gnuplot_unavailable());
        skip();
    }
    want_plain();
    fill(&plain); /* the same contents, stored anew */
    write_report("b", NULL);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        size_t na, nb;
        char *a = slurp("plain", files[i], &na), *b = slurp("b", files[i], &nb);

        if (na != nb || memcmp(a, b, na))
            fail_msg("%s differs from run to run", files[i]);
        assert_true(na > 100);
        free(a);
        free(b);
    }
    /* the pages beside the report, and their names */
    assert_int_equal(system("diff -r plain/certificates b/certificates"), 0);
}

static size_t count(const char *text, const char *needle)
{
    size_t n = 0;

    for (const char *p = text; (p = strstr(p, needle)); p += strlen(needle))
        n++;
    return n;
}

static void ids_are_unique(const char *page)
{
    char *seen[4000];
    size_t n = 0;

    for (const char *p = page; (p = strpbrk(p, " ")); p++) {
        char quote, *id;

        if (strncmp(p, " id=", 4))
            continue;
        quote = p[4];
        id = strndup(p + 5, strcspn(p + 5, quote == '"' ? "\"" : "'"));
        for (size_t i = 0; i < n; i++)
            if (!strcmp(seen[i], id))
                fail_msg("id %s twice", id);
        assert_true(n < 4000);
        seen[n++] = id;
    }
    assert_true(n > 20);
    while (n)
        free(seen[--n]);
}

/* h1 first, and no level left out on the way down; every head of a table says what it heads. */
static void headings_and_heads(const char *page)
{
    int last = 0;

    for (const char *p = page; (p = strstr(p, "<h")); p++) {
        if (p[2] < '1' || p[2] > '6')
            continue;
        assert_true(p[2] - '0' <= last + 1);
        last = p[2] - '0';
    }
    assert_true(last > 1);
    assert_int_equal(count(page, "<th ") + count(page, "<th>"), count(page, "<th scope=\""));
    assert_int_equal(count(page, "role=\"img\" aria-labelledby="), count(page, "<svg"));
}

static int has_id(const char *page, const char *id)
{
    char attribute[160];

    snprintf(attribute, sizeof(attribute), " id=\"%s\"", id);
    if (strstr(page, attribute))
        return 1;
    snprintf(attribute, sizeof(attribute), " id='%s'", id); /* of a drawing */
    return strstr(page, attribute) != NULL;
}

/* Every address of a page of folder `dir`: an element of the page, a file that the page itself
 * carries, or a page beside it (and an element of that), below the report's folder `top`. Returns how
 * many lead to other pages. */
static size_t links_lead_somewhere(const char *dir, const char *file, const char *top)
{
    char *page = slurp(dir, file, NULL), real[4096], beneath[4096], path[512], link[256];
    size_t others = 0;

    assert_non_null(realpath(top, beneath));
    for (const char *p = page; (p = strstr(p, "href=")); p++) {
        const size_t n = strcspn(p + 6, "\"'");
        char *id;

        assert_true(p[5] == '"' || p[5] == '\'');
        if (!strncmp(p + 6, "data:", 5)) {
            assert_non_null(strstr(p + 6, ";base64,"));
            continue;
        }
        assert_true(n < sizeof(link));
        snprintf(link, sizeof(link), "%.*s", (int)n, p + 6);
        id = strchr(link, '#');
        if (id)
            *id++ = 0;
        if (!*link) {
            if (!id || !has_id(page, id))
                fail_msg("%s has no element %s", file, id ? id : "");
            continue;
        }
        others++;
        snprintf(path, sizeof(path), "%s/%s", dir, link);
        if (!realpath(path, real))
            fail_msg("%s leads to %s, which is not there", file, path);
        assert_int_equal(strncmp(real, beneath, strlen(beneath)), 0);
        if (id) {
            char *other = slurp(dir, link, NULL);

            if (!has_id(other, id))
                fail_msg("%s has no element %s", link, id);
            free(other);
        }
    }
    free(page);
    return others;
}

/* Each certificate's links; and that no file of them has a letter that means anything. Returns
 * their number. */
static size_t certificates_lead_back(const char *top)
{
    char dir[256];
    struct dirent *entry;
    char *page;
    size_t n = 0;
    DIR *d;

    snprintf(dir, sizeof(dir), "%s/certificates", top);
    d = opendir(dir);
    assert_non_null(d);
    while ((entry = readdir(d))) {
        if (entry->d_name[0] == '.')
            continue;
        n++;
        page = slurp(dir, entry->d_name, NULL);
        headings_and_heads(page);
        free(page);
        assert_int_equal(strspn(entry->d_name, "abcdefghijklmnopqrstuvwxyz"
                                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-"),
                         strlen(entry->d_name));
        assert_int_equal(links_lead_somewhere(dir, entry->d_name, top), 1);
    }
    closedir(d);
    return n;
}

static void page_stands_alone(void **state)
{
    char *page;

    (void)state;
    if (gnuplot_unavailable())
        skip();
    want_plain();
    page = slurp("plain", "index.html", NULL);
    assert_int_equal(strncmp(page, "<!DOCTYPE html>", 15), 0);
    /* nothing is fetched, nothing runs but our own script, which the policy names by its hash */
    assert_null(strstr(page, "http:"));
    assert_null(strstr(page, "https:"));
    assert_int_equal(count(page, "<script"), 1);
    assert_non_null(strstr(page, "content=\"default-src 'none'; style-src 'unsafe-inline'; "
                                 "script-src 'sha256-"));
    assert_null(strstr(page, "<link"));
    assert_null(strstr(page, "@import"));
    assert_null(strstr(page, "url("));
    assert_null(strstr(page, "/tmp/"));
    assert_null(strstr(page, "secret-host-name"));
    assert_null(strstr(page, "&lt;code")); /* a caption is text */
    ids_are_unique(page);
    assert_int_equal(count(page, "<svg"), count(page, "</svg>"));
    assert_true(count(page, "<svg") >= 6);
    /* each figure can be taken away, and says what rows it rests on */
    assert_int_equal(count(page, ".svg\" href=\"data:image/svg+xml;base64,"),
                     count(page, "<svg"));
    assert_int_equal(count(page, ".csv\" href=\"data:text/csv"), count(page, "<svg"));
    assert_int_equal(count(page, ">rows</a>"), count(page, "<svg"));
    /* every clock has a page of its own, and each leads back */
    assert_int_equal(links_lead_somewhere("plain", "index.html", "plain"),
                     certificates_lead_back("plain"));
    assert_int_equal(certificates_lead_back("plain"), 7);
    headings_and_heads(page);
    /* colours come from the page, so that dark mode reaches the drawings */
    assert_null(strstr(page, "rgb("));
    assert_null(strstr(page, "'black'"));
    assert_int_equal(count(page, "<table>"), count(page, "</table>"));
    assert_int_equal(count(page, "<tr"), count(page, "</tr>"));
    assert_int_equal(count(page, "<caption>"), count(page, "<table>"));
    assert_int_equal(count(page, "<section"), 12);
    free(page);
}

/* What must be said before the first table. */
static void first_lines_say_what_it_is(void **state)
{
    char *page, *table;

    (void)state;
    if (gnuplot_unavailable())
        skip();
    want_plain();
    page = slurp("plain", "index.html", NULL);
    table = strstr(page, "<table>");
    assert_non_null(table);
    *table = 0;
    assert_non_null(strstr(page, "exact instruction counts and say nothing about the cycles"));
    assert_non_null(strstr(page, "bare, native and vmm-bare"));
    assert_non_null(strstr(page, "carry no confidence interval"));
    free(page);
    page = slurp("plain", "report.md", NULL);
    table = strstr(page, "\n|");
    *table = 0;
    assert_non_null(strstr(page, "exact instruction counts"));
    free(page);
    page = slurp("plain", "report.json", NULL);
    assert_non_null(strstr(page, "exact instruction counts"));
    free(page);

    fill(&seeded);
    write_report("a", "markdown");
    page = slurp("a", "report.md", NULL);
    assert_non_null(strstr(page, "boots are samples"));
    assert_null(strstr(page, "carry no confidence interval"));
    free(page);

    fill(&host);
    write_report("a", "markdown");
    page = slurp("a", "report.md", NULL);
    assert_null(strstr(page, "instruction counts"));
    assert_non_null(strstr(page, "single boot"));
    free(page);
}

static void figures_are_right(void **state)
{
    char *page;

    (void)state;
    if (gnuplot_unavailable())
        skip();
    want_plain();
    page = slurp("plain", "report.md", NULL);
    /* (8000 - 500) ticks of 2 ns, 100 operations, 2 ns an instruction */
    assert_non_null(strstr(page, "| operation | bare | native | vmm-bare |"));
    assert_non_null(strstr(page, "| cpuid | 1 | 1 | 75 |"));
    assert_non_null(strstr(page, "| hypercall | \xE2\x80\x93 | \xE2\x80\x93 | 60 |"));
    assert_non_null(strstr(page, "| vmm-bare | null | 1000 | 0 |"));
    assert_non_null(strstr(page, "| vmm-bare | hypercall | 1000 | 1000 |"));
    assert_non_null(strstr(page, "| spin n=10000 | bare | 2.0014 | ns/instruction |"));
    assert_non_null(strstr(page, "| equal |"));
    assert_null(strstr(page, "| native | lm-pipe |")); /* it ran there */
    assert_non_null(strstr(page, "| bare | lm-pipe | skip | needs a Linux kernel |"));
    free(page);
    page = slurp("plain", "index.html", NULL);
    assert_non_null(strstr(page, "boot 6 on vmm-bare: <span class=\"crash\">crash</span>"));
    /* the hypervisor's own account: 118 ns is 59 instructions */
    assert_non_null(strstr(page,
                           "<td>hypercall</td><td class=\"n\">2000</td><td class=\"n\">59</td>"
                           "<td class=\"n\">59</td><td class=\"n\">59</td>"));
    free(page);
}

/* What the first screen says, and what stands in Markdown as in the page. */
static void heads_and_trust(void **state)
{
    static const struct synthetic lying = {
        .name = "lying", .deterministic = 1, .boots = 2, .native_skew_ppm = 40};
    char *page, *first;

    (void)state;
    fill(&lying);
    write_report("a", "markdown");
    page = slurp("a", "report.md", NULL);
    assert_non_null(strstr(page, "- largest ratio: 13."));
    assert_non_null(
        strstr(page, " times as long on vmm-bare as on native: exits op=cpuid n=100"));
    first = strstr(page, "- clocks that lie: native: raw fast by 40.0");
    assert_non_null(first);
    assert_non_null(strstr(first, ", real fast by 40.0"));
    assert_non_null(strstr(page, "- validity: 6 of 6 boots ok, "));
    assert_non_null(
        strstr(page, "- provenance: campaign SHA-256 6bff0e3c2f5d0a6a4f0cf2ee6e6f3c"));
    /* all of native's superpi iterations but one are the same run of ticks */
    assert_non_null(strstr(page, "\n## Where the worst case matters\n"));
    assert_non_null(strstr(page, "| superpi digits=1024 | bare | ms | 46.9136 | 46.9136 | "
                                 "46.9136 | 46.9136 | "));
    assert_non_null(strstr(page, "\n## Drift certificates\n"));
    assert_non_null(strstr(page, "| native | raw | 1 | biased | 40.0"));
    assert_non_null(strstr(page, "| freezes |"));
    assert_non_null(strstr(page, "\n## Uncertainty budget\n"));
    /* one step of 2 ns as a bound at k = 2 */
    assert_non_null(strstr(page, "| bare | superpi digits=1024 | 46\xE2\x80\x89"
                                 "913\xE2\x80\x89"
                                 "578 | 1 | "
                                 "\xE2\x88\x9E | 2.00 | 2 | 0.0426 | timer step |"));
    assert_non_null(strstr(page, "only three have a workload here"));
    free(page);
}

/* Against a baseline of the campaign's own: ns and instructions of one unit of work. */
static void differences_are_right(void **state)
{
    static const struct synthetic chosen = {
        .name = "chosen", .deterministic = 1, .boots = 2, .baseline = {"bare", "default"}};
    static const struct synthetic sampled = {.name = "sampled",
                                             .deterministic = 1,
                                             .boots = 5,
                                             .seeds_each = 1,
                                             .baseline = {"bare", "default"}};
    static const struct synthetic single = {
        .name = "single", .boots = 1, .baseline = {"bare", "default"}};
    char *page;

    (void)state;
    fill(&chosen);
    write_report("a", "markdown");
    page = slurp("a", "report.md", NULL);
    assert_non_null(strstr(page, "\n## Against bare\n"));
    /* (8000 - 600) ticks of 2 ns over 100 operations, 2 ns an instruction */
    assert_non_null(strstr(page, "| exits op=cpuid n=100 | vmm-bare | 13.3"));
    assert_non_null(strstr(page, " | 148 | 74 |"));
    /* cost 75 on vmm-bare, 1 on bare: their loops are not the same */
    assert_non_null(strstr(page, "| cpuid, less its loop | vmm-bare | \xE2\x80\x93 | "
                                 "\xE2\x80\x93 | 148 | 74 |"));
    assert_non_null(
        strstr(page, "| spin n=10000 | native | equal | to the timer step | 0 | 0 |"));
    free(page);
    if (!gnuplot_unavailable()) {
        write_report("a", "html");
        page = slurp("a", "index.html", NULL);
        assert_non_null(strstr(page, "Time of one unit of work against bare"));
        assert_non_null(strstr(page, "<td class=\"n\">148</td><td class=\"n\">74</td>"));
        free(page);
    }
    fill(&sampled);
    write_report("a", "markdown");
    page = slurp("a", "report.md", NULL);
    assert_non_null(strstr(page, "not distinguishable |\n"));
    free(page);
    fill(
        &single); /* one boot of a bench that is not deterministic: no bounds, no instructions */
    write_report("a", "markdown");
    page = slurp("a", "report.md", NULL);
    assert_non_null(strstr(page, "\xE2\x89\x88"
                                 "1.5e+02 |\n"));
    assert_null(strstr(page, "difference, instructions"));
    free(page);
    fill(&plain); /* nothing chosen, nothing said */
    write_report("a", "markdown");
    page = slurp("a", "report.md", NULL);
    assert_null(strstr(page, "## Against"));
    free(page);
}

static void no_direction_marks(const char *page)
{
    static const char *const marks[] = {"\xE2\x80\xAE", "\xD8\x9C", "\xE2\x81\xA6"};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        assert_null(strstr(page, marks[i]));
}

static void names_stay_text(void **state)
{
    char *page;

    (void)state;
    if (gnuplot_unavailable())
        skip();
    fill(&nasty);
    write_report("a", NULL);
    page = slurp("a", "index.html", NULL);
    assert_int_equal(count(page, "<script"), 1);
    assert_int_equal(count(page, "</script"), 1);
    assert_int_equal(strcmp(strstr(page, "</script>"), "</script>\n</body>\n</html>\n"), 0);
    no_direction_marks(page);
    assert_non_null(strstr(page, "U+202E"));
    assert_null(strstr(page, "<img"));
    assert_null(strchr(page, '\xFF'));
    assert_non_null(strstr(page, "&lt;img src=x onerror=alert(1)&gt; &quot;co&quot;"));
    assert_non_null(strstr(page, "&lt;/td&gt;&lt;script&gt;alert(&#39;1&#39;)"));
    /* a variant in tables and drawings, a clock in tables and in the name of a file */
    assert_null(strstr(page, "<b>"));
    assert_null(strstr(page, "<i>"));
    assert_non_null(strstr(page, "vmm-bare svm:'/>&lt;b>/../../../x</text>"));
    assert_non_null(strstr(page, "href=\"certificates/boot001-native-default-_"));
    assert_non_null(strstr(page, "href=\"certificates/boot002-vmm-bare-svm_____b__"));
    links_lead_somewhere("plain", "index.html", "plain");
    certificates_lead_back("plain");
    assert_int_equal(count(page, "<tr"), count(page, "</tr>"));
    free(page);
    page = slurp("a", "report.md", NULL);
    no_direction_marks(page);
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "<img"));
    assert_null(strstr(page, "\n# head"));
    assert_null(strstr(page, "<b>"));
    assert_null(strstr(page, "<i>"));
    free(page);
    page = slurp("a", "clocks.csv", NULL); /* no formula, and one field */
    assert_non_null(strstr(page, ",\"'=../../../../\"\"><i>\n|x\","));
    free(page);
    page = slurp("a", "hyperfine.json", NULL);
    no_direction_marks(page);
    free(page);
    page = slurp("a", "report.json", NULL);
    no_direction_marks(page);
    assert_non_null(strstr(page, "\\u202e \\u061c \\u2066"));
    assert_non_null(strstr(page, "<script>alert('1')</script>\\\"'>&|`x`\\n# head\\n=2+2"));
    assert_null(strstr(page, "\n# head"));
    free(page);
    page = slurp("a", "provenance.csv", NULL);
    assert_non_null(strstr(page, "\"</td><script>alert('1')</script>\"\"'>&|`x`\n# head"));
    free(page);
}

/* Seconds, and what the timer does not see is null. */
static void hyperfine_reads_it(void **state)
{
    char *text;

    (void)state;
    fill(&plain);
    write_report("a", "hyperfine");
    text = slurp("a", "hyperfine.json", NULL);
    assert_int_equal(strncmp(text, "{\n  \"results\": [\n", 17), 0);
    /* 10007 ticks of 2 ns */
    assert_non_null(strstr(text, "\"command\": \"spin n=10000 on bare\",\n"
                                 "      \"mean\": 2.0014e-05,\n"
                                 "      \"stddev\": 0,\n"
                                 "      \"median\": 2.0014e-05,\n"
                                 "      \"user\": null,\n"
                                 "      \"system\": null,\n"
                                 "      \"min\": 2.0014e-05,\n"
                                 "      \"max\": 2.0014e-05,\n"
                                 "      \"times\": [\n"
                                 "        2.0014e-05,\n"));
    /* two boots of 50 */
    assert_true(count(text, "2.0014e-05") >= 100);
    assert_non_null(strstr(text, "\"exit_codes\": [0, 0"));
    free(text);
}

/* The same bytes at another time, and a sentence where Chromium is not. */
static void pdf_is_repeatable(void **state)
{
    const struct report_format *pdf = report_find("pdf");
    char *a, *b, *path = strdup(getenv("PATH"));
    size_t na, nb;

    (void)state;
    assert_non_null(pdf);
    setenv("PATH", "/nonexistent", 1);
    assert_non_null(strstr(pdf->unavailable(), "apt-get install"));
    setenv("PATH", path, 1);
    free(path);
    if (pdf->unavailable()) {
        print_message("# %s\n", pdf->unavailable());
        skip();
    }
    fill(&plain);
    write_report("a", "pdf");
    sleep(1); /* its own dates have seconds */
    write_report("b", "pdf");
    a = slurp("a", "report.pdf", &na);
    b = slurp("b", "report.pdf", &nb);
    assert_true(na > 20000 && na == nb && !memcmp(a, b, na));
    assert_null(memmem(a, na, "certificates/", 13)); /* paper leads to no file */
    assert_null(memmem(a, na, "file://", 7));
    assert_int_equal(access("a/certificates", F_OK), -1);
    free(a);
    free(b);
}

/* By a parser that is not ours, which knows SVG's names no more than HTML's of today. */
static void page_is_well_formed(void **state)
{
    char *log;

    (void)state;
    if (gnuplot_unavailable() || system("xmllint --version >/dev/null 2>&1")) {
        print_message("# gnuplot or xmllint is not here\n");
        skip();
    }
    fill(&nasty);
    write_report("a", "html");
    (void)!system("xmllint --html --noout a/index.html 2>&1 | grep -i error "
                  "| grep -v -E 'Tag [a-z]+[A-Za-z]* invalid' >log; echo end >>log");
    log = slurp(".", "log", NULL);
    if (strcmp(log, "end\n"))
        fail_msg("%s", log);
    free(log);
}

static void unfinished_campaign_is_named(void **state)
{
    struct report_request request = {.out_dir = "a"};
    struct err e = {0};
    struct store *s;

    (void)state;
    unlink("r.db");
    assert_int_equal(store_open("r.db", STORE_CREATE, &s, &e), 0);
    synthetic_fill(s, &plain);
    store_close(s);
    assert_int_equal(query_open("r.db", &request.query, &e), 0);
    assert_int_equal(report_find("markdown")->write(&request, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "demo has no summary yet"));
    query_close(request.query);
    assert_null(report_find("postscript"));
}

static void unwritable_folder_is_an_error(void **state)
{
    struct report_request request = {.out_dir = "no/such/folder"};
    struct err e = {0};

    (void)state;
    fill(&plain);
    assert_int_equal(query_open("r.db", &request.query, &e), 0);
    assert_int_equal(report_find("markdown")->write(&request, &e), ERR_IO);
    assert_non_null(strstr(e.text, "no/such/folder"));
    query_close(request.query);
}

/* The aberration of the original study is shown wherever a report is read. */
static void user_larger_than_total(void **state)
{
    static const char *const files[] = {"index.html", "report.md", "report.json",
                                        "time_audits.csv"};
    static const struct synthetic honest_times = {
        .name = "demo", .deterministic = 1, .boots = 1, .native_cpu = 1};
    static const struct synthetic false_times = {
        .name = "demo", .deterministic = 1, .boots = 1, .native_cpu = 1.5};

    (void)state;
    if (gnuplot_unavailable()) {
        print_message("# %s\n", gnuplot_unavailable());
        skip();
    }
    fill(&honest_times);
    write_report("a", NULL);
    fill(&false_times);
    write_report("b", NULL);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *a = slurp("a", files[i], NULL), *b = slurp("b", files[i], NULL);

        assert_non_null(strstr(a, "sound"));
        assert_null(strstr(a, "user + sys is"));
        assert_non_null(strstr(b, "whole run: user + sys is"));
        assert_non_null(strstr(b, "aberrant"));
        free(a);
        free(b);
    }
}

/* (12350 - 50) / 10 ticks, one instruction each, with the odd tick of the kernel's in between. */
static void cost_of_observing(void **state)
{
    char *text;

    (void)state;
    fill(&plain);
    write_report("a", "markdown");
    text = slurp("a", "report.md", NULL);
    assert_non_null(strstr(text, "| native | clocks | 1230 | instructions |"));
    assert_non_null(strstr(text, "| bare | clocks | 4 | instructions |"));
    free(text);
}

/* 2.491 is what the guest itself reported; 3 ppm of its clock do not show in so few digits. */
static void reported_scores_stand_apart(void **state)
{
    char *text;

    (void)state;
    fill(&plain);
    write_report("a", "markdown");
    text = slurp("a", "report.md", NULL);
    assert_non_null(strstr(text, "What the workload itself reported from the guest, "));
    assert_non_null(strstr(text, "| native | ub-cpu n=1000 | 2.491 | 2.491 |"));
    free(text);
    if (gnuplot_unavailable())
        return;
    want_plain();
    text = slurp("plain", "index.html", NULL);
    assert_non_null(strstr(text, "What the workload itself reported from the guest, "));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(user_larger_than_total),
        cmocka_unit_test(cost_of_observing),
        cmocka_unit_test(reported_scores_stand_apart),
        cmocka_unit_test(same_database_same_bytes),
        cmocka_unit_test(page_stands_alone),
        cmocka_unit_test(first_lines_say_what_it_is),
        cmocka_unit_test(figures_are_right),
        cmocka_unit_test(differences_are_right),
        cmocka_unit_test(heads_and_trust),
        cmocka_unit_test(names_stay_text),
        cmocka_unit_test(hyperfine_reads_it),
        cmocka_unit_test(pdf_is_repeatable),
        cmocka_unit_test(page_is_well_formed),
        cmocka_unit_test(unfinished_campaign_is_named),
        cmocka_unit_test(unwritable_folder_is_an_error),
    };
    char dir[] = "/tmp/test_report.XXXXXX";
    int rc;

    if (!mkdtemp(dir) || chdir(dir))
        return 1;
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    if (chdir("/"))
        return 1;
    paths_remove_tree(dir, NULL);
    return rc;
}
