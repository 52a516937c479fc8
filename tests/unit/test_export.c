/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exports: a repetition gives the same canonical bytes whatever the host did and in whatever
 * order boots were stored; one changed tick changes them; nothing of the host is in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/query.h"
#include "analysis/summarise.h"
#include "reports/export.h"
#include "reports/model.h"
#include "reports/terminal.h"
#include "base/paths.h"
#include "tests/golden/synthetic.h"

#define NASTY "<b>\"x\"</b>,\n=1+1 \xFF 'y' | `z`"

static const struct synthetic plain = {
    .name = "demo", .deterministic = 1, .boots = 2, .crash = 1, .native_skew_ppm = 3};
static const struct synthetic nasty = {
    .name = "demo", .deterministic = 1, .boots = 1, .crash = 1, .extra_text = NASTY};

static void fill(const char *path, const struct synthetic *what)
{
    struct err e = {0};
    struct store *s;

    unlink(path);
    if (store_open(path, STORE_CREATE, &s, &e))
        fail_msg("%s", e.text);
    synthetic_fill(s, what);
    if (summarise_campaign(s, what->name, &e))
        fail_msg("%s", e.text);
    store_close(s);
}

enum what { CANONICAL, CSV, JSON, TERMINAL };

/* The export as a string; the caller frees it. */
static char *export(const char *path, enum what what, const char *view)
{
    struct query_campaign c;
    struct err e = {0};
    struct query *q;
    struct model m;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    int rc = query_open(path, &q, &e);

    if (!rc)
        rc = query_find_campaign(q, "demo", &c, &e);
    if (!rc && what == CANONICAL) {
        rc = export_canonical(q, &c, f, &e);
    } else if (!rc && what == TERMINAL) {
        rc = model_read(q, "demo", &m, &e);
        if (!rc) {
            rc = terminal_write_summary(&m, f, &e);
            model_free(&m);
        }
    } else if (!rc) {
        rc = export_view(q, view, &c, what == CSV ? EXPORT_CSV : EXPORT_JSON, f, &e);
    }
    if (rc)
        fail_msg("%s", e.text);
    query_close(q);
    fclose(f);
    return text;
}

static void repetition_gives_the_same_bytes(void **state)
{
    char *a, *b;

    (void)state;
    fill("a.db", &plain);
    fill("b.db", &plain);
    a = export("a.db", CANONICAL, NULL);
    b = export("b.db", CANONICAL, NULL);
    assert_true(strlen(a) > 100000);
    assert_string_equal(a, b);
    free(b);
    /* and making the derived rows again changes nothing */
    {
        struct err e = {0};
        struct store *s;

        assert_int_equal(store_open("b.db", STORE_WRITE, &s, &e), 0);
        assert_int_equal(summarise_campaign(s, NULL, &e), 0);
        store_close(s);
    }
    b = export("b.db", CANONICAL, NULL);
    assert_string_equal(a, b);
    free(a);
    free(b);
}

static void nothing_of_the_host(void **state)
{
    char *a;

    (void)state;
    fill("a.db", &plain);
    a = export("a.db", CANONICAL, NULL);
    assert_null(strstr(a, "secret-host-name"));
    assert_null(strstr(a, "1234567890"));
    assert_null(strstr(a, "host says"));
    assert_null(strstr(a, "attempt"));
    free(a);
}

static void put_facts(const char *path, const char *const (*fact)[2], size_t n)
{
    struct err e = {0};
    struct store *s;
    int64_t id;

    fill(path, &plain);
    assert_int_equal(store_open(path, STORE_WRITE, &s, &e), 0);
    assert_int_equal(store_find_campaign(s, "demo", &id, &e), 1);
    for (size_t i = 0; i < n; i++)
        if (store_put_fact(s, id, fact[i][0], fact[i][1], &e))
            fail_msg("%s", e.text);
    assert_int_equal(store_put_host_fact(s, id, "host.name", path, &e), 0);
    store_close(s);
}

/* Two computers with other tools, and the same files from other packages. */
static void another_host_gives_the_same_bytes(void **state)
{
    static const char *const here[][2] = {
        {"lab.qemu.version", "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)"},
        {"lab.qemu.sha256", "aa"},
        {"lab.card.sha256", "ab"},
        {"lab.timer_sim.sha256", "ac"},
        {"lab.kernel.package", "linux-image-6.1.0-56-cloud-amd64"},
        {"lab.kernel.version", "6.1.192-2"},
        {"lab.kernel.package_sha256", "ad"},
        {"xen-pvh credit2:a.b.xen.version", "4.17.5"},
        {"xen-pvh credit2:a.b.xen.dom0.package", "linux-image-amd64"},
        {"xen-pvh credit2:a.b.xen.image.package.libc6", "2.36-9 ae"},
    };
    static const char *const there[][2] = {
        {"lab.qemu.version", "QEMU emulator version 7.2.0"},
        {"lab.qemu.sha256", "ba"},
        {"lab.card.sha256", "bb"},
        {"lab.timer_sim.sha256", "bc"},
        {"lab.kernel.package", "linux-of-my-own"},
        {"lab.kernel.version", "6.1"},
        {"lab.kernel.package_sha256", "bd"},
        {"xen-pvh credit2:a.b.xen.version", "4.17"},
        {"xen-pvh credit2:a.b.xen.image.package.musl", "1.2 be"},
    };
    /* What the machine under test is made of is no matter of the host. */
    static const char *const loaded[][2] = {
        {"etalon.version", "0.1"},
        {"lab.machine_options", "-accel tcg"},
        {"lab.kernel.vmlinux_sha256", "af"},
        {"kvm.own.qemu.sha256", "b0"},
        {"kvm.memory_mb", "256"},
        {"xen-pvh credit2:a.b.xen.sha256", "b1"},
        {"xen-pvh credit2:a.b.xen.image.sha256", "b2"},
        {"exec.0", "/bin/true"},
    };
    char *a, *b;

    (void)state;
    put_facts("a.db", here, sizeof(here) / sizeof(here[0]));
    put_facts("b.db", there, sizeof(there) / sizeof(there[0]));
    a = export("a.db", CANONICAL, NULL);
    b = export("b.db", CANONICAL, NULL);
    assert_string_equal(a, b);
    free(b);
    b = export("b.db", CSV, "provenance");
    for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
        assert_non_null(strstr(b, there[i][0]));
    free(b);
    put_facts("b.db", loaded, sizeof(loaded) / sizeof(loaded[0]));
    b = export("b.db", CANONICAL, NULL);
    for (size_t i = 0; i < sizeof(loaded) / sizeof(loaded[0]); i++) {
        char row[256];

        snprintf(row, sizeof(row), "[\"fact\",\"%s\",\"%s\"]", loaded[i][0], loaded[i][1]);
        assert_non_null(strstr(b, row));
    }
    free(a);
    free(b);
}

static void a_changed_seed_shows(void **state)
{
    struct synthetic other = plain;
    char *a, *b;

    (void)state;
    other.seeds_each = 1;
    fill("a.db", &plain);
    fill("b.db", &other);
    a = export("a.db", CANONICAL, NULL);
    b = export("b.db", CANONICAL, NULL);
    assert_string_not_equal(a, b);
    free(a);
    free(b);
}

/* The line that holds `needle`, cut out of text in place. */
static const char *line(char *text, const char *needle)
{
    char *at = strstr(text, needle), *end;

    if (!at)
        fail_msg("no \"%s\"", needle);
    while (at > text && at[-1] != '\n')
        at--;
    end = strchr(at, '\n');
    if (end)
        *end = 0;
    return at;
}

static void canonical_lines(void **state)
{
    char *a;

    (void)state;
    fill("a.db", &plain);
    a = export("a.db", CANONICAL, NULL);
    assert_string_equal(line(a, "\"section\":\"interval\""),
                        "{\"section\":\"interval\",\"columns\":[\"boot\",\"interval\",\"w\","
                        "\"iteration\",\"start_tick\",\"stop_tick\",\"reading\",\"verdict\","
                        "\"reason\"]}");
    free(a);
    a = export("a.db", CANONICAL, NULL);
    assert_string_equal(line(a, "[\"interval\",0,0,"),
                        "[\"interval\",0,0,0,0,500000,500001,null,\"ok\",\"\"]");
    free(a);
    a = export("a.db", CANONICAL, NULL);
    /* SHA-256 of "hello\n" */
    assert_string_equal(
        line(a, "[\"raw\",0,\"console\""),
        "[\"raw\",0,\"console\",6,"
        "\"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\"]");
    free(a);
}

static void every_view_exports(void **state)
{
    (void)state;
    fill("a.db", &plain);
    for (const char *const *view = query_view_names(); *view; view++) {
        char *csv = export("a.db", CSV, *view), *json = export("a.db", JSON, *view);

        assert_non_null(strchr(csv, '\n'));
        assert_int_equal(strncmp(csv, "campaign,", 9), 0);
        assert_true(json[0] == '[' && !strcmp(json + strlen(json) - 2, "]\n"));
        free(csv);
        free(json);
    }
}

static void names_stay_data(void **state)
{
    char *csv, *json, *text;

    (void)state;
    fill("n.db", &nasty);
    csv = export("n.db", CSV, "provenance");
    assert_non_null(strstr(csv, ",\"<b>\"\"x\"\"</b>,\n=1+1 \xFF 'y' | `z`\"\n"));
    json = export("n.db", JSON, "provenance");
    assert_non_null(strstr(json, "\"<b>\\\"x\\\"</b>,\\n=1+1 \xEF\xBF\xBD 'y' | `z`\""));
    text = export("n.db", TERMINAL, NULL);
    assert_null(strstr(text, "\xFF"));
    free(csv);
    free(json);
    free(text);
}

static void unknown_view_names_the_known(void **state)
{
    struct err e = {0};
    struct query *q;

    (void)state;
    fill("a.db", &plain);
    assert_int_equal(query_open("a.db", &q, &e), 0);
    assert_int_equal(export_view(q, "duration", NULL, EXPORT_CSV, stdout, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "durations, readings, summary"));
    query_close(q);
}

static void terminal_says_what_matters(void **state)
{
    char *text;

    (void)state;
    fill("a.db", &plain);
    text = export("a.db", TERMINAL, NULL);
    assert_non_null(strstr(text, "exact instruction counts"));
    assert_non_null(strstr(text, "equal"));
    assert_non_null(strstr(text, "boot 6 (vmm-bare) crash: the machine died"));
    assert_non_null(strstr(text, "guest clock raw on native is biased: fast by 3"));
    assert_non_null(strstr(text, "skipped on bare: 1 run: needs a Linux kernel"));
    free(text);
}

static void full_disk_is_an_error(void **state)
{
    struct query_campaign c;
    struct err e = {0};
    struct query *q;
    FILE *f = fopen("/dev/full", "w");

    (void)state;
    if (!f)
        skip();
    fill("a.db", &plain);
    assert_int_equal(query_open("a.db", &q, &e), 0);
    assert_int_equal(query_find_campaign(q, NULL, &c, &e), 0);
    assert_int_equal(export_canonical(q, &c, f, &e), ERR_IO);
    query_close(q);
    fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repetition_gives_the_same_bytes),
        cmocka_unit_test(nothing_of_the_host),
        cmocka_unit_test(another_host_gives_the_same_bytes),
        cmocka_unit_test(a_changed_seed_shows),
        cmocka_unit_test(canonical_lines),
        cmocka_unit_test(every_view_exports),
        cmocka_unit_test(names_stay_data),
        cmocka_unit_test(unknown_view_names_the_known),
        cmocka_unit_test(terminal_says_what_matters),
        cmocka_unit_test(full_disk_is_an_error),
    };
    char dir[] = "/tmp/test_export.XXXXXX";
    int rc;

    if (!mkdtemp(dir) || chdir(dir))
        return 1;
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    unlink("a.db");
    unlink("b.db");
    unlink("n.db");
    if (chdir("/"))
        return 1;
    paths_remove_tree(dir, NULL);
    return rc;
}
