/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The collector `accounting` on the Linux that runs this test: its texts taken apart as given
 * ones, and known amounts of work booked as such by the kernel: n reads, n writes, n page
 * faults, n sleeps.
 *
 * The agent's source is included: the controller's library has the collector that says no.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>

#include <cmocka.h>

#include "collector/accounting_linux.c" /* NOLINT */

#define N 1000

static uint64_t before[ACCOUNTING_READINGS], after[ACCOUNTING_READINGS];

static uint64_t moved(unsigned reading)
{
    return after[reading] - before[reading];
}

static void texts(void **state)
{
    uint64_t slot[ACCOUNTING_READINGS] = {0};

    (void)state;
    assert_int_equal(accounting_parse_stat("cpu  1 2 3 4 5 6 7 88 99 10\n"
                                           "cpu0 1 2 3 4 5 6 7 8 9 10\n"
                                           "intr 12345 1 2 3\nctxt 678\nbtime 5\n",
                                           10000000, slot),
                     0);
    assert_int_equal(slot[ACCOUNTING_STEAL], 880000000);
    assert_int_equal(slot[ACCOUNTING_GUEST], 990000000);
    assert_int_equal(slot[ACCOUNTING_INTR], 12345);
    assert_int_equal(slot[ACCOUNTING_CTXT], 678);
    assert_int_equal(accounting_parse_schedstat("123456789 42 7\n", slot), 0);
    assert_int_equal(slot[ACCOUNTING_SCHED_RUN], 123456789);
    assert_int_equal(slot[ACCOUNTING_SCHED_WAIT], 42);
    assert_int_equal(
        accounting_parse_io("rchar: 9\nwchar: 8\nsyscr: 7\nsyscw: 6\nread_bytes: 0\n", slot),
        0);
    assert_int_equal(slot[ACCOUNTING_SYSCR], 7);
    assert_int_equal(slot[ACCOUNTING_SYSCW], 6);
}

/* Cut off, of an old kernel without the field, or nothing at all: never a number. */
static void damaged_texts(void **state)
{
    uint64_t slot[ACCOUNTING_READINGS];

    (void)state;
    assert_int_equal(accounting_parse_stat("", 1, slot), -1);
    assert_int_equal(
        accounting_parse_stat("cpu0 1 2 3 4 5 6 7 8 9\nintr 1\nctxt 2\n", 1, slot), -1);
    assert_int_equal(accounting_parse_stat("cpu  1 2 3 4 5 6 7\nintr 1\nctxt 2\n", 1, slot),
                     -1);
    assert_int_equal(accounting_parse_stat("cpu  1 2 3 4 5 6 7 8 9\nintr 1 2 3", 1, slot), -1);
    assert_int_equal(accounting_parse_schedstat("", slot), -1);
    assert_int_equal(accounting_parse_schedstat("12\n", slot), -1);
    assert_int_equal(accounting_parse_io("rchar: 1\nwchar: 2\nsyscr: 3\n", slot), -1);
    assert_int_equal(accounting_parse_io("rchar: 1\nsyscr: x\nsyscw: 1\n", slot), -1);
}

static void the_table_has_it(void **state)
{
    const struct collector *k = collector_find("accounting", 10);

    (void)state;
    assert_ptr_equal(k, &collector_accounting);
    assert_int_equal(k->readings, ACCOUNTING_READINGS);
    for (unsigned i = 0; i < k->readings; i++) {
        assert_non_null(k->reading[i].name);
        assert_true(strcmp(k->reading[i].unit, "count") == 0 ||
                    strcmp(k->reading[i].unit, "accounted_ns") == 0);
    }
}

static void system_calls(void **state)
{
    const int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    uint64_t own;
    char byte;

    (void)state;
    assert_null(accounting_unavailable());
    accounting_before(before);
    accounting_after(after);
    own = moved(ACCOUNTING_SYSCR);
    assert_int_equal(own, 1); /* the file that tells, read before */
    assert_int_equal(moved(ACCOUNTING_SYSCW), 0);
    accounting_before(before);
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(read(zero, &byte, 1), 1);
    accounting_after(after);
    assert_int_equal(moved(ACCOUNTING_SYSCR) - own, N);
    assert_int_equal(moved(ACCOUNTING_SYSCW), 0);
    accounting_before(before);
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(write(null, &byte, 1), 1);
    accounting_after(after);
    assert_int_equal(moved(ACCOUNTING_SYSCR), own);
    assert_int_equal(moved(ACCOUNTING_SYSCW), N);
    close(zero);
    close(null);
}

static void page_faults(void **state)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *range =
        mmap(NULL, N * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)state;
    assert_true(range != MAP_FAILED);
    madvise(range, N * page, MADV_NOHUGEPAGE);
    /* Once before, and given back: a sanitizer's shadow of these pages then does not fault. */
    for (size_t i = 0; i < N; i++)
        ((volatile char *)range)[i * page] = 1;
    assert_int_equal(madvise(range, N * page, MADV_DONTNEED), 0);
    assert_null(accounting_unavailable());
    accounting_before(before);
    for (size_t i = 0; i < N; i++)
        ((volatile char *)range)[i * page] = 1;
    accounting_after(after);
    assert_int_equal(moved(ACCOUNTING_MINFLT), N);
    assert_int_equal(moved(ACCOUNTING_MAJFLT), 0);
    munmap(range, N * page);
}

/* A sleep is one switch away from here. (Of two processes that talk, the other may answer while
 * this one is not running anyway.) */
static void switches(void **state)
{
    const struct timespec pause = {0, 10000000};

    (void)state;
    assert_null(accounting_unavailable());
    accounting_before(before);
    for (unsigned i = 0; i < 20; i++)
        nanosleep(&pause, NULL);
    accounting_after(after);
    assert_int_equal(moved(ACCOUNTING_NVCSW), 20);
    /* The machine's books hold at least ours: others run here, too. */
    assert_true(moved(ACCOUNTING_CTXT) >= 20);
}

/* The scheduler's books and getrusage's are of one time; no book runs backwards. */
static void times_agree(void **state)
{
    uint64_t run, used;

    (void)state;
    assert_null(accounting_unavailable());
    accounting_before(before);
    do {
        for (volatile unsigned i = 0; i < 1000000; i++)
            ;
        accounting_after(after);
    } while (moved(ACCOUNTING_SCHED_RUN) < 200000000);
    for (unsigned i = 0; i < ACCOUNTING_READINGS; i++)
        assert_true(after[i] >= before[i]);
    run = moved(ACCOUNTING_SCHED_RUN);
    used = moved(ACCOUNTING_UTIME) + moved(ACCOUNTING_STIME);
    /* getrusage counts µs, and is read a little earlier. */
    assert_true(used <= run + 1000000 && used + 20000000 >= run);
}

static void a_file_that_goes_away(void **state)
{
    int kept;

    (void)state;
    assert_null(accounting_unavailable());
    assert_null(accounting_failed());
    kept = fd[IO];
    fd[IO] = -1;
    accounting_before(before);
    assert_non_null(strstr(accounting_failed(), "/proc/self/io"));
    accounting_after(after);
    fd[IO] = kept;
    assert_non_null(accounting_failed());
    assert_null(accounting_unavailable()); /* asked anew, the sentence is gone */
    assert_null(accounting_failed());
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(damaged_texts),
        cmocka_unit_test(the_table_has_it),
        cmocka_unit_test(system_calls),
        cmocka_unit_test(page_faults),
        cmocka_unit_test(switches),
        cmocka_unit_test(times_agree),
        cmocka_unit_test(a_file_that_goes_away),
    };

    return cmocka_run_group_tests_name("accounting", tests, NULL, NULL);
}
