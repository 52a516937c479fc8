/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A system call made by a thread of another process: its result comes back, and the thread goes
 * on as if nothing had been, whatever it was doing: in a call that is cut short (read), in one
 * that the kernel would begin again (nanosleep), or in none (a loop).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <cmocka.h>

#include "hv-under-test/outer/kvm_process.c"
#include "hv-under-test/outer/outer.c"

static volatile uint64_t counted;

static void wait_in_read(int fd)
{
    char byte = 0;

    while (read(fd, &byte, 1) != 1 && errno == EINTR)
        ;
    _exit(byte);
}

static void wait_in_sleep(int fd)
{
    const struct timespec long_time = {0, 300000000};
    char byte = 0;

    if (nanosleep(&long_time, NULL) != 0 && errno != EINTR)
        _exit(1);
    _exit(read(fd, &byte, 1) == 1 ? byte : 2);
}

static void wait_in_loop(int fd)
{
    char byte = 0;
    int waiting;

    /* Registers and flags must survive. */
    do {
        for (int i = 0; i < 1000; i++)
            counted += (uint64_t)i;
        if (counted % 499500 != 0)
            _exit(3);
    } while (ioctl(fd, FIONREAD, &waiting) == 0 && waiting == 0);
    _exit(read(fd, &byte, 1) == 1 ? byte : 2);
}

static void check_call(void (*wait_here)(int fd))
{
    const char byte = 42;
    int fd[2], status;
    long result = 0;
    pid_t child;

    assert_int_equal(pipe(fd), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        wait_here(fd[0]);
    usleep(50000);
    for (int i = 0; i < 20; i++) {
        /* What it answers tells that it was made there: FIOCLEX takes no argument. */
        assert_null(kvm_process_ioctl(child, fd[0], FIOCLEX, &result));
        assert_int_equal(result, 0);
        assert_null(kvm_process_ioctl(child, 1000, FIOCLEX, &result));
        assert_int_equal(result, -EBADF);
    }
    assert_int_equal(write(fd[1], &byte, 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
    close(fd[0]);
    close(fd[1]);
}

static void a_reader_reads_on(void **state)
{
    (void)state;
    check_call(wait_in_read);
}

static void a_sleeper_wakes(void **state)
{
    (void)state;
    check_call(wait_in_sleep);
}

static void a_loop_counts_on(void **state)
{
    (void)state;
    check_call(wait_in_loop);
}

static void nobody_answers(void **state)
{
    long result;
    pid_t child = fork();
    int status;

    (void)state;
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(kvm_process_ended(child));
    assert_non_null(kvm_process_ioctl(child, 0, FIOCLEX, &result));
    assert_int_equal(kvm_process_vcpu(child, 0), 0);
    assert_int_equal(kvm_process_descriptor(child, "anon_inode:kvm-vm"), -1);
    assert_false(kvm_process_ended(getpid()));
}

static void descriptors_are_found(void **state)
{
    int fd[2];
    char path[64], target[64];
    ssize_t n;

    (void)state;
    assert_int_equal(pipe(fd), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd[0]);
    n = readlink(path, target, sizeof target - 1);
    assert_true(n > 0);
    target[n] = '\0';
    /* Both ends of a pipe have one name. */
    assert_in_set((unsigned)kvm_process_descriptor(getpid(), target),
                  ((unsigned long[]){(unsigned)fd[0], (unsigned)fd[1]}), 2);
    close(fd[0]);
    close(fd[1]);
}

static void a_processor_that_is_not_there(void **state)
{
    const char *reason = kvm_process_pin(getpid(), 1, 1000, 0);

    (void)state;
    assert_non_null(reason);
    assert_non_null(strstr(reason, "pin=1000: this outer system has "));
    assert_non_null(kvm_process_pin(getpid(), 1, 100000, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_reads_on),
        cmocka_unit_test(a_sleeper_wakes),
        cmocka_unit_test(a_loop_counts_on),
        cmocka_unit_test(nobody_answers),
        cmocka_unit_test(descriptors_are_found),
        cmocka_unit_test(a_processor_that_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
