/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/outer/peer.c - see peer.h. */
#include "hv-under-test/outer/peer.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads/net_peer.h"

static pid_t children[2]; /* by enum net_protocol; 0: none */
static struct net_counts *peer_counts;

int outer_peer_wanted(const struct outer *o)
{
    return strcmp(outer_setting(o, "net", "off"), "on") == 0;
}

static const char *start_one(enum net_protocol protocol, uint16_t port)
{
    const int fd = net_peer_open(protocol, 0, &port);
    pid_t child;

    if (fd < 0)
        return outer_reason("the peer's socket", -fd);
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        net_peer_serve(protocol, fd, peer_counts);
        _exit(1);
    }
    close(fd);
    if (child < 0)
        return outer_reason("fork", errno);
    children[protocol] = child;
    return NULL;
}

const char *outer_peer_start(uint16_t port)
{
    const char *reason;

    peer_counts = mmap(NULL, sizeof *peer_counts, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (peer_counts == MAP_FAILED)
        return outer_reason("memory for the peer's counts", errno);
    reason = start_one(NET_UDP, port);
    return reason ? reason : start_one(NET_TCP, port);
}

static void tell(struct outer *o, const char *key, uint64_t count)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, count);
    outer_fact(o, key, text);
}

void outer_peer_stop(struct outer *o)
{
    for (unsigned i = 0; i < 2; i++) {
        int status = 0;

        if (children[i] <= 0)
            continue;
        kill(children[i], SIGKILL);
        while (waitpid(children[i], &status, 0) < 0 && errno == EINTR)
            ;
        children[i] = 0;
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
            outer_error(o, i == NET_UDP ? "the network's UDP peer ended by itself"
                                        : "the network's TCP peer ended by itself");
    }
    if (!peer_counts)
        return;
    tell(o, "outer.net.datagrams", peer_counts->datagrams);
    tell(o, "outer.net.connections", peer_counts->connections);
    tell(o, "outer.net.messages", peer_counts->messages);
    tell(o, "outer.net.streams", peer_counts->streams);
}
