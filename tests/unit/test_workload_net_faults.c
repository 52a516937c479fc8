/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The network load with peers that lose, damage, shorten and delay messages, close, die or never
 * answer. Each must end in a sentence, within a bounded time.
 */
#include "tests/unit/net_fixture.h"

#define GOOD 5u /* the warm-up of n=5 is answered as it should be */

enum fault { LOSE_ONE, LOSE_ALL, DAMAGE_HEAD, DAMAGE_TAIL, STALE, SHORTEN, DELAY, DIE };
static enum fault fault;

static void faulty_udp(int fd)
{
    unsigned char text[NET_MAX_MESSAGE], last[NET_MAX_MESSAGE];
    struct sockaddr_in from;

    for (unsigned k = 0;; k++) {
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(fd, text, sizeof text, 0, (struct sockaddr *)&from, &size);

        if (n <= 0)
            return;
        net_reply(text, (size_t)n);
        if (k >= GOOD && fault == DIE)
            return;
        if ((k == GOOD + 2 && fault == LOSE_ONE) || (k >= GOOD && fault == LOSE_ALL))
            continue;
        if (k == GOOD + 2 && fault == DELAY)
            usleep(NET_PATIENCE_MS * 14 / 10 * 1000);
        if (k == GOOD + 2 && fault == DAMAGE_HEAD)
            text[1] ^= 0x40;
        if (k >= GOOD && fault == DAMAGE_TAIL)
            text[n - 1] ^= 1;
        if (k == GOOD + 2 && fault == STALE) /* the reply to the message before */
            memcpy(text, last, (size_t)n);
        memcpy(last, text, (size_t)n);
        sendto(fd, text, (size_t)(k == GOOD + 2 && fault == SHORTEN ? n - 1 : n), 0,
               (struct sockaddr *)&from, size);
    }
}

/* Wait less long than a run would. */
static void be_impatient(void)
{
    const struct timeval t = {.tv_usec = 50000};
    struct net_state *s = fx.run.state;

    assert_int_equal(setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t), 0);
}

static void test_udp_faults(void **state)
{
    static const struct {
        enum fault fault;
        const char *said;
    } faults[] = {
        {LOSE_ONE, "1 of 10 datagrams had no reply"},
        {LOSE_ALL, "8 of 8 datagrams had no reply within 500 ms; it gave up"},
        {DAMAGE_HEAD, "not what the peer has to compute"},
        {DAMAGE_TAIL, "the last reply is damaged"},
        {STALE, "not what the peer has to compute"},
        {SHORTEN, "a reply of the wrong length after 2 replies"},
        {DELAY, "datagrams had no reply within"},
        {DIE, "1 of 2 datagrams had no reply within 500 ms; then: Connection refused"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct server s;

        fault = faults[i].fault;
        s = start_server(NET_UDP, faulty_udp, NULL);
        outer_run("net-lat,op=udp,path=outer,bytes=20", &s);
        if (fault == LOSE_ALL)
            be_impatient();
        fixture_iterate(&fx, 2);
        assert_int_equal(fixture_check(&fx), -1);
        if (!strstr(fx.run.reason, faults[i].said))
            fail_msg("%zu: %s", i, fx.run.reason);
        child_end(s.pid);
    }
    fx.env.net_peer = 0;
    assert_no_child();
}

enum tcp_fault { NO_GREETING, WRONG_GREETING, CLOSE, SILENT, WRONG_REPLY };
static enum tcp_fault tcp_fault;

static void faulty_tcp(int fd)
{
    unsigned char text[NET_MAX_MESSAGE];
    struct net_hello hello;
    int client = accept(fd, NULL, NULL);

    if (tcp_fault == NO_GREETING)
        pause();
    if (client < 0 || take(client, &hello, sizeof hello))
        return;
    if (tcp_fault == WRONG_GREETING)
        hello.bytes++;
    give(client, &hello, sizeof hello);
    for (unsigned k = 0;; k++) {
        uint64_t digest;

        if (k > GOOD && tcp_fault == CLOSE)
            return;
        if (k > GOOD && tcp_fault == SILENT)
            pause();
        if (hello.mode == NET_STREAM) {
            if (take_stream(client, hello.bytes, &digest))
                return;
            digest += k > 1 && tcp_fault == WRONG_REPLY;
            give(client, &digest, sizeof digest);
        } else {
            if (take(client, text, hello.bytes))
                return;
            net_reply(text, hello.bytes);
            text[0] ^= k > GOOD && tcp_fault == WRONG_REPLY;
            give(client, text, hello.bytes);
        }
    }
}

static void test_tcp_faults(void **state)
{
    static const struct {
        enum tcp_fault fault;
        const char *run, *said;
    } faults[] = {
        {NO_GREETING, "net-lat,op=tcp,path=outer", "the peer does not greet"},
        {WRONG_GREETING, "net-lat,op=tcp,path=outer", "the peer does not greet"},
        {CLOSE, "net-lat,op=tcp,path=outer", "the peer closed the connection after 1 replies"},
        {SILENT, "net-lat,op=tcp,path=outer", "timed out after 1 replies"},
        {WRONG_REPLY, "net-lat,op=tcp,path=outer", "not what the peer has to compute"},
        {WRONG_REPLY, "net-bw,path=outer", "not what was sent"},
        {CLOSE, "net-bw,path=outer", " after 20 acknowledged chunks"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        const struct workload *w;
        struct server s;

        tcp_fault = faults[i].fault;
        s = start_server(NET_TCP, faulty_tcp, NULL);
        fx.env.net_peer = INADDR_LOOPBACK;
        fx.env.net_port = s.port;
        fixture_parse(&fx, faults[i].run);
        w = fx.run.workload;
        if (w->prepare(&fx.run) == 0) {
            fixture_iterate(&fx, 10);
            assert_int_equal(w->check(&fx.run), -1);
        }
        if (!strstr(fx.run.reason, faults[i].said))
            fail_msg("%zu: %s", i, fx.run.reason);
        w->cleanup(&fx.run);
        child_end(s.pid);
    }
    fx.env.net_peer = 0;
    assert_no_child();
}

/* Nobody at the address: told by prepare(). */
static void test_nobody_there(void **state)
{
    static const char *const runs[] = {"net-lat,op=udp,path=outer",
                                       "net-lat,op=tcp,path=outer", "net-bw,path=outer"};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct server s = start_server(i ? NET_TCP : NET_UDP, NULL, NULL);

        child_end(s.pid);
        fx.env.net_peer = INADDR_LOOPBACK;
        fx.env.net_port = s.port;
        fixture_parse(&fx, runs[i]);
        assert_int_equal(fx.run.workload->prepare(&fx.run), -1);
        assert_non_null(strstr(fx.run.reason, "Connection refused"));
        fx.run.workload->cleanup(&fx.run);
    }
    fx.env.net_peer = 0;
}

/* The child on the same Linux dies in a run. */
static void test_child_dies(void **state)
{
    static const char *const runs[] = {"net-lat,op=udp", "net-lat,op=tcp", "net-bw"};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct net_state *s;

        fixture_prepare(&fx, runs[i]);
        s = fx.run.state;
        fixture_iterate(&fx, 1);
        child_end(s->child);
        s->child = 0;
        fixture_iterate(&fx, 1);
        assert_int_equal(fixture_check(&fx), -1);
        assert_no_child();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_udp_faults),
        cmocka_unit_test(test_tcp_faults),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_child_dies),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
