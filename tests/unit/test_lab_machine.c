/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pinned machine's command line: every option determinism needs is there, nothing of where
 * we work can reach the guest, and commas in a module's arguments survive QEMU's splitting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/lab/machine.h"

static struct machine_spec spec;
static struct machine_command command;
static struct err e;

static const struct bench_boot boot = {.machine = &spec,
                                       .work_dir = "/some/where",
                                       .seed = 18446744073709551615u,
                                       .plan_index = 7,
                                       .limit_ns = 60000000000u};

static int clear(void **state)
{
    (void)state;
    memset(&spec, 0, sizeof(spec));
    memset(&e, 0, sizeof(e));
    strcpy(spec.kernel, "/some/where/vmlinux");
    strcpy(spec.command_line, "etl.plan=spin,n=5/null a,b");
    spec.memory_mb = 96;
    return 0;
}

static int build(void)
{
    return machine_build_command(&boot, "/some/where/console.log", "/some/where/console2.log",
                                 &command, &e);
}

/* The word after the nth `option`, or NULL. */
static const char *word_after(const char *option, unsigned nth)
{
    for (unsigned i = 0; command.argv[i]; i++)
        if (strcmp(command.argv[i], option) == 0 && nth-- == 0)
            return command.argv[i + 1];
    return NULL;
}

static void determinism_is_asked_for(void **state)
{
    (void)state;
    assert_int_equal(build(), 0);
    assert_string_equal(word_after("-icount", 0), "shift=1,sleep=off");
    assert_string_equal(word_after("-rtc", 0), "base=2025-01-01T00:00:00,clock=vm");
    assert_string_equal(word_after("-seed", 0), "18446744073709551615");
    assert_string_equal(word_after("-smp", 0), "1");
    assert_string_equal(word_after("-m", 0), "96");
    assert_non_null(strstr(word_after("-cpu", 0), "-rdrand,-rdseed"));
    assert_non_null(strstr(word_after("-plugin", 0), ",limit=60000000000,boot=7,cure=on"));
    assert_string_equal(word_after("-device", 0), "intel-iommu,caching-mode=on");
    assert_string_equal(word_after("-device", 1), "pci-testdev");
    assert_null(word_after("-serial", 1));
    assert_null(word_after("-initrd", 0));
}

static void the_iommu_can_be_left_out(void **state)
{
    (void)state;
    spec.no_iommu = 1;
    assert_int_equal(build(), 0);
    assert_string_equal(word_after("-device", 0), "pci-testdev");
    assert_non_null(word_after("-device", 1));
}

static void a_processor_without_svm(void **state)
{
    (void)state;
    assert_int_equal(build(), 0);
    assert_null(strstr(word_after("-cpu", 0), "svm"));
    spec.without_svm = 1;
    assert_int_equal(build(), 0);
    assert_string_equal(word_after("-cpu", 0), "max,-smap,-rdtscp,-rdrand,-rdseed,-svm");
    spec.without_svm = 0;
}

static void next_rip_saving_is_asked_for(void **state)
{
    struct bench_boot other = boot;

    (void)state;
    other.next_rip = 1;
    assert_int_equal(build(), 0);
    assert_null(strstr(word_after("-plugin", 0), "nrip"));
    assert_int_equal(machine_build_command(&other, "console.log", "", &command, &e), 0);
    assert_non_null(strstr(word_after("-plugin", 0), ",cure=on,nrip=on"));
    spec.without_svm = 1;
    assert_int_equal(machine_build_command(&other, "console.log", "", &command, &e),
                     ERR_USAGE);
    assert_non_null(strstr(e.text, "a feature of SVM"));
}

static void the_cure_can_be_left_out(void **state)
{
    (void)state;
    assert_int_equal(setenv(MACHINE_CURE_VARIABLE, "off", 1), 0);
    assert_int_equal(build(), 0);
    assert_non_null(strstr(word_after("-plugin", 0), ",cure=off"));
    assert_int_equal(setenv(MACHINE_CURE_VARIABLE, "perhaps", 1), 0);
    assert_int_equal(build(), ERR_USAGE);
    assert_int_equal(unsetenv(MACHINE_CURE_VARIABLE), 0);
}

/* Only the host's side of a serial port may be named by a path of ours. */
static void the_guest_never_sees_a_path(void **state)
{
    (void)state;
    spec.modules = 1;
    strcpy(spec.module[0].path, "/some/where/initrd");
    spec.second_console = 1;
    assert_int_equal(build(), 0);
    for (unsigned i = 0; command.argv[i]; i++)
        if (strncmp(command.argv[i], "file:", 5) != 0)
            assert_null(strstr(command.argv[i], "/some/where"));
    assert_string_equal(word_after("-kernel", 0), "kernel");
    assert_string_equal(word_after("-initrd", 0), "module0");
    assert_string_equal(word_after("-serial", 0), "file:/some/where/console.log");
    assert_string_equal(word_after("-serial", 1), "file:/some/where/console2.log");
}

static void commas_survive(void **state)
{
    (void)state;
    spec.modules = 2;
    strcpy(spec.module[0].arguments, "etl.plan=spin,n=5/exits,op=cpuid");
    strcpy(spec.module[1].arguments, "x");
    assert_int_equal(build(), 0);
    assert_string_equal(word_after("-initrd", 0),
                        "module0 etl.plan=spin,,n=5/exits,,op=cpuid,module1 x");
    assert_string_equal(word_after("-append", 0), "etl.plan=spin,n=5/null a,b");
}

static void the_longest_of_everything_fits(void **state)
{
    (void)state;
    spec.modules = PLATFORM_MAX_MODULES;
    memset(spec.command_line, ',', sizeof(spec.command_line) - 1);
    for (unsigned i = 0; i < spec.modules; i++)
        memset(spec.module[i].arguments, ',', sizeof(spec.module[i].arguments) - 1);
    assert_int_equal(build(), 0);
    assert_true(strlen(word_after("-initrd", 0)) >=
                2 * spec.modules * (PLATFORM_COMMAND_LINE_BYTES - 1));
}

static void pinned_options_are_one_line(void **state)
{
    (void)state;
    assert_non_null(strstr(machine_pinned_options(), "-icount shift=1,sleep=off"));
    assert_null(strchr(machine_pinned_options(), '\n'));
    assert_ptr_equal(machine_pinned_options(), machine_pinned_options());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(determinism_is_asked_for, clear),
        cmocka_unit_test_setup(the_iommu_can_be_left_out, clear),
        cmocka_unit_test_setup(the_cure_can_be_left_out, clear),
        cmocka_unit_test_setup(a_processor_without_svm, clear),
        cmocka_unit_test_setup(next_rip_saving_is_asked_for, clear),
        cmocka_unit_test_setup(the_guest_never_sees_a_path, clear),
        cmocka_unit_test_setup(commas_survive, clear),
        cmocka_unit_test_setup(the_longest_of_everything_fits, clear),
        cmocka_unit_test(pinned_options_are_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
