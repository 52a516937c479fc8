/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The outer system's program as far as it runs anywhere: words, settings, records, relaying. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/record.h"
#include "hv-under-test/outer/guest.c"
#include "hv-under-test/outer/outer.c"
#include "hv-under-test/outer/peer.c"
#include "hv-under-test/outer/records.c"
#include "hv-under-test/outer/words.c"
#include "workloads/net_peer_linux.c"

static struct outer *fresh(void)
{
    static struct outer o;

    free((void *)(uintptr_t)o.platform);
    memset(&o, 0, sizeof(o));
    o.console = o.records = -1;
    o.exits = UINT64_MAX;
    return &o;
}

static void test_words_are_divided(void **state)
{
    struct outer *o = fresh();

    (void)state;
    assert_null(outer_take_words(o, "console=ttyS0,115200 quiet "
                                    "etl.launch=kvm-bare,memory=256,limit=30000,trace=1 "
                                    "etl.boot=7 etl.seed=1 etl.plan=null,iters=5/spin,n=3"));
    assert_string_equal(o->platform, "kvm-bare");
    assert_string_equal(outer_setting(o, "memory", "?"), "256");
    assert_string_equal(outer_setting(o, "limit", "?"), "30000");
    assert_string_equal(outer_setting(o, "trace", "?"), "1");
    assert_string_equal(outer_setting(o, "trac", "?"), "?");
    assert_string_equal(outer_setting(o, "absent", "?"), "?");
    assert_int_equal(o->boot, 7);
    assert_string_equal(o->guest_words,
                        "etl.boot=7 etl.seed=1 etl.plan=null,iters=5/spin,n=3");
}

/* What watches a guest's processors from outside is held to the guest's tolerance. */
static void test_tolerance_is_of_both(void **state)
{
    struct outer *o = fresh();

    (void)state;
    assert_null(outer_take_words(o, "etl.launch=kvm etl.boot=7 etl.tolerance=20,10"));
    assert_true(tolerance_now()->counts == 20 && tolerance_now()->ppm == 10);
    assert_string_equal(o->guest_words, "etl.boot=7 etl.tolerance=20,10");
    tolerance_set(&pmu_tolerance_exact);
}

static void test_words_refused(void **state)
{
    static const char *const bad[] = {
        "quiet etl.boot=7",
        "etl.launch= etl.boot=7",
        "etl.launch=,memory=3",
        "etl.launch=kvm etl.launch=xen-pv",
        "etl.launch=kvm etl.tolerance=200",
    };
    char *longer = malloc(3 * OUTER_WORDS_BYTES);

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_non_null(outer_take_words(fresh(), bad[i]));
    memset(longer, 'x', 3 * OUTER_WORDS_BYTES - 1);
    longer[3 * OUTER_WORDS_BYTES - 1] = '\0';
    memcpy(longer, "etl.launch=", 11);
    assert_non_null(outer_take_words(fresh(), longer));
    memcpy(longer, "etl.launch=a etl.b=", 19);
    assert_non_null(outer_take_words(fresh(), longer));
    free(longer);
}

static void test_no_settings(void **state)
{
    struct outer *o = fresh();

    (void)state;
    assert_null(outer_take_words(o, "etl.launch=tcg"));
    assert_string_equal(o->platform, "tcg");
    assert_string_equal(outer_setting(o, "memory", "256"), "256");
}

/* What the outer system writes is what the controller reads. */
static void test_records(void **state)
{
    char path[] = "/tmp/etalon-test-XXXXXX", log[8192], huge[RECORD_MAX_BYTES + 1];
    static const char *const types[] = {"fact", "exits", "error", "error", "end"};
    struct record_stats stats = {0};
    struct outer *o = fresh();
    uint64_t next = 0, value;
    struct record *r = malloc(sizeof(*r));
    size_t pos = 0, size;
    unsigned n = 0;
    FILE *f;

    (void)state;
    o->boot = 42;
    o->records = mkstemp(path);
    assert_true(o->records >= 0);
    memset(huge, 'x', sizeof(huge) - 1);
    huge[sizeof(huge) - 1] = '\0';
    outer_fact(o, "outer.qemu", "QEMU 7.2 (Debian)");
    outer_exit_count(o, "hypercall", 4000);
    assert_int_equal(o->failed, 0);
    outer_error(o, "the guest is gone");
    assert_int_equal(o->failed, 1);
    outer_fact(o, "huge", huge); /* too long: an error record instead, no hole */
    outer_write_end(o);
    close(o->records);
    f = fopen(path, "r");
    size = fread(log, 1, sizeof(log), f);
    fclose(f);
    unlink(path);
    while (record_next(log, size, &pos, r, &next, &stats)) {
        assert_true(n < sizeof(types) / sizeof(types[0]));
        assert_int_equal(r->boot, 42);
        assert_string_equal(r->type, types[n]);
        if (n == 1) {
            assert_string_equal(record_get(r, "cause"), "hypercall");
            assert_int_equal(record_get_u64(r, "count", &value), 0);
            assert_int_equal(value, 4000);
        }
        n++;
    }
    assert_int_equal(n, sizeof(types) / sizeof(types[0]));
    assert_string_equal(record_get(r, "status"), "error");
    assert_string_equal(record_get(r, "exits"), "unknown");
    assert_int_equal(stats.damaged + stats.missing + stats.repeated, 0);
    free(r);
}

/* A child's output is kept, relayed byte for byte, and bounded. */
static void test_child(void **state)
{
    char dir[] = "/tmp/etalon-test-XXXXXX", log[64], out[64], said[32], text[64];
    char *argv[] = {"/bin/sh", "-c", "printf 'one\\ntwo\\036\\n'", NULL};
    char *flood[] = {"/bin/sh", "-c", "exec yes", NULL};
    struct outer *o = fresh();
    int status;
    pid_t pid;
    FILE *f;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(log, sizeof(log), "%s/log", dir);
    snprintf(out, sizeof(out), "%s/out", dir);
    assert_null(outer_start(argv, log, &pid));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    o->console = open(out, O_WRONLY | O_CREAT, 0600);
    assert_null(outer_relay(o, log));
    close(o->console);
    f = fopen(out, "r");
    assert_int_equal(fread(text, 1, sizeof(text), f), 9);
    fclose(f);
    assert_memory_equal(text, "one\ntwo\036\n", 9);
    outer_quote(log, said, sizeof(said));
    assert_string_equal(said, "one two\036");
    outer_quote(log, said, 5);
    assert_string_equal(said, "wo\036");
    assert_null(outer_start(flood, log, &pid));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
    assert_non_null(outer_relay(o, "/nonexistent"));
    unlink(log);
    unlink(out);
    rmdir(dir);
}

/* Both peers run until they are ended; one that ended by itself is told as an error. */
static void test_peer(void **state)
{
    char path[] = "/tmp/etalon-test-XXXXXX", log[4096];
    struct outer *o = fresh();
    size_t size;
    FILE *f;

    (void)state;
    assert_null(outer_take_words(o, "etl.launch=kvm,memory=256"));
    assert_int_equal(outer_peer_wanted(o), 0);
    outer_peer_stop(o); /* nothing to stop */
    assert_null(outer_take_words(fresh(), "etl.launch=kvm,net=on,memory=256"));
    assert_int_equal(outer_peer_wanted(o), 1);
    o->records = mkstemp(path);
    assert_true(o->records >= 0);
    assert_null(outer_peer_start(0));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), 0);
    peer_counts->datagrams = 7;
    outer_peer_stop(o);
    assert_int_equal(o->failed, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    f = fopen(path, "r");
    size = fread(log, 1, sizeof(log) - 1, f);
    fclose(f);
    log[size] = '\0';
    assert_non_null(strstr(log, " outer.net.datagrams=7 "));
    assert_non_null(strstr(log, " outer.net.streams=0 "));

    assert_null(outer_peer_start(0));
    kill(children[NET_TCP], SIGTERM);
    assert_int_equal(waitid(P_PID, (id_t)children[NET_TCP], NULL, WEXITED | WNOWAIT), 0);
    outer_peer_stop(o);
    assert_int_equal(o->failed, 1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    close(o->records);
    unlink(path);
}

static void test_sentences(void **state)
{
    char text[8];

    (void)state;
    /* A sentence may be part of the next one. */
    assert_string_equal(outer_say("(%s)", outer_say("a %d", 1)), "(a 1)");
    assert_non_null(outer_read("/nonexistent", text, sizeof(text)));
    assert_non_null(outer_write("/nonexistent", "x"));
    assert_true(outer_uptime_ms() > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_are_divided),
        cmocka_unit_test(test_tolerance_is_of_both),
        cmocka_unit_test(test_words_refused),
        cmocka_unit_test(test_no_settings),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_child),
        cmocka_unit_test(test_peer),
        cmocka_unit_test(test_sentences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
