/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/net_peer_linux.c - the peer (net_peer.h). One process for each protocol: it waits in
 * the system call that brings the next message, with nothing else between message and reply.
 */
#include "workloads/net_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE_BYTES 65536u

static unsigned char buffer[PIECE_BYTES] __attribute__((aligned(64)));
static struct net_counts nobody_counts;

int net_peer_open(enum net_protocol protocol, uint32_t address, uint16_t *port)
{
    struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(address)};
    socklen_t size = sizeof name;
    const int type = protocol == NET_UDP ? SOCK_DGRAM : SOCK_STREAM, one = 1;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), error;

    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
        bind(fd, (const struct sockaddr *)&name, sizeof name) ||
        (protocol == NET_TCP && listen(fd, 4)) ||
        getsockname(fd, (struct sockaddr *)&name, &size)) {
        error = errno;
        close(fd);
        return -error;
    }
    *port = ntohs(name.sin_port);
    return fd;
}

static void serve_udp(int fd, struct net_counts *counts)
{
    struct sockaddr_in from;

    for (;;) {
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &size);

        if (n < 0 && errno == EBADF)
            return;
        /* Other errors belong to a client that has gone. */
        if (n <= 0 || n > (ssize_t)NET_MAX_MESSAGE)
            continue;
        net_reply(buffer, (size_t)n);
        counts->datagrams++;
        sendto(fd, buffer, (size_t)n, MSG_NOSIGNAL, (const struct sockaddr *)&from, size);
    }
}

static int take(int fd, void *data, size_t bytes)
{
    for (size_t at = 0; at < bytes;) {
        ssize_t n = recv(fd, (char *)data + at, bytes - at, 0);

        if (n == 0 || (n < 0 && errno != EINTR))
            return -1;
        if (n > 0)
            at += (size_t)n;
    }
    return 0;
}

static int give(int fd, const void *data, size_t bytes)
{
    for (size_t at = 0; at < bytes;) {
        ssize_t n = send(fd, (const char *)data + at, bytes - at, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0)
            at += (size_t)n;
    }
    return 0;
}

static int take_stream(int fd, uint64_t bytes, uint64_t *digest)
{
    *digest = 0;
    for (uint64_t left = bytes; left;) {
        const size_t n = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;

        if (take(fd, buffer, n))
            return -1;
        *digest = net_digest(*digest, buffer, n);
        left -= n;
    }
    return 0;
}

static int makes_sense(const struct net_hello *h)
{
    if (h->magic != NET_HELLO_MAGIC || h->bytes == 0)
        return 0;
    return (h->mode == NET_EXCHANGE && h->bytes <= NET_MAX_MESSAGE) ||
           (h->mode == NET_STREAM && h->bytes % 8 == 0);
}

static void serve_client(int fd, struct net_counts *counts)
{
    struct net_hello hello;
    uint64_t digest;

    if (take(fd, &hello, sizeof hello) || !makes_sense(&hello))
        return;
    counts->connections++;
    if (give(fd, &hello, sizeof hello))
        return;
    while (hello.mode == NET_EXCHANGE) {
        if (take(fd, buffer, hello.bytes))
            return;
        net_reply(buffer, hello.bytes);
        counts->messages++;
        if (give(fd, buffer, hello.bytes))
            return;
    }
    while (take_stream(fd, hello.bytes, &digest) == 0) {
        counts->streams++;
        if (give(fd, &digest, sizeof digest))
            return;
    }
}

static void serve_tcp(int fd, struct net_counts *counts)
{
    const int one = 1;

    for (;;) {
        int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

        if (client < 0 && (errno == EBADF || errno == EINVAL))
            return;
        if (client < 0)
            continue; /* it has gone again */
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        serve_client(client, counts);
        close(client);
    }
}

void net_peer_serve(enum net_protocol protocol, int fd, struct net_counts *counts)
{
    if (!counts)
        counts = &nobody_counts;
    if (protocol == NET_UDP)
        serve_udp(fd, counts);
    else
        serve_tcp(fd, counts);
}
