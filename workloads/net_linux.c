/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/net_linux.c - the network load on Linux (net.h).
 *
 * Known answers: message number k begins with k, and its reply holds a digest of it that only
 * a peer that read the whole message can give. Inside the interval the heads of the replies
 * are folded into one number; check() makes every message again and folds what the replies
 * must have been. Of the last reply every byte is compared. The chunks of net-bw are numbered
 * and acknowledged in the same way.
 *
 * Nothing waits for ever: every socket call is bounded by NET_PATIENCE_MS (SO_RCVTIMEO,
 * SO_SNDTIMEO), which costs the arming of a kernel timer whenever a call has to wait, on every
 * rung the same.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workloads/arena.h"
#include "workloads/child_linux.h"
#include "workloads/net.h"
#include "workloads/text.h"

#define FOLD 0x9E3779B97F4A7C15u

struct net_state {
    enum net_protocol protocol;
    int fd, listener; /* -1: none; listener: of the child, until it is forked */
    pid_t child;
    uint32_t address;
    uint16_t port;
    void (*sigpipe)(int);
    int error;                     /* errno of what ended the exchanges; 0: none */
    uint64_t sent, answered, lost; /* messages, or chunks and acknowledgements */
    uint64_t fold;                 /* of the replies' heads */
    size_t bytes;                  /* of a message or chunk */
    uint64_t chunks;               /* net-bw: in one stream */
    unsigned char *message, *reply;
};

static int is_bw(const struct workload_run *run)
{
    return run->workload->run == net_bw_run;
}

static int wants_outer(const struct workload_run *run)
{
    return run->workload->needs_net(run);
}

const char *net_unavailable(const struct workload_run *run)
{
    /* One that should be there and is not is an error, told by prepare(). */
    if (!wants_outer(run) || run->env->net_peer || run->env->net_broken)
        return NULL;
    return "there is no paravirtual network to an outer system here; path=loopback is "
           "measured "
           "on every Linux";
}

/* --- the socket --- */

static int set_timeouts(int fd)
{
    const struct timeval t = {.tv_sec = NET_PATIENCE_MS / 1000,
                              .tv_usec = NET_PATIENCE_MS % 1000 * 1000};

    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) ||
           setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

static int refuse_errno(struct workload_run *run, const char *what)
{
    return child_refuse(run, what, errno == EINPROGRESS ? ETIMEDOUT : errno);
}

/* An initramfs has its loopback interface down. */
static int raise_loopback(struct workload_run *run)
{
    struct ifreq r = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), failed;

    if (fd < 0)
        return refuse_errno(run, "socket");
    failed = ioctl(fd, SIOCGIFFLAGS, &r) != 0;
    if (!failed && !(r.ifr_flags & IFF_UP)) {
        r.ifr_flags |= IFF_UP;
        failed = ioctl(fd, SIOCSIFFLAGS, &r) != 0;
    }
    if (failed)
        refuse_errno(run, "the loopback interface");
    close(fd);
    return failed ? -1 : 0;
}

static void serve(void *argument)
{
    const struct net_state *s = argument;

    net_peer_serve(s->protocol, s->listener, NULL);
}

static int start_peer(struct workload_run *run, struct net_state *s)
{
    if (raise_loopback(run) != 0)
        return -1;
    s->address = INADDR_LOOPBACK;
    s->listener = net_peer_open(s->protocol, s->address, &s->port);
    if (s->listener < 0) {
        errno = -s->listener;
        return refuse_errno(run, "the peer's socket");
    }
    s->child = child_spawn(serve, s);
    if (s->child < 0)
        return refuse_errno(run, "fork");
    close(s->listener); /* else a dead peer would go unnoticed */
    s->listener = -1;
    return 0;
}

static int greet(struct workload_run *run, struct net_state *s)
{
    const struct net_hello hello = {.magic = NET_HELLO_MAGIC,
                                    .mode = is_bw(run) ? NET_STREAM : NET_EXCHANGE,
                                    .bytes = is_bw(run) ? s->bytes * s->chunks : s->bytes};
    struct net_hello back = {.magic = 0};
    const int one = 1;

    if (setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one))
        return refuse_errno(run, "TCP_NODELAY");
    if (pipe_write_all(s->fd, &hello, sizeof hello) ||
        pipe_read_all(s->fd, &back, sizeof back) || memcmp(&hello, &back, sizeof hello) != 0)
        return child_refuse(run, "the peer does not greet", EPROTO);
    return 0;
}

static int meet_peer(struct workload_run *run, struct net_state *s)
{
    const int type = s->protocol == NET_UDP ? SOCK_DGRAM : SOCK_STREAM;
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_port = htons(s->port),
                               .sin_addr.s_addr = htonl(s->address)};

    s->fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || set_timeouts(s->fd))
        return refuse_errno(run, "socket");
    if (connect(s->fd, (const struct sockaddr *)&name, sizeof name))
        return refuse_errno(run, "the peer does not answer: connect");
    return s->protocol == NET_TCP ? greet(run, s) : 0;
}

/* --- between the markers --- */

/* The result of the kernel, but 0 (the other side closed) and a wait that was too long as the
 * errors they are. */
static long move(long number, int fd, const void *data, size_t bytes)
{
    long n;

    do
        n = raw_syscall(number, fd, (long)data, (long)bytes);
    while (n == -EINTR);
    /* A peer that closes with our bytes unread resets the connection: the same to us. */
    return n == 0 || n == -ECONNRESET ? -EPIPE : n == -EAGAIN ? -ETIMEDOUT : n;
}

static int move_all(struct net_state *s, long number, unsigned char *data, size_t bytes)
{
    for (size_t at = 0; at < bytes;) {
        long n = move(number, s->fd, data + at, bytes - at);

        if (n < 0) {
            s->error = (int)-n;
            return -1;
        }
        at += (size_t)n;
    }
    return 0;
}

static void put_number(unsigned char *message, size_t bytes, uint64_t number)
{
    memcpy(message, &number, bytes < sizeof number ? bytes : sizeof number);
}

static uint64_t head(const unsigned char *reply, size_t bytes)
{
    uint64_t word = 0;

    memcpy(&word, reply, bytes < sizeof word ? bytes : sizeof word);
    return word;
}

static void take_reply(struct net_state *s)
{
    s->fold = (s->fold ^ head(s->reply, s->bytes)) * FOLD;
    s->answered++;
}

static void exchange_tcp(struct net_state *s)
{
    if (move_all(s, SYS_write, s->message, s->bytes) == 0 &&
        move_all(s, SYS_read, s->reply, s->bytes) == 0)
        take_reply(s);
}

/* Only after a loss: what comes late must not answer the next message. */
static void drain(struct net_state *s)
{
    while (recv(s->fd, s->reply, NET_MAX_MESSAGE, MSG_DONTWAIT) >= 0)
        ;
}

static void exchange_udp(struct net_state *s)
{
    long n = move(SYS_write, s->fd, s->message, s->bytes);

    if (n >= 0)
        n = move(SYS_read, s->fd, s->reply, s->bytes);
    if (n == (long)s->bytes) {
        take_reply(s);
    } else if (n == -ETIMEDOUT && ++s->lost < NET_LOST_MAX) {
        drain(s);
    } else {
        s->error = n < 0 ? (int)-n : EBADMSG;
    }
}

void net_lat_run(struct workload_run *run)
{
    struct net_state *s = run->state;

    for (uint64_t i = 0; i < run->arg[NET_LAT_N] && !s->error; i++) {
        put_number(s->message, s->bytes, s->sent++);
        if (s->protocol == NET_UDP)
            exchange_udp(s);
        else
            exchange_tcp(s);
    }
}

void net_bw_run(struct workload_run *run)
{
    struct net_state *s = run->state;
    uint64_t digest;

    for (uint64_t i = 0; i < s->chunks && !s->error; i++) {
        put_number(s->message, s->bytes, s->sent++);
        move_all(s, SYS_write, s->message, s->bytes);
    }
    if (s->error || move_all(s, SYS_read, (unsigned char *)&digest, sizeof digest) != 0)
        return;
    s->fold = (s->fold ^ digest) * FOLD;
    s->answered += s->chunks;
}

/* --- around them --- */

static struct net_state *take_state(struct workload_run *run, struct arena *a, size_t bytes)
{
    struct net_state *s = arena_take(a, sizeof *s, 64);
    unsigned char *message = arena_take(a, bytes, 4096), *reply = arena_take(a, bytes, 4096);
    uint64_t random = run->env->seed;

    if (!s || !message || !reply) {
        arena_refuse(run, "the messages");
        return NULL;
    }
    *s = (struct net_state){.fd = -1, .listener = -1, .bytes = bytes};
    s->message = message;
    s->reply = reply;
    for (size_t i = 0; i < bytes; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        message[i] = (unsigned char)(random >> 56);
        reply[i] = 0;
    }
    s->sigpipe = signal(SIGPIPE, SIG_IGN); /* a closed connection is an error to see */
    run->state = s;
    return s;
}

static void put_error(struct text *t, const char *before, int error)
{
    text_put(t, before);
    text_put(t, error == EPIPE     ? "the peer closed the connection"
                : error == EBADMSG ? "a reply of the wrong length"
                                   : strerror(error));
}

/* "<workload>: K of N messages were lost …", or what ended the exchanges. */
static int refuse_exchanges(struct workload_run *run, const struct net_state *s)
{
    struct text t = text_begin(run->reason, sizeof run->reason);

    text_put(&t, run->workload->name);
    text_put(&t, ": ");
    if (s->lost) {
        text_put_u64(&t, s->lost);
        text_put(&t, " of ");
        text_put_u64(&t, s->sent);
        text_put(&t, " datagrams had no reply within ");
        text_put_u64(&t, NET_PATIENCE_MS);
        text_put(&t, " ms");
        if (s->lost >= NET_LOST_MAX)
            text_put(&t, "; it gave up");
        else if (s->error)
            put_error(&t, "; then: ", s->error);
        return -1;
    }
    put_error(&t, "", s->error);
    text_put(&t, " after ");
    text_put_u64(&t, s->answered);
    text_put(&t, is_bw(run) ? " acknowledged chunks" : " replies");
    return -1;
}

/* One run before any interval: the peer is up, its pages are touched. Then count from 0. */
static int warm_up(struct workload_run *run, struct net_state *s)
{
    run->workload->run(run);
    if (s->error || s->lost)
        return refuse_exchanges(run, s);
    s->sent = s->answered = s->fold = 0;
    return 0;
}

static int prepare(struct workload_run *run, struct net_state *s)
{
    if (wants_outer(run)) {
        if (!run->env->net_peer)
            return text_refuse(run->reason, sizeof run->reason,
                               run->env->net_broken ? run->env->net_broken
                                                    : net_unavailable(run));
        s->address = run->env->net_peer;
        s->port = run->env->net_port;
    } else if (start_peer(run, s) != 0) {
        return -1;
    }
    return meet_peer(run, s) != 0 ? -1 : warm_up(run, s);
}

int net_lat_prepare(struct workload_run *run)
{
    struct arena a = arena_begin(run->env);
    struct net_state *s = take_state(run, &a, run->arg[NET_LAT_BYTES]);

    if (!s)
        return -1;
    s->protocol = (enum net_protocol)run->arg[NET_LAT_OP];
    run->work = run->arg[NET_LAT_N];
    return prepare(run, s);
}

int net_bw_prepare(struct workload_run *run)
{
    struct arena a = arena_begin(run->env);
    struct net_state *s = take_state(run, &a, run->arg[NET_BW_CHUNK]);

    if (!s)
        return -1;
    s->protocol = NET_TCP;
    s->chunks = run->arg[NET_BW_CHUNKS];
    run->work = s->bytes * s->chunks;
    return prepare(run, s);
}

/* What every reply must have been; the last one is left in s->message. */
static uint64_t expect_replies(struct net_state *s)
{
    uint64_t fold = 0;

    /* Of a message only its head changes: with the number, and in its reply. */
    for (uint64_t k = 0; k < s->sent; k++) {
        put_number(s->message, s->bytes, k);
        net_reply(s->message, s->bytes);
        fold = (fold ^ head(s->message, s->bytes)) * FOLD;
    }
    return fold;
}

static uint64_t expect_digests(struct net_state *s)
{
    uint64_t fold = 0;

    for (uint64_t k = 0; k < s->sent;) {
        uint64_t digest = 0;

        for (uint64_t i = 0; i < s->chunks; i++, k++) {
            put_number(s->message, s->bytes, k);
            digest = net_digest(digest, s->message, s->bytes);
        }
        fold = (fold ^ digest) * FOLD;
    }
    return fold;
}

static int check(struct workload_run *run, uint64_t per_run, const char *what)
{
    const struct net_state *s = run->state;
    struct text t = text_begin(run->answer, sizeof run->answer);

    text_put(&t, what);
    text_put_u64(&t, s->answered);
    text_put(&t, " lost=");
    text_put_u64(&t, s->lost);
    text_put(&t, " digest=");
    text_put_hex(&t, s->fold, 16);
    if (s->error || s->lost)
        return refuse_exchanges(run, s);
    if (s->sent == 0 || s->answered != s->sent || s->sent != run->iterations * per_run)
        return text_refuse(run->reason, sizeof run->reason,
                           "net: not every exchange was made");
    return 0;
}

int net_lat_check(struct workload_run *run)
{
    struct net_state *s = run->state;

    if (check(run, run->arg[NET_LAT_N], "exchanges=") != 0)
        return -1;
    if (s->fold != expect_replies(s))
        return text_refuse(run->reason, sizeof run->reason,
                           "net-lat: a reply is not what the peer has to compute");
    if (memcmp(s->message, s->reply, s->bytes) != 0)
        return text_refuse(run->reason, sizeof run->reason,
                           "net-lat: the last reply is damaged");
    return 0;
}

int net_bw_check(struct workload_run *run)
{
    if (check(run, run->arg[NET_BW_CHUNKS], "chunks=") != 0)
        return -1;
    if (((struct net_state *)run->state)->fold != expect_digests(run->state))
        return text_refuse(run->reason, sizeof run->reason,
                           "net-bw: what the peer received is not what was sent");
    return 0;
}

/* Also twice, and where nothing was begun. */
void net_cleanup(struct workload_run *run)
{
    struct net_state *s = run->state;

    if (!s)
        return;
    if (s->fd >= 0)
        close(s->fd);
    if (s->listener >= 0)
        close(s->listener);
    s->fd = s->listener = -1;
    child_end(s->child);
    s->child = 0;
    signal(SIGPIPE, s->sigpipe);
}
