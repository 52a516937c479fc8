/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grammar of lies: every form, and what is wrong with those that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/vmm/abi.h"
#include "hv-under-test/vmm/time/lie.c"
#include "hv-under-test/vmm/text.c"

static const char *parse(const char *text, struct lie *l)
{
    return lie_parse(text, strlen(text), l);
}

static void test_every_form(void **state)
{
    static const struct {
        const char *form;
        struct lie lie;
    } cases[] = {
        {"steal:periodic:1000000:150000",
         {.kind = LIE_STEAL,
          .shape = LIE_PERIODIC,
          .at_ticks = 1000000,
          .length_ticks = 150000}},
        {"steal:poisson:20000:90000",
         {.kind = LIE_STEAL, .shape = LIE_POISSON, .at_ticks = 20000, .length_ticks = 90000}},
        {"steal:burst:1000000:3:20000:5000",
         {.kind = LIE_STEAL,
          .shape = LIE_BURST,
          .at_ticks = 1000000,
          .count = 3,
          .gap_ticks = 20000,
          .length_ticks = 5000}},
        {"pause:hidden:7:8",
         {.kind = LIE_PAUSE, .shape = LIE_HIDDEN, .at_ticks = 7, .length_ticks = 8}},
        {"pause:told:7:0x8",
         {.kind = LIE_PAUSE, .shape = LIE_TOLD, .at_ticks = 7, .length_ticks = 8}},
        {"restore:hidden:7:10000:64:3",
         {.kind = LIE_RESTORE,
          .shape = LIE_HIDDEN,
          .at_ticks = 7,
          .gap_ticks = 10000,
          .length_ticks = 64,
          .count = 3}},
        {"restore:told:1:20000:1:1000",
         {.kind = LIE_RESTORE,
          .shape = LIE_TOLD,
          .at_ticks = 1,
          .gap_ticks = 20000,
          .length_ticks = 1,
          .count = 1000}},
        {"offset_step:1:281474976710656",
         {.kind = LIE_OFFSET_STEP, .at_ticks = 1, .shift_ticks = 281474976710656}},
        {"offset_step:1:-5", {.kind = LIE_OFFSET_STEP, .at_ticks = 1, .shift_ticks = -5}},
        {"backstep:10000:15",
         {.kind = LIE_BACKSTEP, .shape = LIE_PERIODIC, .at_ticks = 10000, .shift_ticks = -15}},
        {"rate_ppm:17", {.kind = LIE_RATE_PPM, .rate_ppb = 17000}},
        {"rate_ppm:-0.1", {.kind = LIE_RATE_PPM, .rate_ppb = -100}},
        {"rate_ppm:500000", {.kind = LIE_RATE_PPM, .rate_ppb = 500000000}},
        {"jitter:300", {.kind = LIE_JITTER, .length_ticks = 300}},
        {"exit_pad:port-out:1000",
         {.kind = LIE_EXIT_PAD, .cause = VMM_CAUSE_PORT_OUT, .instructions = 1000}},
        {"lost_ticks:30000000:2",
         {.kind = LIE_LOST_TICKS, .shape = LIE_PERIODIC, .at_ticks = 30000000, .count = 2}},
        {"user_over_total:200000", {.kind = LIE_USER_OVER_TOTAL, .rate_ppb = 200000000}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lie want = cases[i].lie, got;

        strcpy(want.form, cases[i].form);
        assert_null(parse(cases[i].form, &got));
        assert_memory_equal(&got, &want, sizeof(got));
    }
}

static void test_refusals_say_why(void **state)
{
    static const struct {
        const char *form, *reason;
    } cases[] = {
        {"", "no such lie; known: steal:periodic steal:poisson steal:burst pause:hidden "
             "pause:told restore:hidden restore:told "
             "offset_step backstep rate_ppm jitter exit_pad lost_ticks user_over_total"},
        {"steal", "no such lie"},
        {"steal:period:1:2", "no such lie"},
        {"steal:periodic", "must be steal:periodic:PERIOD:LENGTH"},
        {"steal:periodic:", "must be steal:periodic:PERIOD:LENGTH"},
        {"steal:periodic:20000", "must be steal:periodic:PERIOD:LENGTH"},
        {"steal:periodic:20000:5:6", "must be steal:periodic:PERIOD:LENGTH"},
        {"steal:periodic:20000::", "must be steal:periodic:PERIOD:LENGTH"},
        {"steal:periodicity:20000:5", "no such lie"},
        {"steal:periodic:9999:5", "a period must be at least 10000 ticks"},
        {"steal:periodic:20000:20000", "more would be stolen than there is"},
        {"steal:burst:100000:4:20000:5000", "more would be stolen than there is"},
        {"steal:burst:100000:1:20000:5000", "a burst has from 2 to 1000 parts"},
        {"steal:burst:100000:2:2000:5000", "a gap must be at least 10000 ticks"},
        {"steal:periodic:20000:0", "a time must be a number of ticks from 1 to 2^48"},
        {"pause:told:281474976710657:1", "a time must be a number of ticks"},
        {"restore:hidden:7:10000:64", "must be restore:hidden:AT:APART:LENGTH:COUNT"},
        {"restore:told:7:10000:64:1:1", "must be restore:told:AT:APART:LENGTH:COUNT"},
        {"restore:told:7:9999:64:1", "a gap must be at least 10000 ticks"},
        {"restore:told:7:10000:0:1", "a time must be a number of ticks"},
        {"restore:told:7:10000:64:0", "a snapshot can be put back from 1 to 1000 times"},
        {"restore:told:7:10000:64:1001", "a snapshot can be put back from 1 to 1000 times"},
        {"offset_step:1:0", "a time must be a number of ticks"},
        {"offset_step:1:--5", "a time must be a number of ticks"},
        {"backstep:10000:-15", "its size has no sign"},
        {"rate_ppm:0", "a rate must be in ppm, not 0"},
        {"rate_ppm:1.2345", "a rate must be in ppm"},
        {"rate_ppm:1.", "a rate must be in ppm"},
        {"rate_ppm:.5", "a rate must be in ppm"},
        {"rate_ppm:1.-5", "a rate must be in ppm"},
        {"rate_ppm:500000.001", "a rate must be in ppm"},
        {"rate_ppm:99999999999999999999", "a rate must be in ppm"},
        {"exit_pad:vmcall:10",
         "no such cause of exits; known: hypercall cpuid port-in port-out mmio nested-fault "
         "rdtsc msr-read msr-write control-register invlpg page-fault hlt pause interrupt "
         "interrupt-window exception shutdown other"},
        {"exit_pad:cpuid:11", "an even number of instructions"},
        {"exit_pad:cpuid:1000002", "an even number of instructions"},
        {"lost_ticks:100000", "must be lost_ticks:PERIOD:COUNT"},
        {"lost_ticks:100:1", "a period must be at least 10000 ticks"},
        {"lost_ticks:100000:0", "from 1 to 1000 interrupts"},
        {"lost_ticks:100000:1001", "from 1 to 1000 interrupts"},
        {"user_over_total", "must be user_over_total:PPM"},
        {"user_over_total:0", "a share must be in ppm"},
        {"user_over_total:-5", "a share must be in ppm"},
        {"user_over_total:900000.001", "a share must be in ppm"},
        {"steal:periodic:"
         "00000000000000000000000000000000000000000000000000000000000000000000000"
         "000000000000000020000:5",
         "too long to be a lie"},
    };
    struct lie l;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *wrong = parse(cases[i].form, &l);

        assert_non_null(wrong);
        if (!strstr(wrong, cases[i].reason))
            fail_msg("%s: %s", cases[i].form, wrong);
    }
}

/* Every beginning of a good form is either good or refused, and never read beyond. */
static void test_every_cut(void **state)
{
    static const char form[] = "steal:burst:1000000:3:20000:5000";
    struct lie l;

    (void)state;
    for (size_t n = 0; n < sizeof(form); n++) {
        char *copy = test_malloc(n + 1);

        memcpy(copy, form, n);
        lie_parse(copy, n, &l);
        assert_int_equal(strlen(l.form), n);
        test_free(copy);
    }
}

static void test_ppm_text(void **state)
{
    static const struct {
        int64_t ppb;
        const char *text;
    } cases[] = {{0, "0"}, {17000, "17"}, {-100, "-0.100"}, {500500, "500.500"}, {1, "0.001"}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vmm_text t;
        char buf[32];
        int64_t back;

        vmm_text_start(&t, buf, sizeof(buf));
        vmm_text_put_ppm(&t, cases[i].ppb);
        assert_string_equal(buf, cases[i].text);
        assert_int_equal(vmm_text_parse_ppb(buf, strlen(buf), &back), 0);
        assert_int_equal(back, cases[i].ppb);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form),
        cmocka_unit_test(test_refusals_say_why),
        cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_ppm_text),
    };

    return cmocka_run_group_tests_name("vmm_lie", tests, NULL, NULL);
}
