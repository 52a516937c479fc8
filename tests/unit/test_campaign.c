/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hypothesis: a campaign file means one thing, and a wrong one is refused with its line, what
 * was wrong and what is allowed.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "runner/campaign.h"
#include "runner/platforms.h"
#include "runner/schedule.h"

#define GOOD                                                                                  \
    "name = \"t\";\nbench = \"lab\";\n"                                                       \
    "platforms = ( { name = \"bare\"; }, { name = \"native\"; } );\n"                         \
    "workloads = ( { name = \"null\"; } );\n"

/* libconfig's scanner drops its string buffer when a file ends inside a string: its leak. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:strbuf_append\n";
}

static char path[] = "/tmp/etalon-campaign.XXXXXX";

static int load_text(const char *text, struct campaign *c, struct err *e)
{
    memset(e, 0, sizeof(*e));
    assert_int_equal(file_write(path, text, strlen(text), NULL), 0);
    return campaign_load(path, c, e);
}

static void accepts_and_fills_defaults(void **state)
{
    struct campaign c;
    struct err e;

    (void)state;
    assert_int_equal(load_text(GOOD, &c, &e), 0);
    assert_string_equal(c.name, "t");
    assert_int_equal(c.boots, 2);
    assert_int_equal(c.platforms, 2);
    assert_string_equal(c.collectors, "clocks");
    assert_int_equal(c.runs, 1);
    assert_int_equal(strlen(c.hash), 64);
    campaign_free(&c);
}

/* Every combination, the last array turning fastest. */
static void expands_the_matrix(void **state)
{
    struct campaign c;
    struct err e;

    (void)state;
    assert_int_equal(
        load_text(
            "name = \"t\"; platforms = ( { name = \"bare\"; } );\n"
            "workloads = ( { name = \"exits\"; op = [\"empty\", \"cpuid\"]; n = [10, 20];"
            " iterations = 3; } );",
            &c, &e),
        0);
    assert_string_equal(c.plan_text,
                        "exits,op=empty,n=10,iters=3/exits,op=empty,n=20,iters=3/"
                        "exits,op=cpuid,n=10,iters=3/exits,op=cpuid,n=20,iters=3");
    assert_int_equal(c.runs, 4);
    campaign_free(&c);
}

/* Comments and layout do not change the identity; anything that changes a boot does. */
static void hash_is_over_meaning(void **state)
{
    struct campaign a, b, d;
    struct err e;

    (void)state;
    assert_int_equal(load_text(GOOD, &a, &e), 0);
    assert_int_equal(load_text("# a remark\n\n" GOOD "boots = 2;", &b, &e), 0);
    assert_string_equal(a.hash, b.hash);
    assert_int_equal(load_text(GOOD "seed = 2;", &d, &e), 0);
    assert_string_not_equal(a.hash, d.hash);
    campaign_free(&a);
    campaign_free(&b);
    campaign_free(&d);
}

/* The option makes another campaign of it, the one a file with that list would make. */
static void collectors_by_option(void **state)
{
    struct campaign a, b;
    struct err e;

    (void)state;
    assert_int_equal(load_text(GOOD, &a, &e), 0);
    assert_int_equal(load_text(GOOD "collectors = [ ];", &b, &e), 0);
    assert_string_equal(b.collectors, "none");
    assert_int_equal(campaign_override_collectors(&a, "clocks", &e), 0);
    assert_null(a.file_collectors);
    assert_int_equal(campaign_override_collectors(&a, "none", &e), 0);
    assert_string_equal(a.collectors, "none");
    assert_string_equal(a.file_collectors, "clocks");
    assert_string_equal(a.hash, b.hash);
    assert_string_equal(a.text, b.text);
    assert_int_equal(campaign_override_collectors(&a, "clocks,", &e), ERR_USAGE);
    assert_int_equal(campaign_override_collectors(&a, "clocks,clocks", &e), ERR_USAGE);
    assert_int_equal(campaign_override_collectors(&a, "pmc", &e), ERR_USAGE);
    assert_int_equal(campaign_override_collectors(&a, "", &e), ERR_USAGE);
    assert_int_equal(campaign_override_collectors(&a, "none,clocks", &e), ERR_USAGE);
    assert_string_equal(a.collectors, "none");
    assert_int_equal(campaign_override_collectors(&b, "clocks", &e), 0);
    assert_string_equal(b.collectors, "clocks");
    campaign_free(&a);
    campaign_free(&b);
}

/* The same platform on lines 2 and 3; what follows stands on line 4. */
#define TWICE(first, second)                                                                  \
    "name = \"t\"; workloads = ( { name = \"null\"; } ); platforms = (\n"                     \
    "{ name = \"vmm-bare\"; " first " },\n{ name = \"vmm-bare\"; " second " } );\n"

static const struct {
    const char *text, *line, *says;
} wrong[] = {
    {"name = \"t\"", ":1: ", "see campaigns/demo.cfg"}, /* nothing else is there */
    {"name = ;", ":1: ", "demo.cfg"},
    {GOOD "colour = 3;", "line 5: colour", "there is: name, bench"},
    {GOOD "boots = 0;", "line 5: boots", "1 to 65536"},
    {GOOD "boots = 1.5;", "line 5: boots", "whole number"},
    {GOOD "boots = 40000;", "line 3: platforms", "more than 65536 boots"},
    {GOOD "order = \"random\";", "line 5: order", "abba, sequence"},
    {GOOD "seeds = \"none\";", "line 5: seeds", "same, each"},
    {GOOD "seed = -1;", "line 5: seed", "out of range"},
    {GOOD "collectors = [ \"pmc\" ];", "line 5: collectors",
     "no collector \"pmc\"; there is:"},
    {GOOD "collectors = [ \"clocks\", \"clocks\" ];", "line 5: collectors", "named twice"},
    {GOOD "collectors = \"clocks\";", "line 5: collectors", "an array"},
    {GOOD "collectors = [ 1 ];", "line 5: collectors", "no collector \"\""},
    {"name = \"a b\";", "line 1: name", "letters, digits"},
    {"name = \"t\";\nbench = \"moon\";", "line 2: bench", "there is: lab"},
    {"name = \"t\";\nplatforms = ( { name = \"esx\"; } );", "line 2: name", "there is: bare"},
    {"name = \"t\";\nplatforms = ( { name = \"bare\"; variant = \"x\"; } );",
     "line 2: variant", "no variant \"x\""},
    {"name = \"t\";\nplatforms = ( { name = \"vmm-bare\"; variant = \"vmx+nested\"; } );",
     "line 2: variant", "it needs a processor with VT-x"},
    {"name = \"t\";\nplatforms = ( { name = \"bare\"; cpu = 1; } );", "line 2: cpu",
     "there is: name, variant"},
    {"name = \"t\";\nplatforms = ();", "line 2: platforms", "is a list"},
    {"name = \"t\";\nplatforms = ( { name = \"vmm-bare\"; options = { hypercall = \"slow\"; "
     "}; "
     "} );",
     "line 2", "hypercall"},
    {"name = \"t\"; platforms = ( { name = \"bare\"; } );\nworkloads = ( { name = \"pi\"; } "
     ");",
     "line 2", "pi"},
    {"name = \"t\"; platforms = ( { name = \"bare\"; } );\n"
     "workloads = ( { name = \"spin\"; m = 5; } );",
     "line 2", "m"},
    {"name = \"t\"; platforms = ( { name = \"bare\"; } );\n"
     "workloads = ( { name = \"spin\"; n = []; } );",
     "line 2: n", "no run"},
    {"name = \"t\"; platforms = ( { name = \"bare\"; } );\n"
     "workloads = ( { name = \"spin\"; iters = 5; } );",
     "line 2: iters", "iterations"},
    {"name = \"t\"; platforms = ( { name = \"bare\"; } );\n"
     "workloads = ( { name = \"exits\"; op = \"cpuid,n=5\"; } );",
     "line 2: op", "word"},
    {"name = \"t\"; platforms = ( { name = \"bare\"; } );\n"
     "workloads = ( { name = \"exec\"; } );",
     "line 2", "wants its program"},
    {"name = \"t\"; platforms = ( { name = \"bare\"; } );\n"
     "workloads = ( { name = \"exec\"; exec = [ ]; } );",
     "line 2: exec", "1 to 64 strings"},
    {"name = \"t\"; platforms = ( { name = \"bare\"; } );\n"
     "workloads = ( { name = \"exec\"; exec = [ 1, 2 ]; } );",
     "line 2: exec", "element 0"},
    {"name = \"t\"; platforms = ( { name = \"bare\"; } );\n"
     "workloads = ( { name = \"exec\"; exec = [ \"/proc/self/exe\" ]; program = 0; } );",
     "line 2", "wants its program"},
    {"name = \"t\"; platforms = ( { name = \"bare\"; } );\n"
     "workloads = ( { name = \"exec\"; exec = [ \"/etc/passwd\" ]; } );",
     "line 2: exec", "not a script"},
    {"name = \"t\"; platforms = ( { name = \"bare\"; } );\n"
     "workloads = ( { name = \"null\"; exec = [ \"/bin/sh\" ]; } );",
     "line 2: exec", "only the workload exec"},
    {TWICE("", ""), "line 3", "give each a label"},
    {TWICE("label = \"a\";", "label = \"a\";"), "line 3", "vmm-bare, variant svm+nested:a"},
    {TWICE("label = \"a b\";", ""), "line 2: label", "letters, digits"},
    {TWICE("label = \"\";", ""), "line 2: label", "1 to 24"},
    {TWICE("limit = 0;", "label = \"a\";"), "line 2: limit", "1 to 86400"},
    {TWICE("options = { vmm = \"x\"; };", "label = \"a\";"), "line 2: vmm", "slash"},
    {TWICE("options = { vmm = \"/no/such\"; };", "label = \"a\";"), "line 2: vmm",
     "cannot be found"},
    {TWICE("", "label = \"a\";") "baseline = \"vmm-bare\";", "line 4: baseline",
     "more than one"},
    {TWICE("", "label = \"a\";") "baseline = \"vmm-bare:b\";", "line 4: baseline",
     "\"vmm-bare svm+nested\", \"vmm-bare svm+nested:a\""},
};

static void refuses_with_line_and_mend(void **state)
{
    struct campaign c;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (load_text(wrong[i].text, &c, &e) != ERR_USAGE || !strstr(e.text, path) ||
            (i > 1 && (!strstr(e.text, wrong[i].line) || !strstr(e.text, wrong[i].says))))
            fail_msg("case %zu: \"%s\" gave \"%s\", wanted \"%s\" and \"%s\"", i,
                     wrong[i].text, e.text, wrong[i].line, wrong[i].says);
        campaign_free(&c);
    }
}

/* More than the card holds. */
static void refuses_a_plan_that_is_too_long(void **state)
{
    static char text[1u << 18];
    struct campaign c;
    struct err e;
    size_t used = (size_t)snprintf(text, sizeof(text),
                                   "name = \"t\"; platforms = ( { name = \"bare\"; } );\n"
                                   "workloads = (\n");

    (void)state;
    for (unsigned i = 0; i < 4090; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used,
                                 "%s{ name = \"spin\"; n = %u; iterations = 77777; }\n",
                                 i ? "," : "", 100000 + 2 * i);
    snprintf(text + used, sizeof(text) - used, ");\n");
    assert_int_equal(load_text(text, &c, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "line 2: "));
    assert_non_null(strstr(e.text, "use fewer runs"));
    campaign_free(&c);
}

/* Entries of one platform have names of their own, in the store and in provenance. */
static void labels_tell_entries_apart(void **state)
{
    static const char *const names[] = {"vmm-bare:b", "vmm-bare svm+nested:b"};
    char prefix[128];
    struct campaign c;
    struct err e;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char text[512];

        snprintf(text, sizeof(text), "%sbaseline = \"%s\"; limit = 7;",
                 TWICE("label = \"a\";", "label = \"b\"; limit = 9;"), names[i]);
        assert_int_equal(load_text(text, &c, &e), 0);
        assert_string_equal(c.platform[0].variant, "svm+nested");
        assert_string_equal(c.platform[0].shown, "svm+nested:a");
        assert_string_equal(c.platform[1].shown, "svm+nested:b");
        assert_true(c.platform[0].limit_ns == 7000000000u);
        assert_true(c.platform[1].limit_ns == 9000000000u);
        assert_int_equal(c.platform[0].next_rip, 0);
        assert_null(strstr(c.text, "processor"));
        assert_int_equal(c.baseline, 1);
        platforms_fact_prefix(&c, 1, prefix, sizeof(prefix));
        assert_string_equal(prefix, "vmm-bare svm+nested:b.");
        assert_non_null(strstr(c.text, "\nbaseline vmm-bare svm+nested:b\n"));
        assert_non_null(strstr(
            c.text, "\nplatform vmm-bare svm+nested:b memory_mb=0 limit_ns=9000000000"));
        campaign_free(&c);
    }
    assert_int_equal(
        load_text(TWICE("label = \"a\";", "label = \"b\"; processor = \"nrip\";"), &c, &e), 0);
    assert_int_equal(c.platform[1].next_rip, 1);
    assert_non_null(
        strstr(c.text, "\nplatform vmm-bare svm+nested:b memory_mb=0 processor=nrip\n"));
    campaign_free(&c);
    assert_int_equal(load_text(GOOD "baseline = \"native\";", &c, &e), 0);
    assert_int_equal(c.baseline, 1);
    platforms_fact_prefix(&c, 1, prefix, sizeof(prefix));
    assert_string_equal(prefix, "native.");
    campaign_free(&c);
}

/* Whatever lies in campaigns/ can be run as it stands. */
/* The same campaign with a key that is there in the place of each it names. */
static int load_with_key(const char *file, const char *key, struct campaign *c, struct err *e)
{
    static const char seal[] = "seal = \"";
    char *text = NULL, *out = NULL;
    size_t size, n;
    FILE *f;
    int rc;

    assert_int_equal(file_read(file, &text, &size, e), 0);
    f = open_memstream(&out, &n);
    assert_non_null(f);
    for (const char *at = text, *next; *at; at = next) {
        next = strstr(at, seal);
        fprintf(f, "%.*s", next ? (int)(next - at) : (int)strlen(at), at);
        if (!next)
            break;
        fprintf(f, "%s%s", seal, key);
        next = strchr(next + strlen(seal), '"');
        assert_non_null(next);
    }
    fclose(f);
    rc = load_text(out, c, e);
    free(text);
    free(out);
    return rc;
}

static void the_trees_own_campaigns_load(void **state)
{
    char key[] = "/tmp/etalon-key.XXXXXX";
    const int fd = mkstemp(key);
    struct campaign c;
    struct err e;
    glob_t files;

    (void)state;
    assert_int_equal(glob("campaigns/*.cfg", 0, NULL, &files), 0);
    assert_true(files.gl_pathc >= 5);
    assert_int_equal(dprintf(fd, "%064d\n", 7), 65);
    close(fd);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        memset(&e, 0, sizeof(e));
        if (load_with_key(files.gl_pathv[i], key, &c, &e) != 0)
            fail_msg("%s: %s", files.gl_pathv[i], e.text);
        campaign_free(&c);
    }
    globfree(&files);
    unlink(key);
}

/* A program is a number in the plan; the same line again is the same program. */
static void programs_are_numbered(void **state)
{
    struct campaign c;
    struct err e;

    (void)state;
    if (load_text("name = \"t\"; platforms = ( { name = \"native\"; } );\nworkloads = (\n"
                  "{ name = \"exec\"; exec = [ \"/bin/sh\", \"-c\", \"a, \\\"b\\\"/c=d\" ];"
                  " iterations = 3; },\n"
                  "{ name = \"exec\"; exec = [ \"/bin/sh\" ]; },\n"
                  "{ name = \"exec\"; exec = [ \"/bin/sh\", \"-c\", \"a, \\\"b\\\"/c=d\" ];"
                  " iterations = 4; } );",
                  &c, &e) != 0)
        fail_msg("%s", e.text);
    assert_string_equal(c.plan_text,
                        "exec,program=0,iters=3/exec,program=1/exec,program=0,iters=4");
    assert_int_equal(c.programs.count, 2);
    assert_int_equal(c.programs.program[0].argv_bytes, 8 + 3 + 11);
    assert_memory_equal(c.programs.program[0].argv, "/bin/sh\0-c\0a, \"b\"/c=d", 22);
    assert_non_null(strstr(c.text, "\nexec 0 \"/bin/sh\" \"-c\" \"a, \\\"b\\\"/c=d\"\n"));
    campaign_free(&c);
}

static void refuses_what_is_no_text(void **state)
{
    static const char binary[] = "name = \"t\";\0\x7f\x45\x4c\x46";
    struct campaign c;
    struct err e = {0};

    (void)state;
    assert_int_equal(file_write(path, binary, sizeof(binary), NULL), 0);
    assert_int_equal(campaign_load(path, &c, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "NUL"));
    campaign_free(&c);
    assert_int_equal(campaign_load("/nonexistent/x.cfg", &c, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "/nonexistent/x.cfg"));
    campaign_free(&c);
}

/* Random damage to a good file must never crash the reader or leak (sanitizer build). */
static void survives_damage(void **state)
{
    const char *good = GOOD "boots = 2; options = { a = 1; }; seed = 5;";
    char text[1024];
    struct campaign c;
    struct err e;
    unsigned seed = 20110915;

    (void)state;
    print_message("# seed %u\n", seed);
    for (int i = 0; i < 3000; i++) {
        size_t n = strlen(good);

        memcpy(text, good, n + 1);
        for (int k = 0; k < 1 + i % 4; k++)
            text[(size_t)rand_r(&seed) % n] = (char)(1 + rand_r(&seed) % 126);
        load_text(text, &c, &e);
        campaign_free(&c);
    }
}

#define NATIVE(append)                                                                        \
    "name = \"t\"; platforms = ( { name = \"native\"; options = { append = \"" append         \
    "\"; }; } );\nworkloads = ( { name = \"null\"; } );"

/* Several words of a kernel's command line are one option, and quoted in what is hashed. */
static void options_may_hold_blanks(void **state)
{
    struct campaign c;
    struct err e;

    (void)state;
    if (load_text(NATIVE("rdinit=/nonexistent panic=0"), &c, &e))
        fail_msg("%s", e.text);
    assert_string_equal(c.platform[0].options[0].value, "rdinit=/nonexistent panic=0");
    assert_non_null(strstr(c.text, " append=\"rdinit=/nonexistent panic=0\"\n"));
    campaign_free(&c);
    assert_int_equal(load_text(NATIVE("one,two"), &c, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "commas"));
    campaign_free(&c);
    assert_int_equal(load_text(NATIVE("one\\ttwo"), &c, &e), ERR_USAGE);
    campaign_free(&c);
}

static void abba_turns_every_second_block(void **state)
{
    struct campaign c;
    struct err e;
    unsigned order[6];

    (void)state;
    assert_int_equal(
        load_text(
            "name = \"t\"; boots = 2; seeds = \"each\"; platforms = ( { name = \"bare\"; "
            "}, { name = \"native\"; }, { name = \"vmm-bare\"; } );\n"
            "workloads = ( { name = \"null\"; } );",
            &c, &e),
        0);
    assert_int_equal(schedule_count(&c), 6);
    for (unsigned i = 0; i < 6; i++)
        order[i] = schedule_get(&c, i).platform;
    assert_memory_equal(order, ((unsigned[]){0, 1, 2, 2, 1, 0}), sizeof(order));
    assert_int_not_equal(schedule_get(&c, 0).seed, schedule_get(&c, 5).seed);
    campaign_free(&c);
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Campaigns of neighbouring seeds are repetitions of nothing in each other. */
static void seeds_are_of_their_boot_alone(void **state)
{
    enum { CAMPAIGNS = 50, BOOTS = 100 };
    static uint64_t seed[CAMPAIGNS * BOOTS];

    (void)state;
    for (unsigned i = 0; i < CAMPAIGNS * BOOTS; i++) {
        const struct campaign c = {.platforms = 1,
                                   .boots = BOOTS,
                                   .seed = 1 + i / BOOTS,
                                   .seeds = CAMPAIGN_SEEDS_EACH};

        seed[i] = schedule_get(&c, i % BOOTS).seed;
    }
    qsort(seed, CAMPAIGNS * BOOTS, sizeof(seed[0]), by_value);
    for (unsigned i = 1; i < CAMPAIGNS * BOOTS; i++)
        assert_true(seed[i - 1] != seed[i]);
}

static int make_path(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_and_fills_defaults),
        cmocka_unit_test(expands_the_matrix),
        cmocka_unit_test(hash_is_over_meaning),
        cmocka_unit_test(collectors_by_option),
        cmocka_unit_test(refuses_with_line_and_mend),
        cmocka_unit_test(refuses_a_plan_that_is_too_long),
        cmocka_unit_test(labels_tell_entries_apart),
        cmocka_unit_test(the_trees_own_campaigns_load),
        cmocka_unit_test(programs_are_numbered),
        cmocka_unit_test(refuses_what_is_no_text),
        cmocka_unit_test(survives_damage),
        cmocka_unit_test(options_may_hold_blanks),
        cmocka_unit_test(abba_turns_every_second_block),
        cmocka_unit_test(seeds_are_of_their_boot_alone),
    };

    return cmocka_run_group_tests_name("campaign", tests, make_path, remove_path);
}
