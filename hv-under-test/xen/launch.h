/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/xen/launch.h - the parts of the launcher in Xen's control domain, private to
 * it. It creates one guest through libxl with the card's page mapped into it, relays the
 * guest's console, waits for the guest's end, tells what Xen accounted to it, destroys it.
 *
 * Settings (hv-under-test/outer/outer.h), every one optional:
 *   memory=MIB             default 256
 *   vcpus=N                default 1
 *   pin=N                  its vCPUs run on this processor of the machine alone, from 0
 *   busy=N                 processes that keep dom0 busy while the guest runs, default 0: they
 *                          compete with it for the machine's processors (busy.c)
 *   limit=MS               until which uptime of dom0 the guest may run, default 600000
 *   tsc=default|native|emulate   Xen's tsc_mode; default leaves it to Xen
 *   net=on|off             a network to the guest (hv-under-test/net/net.h)
 *   exits=audit|trace|none  Xen's trace buffers. audit: only until the guest has done its
 *                          audits (hv-under-test/target/sentinel.h), so that nothing that is
 *                          measured is traced. trace: to the end, and exits are counted by
 *                          cause; each exit then costs Xen more, so counts and costs come from
 *                          different boots. none: not touched; there are no audits.
 *   append=WORDS           for a Linux guest's command line; %XX stands for a byte
 * The platform xen-dom0 starts the agent in dom0 instead and takes limit= only; its exits are
 * always traced to the end.
 * Run by hand, `etalon-outer --probe` says what the host offers (probe.c).
 * Every setting is told as a fact, known here or not: hashes of the builds in use come so.
 * The image holds the guest (xen/guest_files.h).
 *
 * Functions that can fail return NULL or a sentence for the error record, valid until the next
 * failure.
 */
#ifndef ETALON_HV_UNDER_TEST_XEN_LAUNCH_H
#define ETALON_HV_UNDER_TEST_XEN_LAUNCH_H

#include <stddef.h>
#include <stdint.h>

#include "hv-under-test/outer/outer.h"

/* Xen gives a guest as much of its command line, and drops the rest without a word. */
#define LAUNCH_LINE_BYTES 1024

#define LAUNCH_BUSY_MAX 16u

enum launch_type { LAUNCH_PVH, LAUNCH_PV, LAUNCH_HVM };
enum launch_exits { LAUNCH_EXITS_AUDIT, LAUNCH_EXITS_TRACE, LAUNCH_EXITS_NONE };
enum launch_tsc { LAUNCH_TSC_DEFAULT, LAUNCH_TSC_NATIVE, LAUNCH_TSC_EMULATE };

struct launch {
    enum launch_type type;
    enum launch_tsc tsc;
    enum launch_exits exits;
    int linux_guest, net;
    unsigned memory_mb, vcpus, limit_ms, busy;
    int pin;                      /* -1: Xen's scheduler chooses */
    uint64_t card;                /* physical address of its page */
    char line[LAUNCH_LINE_BYTES]; /* the guest's command line */
};

/* --- busy.c --- */

const char *busy_begin(const struct launch *l);
void busy_end(void); /* also after a begin that failed; twice does no harm */

/* --- dom0.c: this dom0 --- */

/* Does this Linux run on Xen, in whatever domain? */
int dom0_is_xen(void);
/* Does xenstored listen? */
int dom0_store_answers(void);
/* NULL, or why nothing can be asked of Xen here: no Xen, or a guest of it. */
const char *dom0_check(void);
/* Bring dom0 up as far as libxl needs it: xenfs, xenstored and what it must hold. The
 * sentence says so if this is not the control domain of a Xen host. */
const char *dom0_bring_up(void);
/* The card's page, its memory decoding enabled. */
const char *dom0_find_card(uint64_t *address);

/* --- probe.c: this host --- */

struct probe_sink {
    void (*put)(void *opaque, const char *key, const char *value);
    void *opaque;
};

/* What Xen offers here, as keys and values: control_domain, xenstored, trace_buffers, card,
 * card_iomem, pv, pvh, hvm, nested_paging, iommu, processors. NULL, or why no more could be
 * asked. */
const char *probe_xen(const struct probe_sink *sink);

/* --- ring.c: the guest's console --- */

struct ring;

/* The bytes will go to `fd`. */
const char *ring_open(int fd, struct ring **out);
/* libxl takes a domain for created when its console has a back end. While it creates one:
 * poll ring_store_fd() for POLLIN, then ring_offer() this one to the domain of that name. */
int ring_store_fd(const struct ring *r);
const char *ring_offer(struct ring *r, const char *name);
/* Take the console of a domain that is paused yet. */
const char *ring_attach(struct ring *r, uint32_t domain);
/* To poll for POLLIN, then ring_serve(). */
int ring_fd(const struct ring *r);
/* Write what is there and only then tell the guest that it was taken. */
const char *ring_serve(struct ring *r);
void ring_close(struct ring *r);

/* --- net.c: the network --- */

/* For a domain created with a network and not yet started: our end of it, and the peer behind
 * it (the caller ends it, outer/peer.h). */
const char *net_connect(struct outer *o, uint32_t domain);
/* --- trace.c: Xen's trace buffers --- */

struct trace;
struct exits;

/* Switch them on and count what they tell of this domain, which must not run yet. On failure too
 * *out is to be closed. */
const char *trace_begin(uint32_t domain, struct trace **out);
/* To poll for POLLIN, then trace_drain(); -1 if there is nothing to wait for. The functions below
 * take NULL for "no trace" and do nothing. */
int trace_fd(const struct trace *t);
const char *trace_drain(struct trace *t);
/* Switch them off, and take what is there. */
const char *trace_stop(struct trace *t);
/* What was counted (xen/exits.h). Not NULL. */
const struct exits *trace_exits(const struct trace *t);
void trace_close(struct trace *t);

/* --- counts.c: what is told of it --- */

/* Is the guest past its audits? */
int counts_audited(const struct trace *t);
/* Records of audits and, with `all`, of exits by cause. NULL, or why they cannot be trusted. */
const char *counts_tell(struct outer *o, const struct trace *t, int all);

/* --- self.c: dom0 measured --- */

/* Run the agent here, trace domain 0, tell exits and audits. */
const char *self_run(struct outer *o, const struct launch *l);

/* --- guest.c: libxl --- */

struct guest;

/* Connect to libxl; facts of Xen are reported. */
const char *guest_connect(struct outer *o, struct guest **out);
/* Create the domain, paused. */
const char *guest_create(struct guest *g, const struct launch *l, struct ring *r);
uint32_t guest_domain(const struct guest *g);
/* To the processor of l->pin, told as a fact. */
const char *guest_pin(struct outer *o, struct guest *g, const struct launch *l);
/* Start it and serve its console and the trace (NULL: none) until it ends, or for the limit.
 * *shutdown is the reason's name. */
const char *guest_run(struct guest *g, const struct launch *l, struct ring *r, struct trace *t,
                      const char **shutdown);
/* Report what Xen accounted to it, to its vCPUs and to dom0, which serves it. */
void guest_report(struct outer *o, struct guest *g);
/* Destroy the domain, if there is one, tell how many domains are left, and disconnect. */
void guest_close(struct outer *o, struct guest *g);

#endif
