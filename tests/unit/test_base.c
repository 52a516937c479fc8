/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hypothesis: errors keep their text and code on the way up; files are written whole or not at
 * all; children never outlive us; hashes and checksums have their published values.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/crc32c.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/progress.h"
#include "base/sys.h"
#include "base/verdict.h"

static char dir[256];

static void errors_wrap_and_never_overflow(void **state)
{
    struct err e = {0};
    char big[3000];

    (void)state;
    assert_int_equal(err_set_errno(&e, ERR_IO, ENOSPC, "cannot write %s", "x"), ERR_IO);
    assert_string_equal(e.text, "cannot write x: No space left on device");
    assert_int_equal(err_wrap(&e, ERR_BUG, "boot %d", 3), ERR_IO);
    assert_string_equal(e.text, "boot 3: cannot write x: No space left on device");
    memset(big, 'y', sizeof(big));
    big[sizeof(big) - 1] = '\0';
    err_set(&e, ERR_DATA, "%s", big);
    err_wrap(&e, ERR_DATA, "%s", big);
    assert_true(strlen(e.text) < sizeof(e.text));
    assert_int_equal(err_set(NULL, ERR_DATA, "dropped"), ERR_DATA);
}

static void verdicts_order_and_parse(void **state)
{
    enum verdict v;

    (void)state;
    assert_int_equal(verdict_worst(VERDICT_SKIP, VERDICT_FAIL), VERDICT_FAIL);
    for (int i = VERDICT_OK; i <= VERDICT_CRASH; i++) {
        assert_int_equal(verdict_parse(verdict_name((enum verdict)i), &v), 0);
        assert_int_equal(v, i);
    }
    assert_int_equal(verdict_parse("fine", &v), -1);
}

/* FIPS 180-4 example "abc"; RFC 3720 B.4. */
static void hashes_have_published_values(void **state)
{
    char hex[HASH_HEX_BYTES], path[300];

    (void)state;
    hash_bytes("abc", 3, hex);
    assert_string_equal(hex,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(hash_short(hex) == 0xba7816bf8f01cfeau);
    snprintf(path, sizeof(path), "%s/abc", dir);
    assert_int_equal(file_write(path, "abc", 3, NULL), 0);
    assert_int_equal(hash_file(path, hex, NULL), 0);
    assert_true(hash_short(hex) == 0xba7816bf8f01cfeau);
    assert_int_equal(crc32c(0, "123456789", 9), 0xE3069283u);
    assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xE3069283u);
}

static ssize_t write_full_disk(int fd, const void *buf, size_t n)
{
    (void)fd;
    (void)buf;
    (void)n;
    errno = ENOSPC;
    return -1;
}

static ssize_t write_one_byte(int fd, const void *buf, size_t n)
{
    return write(fd, buf, n ? 1 : 0);
}

static void files_are_whole_or_not_there(void **state)
{
    struct sys faulty = sys_real;
    struct err e = {0};
    char path[300], *data;
    size_t size;

    (void)state;
    snprintf(path, sizeof(path), "%s/whole", dir);
    assert_int_equal(file_write(path, "old", 3, &e), 0);
    faulty.write = write_full_disk;
    sys = &faulty;
    assert_int_equal(file_write(path, "new contents", 12, &e), ERR_IO);
    sys = &sys_real;
    assert_non_null(strstr(e.text, "No space left"));
    assert_int_equal(file_read(path, &data, &size, &e), 0);
    assert_string_equal(data, "old");
    free(data);
    faulty.write = write_one_byte; /* short writes are no error */
    sys = &faulty;
    assert_int_equal(file_write(path, "new contents", 12, &e), 0);
    sys = &sys_real;
    assert_int_equal(file_read(path, &data, &size, &e), 0);
    assert_string_equal(data, "new contents");
    free(data);
}

static void processes_report_their_end(void **state)
{
    char *const no_such[] = {"/nonexistent/program", NULL};
    char *const failing[] = {"sh", "-c", "echo because; exit 3", NULL};
    struct err e = {0};
    char log[300];
    pid_t pid;

    (void)state;
    snprintf(log, sizeof(log), "%s/log", dir);
    assert_int_equal(process_start(no_such, NULL, &pid, &e), ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "/nonexistent/program"));
    assert_int_equal(process_run(failing, log, &e), ERR_IO);
    assert_non_null(strstr(e.text, "status 3"));
    assert_non_null(strstr(e.text, "because"));
}

static int start_grandchild(void *arg)
{
    char *const sleeper[] = {"sleep", "1000", NULL};
    pid_t pid = 0;

    if (process_start(sleeper, NULL, &pid, NULL) != 0)
        return 1;
    *(volatile pid_t *)arg = pid;
    if (write(*(int *)((char *)arg + sizeof(pid_t)), &pid, sizeof(pid)) != sizeof(pid))
        return 1;
    pause();
    return 0;
}

/* SIGKILL of a child takes what it started along: nothing of ours outlives us. */
static void grandchildren_die_with_their_parent(void **state)
{
    struct {
        pid_t pid;
        int tell;
    } arg;
    int fds[2], status;
    pid_t child, grandchild;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    arg.tell = fds[1];
    assert_int_equal(process_fork(start_grandchild, &arg, &child, NULL), 0);
    assert_int_equal(read(fds[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
    assert_int_equal(kill(grandchild, 0), 0);
    kill(child, SIGKILL);
    assert_int_equal(process_wait(child, -1, &status, NULL), 1);
    for (int i = 0; i < 500 && kill(grandchild, 0) == 0; i++) {
        char path[64], line[256];
        FILE *f;

        /* An orphan nobody reaps stays as a zombie: dead all the same. */
        snprintf(path, sizeof(path), "/proc/%d/stat", (int)grandchild);
        f = fopen(path, "r");
        if (!f || !fgets(line, sizeof(line), f) || strstr(line, ") Z ")) {
            if (f)
                fclose(f);
            close(fds[0]);
            close(fds[1]);
            return;
        }
        fclose(f);
        usleep(10000);
    }
    assert_int_equal(kill(grandchild, 0), -1);
}

static void stop_ends_a_stubborn_group(void **state)
{
    char *const stubborn[] = {"sh", "-c", "trap '' TERM; while :; do sleep 1; done", NULL};
    pid_t pid;

    (void)state;
    assert_int_equal(process_start(stubborn, NULL, &pid, NULL), 0);
    process_stop(pid, 50);
    /* What was not our own child is reaped by PID 1, some time. */
    for (int i = 0; i < 1000 && kill(-pid, 0) == 0; i++)
        usleep(10000);
    assert_int_equal(kill(-pid, 0), -1);
}

static void progress_estimates_from_this_run_only(void **state)
{
    struct progress p;
    char line[64];

    (void)state;
    progress_begin(&p, 10, 4, 1000);
    assert_int_equal(progress_left_ms(&p, 2000), -1);
    progress_step(&p, 61000); /* one boot a minute, five to go */
    assert_int_equal(progress_left_ms(&p, 61000), 300000);
    progress_format(&p, 61000, line, sizeof(line));
    assert_string_equal(line, "[5/10]  50%  5:00 left");
}

static int make_dir(void **state)
{
    (void)state;
    return paths_make_temporary(dir, sizeof(dir), NULL);
}

static int remove_dir(void **state)
{
    (void)state;
    return paths_remove_tree(dir, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_wrap_and_never_overflow),
        cmocka_unit_test(verdicts_order_and_parse),
        cmocka_unit_test(hashes_have_published_values),
        cmocka_unit_test(files_are_whole_or_not_there),
        cmocka_unit_test(processes_report_their_end),
        cmocka_unit_test(grandchildren_die_with_their_parent),
        cmocka_unit_test(stop_ends_a_stubborn_group),
        cmocka_unit_test(progress_estimates_from_this_run_only),
    };

    return cmocka_run_group_tests_name("base", tests, make_dir, remove_dir);
}
