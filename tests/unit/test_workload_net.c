/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The network load on this kernel's loopback: the peer's protocol, right answers, what a run needs
 * and who gets a network at all.
 */
#include <dirent.h>

#include "tests/unit/net_fixture.h"

#include "hv-under-test/net/link.c"
#include "hv-under-test/platform_words.h"

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

/* --- the digest and the reply --- */

static void test_digest(void **state)
{
    unsigned char text[19], copy[19];
    static const unsigned char reply8[] = {0xe6, 0xd8, 0xc5, 0x74, 0xf0, 0x7e, 0x44, 0xa8};

    (void)state;
    for (unsigned i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)(i + 1);
    /* Computed by another program from the sentence in net_peer.h. */
    assert_true(net_digest(0, text, 19) == 0x4097b02f059008e2u);
    assert_true(net_digest(net_digest(0, text, 16), text + 16, 3) == net_digest(0, text, 19));
    memcpy(copy, text, 8);
    net_reply(copy, 8);
    assert_memory_equal(copy, reply8, 8);
    memcpy(copy, text, 3);
    net_reply(copy, 3);
    assert_memory_equal(copy, "\x81\xcc\xd6", 3);
    memcpy(copy, text, 19);
    net_reply(copy, 19);
    assert_memory_equal(copy, "\xcd\xb8\x07\x45\x2f\xb0\x97\x40", 8);
    assert_memory_equal(copy + 8, text + 8, 11);
    /* Every bit of the message changes the digest. */
    for (unsigned bit = 0; bit < 8 * sizeof text; bit++) {
        text[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_true(net_digest(0, text, 19) != 0x4097b02f059008e2u);
        text[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
}

/* --- the peer alone --- */

static int client_of(enum net_protocol protocol, uint16_t port)
{
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_port = htons(port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, protocol == NET_UDP ? SOCK_DGRAM : SOCK_STREAM, 0);
    const struct timeval patience = {.tv_sec = 5};

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof name), 0);
    return fd;
}

static void test_udp_peer(void **state)
{
    static unsigned char sent[NET_MAX_MESSAGE + 100], got[NET_MAX_MESSAGE + 100];
    struct net_counts *counts = shared_counts();
    struct server s = start_server(NET_UDP, NULL, counts);
    int fd = client_of(NET_UDP, s.port);

    (void)state;
    for (size_t n = 1; n <= NET_MAX_MESSAGE; n++) {
        for (size_t i = 0; i < n; i++)
            sent[i] = (unsigned char)(n * 7 + i);
        /* Too long and empty ones are dropped: the reply is that to the third. */
        assert_int_equal(send(fd, sent, NET_MAX_MESSAGE + 1, 0), NET_MAX_MESSAGE + 1);
        assert_int_equal(send(fd, sent, 0, 0), 0);
        assert_int_equal(send(fd, sent, n, 0), n);
        assert_int_equal(recv(fd, got, sizeof got, 0), n);
        net_reply(sent, n);
        assert_memory_equal(got, sent, n);
    }
    close(fd);
    child_end(s.pid);
    assert_int_equal(counts->datagrams, NET_MAX_MESSAGE);
    assert_int_equal(counts->connections + counts->messages + counts->streams, 0);
    munmap(counts, sizeof *counts);
}

static void put_all(int fd, const void *data, size_t bytes)
{
    assert_int_equal(pipe_write_all(fd, data, bytes), 0);
}

static void get_all(int fd, void *data, size_t bytes)
{
    assert_int_equal(pipe_read_all(fd, data, bytes), 0);
}

static void test_tcp_peer(void **state)
{
    static const struct net_hello bad[] = {
        {0, NET_EXCHANGE, 8},
        {NET_HELLO_MAGIC, 0, 8},
        {NET_HELLO_MAGIC, 3, 8},
        {NET_HELLO_MAGIC, NET_EXCHANGE, 0},
        {NET_HELLO_MAGIC, NET_EXCHANGE, NET_MAX_MESSAGE + 1},
        {NET_HELLO_MAGIC, NET_STREAM, 12},
    };
    const struct net_hello exchange = {NET_HELLO_MAGIC, NET_EXCHANGE, 100};
    const struct net_hello stream = {NET_HELLO_MAGIC, NET_STREAM, 200000};
    static unsigned char data[200000], back[200000];
    struct net_counts *counts = shared_counts();
    struct server s = start_server(NET_TCP, NULL, counts);
    struct net_hello echoed;
    uint64_t digest;
    int fd;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fd = client_of(NET_TCP, s.port);
        put_all(fd, &bad[i], sizeof bad[i]);
        assert_int_equal(recv(fd, &echoed, sizeof echoed, 0), 0); /* it hung up */
        close(fd);
    }
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * i >> 3);
    fd = client_of(NET_TCP, s.port);
    put_all(fd, &exchange, sizeof exchange);
    get_all(fd, &echoed, sizeof echoed);
    assert_memory_equal(&echoed, &exchange, sizeof echoed);
    for (unsigned k = 0; k < 3; k++) { /* in two pieces */
        put_all(fd, data, 40);
        put_all(fd, data + 40, 60);
        get_all(fd, back, 100);
        memcpy(back + 200, data, 100);
        net_reply(back + 200, 100);
        assert_memory_equal(back, back + 200, 100);
    }
    put_all(fd, data, 40); /* gone in the middle of a message */
    close(fd);
    fd = client_of(NET_TCP, s.port);
    put_all(fd, &stream, sizeof stream);
    get_all(fd, &echoed, sizeof echoed);
    for (unsigned k = 0; k < 2; k++) {
        put_all(fd, data, sizeof data);
        get_all(fd, &digest, sizeof digest);
        assert_true(digest == net_digest(0, data, sizeof data));
    }
    close(fd);
    child_end(s.pid);
    assert_int_equal(counts->connections, 2);
    assert_int_equal(counts->messages, 3);
    assert_int_equal(counts->streams, 2);
    munmap(counts, sizeof *counts);
}

/* --- the workload --- */

static const char *const all[] = {
    "net-lat",
    "net-lat,op=udp,bytes=1,n=300",
    "net-lat,op=udp,bytes=1400",
    "net-lat,op=tcp",
    "net-lat,op=tcp,bytes=1,n=300",
    "net-lat,op=tcp,bytes=7",
    "net-lat,op=tcp,bytes=1400",
    "net-bw",
    "net-bw,chunk=64,chunks=3",
    "net-bw,chunk=1m,chunks=2",
};
#define ALL (sizeof all / sizeof all[0])

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

/* The same run gives the same answer, another seed another one. */
static void test_answer_repeats(void **state)
{
    char first[WORKLOAD_ANSWER_BYTES];

    (void)state;
    assert_int_equal(fixture_life(&fx, "net-lat,op=tcp", 3), 0);
    memcpy(first, fx.run.answer, sizeof first);
    assert_int_equal(fixture_life(&fx, "net-lat,op=udp", 3), 0);
    assert_string_equal(fx.run.answer, first);
    assert_memory_equal(first, "exchanges=15 lost=0 digest=", 27);
    fx.env.seed++;
    assert_int_equal(fixture_life(&fx, "net-lat,op=udp", 3), 0);
    fx.env.seed--;
    assert_string_not_equal(fx.run.answer, first);
}

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

static void test_refused_preparation(void **state)
{
    size_t whole = fx.env.arena_bytes;

    (void)state;
    fx.env.arena_bytes = 4096;
    for (size_t i = 0; i < ALL; i++) {
        fixture_parse(&fx, all[i]);
        assert_int_equal(fx.run.workload->prepare(&fx.run), -1);
        assert_non_null(strstr(fx.run.reason, "arena"));
        fx.run.workload->cleanup(&fx.run);
    }
    fx.env.arena_bytes = whole;
    assert_no_child();
}

/* No network: a skip. One that was promised and is not there: an error with its reason. */
static void test_no_network(void **state)
{
    static const char *const outer[] = {"net-lat,path=outer", "net-lat,op=tcp,path=outer",
                                        "net-bw,path=outer"};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        fixture_parse(&fx, outer[i]);
        assert_non_null(
            strstr(fx.run.workload->unavailable(&fx.run), "no paravirtual network"));
        fx.env.net_broken = "the network did not come up: no driver";
        assert_null(fx.run.workload->unavailable(&fx.run));
        assert_int_equal(fx.run.workload->prepare(&fx.run), -1);
        assert_string_equal(fx.run.reason, fx.env.net_broken);
        fx.run.workload->cleanup(&fx.run);
        fx.env.net_broken = NULL;
    }
    for (size_t i = 0; i < ALL; i++) { /* loopback is always there */
        fixture_parse(&fx, all[i]);
        assert_null(fx.run.workload->unavailable(&fx.run));
    }
}

static void test_outer_peer(void **state)
{
    struct net_counts *counts = shared_counts();
    struct server udp = start_server(NET_UDP, NULL, counts);
    struct server tcp = start_server(NET_TCP, NULL, counts);

    (void)state;
    outer_run("net-lat,op=udp,path=outer", &udp);
    fixture_iterate(&fx, 4);
    assert_int_equal(fixture_check(&fx), 0);
    outer_run("net-lat,op=tcp,path=outer", &tcp);
    fixture_iterate(&fx, 4);
    assert_int_equal(fixture_check(&fx), 0);
    outer_run("net-bw,path=outer", &tcp);
    fixture_iterate(&fx, 4);
    assert_int_equal(fixture_check(&fx), 0);
    child_end(udp.pid);
    child_end(tcp.pid);
    /* Each with one run to warm up. */
    assert_int_equal(counts->datagrams, 25);
    assert_int_equal(counts->messages, 25);
    assert_int_equal(counts->streams, 5);
    assert_int_equal(counts->connections, 2);
    munmap(counts, sizeof *counts);
    fx.env.net_peer = 0;
}

/* --- who gets a network --- */

static void test_plans_that_need_a_network(void **state)
{
    static const struct {
        const char *plan;
        int needs;
    } plans[] = {
        {"null", 0},
        {"null/spin,n=5000/exits", 0},
        {"net-lat/net-bw", 0},
        {"net-lat,path=loopback", 0},
        {"net-lat,path=outer", 1},
        {"null/net-bw,path=outer,iters=3/spin", 1},
        {"net-lat,op=tcp,path=loopback/net-lat,op=tcp,path=outer", 1},
        {"netlat,path=outer", 0}, /* refused elsewhere */
    };

    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        const struct platform_boot boot = {.plan_text = plans[i].plan};

        if (platform_needs_net(&boot) != plans[i].needs)
            fail_msg("%s", plans[i].plan);
    }
}

static void test_links_that_are_not_there(void **state)
{
    static const struct net_station station = {
        .address = NET_ADDRESS_OUTER, .other = NET_ADDRESS_GUEST, .other_mac = NET_MAC_GUEST};
    char name[16], driver[32];

    (void)state;
    assert_non_null(strstr(net_link_find("02:e7:a1:ff:ff:ff", 5, name), "02:e7:a1:ff:ff:ff"));
    assert_null(net_link_find("00:00:00:00:00:00", 5, name));
    assert_string_equal(name, "lo");
    assert_non_null(strstr(net_link_wait("nonesuch0", 5), "nonesuch0 has no carrier"));
    assert_non_null(strstr(net_link_raise("nonesuch0", &station), "interface nonesuch0: "));
    net_link_driver("lo", driver, sizeof driver);
    assert_string_equal(driver, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_udp_peer),
        cmocka_unit_test(test_tcp_peer),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_answer_repeats),
        cmocka_unit_test(test_missing_work_is_found),
        cmocka_unit_test(test_refused_preparation),
        cmocka_unit_test(test_no_network),
        cmocka_unit_test(test_outer_peer),
        cmocka_unit_test(test_plans_that_need_a_network),
        cmocka_unit_test(test_links_that_are_not_there),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
