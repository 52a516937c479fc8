/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole reports: the same bytes from the same database, nothing fetched and nothing run by a
 * page, links that lead somewhere, names of guests as text in every format. What a report says is
 * test_report_says.c's.
 */
#include <dirent.h>

#include "tests/unit/report_fixture.h"

#define NASTY                                                                                 \
    "</td><script>alert('1')</script>\"'>&|`x`\n# head\n=2+2 \xE2\x80\xAE \xD8\x9C "          \
    "\xE2\x81\xA6 \xFF</script>"

static const struct synthetic nasty = {.name = "<img src=x onerror=alert(1)> \"co\"",
                                       .deterministic = 1,
                                       .boots = 1,
                                       .crash = 1,
                                       .extra_text = NASTY,
                                       .vmm_variant = "svm:'/><b>/../../../x",
                                       .native_clock = "=../../../../\"><i>\n|x"};

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_database_same_bytes),
        cmocka_unit_test(page_stands_alone),
        cmocka_unit_test(names_stay_text),
        cmocka_unit_test(hyperfine_reads_it),
        cmocka_unit_test(pdf_is_repeatable),
        cmocka_unit_test(page_is_well_formed),
        cmocka_unit_test(unwritable_folder_is_an_error),
    };

    return report_run(tests);
}
