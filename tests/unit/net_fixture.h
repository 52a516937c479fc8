/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/net_fixture.h - the network load on this kernel's loopback, and servers for it: the
 * peer, or what a test puts in its place.
 *
 * The load's sources are included, and with them all that no_linux.c stands in for.
 */
#ifndef ETALON_TESTS_NET_FIXTURE_H
#define ETALON_TESTS_NET_FIXTURE_H

#include "tests/unit/workload_fixture.h"

#include "workloads/child_linux.c"
#include "workloads/lm_syscall_linux.c"
#include "workloads/lm_ctx_linux.c"
/* Included so that the stand-ins of no_linux.c stay out; some of their names are alike. */
#define take_state pipe_take_state
#define warm_up pipe_warm_up
#include "workloads/lm_pipe_linux.c"
#include "workloads/exits_kernel_linux.c"
#include "workloads/exec_linux.c"
#undef take_state
#undef warm_up
#include "workloads/net_linux.c"
#include "workloads/net_peer_linux.c"

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

static void assert_no_child(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

struct server {
    pid_t pid;
    uint16_t port;
};

static struct server start_server(enum net_protocol protocol, void (*body)(int fd),
                                  struct net_counts *counts)
{
    struct server s = {.port = 0};
    int fd = net_peer_open(protocol, INADDR_LOOPBACK, &s.port);

    assert_true(fd >= 0 && s.port != 0);
    s.pid = fork();
    assert_true(s.pid >= 0);
    if (s.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (body)
            body(fd);
        else
            net_peer_serve(protocol, fd, counts);
        _exit(0);
    }
    close(fd);
    return s;
}

static struct net_counts *shared_counts(void)
{
    struct net_counts *c =
        mmap(NULL, sizeof *c, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(c != MAP_FAILED);
    return c;
}

static void outer_run(const char *text, const struct server *s)
{
    fx.env.net_peer = INADDR_LOOPBACK;
    fx.env.net_port = s->port;
    fixture_prepare(&fx, text);
}

#endif
