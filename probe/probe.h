/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe/probe.h - the seam of whatever stamps the markers.
 *
 * A probe hands raw bytes of wire v1 (probe/wire.h) to a sink, unchanged and in order; it
 * derives nothing. All the observer has to say is said in arm() and disarm().
 */
#ifndef ETALON_PROBE_PROBE_H
#define ETALON_PROBE_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct probe;

struct probe_sink {
    /* 0, or a negative err_code: pumping then ends with it. */
    int (*bytes)(void *opaque, const uint8_t *data, size_t n);
    void *opaque;
};

struct probe_ops {
    const char *name; /* fpga-uart, replay */
    const char *summary;
    /* `where`: a device node for fpga-uart, a file of frames for replay. */
    int (*open)(const char *where, struct probe **out, struct err *e);
    /* HELLO, configuration, ARM(nonce); every byte received goes to the sink too. */
    int (*arm)(struct probe *p, uint64_t nonce, const struct probe_sink *sink, struct err *e);
    /* Move what has arrived to the sink; waits at most timeout_ms. 1 more may come, 0 the
     * link ended, negative: error. */
    int (*pump)(struct probe *p, int timeout_ms, const struct probe_sink *sink, struct err *e);
    /* DISARM(nonce), wait for its REPLY, drain. */
    int (*disarm)(struct probe *p, const struct probe_sink *sink, struct err *e);
    int (*fd)(const struct probe *p); /* for poll(), or -1 */
    void (*close)(struct probe *p);
};

const struct probe_ops *const *probe_table(size_t *count);
const struct probe_ops *probe_find(const char *name);

#endif
