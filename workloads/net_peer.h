/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/net_peer.h - the other end of the network load, and what the two say to each other.
 *
 * The same code answers as a child of the agent (path=loopback) and as a child of the outer
 * system (path=outer), on one port number for UDP and TCP.
 *
 * UDP: each datagram of 1 to NET_MAX_MESSAGE bytes is answered with one of the same length, the
 * reply (below). TCP: the client sends a struct net_hello and gets its 16 bytes back; a hello
 * that makes no sense closes the connection. Then, as often as it likes,
 *   NET_EXCHANGE  it sends `bytes` bytes (1 to NET_MAX_MESSAGE) and gets their reply;
 *   NET_STREAM    it sends `bytes` bytes (a multiple of 8) and gets their digest, 8 bytes.
 * The reply to a message is the message with its first 8 bytes (all of them, if it is shorter)
 * replaced by its digest, the upper half of which is folded into the lower. Numbers are little-endian; both ends are x86-64.
 *
 * One client at a time; the next waits. Not handled: peers of other versions, anybody hostile.
 */
#ifndef ETALON_WORKLOADS_NET_PEER_H
#define ETALON_WORKLOADS_NET_PEER_H

#include <stddef.h>
#include <stdint.h>

#define NET_MAX_MESSAGE 1400u /* one Ethernet frame, one TCP segment */
#define NET_HELLO_MAGIC 0x314E5445u
#define NET_HEAD_BYTES 8u

enum net_mode { NET_EXCHANGE = 1, NET_STREAM = 2 };

struct net_hello {
    uint32_t magic, mode; /* enum net_mode */
    uint64_t bytes;
};
_Static_assert(sizeof(struct net_hello) == 16, "as sent");

/*
 * A word at a time, the last one filled up with zeros: order and value of every byte count, and
 * a piecewise digest equals that of the whole if the pieces are multiples of 8. Three
 * instructions for 8 bytes: the peer's own work is part of what is measured. Start with 0.
 */
static inline uint64_t net_digest(uint64_t before, const void *data, size_t bytes)
{
    const unsigned char *p = data;
    uint64_t digest = before, word;

    for (; bytes >= sizeof word; p += sizeof word, bytes -= sizeof word) {
        __builtin_memcpy(&word, p, sizeof word);
        digest = (digest ^ word) * 0x9E3779B97F4A7C15u + 1;
    }
    if (bytes) {
        word = 0;
        __builtin_memcpy(&word, p, bytes);
        digest = (digest ^ word) * 0x9E3779B97F4A7C15u + 1;
    }
    return digest;
}

/* Turn a message into its reply, in place. */
static inline void net_reply(void *message, size_t bytes)
{
    uint64_t digest = net_digest(0, message, bytes);

    /* The upper half has seen every bit of the message, and a short reply is the lower bytes. */
    digest ^= digest >> 32;
    __builtin_memcpy(message, &digest, bytes < NET_HEAD_BYTES ? bytes : NET_HEAD_BYTES);
}

/* What a peer has done, counted before the answer leaves; each field has one writer. */
struct net_counts {
    volatile uint64_t datagrams;   /* UDP, answered */
    volatile uint64_t connections; /* TCP, greeted */
    volatile uint64_t messages;    /* TCP, answered */
    volatile uint64_t streams;     /* TCP, acknowledged */
};

enum net_protocol { NET_UDP, NET_TCP };

/* A socket at `address` (IPv4, host byte order; 0: all of this system's) and *port (0: any; the
 * one taken is told), listening if it is TCP. -errno if that fails. */
int net_peer_open(enum net_protocol protocol, uint32_t address, uint16_t *port);

/* Answer until the socket fails or the process is ended. counts may be NULL. */
void net_peer_serve(enum net_protocol protocol, int fd, struct net_counts *counts);

#endif
