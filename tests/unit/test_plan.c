/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The words of a boot's plan: what is accepted comes back exactly, and everything else is
 * refused with a sentence that names the word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/collector.h"
#include "hv-under-test/target/plan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NEEDED "etl.boot=1 etl.seed=2 etl.plan=null"

static int parse(const char *line, struct plan *p, char reason[256])
{
    memset(p, 0xA5, sizeof *p);
    reason[0] = '\0';
    return plan_parse(line, p, reason, 256);
}

static uint32_t collector_bit(const char *name)
{
    size_t count;
    const struct collector *const *table = collector_table(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i]->name, name) == 0)
            return 1u << i;
    }
    fail_msg("no collector %s", name);
    return 0;
}

static void full_line(void **state)
{
    struct plan p;
    char reason[256];

    (void)state;
    assert_int_equal(
        parse(
            "vmlinuz quiet etl.boot=65535 etl.seed=18446744073709551615\tetl.card=0xFEBF1000 "
            "console=ttyS0,115200 etl.gap=12500 etl.tsc_hz=1000000000 etl.mmio=febf1800 "
            "etl.exit=hypercall etl.collectors=clocks etl.console=2f8 etl.net=xen "
            "etl.tolerance=200,100 "
            "etl.plan=null,iters=9/spin,n=5 panic=-1\n",
            &p, reason),
        0);
    assert_int_equal(p.boot, 65535);
    assert_true(p.seed == UINT64_MAX);
    assert_true(p.card == 0xFEBF1000u);
    assert_true(p.mmio == 0xFEBF1800u);
    assert_int_equal(p.gap_spins, 12500);
    assert_int_equal(p.tsc_hz, 1000000000);
    assert_int_equal(p.exit_hypercall, 1);
    assert_int_equal(p.collectors, collector_bit("clocks"));
    assert_int_equal(p.console_port, 0x2f8);
    assert_int_equal(p.net, NET_KIND_XEN);
    assert_true(p.tolerance.counts == 200 && p.tolerance.ppm == 100);
    assert_int_equal(p.runs_length, strlen("null,iters=9/spin,n=5"));
    assert_memory_equal(p.runs, "null,iters=9/spin,n=5", p.runs_length);
}

/* All that there are, in an order that is not the table's. */
static void any_list_of_collectors(void **state)
{
    char text[512] = "etl.boot=1 etl.seed=2 etl.plan=null etl.collectors=", reason[256];
    size_t count;
    const struct collector *const *table = collector_table(&count);
    struct plan p;

    (void)state;
    assert_true(count <= COLLECTOR_MAX);
    for (size_t i = count; i-- > 0;) {
        strcat(text, table[i]->name);
        strcat(text, i ? "," : "");
    }
    assert_int_equal(parse(text, &p, reason), 0);
    assert_int_equal(p.collectors, (1u << count) - 1);
    assert_int_equal(parse(NEEDED " etl.collectors=none", &p, reason), 0);
    assert_int_equal(p.collectors, 0);
}

static void defaults(void **state)
{
    struct plan p;
    char reason[256];

    (void)state;
    assert_int_equal(parse(NEEDED, &p, reason), 0);
    assert_int_equal(p.card, 0);
    assert_int_equal(p.mmio, 0);
    assert_int_equal(p.gap_spins, 0);
    assert_int_equal(p.tsc_hz, 0);
    assert_int_equal(p.exit_hypercall, 0);
    assert_int_equal(p.collectors, 0);
    assert_int_equal(p.console_port, 0x3f8);
    assert_int_equal(p.net, NET_KIND_NONE);
    /* Nothing may be missed where nobody says otherwise. */
    assert_true(p.tolerance.counts == 0 && p.tolerance.ppm == 0);
    assert_int_equal(parse("etl.tolerance=1000000,10000 " NEEDED, &p, reason), 0);
    assert_true(p.tolerance.counts == 1000000 && p.tolerance.ppm == 10000);
    assert_int_equal(parse("etl.net=virtio " NEEDED, &p, reason), 0);
    assert_int_equal(p.net, NET_KIND_VIRTIO);
    /* Words of others are not ours to judge, also those that only resemble ours. */
    assert_int_equal(parse("xetl.boot=9 etl=1 et etlboot=1 " NEEDED, &p, reason), 0);
    assert_int_equal(p.boot, 1);
}

static void refusals(void **state)
{
    static const struct {
        const char *line, *named;
    } bad[] = {
        {"", "etl.boot"},
        {"etl.seed=2 etl.plan=null", "etl.boot"},
        {"etl.boot=1 etl.plan=null", "etl.seed"},
        {"etl.boot=1 etl.seed=2", "etl.plan"},
        {NEEDED " etl.boot=1", "etl.boot is given twice"},
        {NEEDED " etl.gap=1 etl.gap=1", "etl.gap is given twice"},
        {NEEDED " etl.", "unknown word"},
        {NEEDED " etl.gaps=1", "etl.gaps=1"},
        {NEEDED " etl.ga=1", "etl.ga=1"},
        {NEEDED " etl.Gap=1", "etl.Gap"},
        {NEEDED " etl.gap", "etl.gap"},
        {NEEDED " etl.gap=", "etl.gap"},
        {NEEDED " etl.gap=-1", "etl.gap=-1"},
        {NEEDED " etl.gap=1x", "etl.gap=1x"},
        {NEEDED " etl.gap=1a", "etl.gap=1a"},
        {NEEDED " etl.gap=18446744073709551616", "etl.gap"},
        {NEEDED " etl.card=12g4", "etl.card"},
        {NEEDED " etl.card=0x", "etl.card"},
        {NEEDED " etl.card=febf1002", "a multiple of 4"},
        {NEEDED " etl.mmio=10000000000000000", "etl.mmio"},
        {NEEDED " etl.exit=reset", "debug or hypercall"},
        {NEEDED " etl.exit=debugger", "debug or hypercall"},
        {NEEDED " etl.exit=deb", "debug or hypercall"},
        {NEEDED " etl.collectors=clocks,nonsense", "names of collectors"},
        {NEEDED " etl.collectors=clocks,clocks", "each once"},
        {NEEDED " etl.collectors=clocks,", "names of collectors"},
        {NEEDED " etl.collectors=,clocks", "names of collectors"},
        {NEEDED " etl.collectors=clock", "names of collectors"},
        {NEEDED " etl.collectors=none,clocks", "names of collectors"},
        {NEEDED " etl.collectors=", "names of collectors"},
        {NEEDED " etl.tolerance=", "etl.tolerance"},
        {NEEDED " etl.tolerance=200", "counts up to"},
        {NEEDED " etl.tolerance=200,", "counts up to"},
        {NEEDED " etl.tolerance=,100", "counts up to"},
        {NEEDED " etl.tolerance=200,100,1", "counts up to"},
        {NEEDED " etl.tolerance=-1,100", "counts up to"},
        {NEEDED " etl.tolerance=0x10,100", "counts up to"},
        {NEEDED " etl.tolerance=1000001,0", "counts up to"},
        {NEEDED " etl.tolerance=0,10001", "ppm up to"},
        {NEEDED " etl.tolerance=18446744073709551617,1", "counts up to"},
        {NEEDED " etl.net=tap", "virtio or xen"},
        {NEEDED " etl.net=", "virtio or xen"},
        {NEEDED " etl.console=0", "etl.console"},
        {NEEDED " etl.console=10000", "etl.console"},
        {"etl.boot=65536 etl.seed=2 etl.plan=null", "etl.boot"},
        {"etl.boot=1 etl.seed=2 etl.plan=", "etl.plan"},
        {"etl.boot=1 etl.seed=2 etl.plan=/null", "etl.plan"},
        {"etl.boot=1 etl.seed=2 etl.plan=null/", "etl.plan"},
        {"etl.boot=1 etl.seed=2 etl.plan=null//spin", "etl.plan"},
    };
    struct plan p;
    char reason[256];

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (parse(bad[i].line, &p, reason) != -1)
            fail_msg("accepted: %s", bad[i].line);
        if (!strstr(reason, bad[i].named))
            fail_msg("%s: \"%s\" does not name %s", bad[i].line, reason, bad[i].named);
    }
}

static void the_card_may_tell_the_boot(void **state)
{
    struct plan p;
    char reason[256];

    (void)state;
    assert_int_equal(parse("etl.boot=card etl.seed=2 etl.plan=null", &p, reason), 0);
    assert_true(p.boot_from_card);
    assert_int_equal(parse(NEEDED, &p, reason), 0);
    assert_false(p.boot_from_card);
    assert_int_equal(parse("etl.boot=cards etl.seed=2 etl.plan=null", &p, reason), -1);
}

static void the_card_may_tell_the_runs(void **state)
{
    struct plan p;
    char reason[256];

    (void)state;
    assert_int_equal(parse("etl.boot=1 etl.seed=2 etl.plan=card", &p, reason), 0);
    assert_true(p.runs_from_card);
    assert_null(p.runs);
    assert_int_equal(plan_set_runs(&p, "null/spin", 9), 0);
    assert_int_equal(p.runs_length, 9);
    assert_int_equal(plan_set_runs(&p, "null/spin", 5), -1);
    assert_int_equal(plan_set_runs(&p, "", 0), -1);
    assert_int_equal(parse("etl.boot=1 etl.seed=2 etl.plan=cards", &p, reason), 0);
    assert_false(p.runs_from_card); /* a run of that name, for the workloads to know */
}

/* The boot number of a plan that is refused later still goes into the error record. */
static void boot_survives_refusal(void **state)
{
    struct plan p;
    char reason[256];

    (void)state;
    assert_int_equal(parse("etl.boot=77 etl.nonsense=1", &p, reason), -1);
    assert_int_equal(p.boot, 77);
}

/* A reason that does not fit is cut, never overrun. */
static void short_reason(void **state)
{
    struct plan p;
    char room[40];

    (void)state;
    for (size_t size = 1; size < 32; size++) {
        memset(room, 0x5A, sizeof room);
        assert_int_equal(plan_parse("etl.unknown=1", &p, room, size), -1);
        assert_true(strlen(room) < size);
        for (size_t i = size; i < sizeof room; i++)
            assert_int_equal(room[i], 0x5A);
    }
}

static uint64_t next(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/*
 * One byte of a good line is replaced: the parser never reads outside (ASan), and whatever it
 * still accepts keeps the invariants the driver relies on.
 */
static void damaged_lines(void **state)
{
    static const char good[] =
        "etl.boot=1 etl.seed=2 etl.gap=3 etl.card=febf0000 etl.exit=debug "
        "etl.collectors=none etl.plan=null,iters=3/spin";
    uint64_t seed = 0x5EED5EED;
    unsigned accepted = 0, refused = 0;

    (void)state;
    printf("# seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 200000; round++) {
        size_t n = sizeof good - 1 - next(&seed) % 8;
        char *line = malloc(n + 1), reason[256];
        struct plan p;

        memcpy(line, good, n);
        line[n] = '\0';
        line[next(&seed) % n] = (char)next(&seed);
        if (parse(line, &p, reason)) {
            refused++;
            assert_true(reason[0] != '\0');
        } else {
            accepted++;
            assert_true(p.boot <= 0xFFFF && p.card % 4 == 0 && p.mmio % 4 == 0);
            assert_true(p.runs > line && p.runs + p.runs_length <= line + n);
            assert_true(p.runs_length > 0);
        }
        free(line);
    }
    /* Both kinds must occur, or the test looked at nothing. */
    assert_true(accepted > 1000 && refused > 1000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_line),
        cmocka_unit_test(any_list_of_collectors),
        cmocka_unit_test(defaults),
        cmocka_unit_test(the_card_may_tell_the_boot),
        cmocka_unit_test(the_card_may_tell_the_runs),
        cmocka_unit_test(refusals),
        cmocka_unit_test(boot_survives_refusal),
        cmocka_unit_test(short_reason),
        cmocka_unit_test(damaged_lines),
    };

    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
