/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/xen/launch.h - the parts of the launcher in Xen's control domain, private to
 * it. It creates one guest through libxl with the card's page mapped into it, relays the
 * guest's console, waits for the guest's end, tells what Xen accounted to it, destroys it.
 *
 * Settings (hv-under-test/outer/outer.h), every one optional:
 *   memory=MIB             default 256
 *   vcpus=N                default 1
 *   limit=MS               how long the guest may run, default 600000
 *   tsc=default|native|emulate   Xen's tsc_mode; default leaves it to Xen
 *   exits=none|trace       trace: Xen's trace buffers count the guest's exits by cause. Each
 *                          exit then costs Xen more.
 *   net=on|off             a network to the guest (hv-under-test/net/net.h)
 *   append=WORDS           for a Linux guest's command line; %XX stands for a byte
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

enum launch_type { LAUNCH_PVH, LAUNCH_PV };
enum launch_tsc { LAUNCH_TSC_DEFAULT, LAUNCH_TSC_NATIVE, LAUNCH_TSC_EMULATE };

struct launch {
    enum launch_type type;
    enum launch_tsc tsc;
    int linux_guest, trace, net;
    unsigned memory_mb, vcpus, limit_ms;
    uint64_t card;                /* physical address of its page */
    char line[OUTER_WORDS_BYTES]; /* the guest's command line */
};

/* --- dom0.c: this dom0 --- */

/* Bring dom0 up as far as libxl needs it: xenfs, xenstored and what it must hold. The
 * sentence says so if this is not the control domain of a Xen host. */
const char *dom0_bring_up(void);
/* The card's page, its memory decoding enabled. */
const char *dom0_find_card(uint64_t *address);

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

/* --- guest.c: libxl --- */

struct guest;

/* Connect to libxl; facts of Xen are reported. */
const char *guest_connect(struct outer *o, struct guest **out);
/* Create the domain, paused. */
const char *guest_create(struct guest *g, const struct launch *l, struct ring *r);
uint32_t guest_domain(const struct guest *g);
/* Start it and serve its console until it ends, or for limit_ms. *shutdown is the reason's name. */
const char *guest_run(struct guest *g, struct ring *r, unsigned limit_ms,
                      const char **shutdown);
/* Report what Xen accounted to it. */
void guest_report(struct outer *o, struct guest *g);
/* Destroy the domain, if there is one, and disconnect. */
void guest_close(struct guest *g);

#endif
