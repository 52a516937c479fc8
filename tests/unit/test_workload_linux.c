/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The workloads that need Linux, on this kernel. Their sources are included, which also keeps
 * the controller's stand-ins (no_linux.c) out of this program.
 */
#include "tests/unit/workload_fixture.h"

#include "workloads/child_linux.c"
#include "workloads/lm_syscall_linux.c"
#include "workloads/lm_ctx_linux.c"
#include "workloads/lm_pipe_linux.c"
#include "workloads/exits_kernel_linux.c"
#include "workloads/exec_linux.c"

#include <dirent.h>

static struct fixture fx;

static int open_fixture(void **state)
{
    (void)state;
    fixture_open(&fx, 4u << 20);
    return 0;
}

static int close_fixture(void **state)
{
    (void)state;
    fixture_close(&fx);
    return 0;
}

static unsigned open_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(d);
    while (readdir(d))
        count++;
    closedir(d);
    return count;
}

static void assert_no_child(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static const char *const all[] = {
    "lm-syscall,op=null",
    "lm-syscall,op=read",
    "lm-syscall,op=write",
    "lm-syscall,op=stat",
    "lm-syscall,op=fstat",
    "lm-syscall,op=open-close",
    "lm-ctx",
    "lm-ctx,procs=8,size=4k,rounds=2",
    "lm-ctx,procs=96,rounds=1",
    "lm-ctx,op=overhead,procs=8,size=64k",
    "lm-pipe-lat",
    "lm-pipe-lat,n=300",
    "lm-pipe-bw",
    "lm-pipe-bw,chunk=64,chunks=100",
    "lm-pipe-bw,chunk=1m,chunks=2",
};
#define ALL (sizeof all / sizeof all[0])

/* Right answers; nothing is left behind. */
static void test_answers(void **state)
{
    unsigned before = open_descriptors();

    (void)state;
    for (size_t i = 0; i < ALL; i++) {
        if (fixture_life(&fx, all[i], 3) != 0)
            fail_msg("%s: %s", all[i], fx.run.reason);
        assert_int_equal(open_descriptors(), before);
        assert_no_child();
        fx.run.workload->cleanup(&fx.run); /* twice does no harm */
    }
    assert_true(signal(SIGPIPE, SIG_DFL) == SIG_DFL);
}

/* The target calls cleanup() also where prepare() refused. */
static void test_refused_preparation(void **state)
{
    size_t whole = fx.env.arena_bytes;

    (void)state;
    fx.env.arena_bytes = 16;
    for (size_t i = 0; i < ALL; i++) {
        fixture_parse(&fx, all[i]);
        assert_int_equal(fx.run.workload->prepare(&fx.run), -1);
        assert_non_null(strstr(fx.run.reason, "arena"));
        fx.run.workload->cleanup(&fx.run);
    }
    fx.env.arena_bytes = whole;
    assert_no_child();
}

/* Not run at all, or once less than said: never content. */
static void test_missing_work_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < ALL; i++) {
        fixture_prepare(&fx, all[i]);
        assert_int_equal(fixture_check(&fx), -1);
        fixture_prepare(&fx, all[i]);
        fixture_iterate(&fx, 2);
        fx.run.iterations = 3;
        assert_int_equal(fixture_check(&fx), -1);
        assert_no_child();
    }
}

/* --- exec --- */

static char exec_place[] = "/tmp/etalon-exec.XXXXXX";

/* Program 0 is the shell with this script, or what `program` names. */
static void make_exec(const char *program, const char *script)
{
    char path[64], argv[512];
    FILE *f;
    int n;

    if (exec_folder != exec_place)
        assert_non_null(mkdtemp(exec_place));
    exec_folder = exec_place;
    snprintf(path, sizeof path, "%s/0", exec_place);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/0/program", exec_place);
    unlink(path);
    assert_int_equal(symlink(program ? program : "/bin/sh", path), 0);
    snprintf(path, sizeof path, "%s/0/argv", exec_place);
    f = fopen(path, "w");
    assert_non_null(f);
    n = snprintf(argv, sizeof argv, "/opt/shell%c-c%c%s", 0, 0, script);
    assert_int_equal(fwrite(argv, 1, (size_t)n + 1, f), n + 1);
    fclose(f);
}

static void exec_fails(const char *script, const char *says)
{
    make_exec(NULL, script);
    assert_int_equal(fixture_life(&fx, "exec", 2), -1);
    if (!strstr(fx.run.reason, says))
        fail_msg("%s: \"%s\" does not say \"%s\"", script, fx.run.reason, says);
    assert_no_child();
}

static void test_exec_answers(void **state)
{
    struct rlimit before, after;
    unsigned descriptors = open_descriptors();

    (void)state;
    getrlimit(RLIMIT_FSIZE, &before);
    make_exec(NULL, "read x; echo \"<$x> $HOME $0\"; echo err >&2");
    if (fixture_life(&fx, "exec", 3) != 0)
        fail_msg("%s", fx.run.reason);
    assert_int_equal(fx.run.work, 1);
    /* Input is empty, and the file holds the output of the last run alone. */
    assert_string_equal(fx.run.answer, "runs=3 output_bytes=20 output: <> / /opt/shell|err");
    assert_int_equal(open_descriptors(), descriptors);
    getrlimit(RLIMIT_FSIZE, &after);
    assert_true(before.rlim_cur == after.rlim_cur);
    fx.run.workload->cleanup(&fx.run); /* twice does no harm */
    make_exec(NULL, "printf '\\033[1m\\001x'");
    assert_int_equal(fixture_life(&fx, "exec", 1), 0);
    assert_string_equal(fx.run.answer, "runs=1 output_bytes=6 output: .[1m.x");
}

static void test_exec_failures(void **state)
{
    (void)state;
    exec_fails(
        "echo what went wrong; exit 7",
        "exec: shell: run 1 ended with status 7, the last output ends: what went wrong");
    exec_fails("kill -SEGV $$", "run 1 ended by signal 11 (SIGSEGV)");
    exec_fails("while :; do echo more and more and more and more and more; done", "16 MiB");
    make_exec("/no/such", "");
    assert_int_equal(fixture_life(&fx, "exec", 1), -1);
    assert_non_null(strstr(fx.run.reason, "cannot be started: No such file"));
    make_exec("/etc/passwd", "");
    assert_int_equal(fixture_life(&fx, "exec", 1), -1);
    assert_non_null(strstr(fx.run.reason, "cannot be started: "));

    make_exec(NULL, "exit 0");
    fixture_prepare(&fx, "exec");
    fixture_iterate(&fx, 2);
    fx.run.iterations = 3; /* one was not made */
    assert_int_equal(fixture_check(&fx), -1);
    fixture_parse(&fx, "exec,program=1");
    assert_int_equal(fx.run.workload->prepare(&fx.run), -1);
    assert_non_null(strstr(fx.run.reason, "/1/argv"));
    fx.run.workload->cleanup(&fx.run);
}

static int remove_exec(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", exec_place);
    return system(command);
}

static void test_syscall_faults(void **state)
{
    static const char *const ops[] = {"read", "write", "stat", "fstat", "open-close", "null"};
    struct lm_syscall_state *s;

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        char text[40];

        snprintf(text, sizeof text, "lm-syscall,op=%s", ops[i]);
        fixture_prepare(&fx, text);
        s = fx.run.state;
        switch (i) {
        case 2:
        case 4: /* the file is gone */
            assert_int_equal(unlink(s->path), 0);
            break;
        case 5: /* another parent */
            s->expected++;
            break;
        default: /* the descriptor is gone */
            close(s->fd);
            s->fd = -1;
            break;
        }
        fixture_iterate(&fx, 2);
        assert_int_equal(fixture_check(&fx), -1);
    }

    fixture_prepare(&fx, "lm-syscall,op=fstat"); /* the file grew */
    s = fx.run.state;
    assert_int_equal(write(s->fd, "x", 1), 1);
    fixture_iterate(&fx, 1);
    assert_int_equal(fixture_check(&fx), -1);

    fixture_prepare(&fx, "lm-syscall,op=read"); /* a /dev/zero that gives ones */
    fixture_iterate(&fx, 1);
    s->byte = 1;
    assert_int_equal(fixture_check(&fx), -1);
}

static void test_ring_faults(void **state)
{
    struct lm_ctx_state *s;

    (void)state;
    fixture_prepare(&fx, "lm-ctx,procs=4,size=4k"); /* a process dies */
    s = fx.run.state;
    s->from[1][0] = s->from[1][1] = s->from[2][0] = s->from[2][1] = s->from[3][1] = -1;
    child_end(s->child[2]);
    s->child[2] = 0;
    fixture_iterate(&fx, 1);
    assert_int_equal(fixture_check(&fx), -1);
    assert_no_child();

    fixture_prepare(&fx, "lm-ctx,procs=4,size=4k"); /* memory changed under this process */
    fixture_iterate(&fx, 1);
    s->memory[17]++;
    fixture_iterate(&fx, 1);
    assert_int_equal(fixture_check(&fx), -1);

    fixture_prepare(&fx, "lm-ctx,procs=4"); /* a hop too many */
    fixture_iterate(&fx, 1);
    s->token++;
    assert_int_equal(fixture_check(&fx), -1);
}

static void test_pipe_faults(void **state)
{
    struct lm_pipe_state *s;

    (void)state;
    fixture_prepare(&fx, "lm-pipe-lat"); /* the byte changes on its way */
    s = fx.run.state;
    fixture_iterate(&fx, 1);
    s->byte++;
    fixture_iterate(&fx, 1);
    assert_int_equal(fixture_check(&fx), -1);

    for (unsigned i = 0; i < 2; i++) { /* the other process dies */
        fixture_prepare(&fx, i ? "lm-pipe-bw" : "lm-pipe-lat");
        child_end(s->child);
        s->child = 0;
        fixture_iterate(&fx, 1);
        assert_int_equal(fixture_check(&fx), -1);
    }

    fixture_prepare(&fx, "lm-pipe-bw"); /* a chunk was lost */
    fixture_iterate(&fx, 1);
    s->chunks++;
    fixture_iterate(&fx, 1);
    assert_int_equal(fixture_check(&fx), -1);

    fixture_prepare(&fx, "lm-pipe-bw"); /* a chunk was damaged */
    fixture_iterate(&fx, 1);
    ((unsigned char *)s->data)[65535] ^= 1;
    assert_int_equal(fixture_check(&fx), -1);
    assert_no_child();
}

/* A child must not outlive the agent, even one that is killed. */
static void test_children_die_with_their_parent(void **state)
{
    int report[2], status;
    pid_t agent, orphan = 0;

    (void)state;
    assert_int_equal(pipe(report), 0);
    agent = fork();
    assert_true(agent >= 0);
    if (agent == 0) {
        struct lm_pipe_state *s;

        fixture_prepare(&fx, "lm-pipe-lat");
        s = fx.run.state;
        if (write(report[1], &s->child, sizeof s->child) != sizeof s->child)
            _exit(1);
        pause();
    }
    assert_int_equal(read(report[0], &orphan, sizeof orphan), sizeof orphan);
    assert_int_equal(kill(orphan, 0), 0);
    kill(agent, SIGKILL);
    assert_int_equal(waitpid(agent, &status, 0), agent);
    for (unsigned i = 0; i < 1000; i++) { /* dead, or a zombie nobody has reaped yet */
        char path[40], line[256] = "", *after;
        FILE *f;

        snprintf(path, sizeof path, "/proc/%d/stat", (int)orphan);
        f = fopen(path, "r");
        if (!f)
            break;
        after = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
        fclose(f);
        if (!after || after[2] == 'Z' || after[2] == 'X')
            break;
        assert_true(i < 999);
        usleep(10000);
    }
    close(report[0]);
    close(report[1]);
}

/* Any Linux answers both calls; only under a PV kernel is one of them a hypercall. */
static void test_kernel_calls(void **state)
{
    static const char *const ops[] = {"exits,op=kernel-call,n=20",
                                      "exits,op=kernel-hypercall,n=20"};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        fixture_parse(&fx, ops[i]);
        assert_int_equal(fx.run.workload->prepare(&fx.run), 0);
        assert_int_equal(fx.run.work, 20);
        assert_int_equal(fx.run.workload->check(&fx.run), -1); /* never ran */
        assert_int_equal(fx.run.workload->prepare(&fx.run), 0);
        for (unsigned turn = 0; turn < 3; turn++)
            fx.run.workload->run(&fx.run);
        assert_int_equal(fx.run.workload->check(&fx.run), 0);
        ((struct kernel_state *)fx.run.state)->left ^= 1;
        assert_int_equal(fx.run.workload->check(&fx.run), -1);
        if (access(GUEST_TYPE, F_OK) != 0)
            assert_non_null(fx.run.workload->unavailable(&fx.run));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernel_calls),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_refused_preparation),
        cmocka_unit_test(test_missing_work_is_found),
        cmocka_unit_test(test_exec_answers),
        cmocka_unit_test_teardown(test_exec_failures, remove_exec),
        cmocka_unit_test(test_syscall_faults),
        cmocka_unit_test(test_ring_faults),
        cmocka_unit_test(test_pipe_faults),
        cmocka_unit_test(test_children_die_with_their_parent),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
