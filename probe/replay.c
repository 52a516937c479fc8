/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe/replay.c - a file of frames in place of a timer: what was recorded is heard again. It
 * has nothing to arm; arm() and disarm() do nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "probe/probe.h"
#include "probe/table.h"

struct probe {
    int fd;
    char where[256];
};

static int replay_open(const char *where, struct probe **out, struct err *e)
{
    struct probe *p = calloc(1, sizeof(*p));
    int rc;

    if (!p)
        return err_set(e, ERR_IO, "out of memory");
    strncpy(p->where, where, sizeof(p->where) - 1);
    p->fd = sys->open(where, O_RDONLY | O_CLOEXEC, 0);
    if (p->fd < 0) {
        rc = err_set_errno(e, ERR_IO, errno, "cannot open the frames in %s", where);
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
    uint8_t data[65536];
    ssize_t n;
    int rc;

    (void)timeout_ms;
    do
        n = sys->read(p->fd, data, sizeof(data));
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot read the frames in %s", p->where);
    if (n == 0)
        return 0;
    rc = sink->bytes(sink->opaque, data, (size_t)n);
    return rc == 0 ? 1 : err_set(e, rc, "cannot keep the frames of %s", p->where);
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
    return p->fd;
}

static void replay_close(struct probe *p)
{
    sys->close(p->fd);
    free(p);
}

const struct probe_ops probe_replay = {
    .name = "replay",
    .summary = "frames recorded in a file",
    .open = replay_open,
    .arm = replay_arm,
    .pump = replay_pump,
    .disarm = replay_disarm,
    .fd = replay_fd,
    .close = replay_close,
};
