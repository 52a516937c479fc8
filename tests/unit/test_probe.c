/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The driver of the timer against a device on a pseudo-terminal that can misbehave: silent,
 * refusing, of another kind, gone, noisy; and against system calls that fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/crc32c.h"
#include "base/sys.h"
#include "probe/probe.h"
#include "probe/wire_decode.h"
#include "wire_stream.h"

#define NONCE 0xC0DB0123456789ABull

struct manners {
    int silent_after; /* commands answered; -1: all */
    int refuse;       /* type that is refused */
    int channels, phases, protocol;
    int armed;        /* a dead observer left it so */
    int wrong_value;  /* answers WRITE with another value */
    int noisy;        /* damaged bytes between frames */
    int leaves_after; /* commands, then the device is gone; -1: never */
};

static const struct manners good = {
    .silent_after = -1, .channels = 8, .phases = 2, .protocol = 1, .leaves_after = -1};

/* --- the device: a process on the master side ---------------------------------------------------- */

static uint64_t get_u64(const uint8_t *p)
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--)
        value = value << 8 | p[i];
    return value;
}

struct device {
    int fd;
    const struct manners *m;
    uint32_t seq;
    uint64_t reg[16], nonce;
    int armed;
};

static void say(struct device *d, const uint8_t *bytes, size_t n)
{
    /* In two pieces: a frame may come torn. */
    if (d->m->noisy)
        (void)!write(d->fd, "\xC0\x01\x02\x03\xC0", 5);
    (void)!write(d->fd, bytes, n / 2);
    (void)!write(d->fd, bytes + n / 2, n - n / 2);
}

static void reply(struct device *d, uint8_t request, uint8_t addr, uint8_t status,
                  uint64_t value)
{
    const struct wire_reply r = {request, addr, status, value};
    uint8_t out[WIRE_ENCODED_MAX_BYTES];

    say(d, out, wire_encode_reply(d->seq, 0, 1000 + d->seq, &r, out));
    d->seq++;
}

static void hello(struct device *d)
{
    const struct wire_hello h = {
        .protocol = (uint8_t)d->m->protocol,
        .channels = (uint8_t)d->m->channels,
        .phases = (uint8_t)d->m->phases,
        .fclk_hz = 250000000,
        .baud = 12000000,
    };
    uint8_t out[WIRE_ENCODED_MAX_BYTES];

    say(d, out, wire_encode_hello(d->seq, 0, 1000 + d->seq, &h, out));
    d->seq++;
}

static void obey(struct device *d, const uint8_t *c)
{
    const uint8_t type = c[0], addr = c[1] & 15u;
    const uint64_t value = get_u64(c + 2);

    if (type == d->m->refuse) {
        reply(d, type, c[1], WIRE_STATUS_LOCKED, 0);
        return;
    }
    switch (type) {
    case WIRE_HELLO_REQUEST:
        hello(d);
        break;
    case WIRE_READ:
        d->reg[WIRE_REG_STATUS] = d->armed ? WIRE_STATUS_BIT_ARMED : 0;
        d->reg[WIRE_REG_NONCE] = d->nonce;
        reply(d, type, c[1], WIRE_STATUS_OK, d->reg[addr]);
        break;
    case WIRE_WRITE:
        d->reg[addr] = value;
        reply(d, type, c[1], d->armed ? WIRE_STATUS_LOCKED : WIRE_STATUS_OK,
              value ^ (uint64_t)d->m->wrong_value);
        break;
    case WIRE_ARM:
        d->nonce = value;
        d->armed = 1;
        reply(d, type, c[1], WIRE_STATUS_OK, value);
        break;
    case WIRE_DISARM:
        reply(d, type, c[1], value == d->nonce ? WIRE_STATUS_OK : WIRE_STATUS_BAD_NONCE,
              d->nonce);
        d->armed &= value != d->nonce;
        break;
    default:
        break;
    }
}

/* Commands: SLIP, 14 bytes, CRC. Runs until the line is closed. */
static void run_device(int fd, const struct manners *m)
{
    struct device d = {.fd = fd, .m = m, .armed = m->armed, .nonce = 0x77};
    uint8_t c[64], byte;
    int n = 0, escape = 0, commands = 0;

    while (read(fd, &byte, 1) == 1) {
        if (byte == WIRE_SLIP_END) {
            if (n == WIRE_COMMAND_BYTES &&
                crc32c(0, c, 10) == (uint32_t)(get_u64(c + 6) >> 32)) {
                if (m->leaves_after == commands)
                    _exit(0);
                if (m->silent_after < 0 || commands < m->silent_after)
                    obey(&d, c);
                commands++;
            }
            n = escape = 0;
        } else if (byte == WIRE_SLIP_ESC) {
            escape = 1;
        } else if (n < (int)sizeof c) {
            c[n++] = !escape                     ? byte
                     : byte == WIRE_SLIP_ESC_END ? WIRE_SLIP_END
                                                 : WIRE_SLIP_ESC;
            escape = 0;
        }
    }
    _exit(0);
}

struct line {
    char name[128];
    pid_t pid;
    int slave;
};

static void plug_in(struct line *l, const struct manners *m)
{
    int master;

    assert_int_equal(openpty(&master, &l->slave, l->name, NULL, NULL), 0);
    l->pid = fork();
    assert_true(l->pid >= 0);
    if (l->pid == 0) {
        close(l->slave);
        signal(SIGHUP, SIG_IGN);
        alarm(60);
        run_device(master, m);
    }
    close(master);
}

static void unplug(struct line *l)
{
    if (l->slave >= 0)
        close(l->slave);
    kill(l->pid, SIGKILL);
    waitpid(l->pid, NULL, 0);
}

/* --- the observer ---------------------------------------------------------------------------------- */

struct kept {
    uint8_t bytes[4096];
    size_t n;
    int refuse;
};

static int keep(void *opaque, const uint8_t *data, size_t n)
{
    struct kept *k = opaque;

    if (k->refuse)
        return ERR_IO;
    assert_true(k->n + n <= sizeof k->bytes);
    memcpy(k->bytes + k->n, data, n);
    k->n += n;
    return 0;
}

static struct kept kept;
static const struct probe_sink sink = {.bytes = keep, .opaque = &kept};
static struct err err;

static int arm_at(struct line *l, const struct manners *m, struct probe **p)
{
    const struct probe_ops *ops = probe_find("fpga-uart");
    int rc;

    memset(&kept, 0, sizeof kept);
    memset(&err, 0, sizeof err);
    plug_in(l, m);
    rc = ops->open(l->name, p, &err);
    return rc ? rc : ops->arm(*p, NONCE, &sink, &err);
}

static void count_frame(void *opaque, const struct wire_frame *f)
{
    ((unsigned *)opaque)[f->type]++;
}

static void count_damage(void *opaque, const struct wire_damage *d)
{
    (void)d;
    ((unsigned *)opaque)[0]++;
}

static void armed_and_disarmed(void **state)
{
    const struct probe_ops *ops = probe_find("fpga-uart");
    unsigned seen[256] = {0};
    const struct wire_handler h = {
        .frame = count_frame, .damage = count_damage, .opaque = seen};
    struct wire_decoder d;
    struct probe *p = NULL;
    struct line l;

    (void)state;
    if (arm_at(&l, &good, &p))
        fail_msg("%s", err.text);
    assert_true(ops->fd(p) >= 0);
    assert_int_equal(ops->pump(p, 0, &sink, &err), 1);
    if (ops->disarm(p, &sink, &err))
        fail_msg("%s", err.text);
    ops->close(p);
    unplug(&l);
    /* The sink has every byte: hello, status, three writes, arm, disarm. */
    wire_decoder_init(&d);
    wire_decode(&d, kept.bytes, kept.n, &h);
    wire_decode_end(&d, &h);
    assert_int_equal(seen[0], 0);
    assert_int_equal(seen[WIRE_HELLO], 1);
    assert_int_equal(seen[WIRE_REPLY], 6);
}

static void set_free_first(void **state)
{
    struct manners m = good;
    struct probe *p = NULL;
    struct line l;

    (void)state;
    m.armed = 1;
    if (arm_at(&l, &m, &p))
        fail_msg("%s", err.text);
    probe_find("fpga-uart")->close(p);
    unplug(&l);
}

static void expect_failure(const struct manners *m, int code, const char *word)
{
    struct probe *p = NULL;
    struct line l;

    assert_int_equal(arm_at(&l, m, &p), code);
    if (!strstr(err.text, word) || !strstr(err.text, l.name))
        fail_msg("\"%s\" names neither %s nor \"%s\"", err.text, l.name, word);
    probe_find("fpga-uart")->close(p);
    unplug(&l);
}

static void bad_manners(void **state)
{
    struct manners m;

    (void)state;
    m = good, m.channels = 4;
    expect_failure(&m, ERR_DATA, "4 channels");
    m = good, m.phases = 3;
    expect_failure(&m, ERR_DATA, "3 samples");
    m = good, m.refuse = WIRE_ARM;
    expect_failure(&m, ERR_DATA, "refuses ARM");
    m = good, m.refuse = WIRE_WRITE;
    expect_failure(&m, ERR_DATA, "refused while armed");
    m = good, m.wrong_value = 4;
    expect_failure(&m, ERR_DATA, "instead of");
    m = good, m.noisy = 1;
    expect_failure(&m, ERR_DATA, "not clean");
    m = good, m.leaves_after = 0;
    expect_failure(&m, ERR_IO, "HELLO_REQUEST");
    m = good, m.leaves_after = 3;
    expect_failure(&m, ERR_IO, "WRITE");
}

/* --- system calls that fail ---------------------------------------------------------------------------- */

static struct sys faulty;
static int fail_errno, calls_before;

static ssize_t fail_read(int fd, void *buf, size_t n)
{
    if (calls_before-- > 0)
        return read(fd, buf, n);
    errno = fail_errno;
    return -1;
}

static ssize_t fail_write(int fd, const void *buf, size_t n)
{
    if (calls_before-- > 0)
        return write(fd, buf, n);
    errno = fail_errno;
    return -1;
}

static ssize_t short_write(int fd, const void *buf, size_t n)
{
    static int odd;

    odd = !odd;
    if (odd) {
        errno = EINTR;
        return -1;
    }
    return write(fd, buf, n > 3 ? 3 : n);
}

static int fail_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    (void)fds;
    (void)n;
    (void)timeout_ms;
    errno = fail_errno;
    return -1;
}

/* Patience is shortened: half a second of silence counts as all of it. */
static int quick_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    (void)timeout_ms;
    return poll(fds, n, 500);
}

static void failing_calls(void **state)
{
    (void)state;
    faulty = sys_real;
    sys = &faulty;
    fail_errno = ENXIO;
    for (calls_before = 0; calls_before < 3; calls_before++) {
        const int before = calls_before;

        faulty.read = fail_read;
        expect_failure(&good, ERR_IO, "cannot read");
        faulty.read = sys_real.read;
        calls_before = before;
        faulty.write = fail_write;
        expect_failure(&good, ERR_IO, "cannot send");
        faulty.write = sys_real.write;
        calls_before = before;
    }
    faulty.poll = fail_poll;
    expect_failure(&good, ERR_IO, "cannot wait");
    faulty = sys_real;
    /* Interrupted and short writes are no errors. */
    faulty.write = short_write;
    {
        struct probe *p = NULL;
        struct line l;

        if (arm_at(&l, &good, &p))
            fail_msg("%s", err.text);
        probe_find("fpga-uart")->close(p);
        unplug(&l);
    }
    sys = &sys_real;
}

static void sink_refuses(void **state)
{
    const struct probe_ops *ops = probe_find("fpga-uart");
    struct probe *p = NULL;
    struct line l;

    (void)state;
    memset(&kept, 0, sizeof kept);
    plug_in(&l, &good);
    assert_int_equal(ops->open(l.name, &p, &err), 0);
    kept.refuse = 1;
    assert_int_equal(ops->arm(p, NONCE, &sink, &err), ERR_IO);
    ops->close(p);
    unplug(&l);
}

/* A device that does not answer. */
static void silent(void **state)
{
    struct manners m = good;

    (void)state;
    m.silent_after = 2;
    faulty = sys_real;
    faulty.poll = quick_poll;
    sys = &faulty;
    expect_failure(&m, ERR_IO, "no answer to WRITE");
    sys = &sys_real;
}

static void no_such_line(void **state)
{
    const struct probe_ops *ops = probe_find("fpga-uart");
    struct probe *p = NULL;

    (void)state;
    assert_int_equal(ops->open("/nonexistent/tty", &p, &err), ERR_UNAVAILABLE);
    assert_int_equal(ops->open("/dev/null", &p, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "not a serial line"));
    assert_int_equal(ops->open("/dev/null,fast", &p, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "baud"));
    assert_null(p);
}

static void speed(void **state)
{
    const struct probe_ops *ops = probe_find("fpga-uart");
    char where[160];
    struct probe *p = NULL;
    struct line l;

    (void)state;
    plug_in(&l, &good);
    snprintf(where, sizeof where, "%s,12000000", l.name);
    if (ops->open(where, &p, &err))
        fail_msg("%s", err.text);
    ops->close(p);
    unplug(&l);
}

static void link_ends(void **state)
{
    const struct probe_ops *ops = probe_find("fpga-uart");
    struct manners m = good;
    struct probe *p = NULL;
    struct line l;
    int rc;

    (void)state;
    m.leaves_after = 6; /* at DISARM */
    assert_int_equal(arm_at(&l, &m, &p), 0);
    assert_true(ops->disarm(p, &sink, &err) == ERR_IO);
    assert_non_null(strstr(err.text, "DISARM"));
    rc = ops->pump(p, 100, &sink, &err);
    assert_int_equal(rc, 0);
    ops->close(p);
    unplug(&l);
}

/* --- replay ------------------------------------------------------------------------------------------------ */

static void replayed(void **state)
{
    const struct probe_ops *ops = probe_find("replay");
    char path[] = "/tmp/etalon-replay-XXXXXX";
    const int fd = mkstemp(path);
    struct probe *p = NULL;
    int rc;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "\xC0 frames \xC0", 10), 10);
    close(fd);
    memset(&kept, 0, sizeof kept);
    assert_int_equal(ops->open(path, &p, &err), 0);
    assert_int_equal(ops->arm(p, 1, &sink, &err), 0);
    while ((rc = ops->pump(p, 0, &sink, &err)) == 1)
        ;
    assert_int_equal(rc, 0);
    assert_int_equal(kept.n, 10);
    assert_int_equal(ops->disarm(p, &sink, &err), 0);
    assert_int_equal(ops->fd(p), -1);
    ops->close(p);
    unlink(path);
    assert_int_equal(ops->open(path, &p, &err), ERR_IO);
}

static void table(void **state)
{
    size_t count;
    const struct probe_ops *const *all = probe_table(&count);

    (void)state;
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(probe_find(all[i]->name), all[i]);
        assert_true(all[i]->open && all[i]->arm && all[i]->pump && all[i]->disarm &&
                    all[i]->fd && all[i]->close && all[i]->summary[0]);
    }
    assert_null(probe_find("oscilloscope"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(armed_and_disarmed),
        cmocka_unit_test(set_free_first),
        cmocka_unit_test(bad_manners),
        cmocka_unit_test(failing_calls),
        cmocka_unit_test(sink_refuses),
        cmocka_unit_test(silent),
        cmocka_unit_test(no_such_line),
        cmocka_unit_test(speed),
        cmocka_unit_test(link_ends),
        cmocka_unit_test(replayed),
        cmocka_unit_test(table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
