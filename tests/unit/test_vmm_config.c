/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hypervisor's configuration line: what is accepted, what is refused how that is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/vmm/config.c"
#include "hv-under-test/vmm/lie.c"
#include "hv-under-test/vmm/text.c"

static void test_defaults(void **state)
{
    struct vmm_config c;
    char reason[CONFIG_REASON_BYTES];

    (void)state;
    assert_int_equal(config_parse("", &c, reason), 0);
    assert_int_equal(c.cpu, CONFIG_CPU_SVM);
    assert_int_equal(c.paging, CONFIG_PAGING_NESTED);
    assert_int_equal(c.hypercall, CONFIG_HYPERCALL_FULL);
    assert_int_equal(c.tsc, CONFIG_TSC_PASS);
    assert_int_equal(c.card, 0);
    assert_int_equal(c.boot, 0);
    /* Loaders put the image's path in front, with or without more behind it. */
    assert_int_equal(config_parse("build/vmm/vmm.elf", &c, reason), 0);
    assert_int_equal(config_parse("/a=b/vmm.elf boot=9", &c, reason), 0);
    assert_int_equal(c.boot, 9);
    assert_int_equal(config_parse("vmm boot=9", &c, reason), 0);
}

static void test_every_key(void **state)
{
    struct vmm_config c;
    char reason[CONFIG_REASON_BYTES];

    (void)state;
    assert_int_equal(config_parse("  cpu=svm  paging=nested hypercall=fast tsc=trap "
                                  "card=0xfebfe000 ram_mb=64 boot=65535 ",
                                  &c, reason),
                     0);
    assert_int_equal(c.hypercall, CONFIG_HYPERCALL_FAST);
    assert_int_equal(c.tsc, CONFIG_TSC_TRAP);
    assert_int_equal(c.card, 0xfebfe000u);
    assert_int_equal(c.ram_mb, 64);
    assert_int_equal(c.boot, 65535);
    assert_int_equal(c.asid, CONFIG_ASID_ON);
    assert_false(c.asid_requested);
    assert_int_equal(config_parse("paging=shadow-eager asid=off", &c, reason), 0);
    assert_int_equal(c.paging, CONFIG_PAGING_SHADOW_EAGER);
    assert_int_equal(c.asid, CONFIG_ASID_OFF);
    assert_true(c.asid_requested);
    assert_int_equal(config_parse("tsc=offset:123456789012", &c, reason), 0);
    assert_int_equal(c.tsc, CONFIG_TSC_OFFSET);
    assert_true(c.tsc_offset_ticks == 123456789012);
    assert_int_equal(config_parse("tsc=offset:-1", &c, reason), 0);
    assert_true(c.tsc_offset_ticks == -1);
    assert_int_equal(config_parse("tsc=offset:9223372036854775807", &c, reason), 0);
    assert_true(c.tsc_offset_ticks == INT64_MAX);
    assert_int_equal(config_parse("tsc=scale:-17.5 seed=18446744073709551615", &c, reason), 0);
    assert_int_equal(c.tsc, CONFIG_TSC_SCALE);
    assert_int_equal(c.tsc_scale_ppb, -17500);
    assert_true(c.seed == UINT64_MAX);
    assert_int_equal(c.lies, 0);
    assert_int_equal(config_parse("cpu=pv tsc=pass lie=restore:told:5:10000:5:1", &c, reason),
                     0);
    assert_int_equal(
        config_parse("cpu=soft tsc=trap lie=jitter:1 lie=restore:hidden:5:10000:5:1", &c,
                     reason),
        0);
    assert_int_equal(
        config_parse("lie=pause:told:5:6 hypercall=fast lie=exit_pad:cpuid:10", &c, reason),
        0);
    assert_int_equal(c.lies, 2);
    assert_int_equal(c.lie[0].shape, LIE_TOLD);
    assert_string_equal(c.lie[1].form, "exit_pad:cpuid:10");
    /* Every kind of lie has what it needs on vmx. */
    assert_int_equal(config_parse("cpu=vmx tsc=trap lie=steal:periodic:100000:5 "
                                  "lie=lost_ticks:50000:2 lie=rate_ppm:5",
                                  &c, reason),
                     0);
    assert_int_equal(c.lies, 3);
}

static void test_guests(void **state)
{
    static const char whole[] = "guests=4 weights=1:2:100:7 slice=20 loads=spin:probe:fill "
                                "tsc=trap lie=rate_ppm:1 lie=jitter:5";
    char value[CONFIG_VALUE_BYTES], reason[CONFIG_REASON_BYTES];
    const char *key;
    struct vmm_config c;
    int requested;

    (void)state;
    assert_int_equal(config_parse("", &c, reason), 0);
    assert_int_equal(c.guests, 1);
    assert_int_equal(c.lies, 0);
    assert_int_equal(config_parse("guests=3 loads=yield io=ring asid=off", &c, reason), 0);
    assert_int_equal(c.guests, 3);
    assert_int_equal(c.slice_us, 1000);
    assert_int_equal(c.weight[0] * c.weight[1] * c.weight[2], 1);
    assert_int_equal(c.load[0] + c.load[1], 2 * CONFIG_LOAD_YIELD);
    assert_int_equal(c.lies, 1);
    assert_int_equal(c.lie[0].kind, LIE_GUESTS);
    assert_string_equal(c.lie[0].form, "guests=3,weights=1:1:1,slice=1000,loads=yield:yield");
    assert_string_equal(lie_kind_name(c.lie[0].kind), "guests");
    assert_false(lie_is_timed(&c.lie[0]) || lie_loses_ticks(&c.lie[0]));
    assert_int_equal(config_parse(whole, &c, reason), 0);
    assert_int_equal(c.weight[2], 100);
    assert_int_equal(c.load[1], CONFIG_LOAD_PROBE);
    assert_int_equal(c.slice_us, 20);
    assert_int_equal(c.lies, 3); /* in the ledger they are the last */
    assert_int_equal(c.lie[2].kind, LIE_GUESTS);
    for (unsigned i = 0; config_describe(whole, &c, i, &key, value, &requested); i++) {
        if (!strcmp(key, "weights"))
            assert_string_equal(value, "1:2:100:7");
        if (!strcmp(key, "loads"))
            assert_string_equal(value, "spin:probe:fill");
    }
    /* Of one guest nothing is said, and nothing is in the ledger. */
    assert_int_equal(config_parse("guests=1 lie=steal:periodic:100000:5", &c, reason), 0);
    assert_int_equal(c.lies, 1);
    /* A lie is no form of it. */
    assert_int_equal(config_parse("lie=guests:2", &c, reason), -1);
}

static void test_guests_refusals(void **state)
{
    static const struct {
        const char *line, *reason;
    } cases[] = {
        {"guests=0", "guests: from 1 to 4 guests"},
        {"guests=5", "guests: from 1 to 4 guests"},
        {"weights=1:1", "weights: needs guests=2, 3 or 4"},
        {"loads=spin guests=1", "loads: needs guests=2, 3 or 4"},
        {"slice=50", "slice: needs guests=2, 3 or 4"},
        {"guests=2 slice=19", "slice: from 20 to 1000000 microseconds"},
        {"guests=2 slice=1000001", "slice: from 20 to 1000000 microseconds"},
        {"guests=3 weights=1:2", "weights: one for each guest, or none"},
        {"guests=2 weights=1:0",
         "weights=1:0: up to four numbers from 1 to 100, joined by ':'"},
        {"guests=2 weights=1:", "weights=1:: up to four numbers from 1 to 100, joined by ':'"},
        {"guests=2 weights=1:101",
         "weights=1:101: up to four numbers from 1 to 100, joined by ':'"},
        {"guests=4 weights=1:1:1:1:1",
         "weights=1:1:1:1:1: up to four numbers from 1 to 100, joined by ':'"},
        {"guests=2 loads=idle",
         "loads=idle: up to three of spin, yield, tick, fill, probe, joined by ':'"},
        {"guests=4 loads=spin:tick",
         "loads: one for all guests but the first, or one for each of them"},
        {"guests=2 loads=spin:spin",
         "loads: one for all guests but the first, or one for each of them"},
        {"guests=2 cpu=soft", "guests: needs cpu=svm: the other backends hold one guest"},
        {"guests=2 cpu=vmx", "guests: needs cpu=svm: the other backends hold one guest"},
        {"guests=2 paging=shadow-lazy",
         "guests: needs paging=nested: the shadow's identifiers are one guest's"},
        {"guests=2 pmu=guest", "guests: needs pmu=none: the counters would count all guests"},
        {"guests=2 tsc=scale:5",
         "guests: cannot stand beside tsc=scale: the processor's ratio "
         "would be every guest's"},
        {"guests=2 lie=pause:told:5:5",
         "guests: cannot stand beside a lie that comes by the clock, or that puts the guest "
         "back: it might come while another guest runs"},
        {"lie=restore:told:5:10000:5:1 guests=2",
         "guests: cannot stand beside a lie that comes by the clock, or that puts the guest "
         "back: it might come while another guest runs"},
        {"guests=2 lie=exit_pad:cpuid:2 lie=exit_pad:cpuid:2 lie=exit_pad:cpuid:2 "
         "lie=exit_pad:cpuid:2 lie=exit_pad:cpuid:2 lie=exit_pad:cpuid:2 lie=exit_pad:cpuid:2 "
         "lie=exit_pad:cpuid:2",
         "guests: needs room in the ledger: seven lies at once, not eight"},
    };
    struct vmm_config c;
    char reason[CONFIG_REASON_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(config_parse(cases[i].line, &c, reason), -1);
        assert_string_equal(reason, cases[i].reason);
    }
}

static void test_paging_follows_the_backend(void **state)
{
    static const struct {
        const char *line;
        unsigned cpu, paging, popf;
        int popf_requested;
    } cases[] = {
        {"", CONFIG_CPU_SVM, CONFIG_PAGING_NESTED, CONFIG_POPF_CLOSED, 0},
        {"cpu=soft", CONFIG_CPU_SOFT, CONFIG_PAGING_SHADOW_LAZY, CONFIG_POPF_CLOSED, 0},
        {"vmm.elf popf=open cpu=soft", CONFIG_CPU_SOFT, CONFIG_PAGING_SHADOW_LAZY,
         CONFIG_POPF_OPEN, 1},
        {"cpu=pv boot=1", CONFIG_CPU_PV, CONFIG_PAGING_SHADOW_LAZY, CONFIG_POPF_CLOSED, 0},
        /* What was asked for stays, for the backend to refuse. */
        {"paging=nested cpu=soft popf=closed", CONFIG_CPU_SOFT, CONFIG_PAGING_NESTED,
         CONFIG_POPF_CLOSED, 1},
        {"paging=shadow-lazy", CONFIG_CPU_SVM, CONFIG_PAGING_SHADOW_LAZY, CONFIG_POPF_CLOSED,
         0},
        {"cpu=vmx", CONFIG_CPU_VMX, CONFIG_PAGING_NESTED, CONFIG_POPF_CLOSED, 0},
        {"cpu=vmx paging=shadow-eager", CONFIG_CPU_VMX, CONFIG_PAGING_SHADOW_EAGER,
         CONFIG_POPF_CLOSED, 0},
    };
    struct vmm_config c;
    char reason[CONFIG_REASON_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(config_parse(cases[i].line, &c, reason), 0);
        assert_int_equal(c.cpu, cases[i].cpu);
        assert_int_equal(c.paging, cases[i].paging);
        assert_int_equal(c.popf, cases[i].popf);
        assert_int_equal(c.popf_requested, cases[i].popf_requested);
    }
}

static void test_refusals_say_why(void **state)
{
    static const struct {
        const char *line, *reason;
    } cases[] = {
        {"cpu=vm", "cpu=vm: not supported by this build; allowed: svm soft pv vmx"},
        {"paging=shadow",
         "paging=shadow: not supported by this build; allowed: nested shadow-lazy "
         "shadow-eager"},
        {"asid=1", "asid=1: not supported by this build; allowed: on off"},
        {"hypercall=ful", "hypercall=ful: not supported by this build; allowed: full fast"},
        {"hypercall=fullest",
         "hypercall=fullest: not supported by this build; allowed: full fast"},
        {"tsc=offset",
         "tsc=offset: not supported by this build; allowed: pass trap offset: scale:"},
        {"tsc=offset:",
         "tsc=offset:: not supported by this build; allowed: pass trap offset: scale:"},
        {"tsc=offset:-", "tsc=offset:-: the offset is a decimal number of ticks below 2^63"},
        {"tsc=offset:9223372036854775808",
         "tsc=offset:9223372036854775808: the offset is a decimal number of ticks below 2^63"},
        {"tsc=scale:500000.001",
         "tsc=scale:500000.001: the scale is in ppm, from -500000 to 500000 with up to three "
         "decimals"},
        {"io=emulated", "io=emulated: not supported by this build; allowed: pass trap ring"},
        {"lie=", "lie=: a value is missing"},
        {"tsc=trap lie=jitter:5 lie=jitter:6",
         "lie=jitter:6: a clock has one rate and one jitter, and both are asked for once "
         "already"},
        {"lie=jitter:5",
         "lie=jitter:5: needs tsc=trap: a reading that does not exit cannot be changed"},
        {"tsc=offset:5 lie=rate_ppm:-1.5",
         "lie=rate_ppm:-1.5: needs tsc=trap: a reading that does not exit cannot be changed"},
        {"cpu=soft lie=steal:periodic:100000:5",
         "lie=steal:periodic:100000:5: needs cpu=svm or cpu=vmx: the other backends have "
         "neither timer nor place for a pad"},
        {"cpu=vmx lie=jitter:5",
         "lie=jitter:5: needs tsc=trap: a reading that does not exit cannot be changed"},
        {"cpu=pv lie=jitter:5 tsc=trap", "lie=jitter:5: needs cpu=svm, cpu=vmx or cpu=soft: a "
                                         "paravirtual guest's readings do not exit"},
        {"cpu=soft lie=lost_ticks:100000:1",
         "lie=lost_ticks:100000:1: needs cpu=svm or cpu=vmx: the "
         "other backends give the guest no timer's "
         "interrupts"},
        {"lie=lost_ticks:100000:1 lie=user_over_total:5",
         "lie=user_over_total:5: an interrupt is lost once: one lie of that kind is asked for "
         "already"},
        {"cpu=pv lie=exit_pad:cpuid:10",
         "lie=exit_pad:cpuid:10: needs cpu=svm or cpu=vmx: the other "
         "backends have neither timer nor place for a pad"},
        {"cpu=pv tsc=trap lie=jitter:5", "lie=jitter:5: needs cpu=svm, cpu=vmx or cpu=soft: a "
                                         "paravirtual guest's readings do not exit"},
        {"cpu=soft lie=rate_ppm:2",
         "lie=rate_ppm:2: needs tsc=trap: a reading that does not exit cannot be changed"},
        {"tsc=scale:5 lie=pause:hidden:5:5",
         "lie=pause:hidden:5:5: cannot stand beside tsc=scale, a rate that no ledger has: ask "
         "for tsc=trap lie=rate_ppm"},
        {"lie=restore:told:5:10000:5:1 lie=restore:told:5:10000:5:1",
         "lie=restore:told:5:10000:5:1: cannot stand beside another one, or beside what comes "
         "by the clock, which would happen to a guest that lies saved"},
        {"lie=backstep:100000:5 lie=restore:told:5:10000:5:1",
         "lie=restore:told:5:10000:5:1: cannot stand beside another one, or beside what comes "
         "by the clock, which would happen to a guest that lies saved"},
        {"pmu=guest lie=restore:told:5:10000:5:1",
         "lie=restore:told:5:10000:5:1: needs pmu=none: counters are no part of a snapshot"},
        {"cpu=vmx lie=restore:told:5:10000:5:1",
         "lie=restore:told:5:10000:5:1: needs cpu=svm, cpu=soft or cpu=pv: VT-x's guests are "
         "not copied"},
        {"cpu=vmx io=ring",
         "io: needs io=pass with cpu=vmx, where nothing else has been tested"},
        {"io=trap cpu=vmx",
         "io: needs io=pass with cpu=vmx, where nothing else has been tested"},
        {"cpu=pv lie=restore:hidden:5:10000:5:1",
         "lie=restore:hidden:5:10000:5:1: needs cpu=svm or cpu=soft: a paravirtual guest's "
         "readings do not exit"},
        {"cpu=soft lie=restore:hidden:5:10000:5:1",
         "lie=restore:hidden:5:10000:5:1: needs cpu=svm or tsc=trap: a reading that does not "
         "exit cannot be changed"},
        {"tsc=scale:5 lie=restore:hidden:5:10000:5:1",
         "lie=restore:hidden:5:10000:5:1: cannot stand beside tsc=scale, a rate that no "
         "ledger "
         "has: ask for tsc=trap lie=rate_ppm"},
        {"hypercall=fast lie=exit_pad:hypercall:10",
         "lie=exit_pad:hypercall:10: needs hypercall=full: the fast path has no place for a "
         "pad"},
        {"lie=jitter:1 lie=jitter:1 lie=jitter:1 lie=jitter:1 lie=jitter:1 lie=jitter:1 "
         "lie=jitter:1 lie=jitter:1 lie=jitter:9",
         "lie=jitter:9: more than eight lies at once"},
        {"boot=", "boot=: a value is missing"},
        {"boot=x", "boot=x: not an unsigned number of 64 bits"},
        {"boot=18446744073709551616",
         "boot=18446744073709551616: not an unsigned number of 64 bits"},
        {"card=0x1001", "card: the address is not that of a page"},
        {"ram_mb=3", "ram_mb: not an even number"},
        {"steal=1",
         "steal=1: unknown word; known: cpu paging asid hypercall tsc pmu io end tsc_hz "
         "popf card ram_mb boot seed guests weights slice loads lie"},
        {"boot=1 fast",
         "fast: unknown word; known: cpu paging asid hypercall tsc pmu io end tsc_hz "
         "popf card ram_mb boot seed guests weights slice loads lie"},
    };
    struct vmm_config c;
    char reason[CONFIG_REASON_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(config_parse(cases[i].line, &c, reason), -1);
        assert_string_equal(reason, cases[i].reason);
    }
}

static void test_first_error_is_told_and_boot_survives(void **state)
{
    struct vmm_config c;
    char reason[CONFIG_REASON_BYTES];

    (void)state;
    assert_int_equal(config_parse("cpu=vm paging=none boot=12", &c, reason), -1);
    assert_string_equal(reason,
                        "cpu=vm: not supported by this build; allowed: svm soft pv vmx");
    assert_int_equal(c.boot, 12);
}

static void test_long_values_are_cut(void **state)
{
    char line[600] = "cpu=", reason[CONFIG_REASON_BYTES];
    struct vmm_config c;

    (void)state;
    memset(line + 4, 'x', 500);
    assert_int_equal(config_parse(line, &c, reason), -1);
    assert_int_equal(strlen(reason), CONFIG_REASON_BYTES - 1);
}

static void test_describe(void **state)
{
    const char *line = "vmm.elf tsc=offset:-5 card=0xfebfe000";
    char value[CONFIG_VALUE_BYTES], reason[CONFIG_REASON_BYTES];
    const char *key;
    struct vmm_config c;
    int requested, seen = 0;

    (void)state;
    assert_int_equal(config_parse(line, &c, reason), 0);
    for (unsigned i = 0; config_describe(line, &c, i, &key, value, &requested); i++) {
        seen++;
        if (!strcmp(key, "tsc")) {
            assert_string_equal(value, "offset:-5");
            assert_true(requested);
        } else if (!strcmp(key, "card")) {
            assert_string_equal(value, "0xfebfe000");
            assert_true(requested);
        } else if (!strcmp(key, "hypercall")) {
            assert_string_equal(value, "full");
            assert_false(requested);
        }
    }
    assert_int_equal(seen, 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_guests),
        cmocka_unit_test(test_guests_refusals),
        cmocka_unit_test(test_paging_follows_the_backend),
        cmocka_unit_test(test_refusals_say_why),
        cmocka_unit_test(test_first_error_is_told_and_boot_survives),
        cmocka_unit_test(test_long_values_are_cut),
        cmocka_unit_test(test_describe),
    };

    return cmocka_run_group_tests_name("vmm_config", tests, NULL, NULL);
}
