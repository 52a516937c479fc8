/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/xen/ring.c - the back end of a guest's paravirtual console, in place of
 * xenconsoled.
 *
 * xenconsoled takes bytes off the ring at once and passes them through a pseudo-terminal:
 * relaying them would go on while the guest already measures. Here the guest sees its bytes
 * taken only after they have left the machine, so a guest that waits for that has a quiet
 * dom0 afterwards. Interface: xen/include/public/io/console.h; the ring's frame and its event
 * channel stand in xenstore, put there by libxl.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <xen/xen.h>

#include <xen/io/console.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xenstore.h>

#include "hv-under-test/xen/launch.h"

/* Each byte costs dom0 some 2000 instructions. More than this is a flood, not records. */
#define RING_MAX_BYTES OUTER_CONSOLE_MAX_BYTES
/* In one go: a guest that fills its ring as fast as it is emptied must not keep the launcher from
 * looking at the time. */
#define SERVE_MAX_BYTES (32u << 10)

struct ring {
    struct xs_handle *store;
    xenevtchn_handle *channel;
    xenforeignmemory_handle *memory;
    volatile struct xencons_interface *page;
    evtchn_port_t port;
    int fd;
    uint64_t bytes; /* relayed so far */
};

static char *read_text(struct ring *r, const char *domain, const char *name)
{
    char path[96];
    unsigned length;

    snprintf(path, sizeof path, "/local/domain/%s/%s", domain, name);
    return xs_read(r->store, XBT_NULL, path, &length);
}

static const char *read_number(struct ring *r, uint32_t domain, const char *name,
                               uint64_t *out)
{
    char number[16], *text;

    snprintf(number, sizeof number, "%" PRIu32, domain);
    text = read_text(r, number, name);
    *out = text ? strtoull(text, NULL, 10) : 0;
    free(text);
    return *out ? NULL : outer_say("xenstore: domain %" PRIu32 " has no %s", domain, name);
}

const char *ring_open(int fd, struct ring **out)
{
    struct ring *r = calloc(1, sizeof *r);

    if (!r)
        return "out of memory";
    r->fd = fd;
    r->store = xs_open(0);
    if (!r->store || !xs_watch(r->store, "@introduceDomain", "etalon")) {
        ring_close(r);
        return outer_reason("xenstore does not answer", errno);
    }
    *out = r;
    return NULL;
}

int ring_store_fd(const struct ring *r)
{
    return xs_fileno(r->store);
}

static const char *write_tty(struct ring *r, const char *domain)
{
    static const char nothing[] = "/dev/null"; /* it is a pipe of ours, of no use to others */
    char path[96];

    snprintf(path, sizeof path, "/local/domain/%s/console/tty", domain);
    if (!xs_write(r->store, XBT_NULL, path, nothing, sizeof nothing - 1))
        return outer_reason(path, errno);
    return NULL;
}

const char *ring_offer(struct ring *r, const char *name)
{
    const char *reason = NULL;
    unsigned count, parts;
    char **domains, **event = xs_read_watch(r->store, &parts);

    free(event);
    domains = xs_directory(r->store, XBT_NULL, "/local/domain", &count);
    if (!domains)
        return outer_reason("xenstore: /local/domain", errno);
    for (unsigned i = 0; !reason && i < count; i++) {
        char *found = read_text(r, domains[i], "name");

        if (found && strcmp(found, name) == 0)
            reason = write_tty(r, domains[i]);
        free(found);
    }
    free(domains);
    return reason;
}

static const char *map(struct ring *r, uint32_t domain, uint64_t frame, uint64_t port)
{
    const xen_pfn_t pfn = frame;
    int local;

    r->memory = xenforeignmemory_open(NULL, 0);
    if (!r->memory)
        return outer_reason("cannot map memory of guests", errno);
    r->page = xenforeignmemory_map(r->memory, domain, PROT_READ | PROT_WRITE, 1, &pfn, NULL);
    if (!r->page)
        return outer_reason("cannot map the guest's console", errno);
    r->channel = xenevtchn_open(NULL, 0);
    if (!r->channel)
        return outer_reason("no event channels", errno);
    /* An event that is not there must not be waited for. */
    fcntl(xenevtchn_fd(r->channel), F_SETFL, O_NONBLOCK);
    local = xenevtchn_bind_interdomain(r->channel, domain, (evtchn_port_t)port);
    if (local < 0)
        return outer_reason("the guest's console is taken; stop xenconsoled", errno);
    r->port = (evtchn_port_t)local;
    return NULL;
}

const char *ring_attach(struct ring *r, uint32_t domain)
{
    uint64_t frame, port;
    const char *reason = read_number(r, domain, "console/ring-ref", &frame);

    if (!reason)
        reason = read_number(r, domain, "console/port", &port);
    return reason ? reason : map(r, domain, frame, port);
}

int ring_fd(const struct ring *r)
{
    return xenevtchn_fd(r->channel);
}

static const char *write_all(int fd, const char *data, size_t n)
{
    while (n) {
        ssize_t done = write(fd, data, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return outer_say("the guest's console cannot be written: %s", strerror(errno));
        data += done;
        n -= (size_t)done;
    }
    return NULL;
}

/* What the guest has put there, to the output. What it puts there later it tells by an event. */
static const char *drain(struct ring *r)
{
    char text[sizeof r->page->out];
    XENCONS_RING_IDX taken = r->page->out_cons, put;
    const uint64_t end = r->bytes + SERVE_MAX_BYTES;

    while (r->bytes < end && (put = r->page->out_prod) != taken) {
        const char *reason;
        size_t n = 0;

        if (put - taken > sizeof text)
            return "the guest's console ring is damaged";
        __sync_synchronize(); /* the index before the bytes it speaks of */
        while (taken != put)
            text[n++] = r->page->out[MASK_XENCONS_IDX(taken++, r->page->out)];
        r->bytes += n;
        if (r->bytes > RING_MAX_BYTES)
            return outer_say("the guest flooded its console with more than %u MiB",
                             RING_MAX_BYTES >> 20);
        reason = write_all(r->fd, text, n);
        if (reason)
            return reason;
        if (isatty(r->fd))
            tcdrain(r->fd);
        __sync_synchronize(); /* the bytes are read before they may be overwritten */
        r->page->out_cons = taken;
        xenevtchn_notify(r->channel, r->port);
    }
    return NULL;
}

const char *ring_serve(struct ring *r)
{
    int port = xenevtchn_pending(r->channel);

    if (port >= 0)
        xenevtchn_unmask(r->channel, (evtchn_port_t)port);
    return drain(r);
}

void ring_close(struct ring *r)
{
    if (!r)
        return;
    if (r->channel)
        xenevtchn_close(r->channel);
    if (r->page)
        xenforeignmemory_unmap(r->memory, (void *)(uintptr_t)r->page, 1);
    if (r->memory)
        xenforeignmemory_close(r->memory);
    if (r->store)
        xs_close(r->store);
    free(r);
}
