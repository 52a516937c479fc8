/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe/fpga_uart.c - the FPGA timer on a serial port; in the lab its simulated RTL on a
 * pseudo-terminal. `where` is "NODE" or "NODE,BAUD".
 *
 * arm() is a dialogue: HELLO_REQUEST, ENABLE, ARM; each command's answer is awaited before the
 * next, so that what the device is told does not depend on the host's timing. All bytes
 * received, answers too, go to the sink.
 */
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/file.h"
#include "base/sys.h"
#include "probe/probe.h"
#include "probe/table.h"
#include "probe/wire_decode.h"
#include "probe/wire_encode.h"

#define FPGA_UART_BAUD 12000000u
#define FPGA_UART_READ_BYTES 65536
/* An answer takes about 50 us of the device's time; the rest is a busy host. */
#define FPGA_UART_ANSWER_MS 10000

struct probe {
    int fd;
    uint64_t nonce;
    char where[256];
    struct wire_decoder decoder;
    /* The answer being waited for, and what came. */
    uint8_t want_type, want_request, want_addr;
    int answered;
    struct wire_frame answer;
};

static int64_t fpga_uart_now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Raw bytes, eight bits, no flow control (wire.h: the device never waits). */
static int fpga_uart_make_raw(struct probe *p, uint32_t baud, struct err *e)
{
    struct termios2 t;

    if (ioctl(p->fd, TCGETS2, &t) != 0)
        return err_set_errno(e, ERR_USAGE, errno, "%s is not a serial port", p->where);
    t.c_iflag = 0;
    t.c_oflag = 0;
    t.c_lflag = 0;
    t.c_cflag = CS8 | CREAD | CLOCAL | BOTHER;
    t.c_ispeed = baud;
    t.c_ospeed = baud;
    memset(t.c_cc, 0, sizeof(t.c_cc));
    if (ioctl(p->fd, TCSETS2, &t) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s does not take %" PRIu32 " baud", p->where,
                             baud);
    return 0;
}

static int fpga_uart_open(const char *where, struct probe **out, struct err *e)
{
    struct probe *p = calloc(1, sizeof(*p));
    const char *comma = strchr(where, ',');
    size_t n = comma ? (size_t)(comma - where) : strlen(where);
    unsigned long baud = FPGA_UART_BAUD;
    char *end;
    int rc;

    if (!p)
        return err_set(e, ERR_IO, "out of memory");
    p->fd = -1;
    if (n == 0 || n >= sizeof(p->where)) {
        rc = err_set(e, ERR_USAGE, "not a device name: \"%s\"", where);
        goto fail;
    }
    memcpy(p->where, where, n);
    if (comma) {
        baud = strtoul(comma + 1, &end, 10);
        if (*end || baud < 9600 || baud > 100000000) {
            rc = err_set(e, ERR_USAGE, "%s: the baud rate is 9600 to 100000000", where);
            goto fail;
        }
    }
    p->fd = sys->open(p->where, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
    if (p->fd < 0) {
        rc = err_set_errno(e, errno == ENOENT ? ERR_UNAVAILABLE : ERR_IO, errno,
                           "cannot open the timer at %s", p->where);
        goto fail;
    }
    if (flock(p->fd, LOCK_EX | LOCK_NB) != 0) {
        rc = err_set(e, ERR_UNAVAILABLE, "another program uses the timer at %s", p->where);
        goto fail;
    }
    rc = fpga_uart_make_raw(p, (uint32_t)baud, e);
    if (rc != 0)
        goto fail;
    wire_decoder_init(&p->decoder);
    *out = p;
    return 0;
fail:
    if (p->fd >= 0)
        sys->close(p->fd);
    free(p);
    return rc;
}

static void fpga_uart_take_frame(void *opaque, const struct wire_frame *f)
{
    struct probe *p = opaque;

    if (p->answered || f->type != p->want_type)
        return;
    if (f->type == WIRE_REPLY &&
        (f->u.reply.request != p->want_request || f->u.reply.addr != p->want_addr))
        return;
    p->answer = *f;
    p->answered = 1;
}

/* Damage is the ingest's matter: the bytes are kept. Here it only means no answer. */
static void fpga_uart_ignore_damage(void *opaque, const struct wire_damage *d)
{
    (void)opaque;
    (void)d;
}

static int fpga_uart_pump(struct probe *p, int timeout_ms, const struct probe_sink *sink,
                          struct err *e)
{
    const struct wire_handler handler = {
        .frame = fpga_uart_take_frame, .damage = fpga_uart_ignore_damage, .opaque = p};
    struct pollfd poll = {.fd = p->fd, .events = POLLIN};
    uint8_t data[FPGA_UART_READ_BYTES];
    ssize_t n;
    int rc = sys->poll(&poll, 1, timeout_ms);

    if (rc < 0 && errno != EINTR)
        return err_set_errno(e, ERR_IO, errno, "cannot wait for the timer at %s", p->where);
    if (rc <= 0)
        return 1;
    n = sys->read(p->fd, data, sizeof(data));
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 1;
    if (n == 0 || (n < 0 && errno == EIO)) /* EIO: the other side of a pty is gone */
        return 0;
    if (n < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot read the timer at %s", p->where);
    rc = sink->bytes(sink->opaque, data, (size_t)n);
    if (rc != 0)
        return err_set(e, rc, "cannot keep what the timer at %s sent", p->where);
    wire_decode(&p->decoder, data, (size_t)n, &handler);
    return 1;
}

/* write() on a non-blocking port: commands are a few bytes, so wait and go on. */
static int fpga_uart_send(struct probe *p, const uint8_t *data, size_t n, struct err *e)
{
    struct pollfd poll = {.fd = p->fd, .events = POLLOUT};
    int64_t until = fpga_uart_now_ms() + FPGA_UART_ANSWER_MS;

    while (n > 0) {
        ssize_t w = sys->write(p->fd, data, n);

        if (w > 0) {
            data += w;
            n -= (size_t)w;
        } else if (w < 0 && errno != EAGAIN && errno != EINTR) {
            return err_set_errno(e, ERR_IO, errno, "cannot write to the timer at %s",
                                 p->where);
        } else if (fpga_uart_now_ms() > until) {
            return err_set(e, ERR_IO, "the timer at %s takes no bytes", p->where);
        } else {
            sys->poll(&poll, 1, 100);
        }
    }
    return 0;
}

/* Send a command and await its answer; other frames pass by on their way to the sink. */
static int fpga_uart_ask(struct probe *p, uint8_t type, uint8_t addr, uint64_t value,
                         uint8_t answer_type, const struct probe_sink *sink, struct err *e)
{
    uint8_t bytes[WIRE_ENCODED_MAX_BYTES];
    int64_t until = fpga_uart_now_ms() + FPGA_UART_ANSWER_MS;
    int rc;

    p->answered = 0;
    p->want_type = answer_type;
    p->want_request = type;
    p->want_addr = addr;
    rc = fpga_uart_send(p, bytes, wire_encode_command(type, addr, value, bytes), e);
    while (rc == 0 && !p->answered) {
        if (fpga_uart_now_ms() > until)
            return err_set(e, ERR_IO,
                           "the timer at %s does not answer command 0x%02x: check the cable, "
                           "the baud rate and the bitstream",
                           p->where, type);
        rc = fpga_uart_pump(p, 100, sink, e);
        if (rc == 0)
            return err_set(e, ERR_IO, "the link to the timer at %s ended", p->where);
        rc = rc > 0 ? 0 : rc;
    }
    if (rc == 0 && answer_type == WIRE_REPLY && p->answer.u.reply.status != WIRE_STATUS_OK)
        return err_set(e, ERR_IO, "the timer at %s refuses command 0x%02x: %s", p->where, type,
                       wire_status_text(p->answer.u.reply.status));
    return rc;
}

static int fpga_uart_arm(struct probe *p, uint64_t nonce, const struct probe_sink *sink,
                         struct err *e)
{
    const struct wire_hello *hello = &p->answer.u.hello;
    int rc = fpga_uart_ask(p, WIRE_HELLO_REQUEST, 0, 0, WIRE_HELLO, sink, e);

    if (rc != 0)
        return rc;
    if (hello->protocol != WIRE_PROTOCOL || hello->channels != WIRE_CHANNELS)
        return err_set(e, ERR_DATA,
                       "the timer at %s speaks protocol %u with %u channels; this program "
                       "speaks %u with %u",
                       p->where, hello->protocol, hello->channels, WIRE_PROTOCOL,
                       WIRE_CHANNELS);
    rc = fpga_uart_ask(p, WIRE_WRITE, WIRE_REG_ENABLE, 0xFF, WIRE_REPLY, sink, e);
    if (rc == 0)
        rc = fpga_uart_ask(p, WIRE_ARM, 0, nonce, WIRE_REPLY, sink, e);
    p->nonce = nonce;
    return rc;
}

static int fpga_uart_disarm(struct probe *p, const struct probe_sink *sink, struct err *e)
{
    return fpga_uart_ask(p, WIRE_DISARM, 0, p->nonce, WIRE_REPLY, sink, e);
}

static int fpga_uart_fd(const struct probe *p)
{
    return p->fd;
}

static void fpga_uart_close(struct probe *p)
{
    sys->close(p->fd);
    free(p);
}

const struct probe_ops probe_fpga_uart = {
    .name = "fpga-uart",
    .summary = "the FPGA timer on a serial port (in the lab: its simulated RTL)",
    .open = fpga_uart_open,
    .arm = fpga_uart_arm,
    .pump = fpga_uart_pump,
    .disarm = fpga_uart_disarm,
    .fd = fpga_uart_fd,
    .close = fpga_uart_close,
};
