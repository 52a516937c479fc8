/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe/fpga_uart.c - the FPGA timer on a serial line (or on a pseudo-terminal, behind which
 * its simulated RTL sits: the same bytes, the same driver).
 *
 * `where` is a device node, with ",<baud>" behind it if its speed is to be set; a USB bridge
 * or a pseudo-terminal needs none.
 *
 * What is said, in this order, each word answered before the next is spoken:
 *   HELLO_REQUEST                   protocol, channels and samples a clock must be known
 *   READ status                     an armed device was left by an observer that died:
 *     [READ nonce, DISARM(nonce)]   it is set free
 *   WRITE enable, watchdog, heartbeat
 *   ARM(nonce) … DISARM(nonce)
 * Nothing is sent in between. Nothing is repeated: an answer that does not come in time is an
 * error, because a link that loses commands loses frames, too.
 *
 * Serial settings by the TCGETS2 ioctls (asm/termbits.h), since termios(3) cannot name 12 Mbaud.
 */
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/sys.h"
#include "probe/probe.h"
#include "probe/table.h"
#include "probe/wire_decode.h"
#include "probe/wire_encode.h"

#define ANSWER_TIMEOUT_MS 10000
#define DRAIN_QUIET_MS 50 /* after DISARM's reply nothing but a heartbeat is due */
#define WHERE_BYTES 256
#define HEARTBEAT_HZ 10u
/* All but the spare channel: it floats. */
#define ENABLE_MASK (0xFFu & ~(1u << WIRE_CHANNEL_SPARE))
/* A parked strobe is silent between intervals for as long as a guest likes to compute, and the
 * preamble's seven markers leave it odd: the watchdog stays off until that is told apart. */
#define WATCHDOG_TICKS 0u

struct probe {
    int fd;
    char where[WHERE_BYTES];
    uint64_t nonce;
    struct wire_decoder decoder;
    const struct probe_sink *sink; /* during a call */
    /* What is awaited, and what came. */
    int wanted; /* enum wire_type, 0 nothing */
    uint8_t wanted_request, wanted_addr;
    int got;
    struct wire_frame frame;
    uint64_t damaged; /* since the first good frame */
    struct wire_damage last_damage;
};

static void take_frame(void *opaque, const struct wire_frame *f)
{
    struct probe *p = opaque;

    if (p->got || f->type != p->wanted)
        return;
    if (f->type == WIRE_REPLY &&
        (f->u.reply.request != p->wanted_request || f->u.reply.addr != p->wanted_addr))
        return;
    p->frame = *f;
    p->got = 1;
}

static void take_damage(void *opaque, const struct wire_damage *d)
{
    struct probe *p = opaque;

    /* Before the first good frame: we began to listen inside one. */
    if (!p->decoder.stats.frames)
        return;
    p->damaged++;
    p->last_damage = *d;
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Read once, if anything comes within timeout_ms. 1 read (*came 1) or nothing came (*came 0, after
 * the whole time -1), 0 the link ended. */
static int read_some(struct probe *p, int timeout_ms, int *came, struct err *e)
{
    const struct wire_handler handler = {
        .frame = take_frame, .damage = take_damage, .opaque = p};
    struct pollfd poll_fd = {.fd = p->fd, .events = POLLIN};
    uint8_t buf[65536];
    ssize_t n;
    int rc;

    *came = 0;
    rc = sys->poll(&poll_fd, 1, timeout_ms);
    if (rc < 0 && errno != EINTR)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot wait for the timer", p->where);
    if (rc <= 0) {
        *came = rc == 0 ? -1 : 0;
        return 1;
    }
    n = sys->read(p->fd, buf, sizeof buf);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 1;
    if (n == 0 || (n < 0 && errno == EIO)) /* a terminal whose other end is gone says EIO */
        return 0;
    if (n < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot read from the timer", p->where);
    *came = 1;
    wire_decode(&p->decoder, buf, (size_t)n, &handler);
    rc = p->sink->bytes(p->sink->opaque, buf, (size_t)n);
    return rc < 0 ? err_set(e, rc, "%s: the bytes received cannot be kept", p->where) : 1;
}

static int send_command(struct probe *p, uint8_t type, uint8_t addr, uint64_t value,
                        struct err *e)
{
    uint8_t out[WIRE_ENCODED_MAX_BYTES];
    const size_t n = wire_encode_command(type, addr, value, out);
    size_t done = 0;

    while (done < n) {
        struct pollfd poll_fd = {.fd = p->fd, .events = POLLOUT};
        ssize_t wrote = sys->write(p->fd, out + done, n - done);

        if (wrote >= 0) {
            done += (size_t)wrote;
        } else if (errno == EAGAIN) {
            if (sys->poll(&poll_fd, 1, ANSWER_TIMEOUT_MS) == 0)
                return err_set(e, ERR_IO, "%s: the timer takes no commands (%s)", p->where,
                               wire_type_name(type));
        } else if (errno != EINTR) {
            return err_set_errno(e, ERR_IO, errno, "%s: cannot send %s to the timer", p->where,
                                 wire_type_name(type));
        }
    }
    return 0;
}

/* Say it, wait for the answer; *value receives that of a REPLY (may be NULL). */
static int command(struct probe *p, uint8_t type, uint8_t addr, uint64_t value,
                   uint64_t *answer, struct err *e)
{
    const int64_t deadline = now_ms() + ANSWER_TIMEOUT_MS;
    const struct wire_reply *r = &p->frame.u.reply;
    int came, silent = 0, rc;

    p->wanted = type == WIRE_HELLO_REQUEST ? WIRE_HELLO : WIRE_REPLY;
    p->wanted_request = type;
    p->wanted_addr = addr;
    p->got = 0;
    rc = send_command(p, type, addr, value, e);
    if (rc)
        return rc;
    while (!p->got) {
        const int64_t left = silent ? 0 : deadline - now_ms();

        if (left <= 0)
            return err_set(e, ERR_IO,
                           "%s: no answer to %s within %d ms (%" PRIu64 " bytes, %" PRIu64
                           " frames came%s%s): is it an etalon timer, and powered?",
                           p->where, wire_type_name(type), ANSWER_TIMEOUT_MS,
                           p->decoder.stats.bytes, p->decoder.stats.frames,
                           p->damaged ? ", damage: " : "",
                           p->damaged ? wire_damage_name(p->last_damage.kind) : "");
        rc = read_some(p, (int)left, &came, e);
        if (rc < 0)
            return rc;
        if (rc == 0)
            return err_set(e, ERR_IO, "%s: the timer went away before it answered %s",
                           p->where, wire_type_name(type));
        silent = came < 0;
    }
    p->wanted = 0;
    if (type == WIRE_HELLO_REQUEST)
        return 0;
    if (r->status != WIRE_STATUS_OK)
        return err_set(e, ERR_DATA, "%s: the timer refuses %s (register 0x%02x): %s", p->where,
                       wire_type_name(type), addr, wire_status_text(r->status));
    if (answer)
        *answer = r->value;
    else if (r->value != value)
        return err_set(e, ERR_DATA,
                       "%s: the timer answers %s (register 0x%02x) with 0x%" PRIx64
                       " instead of 0x%" PRIx64,
                       p->where, wire_type_name(type), addr, r->value, value);
    return 0;
}

static int check_hello(const struct probe *p, const struct wire_hello *h, struct err *e)
{
    if (h->channels != WIRE_CHANNELS)
        return err_set(e, ERR_DATA, "%s: the timer has %u channels, %u are needed", p->where,
                       h->channels, WIRE_CHANNELS);
    if (h->phases != 1 && h->phases != 2 && h->phases != 4)
        return err_set(e, ERR_DATA,
                       "%s: the timer takes %u samples a clock; 1, 2 or 4 are known", p->where,
                       h->phases);
    if (!h->fclk_hz)
        return err_set(e, ERR_DATA, "%s: the timer does not say its clock's frequency",
                       p->where);
    return 0;
}

/* --- the line ------------------------------------------------------------------------------- */

static int make_raw(struct probe *p, unsigned baud, struct err *e)
{
    struct termios2 t;

    if (ioctl(p->fd, TCGETS2, &t))
        return err_set_errno(e, ERR_USAGE, errno, "%s: not a serial line", p->where);
    t.c_iflag = 0;
    t.c_oflag = 0;
    t.c_lflag = 0;
    t.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | CSTOPB | CRTSCTS);
    t.c_cflag |= CS8 | CREAD | CLOCAL;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    if (baud) {
        t.c_cflag &= ~(tcflag_t)(CBAUD | CBAUD << IBSHIFT);
        t.c_cflag |= BOTHER;
        t.c_ispeed = t.c_ospeed = baud;
    }
    if (ioctl(p->fd, TCSETS2, &t))
        return err_set_errno(e, ERR_IO, errno, "%s: cannot set the serial line up", p->where);
    return 0;
}

static int uart_open(const char *where, struct probe **out, struct err *e)
{
    struct probe *p = calloc(1, sizeof *p);
    unsigned long baud = 0;
    char *comma;
    int rc;

    *out = NULL;
    if (!p)
        return err_set(e, ERR_IO, "out of memory");
    p->fd = -1;
    if ((size_t)snprintf(p->where, sizeof p->where, "%s", where) >= sizeof p->where) {
        rc = err_set(e, ERR_USAGE, "the timer's path is too long: %s", where);
        goto out;
    }
    comma = strrchr(p->where, ',');
    if (comma) {
        char *end;

        *comma = '\0';
        baud = strtoul(comma + 1, &end, 10);
        if (end == comma + 1 || *end || !baud || baud > 100000000ul) {
            rc =
                err_set(e, ERR_USAGE, "%s: what follows the comma is no speed in baud", where);
            goto out;
        }
    }
    p->fd = sys->open(p->where, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK, 0);
    if (p->fd < 0) {
        rc = err_set_errno(e, ERR_UNAVAILABLE, errno, "%s: cannot open the timer's line",
                           p->where);
        goto out;
    }
    rc = make_raw(p, (unsigned)baud, e);
    wire_decoder_init(&p->decoder);
out:
    if (rc) {
        if (p->fd >= 0)
            sys->close(p->fd);
        free(p);
        return rc;
    }
    *out = p;
    return 0;
}

/* --- what the seam asks for ------------------------------------------------------------------ */

static int set_free(struct probe *p, struct err *e)
{
    uint64_t status = 0, nonce = 0;
    int rc = command(p, WIRE_READ, WIRE_REG_STATUS, 0, &status, e);

    if (rc || !(status & WIRE_STATUS_BIT_ARMED))
        return rc;
    rc = command(p, WIRE_READ, WIRE_REG_NONCE, 0, &nonce, e);
    return rc ? rc : command(p, WIRE_DISARM, 0, nonce, NULL, e);
}

static int uart_arm(struct probe *p, uint64_t nonce, const struct probe_sink *sink,
                    struct err *e)
{
    uint64_t heartbeat_ticks;
    int rc;

    p->sink = sink;
    p->nonce = nonce;
    rc = command(p, WIRE_HELLO_REQUEST, 0, 0, NULL, e);
    if (rc)
        return rc;
    rc = check_hello(p, &p->frame.u.hello, e);
    heartbeat_ticks =
        (2ull * p->frame.u.hello.fclk_hz / HEARTBEAT_HZ) & ~31ull; /* as the register */
    if (!rc)
        rc = set_free(p, e);
    if (!rc)
        rc = command(p, WIRE_WRITE, WIRE_REG_ENABLE, ENABLE_MASK, NULL, e);
    if (!rc)
        rc = command(p, WIRE_WRITE, WIRE_REG_WATCHDOG, WATCHDOG_TICKS, NULL, e);
    if (!rc)
        rc = command(p, WIRE_WRITE, WIRE_REG_HEARTBEAT, heartbeat_ticks, NULL, e);
    if (!rc)
        rc = command(p, WIRE_ARM, 0, nonce, NULL, e);
    if (!rc && p->damaged)
        rc = err_set(e, ERR_DATA, "%s: the line is not clean: %" PRIu64 " times %s …",
                     p->where, p->damaged, wire_damage_name(p->last_damage.kind));
    return rc;
}

static int uart_pump(struct probe *p, int timeout_ms, const struct probe_sink *sink,
                     struct err *e)
{
    int came;

    p->sink = sink;
    return read_some(p, timeout_ms, &came, e);
}

static int uart_disarm(struct probe *p, const struct probe_sink *sink, struct err *e)
{
    int came = 0, rc;

    p->sink = sink;
    rc = command(p, WIRE_DISARM, 0, p->nonce, NULL, e);
    if (rc)
        return rc;
    /* The reply is the last frame of the boot; a heartbeat behind it may be under way. */
    do
        rc = read_some(p, DRAIN_QUIET_MS, &came, e);
    while (rc > 0 && came >= 0);
    return rc < 0 ? rc : 0;
}

static int uart_fd(const struct probe *p)
{
    return p->fd;
}

static void uart_close(struct probe *p)
{
    if (!p)
        return;
    sys->close(p->fd);
    free(p);
}

const struct probe_ops probe_fpga_uart = {
    .name = "fpga-uart",
    .summary = "the FPGA timer on a serial line or pseudo-terminal",
    .open = uart_open,
    .arm = uart_arm,
    .pump = uart_pump,
    .disarm = uart_disarm,
    .fd = uart_fd,
    .close = uart_close,
};
