/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe/replay.c - a file of frames in the place of a timer: what was received once is handed
 * out again. arm() and disarm() have nobody to talk to and do nothing; whether the frames are
 * those of the boot in question is told by the nonce in them (runner/ingest.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sys.h"
#include "probe/probe.h"
#include "probe/table.h"

#define WHERE_BYTES 1024

struct probe {
    int fd;
    char where[WHERE_BYTES];
};

static int replay_open(const char *where, struct probe **out, struct err *e)
{
    struct probe *p = calloc(1, sizeof *p);
    int rc;

    *out = NULL;
    if (!p)
        return err_set(e, ERR_IO, "out of memory");
    if ((size_t)snprintf(p->where, sizeof p->where, "%s", where) >= sizeof p->where) {
        free(p);
        return err_set(e, ERR_USAGE, "the path is too long: %s", where);
    }
    p->fd = sys->open(where, O_RDONLY | O_CLOEXEC, 0);
    if (p->fd < 0) {
        rc = err_set_errno(e, ERR_IO, errno, "%s: cannot open the file of frames", where);
        free(p);
        return rc;
    }
    *out = p;
    return 0;
}

static int replay_arm(struct probe *p, uint64_t nonce, const struct probe_sink *sink,
                      struct err *e)
{
    (void)p;
    (void)nonce;
    (void)sink;
    (void)e;
    return 0;
}

static int replay_pump(struct probe *p, int timeout_ms, const struct probe_sink *sink,
                       struct err *e)
{
    uint8_t buf[65536];
    ssize_t n;
    int rc;

    (void)timeout_ms; /* a file never makes one wait */
    do
        n = sys->read(p->fd, buf, sizeof buf);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot read frames", p->where);
    if (n == 0)
        return 0;
    rc = sink->bytes(sink->opaque, buf, (size_t)n);
    return rc < 0 ? err_set(e, rc, "%s: the frames read cannot be kept", p->where) : 1;
}

static int replay_disarm(struct probe *p, const struct probe_sink *sink, struct err *e)
{
    (void)p;
    (void)sink;
    (void)e;
    return 0;
}

static int replay_fd(const struct probe *p)
{
    (void)p;
    return -1; /* regular files are always ready */
}

static void replay_close(struct probe *p)
{
    if (!p)
        return;
    sys->close(p->fd);
    free(p);
}

const struct probe_ops probe_replay = {
    .name = "replay",
    .summary = "a file of frames received before",
    .open = replay_open,
    .arm = replay_arm,
    .pump = replay_pump,
    .disarm = replay_disarm,
    .fd = replay_fd,
    .close = replay_close,
};
