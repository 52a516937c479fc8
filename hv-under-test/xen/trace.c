/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/xen/trace.c - Xen's trace buffers, switched on, mapped and drained.
 *
 * Xen writes one ring per processor and raises VIRQ_TBUF when a ring is half full: dom0 sleeps
 * until then, so that a guest is disturbed no more than it has to be.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenctrl.h>

#include <xen/trace.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>

#include "hv-under-test/xen/exits.h"
#include "hv-under-test/xen/launch.h"

_Static_assert(EXITS_EVENT_MASK == (TRC_SCHED_MIN | TRC_HVM_ENTRYEXIT | TRC_PV_ENTRY),
               "the mask lets through what exits.c reads");

/* 2 MiB a processor: half of it is some 30,000 exits, of thousands of instructions each. */
#define BUFFER_PAGES 512u

struct buffer {
    volatile struct t_buf *head; /* NULL: a processor that is off */
    struct exits_cpu cpu;
};

struct trace {
    xc_interface *xc;
    xenforeignmemory_handle *memory;
    xenevtchn_handle *channel;
    struct t_info *info;
    size_t info_pages;
    struct buffer *buffers;
    unsigned processors;
    uint32_t buffer_bytes; /* of data, in each */
    int on;
    struct exits exits;
};

static enum exits_processor find_processor(void)
{
    uint32_t a = 0, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return b == 0x756E6547u ? EXITS_VMX : EXITS_SVM; /* "Genu" of GenuineIntel */
}

static const char *set_masks(struct trace *t)
{
    xc_cpumap_t all = xc_cpumap_alloc(t->xc);
    int rc;

    if (!all)
        return "out of memory";
    memset(all, 0xFF, (size_t)xc_get_cpumap_size(t->xc));
    rc = xc_tbuf_set_cpu_mask(t->xc, all);
    free(all);
    if (rc == 0)
        rc = xc_tbuf_set_evt_mask(t->xc, EXITS_EVENT_MASK);
    return rc ? outer_reason("Xen's trace buffers: setting what they hold", errno) : NULL;
}

static void *map(struct trace *t, int access, const xen_pfn_t *frames, size_t count)
{
    return xenforeignmemory_map(t->memory, DOMID_XEN, access, count, frames, NULL);
}

static const char *map_info(struct trace *t, unsigned long frame, unsigned long bytes)
{
    xen_pfn_t *frames;

    t->info_pages = (bytes + XC_PAGE_SIZE - 1) / XC_PAGE_SIZE;
    frames = calloc(t->info_pages, sizeof *frames);
    if (!frames)
        return "out of memory";
    for (size_t i = 0; i < t->info_pages; i++)
        frames[i] = frame + i;
    t->info = map(t, PROT_READ, frames, t->info_pages);
    free(frames);
    return t->info ? NULL : outer_reason("mapping the list of Xen's trace buffers", errno);
}

static const char *map_buffer(struct trace *t, unsigned processor)
{
    const uint32_t *list = (const uint32_t *)t->info + t->info->mfn_offset[processor];
    const unsigned pages = t->info->tbuf_size;
    xen_pfn_t *frames;

    if (!t->info->mfn_offset[processor])
        return NULL;
    frames = calloc(pages, sizeof *frames);
    if (!frames)
        return "out of memory";
    for (unsigned i = 0; i < pages; i++)
        frames[i] = list[i];
    t->buffers[processor].head = map(t, PROT_READ | PROT_WRITE, frames, pages);
    free(frames);
    return t->buffers[processor].head ? NULL
                                      : outer_reason("mapping Xen's trace buffers", errno);
}

static const char *map_all(struct trace *t, unsigned long frame, unsigned long bytes)
{
    const int processors = xc_get_max_cpus(t->xc);
    const char *reason;

    if (processors <= 0)
        return outer_reason("asking Xen for its processors", errno);
    t->memory = xenforeignmemory_open(NULL, 0);
    if (!t->memory)
        return outer_reason("cannot map memory of Xen", errno);
    reason = map_info(t, frame, bytes);
    if (reason)
        return reason;
    t->processors = (unsigned)processors;
    t->buffer_bytes = (uint32_t)(t->info->tbuf_size * XC_PAGE_SIZE - sizeof(struct t_buf));
    t->buffers = calloc(t->processors, sizeof *t->buffers);
    if (!t->buffers)
        return "out of memory";
    for (unsigned i = 0; !reason && i < t->processors; i++)
        reason = map_buffer(t, i);
    /* What lies there from an earlier time is nobody's. */
    for (unsigned i = 0; !reason && i < t->processors; i++) {
        if (t->buffers[i].head)
            t->buffers[i].head->cons = t->buffers[i].head->prod;
    }
    return reason;
}

static const char *listen(struct trace *t)
{
    t->channel = xenevtchn_open(NULL, 0);
    if (!t->channel)
        return outer_reason("no event channels", errno);
    /* An event that is not there must not be waited for. */
    fcntl(xenevtchn_fd(t->channel), F_SETFL, O_NONBLOCK);
    if (xenevtchn_bind_virq(t->channel, VIRQ_TBUF) < 0)
        return outer_reason("the event of Xen's trace buffers is taken; stop xentrace", errno);
    return NULL;
}

const char *trace_begin(uint32_t domain, struct trace **out)
{
    struct trace *t = calloc(1, sizeof *t);
    unsigned long frame, bytes;
    const char *reason;

    if (!t)
        return "out of memory";
    *out = t;
    t->exits = (struct exits){.domain = (uint16_t)domain, .processor = find_processor()};
    t->xc = xc_interface_open(NULL, NULL, 0);
    if (!t->xc)
        return outer_reason("connecting to Xen for its trace buffers", errno);
    reason = listen(t);
    if (!reason)
        reason = set_masks(t);
    if (reason)
        return reason;
    if (xc_tbuf_enable(t->xc, BUFFER_PAGES, &frame, &bytes))
        return outer_reason("switching on Xen's trace buffers", errno);
    t->on = 1;
    return map_all(t, frame, bytes);
}

int trace_fd(const struct trace *t)
{
    return t && t->on ? xenevtchn_fd(t->channel) : -1;
}

static const char *drain(struct trace *t, struct buffer *b)
{
    const uint32_t cons = b->head->cons, prod = b->head->prod;
    const char *reason;

    __sync_synchronize(); /* the index before the records it speaks of */
    reason = exits_take_ring(&t->exits, &b->cpu, (const void *)(uintptr_t)(b->head + 1),
                             t->buffer_bytes, cons, prod);
    __sync_synchronize(); /* they are read before they may be overwritten */
    b->head->cons = prod;
    return reason;
}

const char *trace_drain(struct trace *t)
{
    const char *reason = NULL;
    int port;

    if (!t || !t->on)
        return NULL;
    port = xenevtchn_pending(t->channel);
    for (unsigned i = 0; !reason && i < t->processors; i++) {
        if (t->buffers[i].head)
            reason = drain(t, &t->buffers[i]);
    }
    if (port >= 0)
        xenevtchn_unmask(t->channel, (evtchn_port_t)port);
    return reason;
}

const char *trace_stop(struct trace *t)
{
    const char *reason;

    if (!t || !t->on)
        return NULL;
    if (xc_tbuf_disable(t->xc))
        return outer_reason("switching off Xen's trace buffers", errno);
    reason = trace_drain(t);
    t->on = 0;
    return reason;
}

const struct exits *trace_exits(const struct trace *t)
{
    return &t->exits;
}

void trace_close(struct trace *t)
{
    if (!t)
        return;
    if (t->on)
        xc_tbuf_disable(t->xc);
    for (unsigned i = 0; t->buffers && i < t->processors; i++) {
        if (t->buffers[i].head)
            xenforeignmemory_unmap(t->memory, (void *)(uintptr_t)t->buffers[i].head,
                                   t->info->tbuf_size);
    }
    free(t->buffers);
    if (t->info)
        xenforeignmemory_unmap(t->memory, t->info, t->info_pages);
    if (t->memory)
        xenforeignmemory_close(t->memory);
    if (t->channel)
        xenevtchn_close(t->channel);
    if (t->xc)
        xc_interface_close(t->xc);
    free(t);
}
