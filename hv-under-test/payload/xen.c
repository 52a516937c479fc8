/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/payload/xen.c - the payload as a guest of Xen (payload/xen.h). */
#include "hv-under-test/payload/xen.h"

#define HYPERCALL_SCHED_OP 29u
#define HYPERCALL_EVENT_CHANNEL_OP 32u
#define HYPERCALL_HVM_OP 34u

#define SCHED_YIELD 0u
#define SCHED_SHUTDOWN 2u
#define SHUTDOWN_POWEROFF 0u
#define SHUTDOWN_CRASH 3u

#define EVENT_SEND 4u

#define HVM_GET_PARAM 1u
#define PARAM_CONSOLE_PFN 17u
#define PARAM_CONSOLE_EVTCHN 18u
#define DOMID_SELF 0x7FF0u

struct hvm_param {
    uint16_t domain, pad;
    uint32_t index;
    uint64_t value;
};

#define RING_IN_BYTES 1024u
#define RING_OUT_BYTES 2048u

struct console_ring { /* struct xencons_interface */
    char in[RING_IN_BYTES], out[RING_OUT_BYTES];
    uint32_t in_taken, in_put;
    uint32_t out_taken, out_put; /* run freely; index modulo the size */
};

/* Yields without a byte taken, after which the console counts as dead. Each costs Xen some
 * 3000 instructions or lets the other side run: seconds in all. */
#define PATIENCE 1000000u

static int use_vmcall;
static volatile struct console_ring *ring;
static uint32_t console_port;

static uint64_t hypercall(uint64_t number, uint64_t first, const void *second)
{
    if (use_vmcall)
        __asm__ volatile("vmcall" : "+a"(number), "+D"(first), "+S"(second) : : "memory");
    else
        __asm__ volatile("vmmcall" : "+a"(number), "+D"(first), "+S"(second) : : "memory");
    return number;
}

static uint64_t get_param(uint32_t index)
{
    struct hvm_param p = {.domain = DOMID_SELF, .index = index};

    return hypercall(HYPERCALL_HVM_OP, HVM_GET_PARAM, &p) == 0 ? p.value : 0;
}

const char *xen_init(int intel)
{
    uint64_t page;

    use_vmcall = intel;
    page = get_param(PARAM_CONSOLE_PFN);
    console_port = (uint32_t)get_param(PARAM_CONSOLE_EVTCHN);
    if (!page || page >> 20 || !console_port)
        return "Xen gives this domain no paravirtual console below 4 GiB";
    ring = (volatile struct console_ring *)(uintptr_t)(page << 12);
    return NULL;
}

uint64_t xen_version(void)
{
    return hypercall(XEN_HYPERCALL_NOP, 0, NULL);
}

/* Tell the other side and wait until it has made `room` bytes of room. -1: it does not. */
static int wait_for_room(uint32_t room)
{
    uint32_t seen = ring->out_taken;

    hypercall(HYPERCALL_EVENT_CHANNEL_OP, EVENT_SEND, &console_port);
    for (unsigned i = 0; i < PATIENCE; i++) {
        if (RING_OUT_BYTES - (ring->out_put - ring->out_taken) >= room)
            return 0;
        if (ring->out_taken != seen) {
            seen = ring->out_taken;
            i = 0;
        }
        hypercall(HYPERCALL_SCHED_OP, SCHED_YIELD, NULL);
    }
    return -1;
}

void xen_console_write(const char *data, size_t n)
{
    static int dead; /* a boot without a console is better than one that never ends */

    while (n && !dead) {
        uint32_t put = ring->out_put, room = RING_OUT_BYTES - (put - ring->out_taken);

        for (; room && n; room--, n--)
            ring->out[put++ % RING_OUT_BYTES] = *data++;
        /* The bytes are there before the index that says so: x86 keeps the order of stores,
         * and volatile that of the compiler. */
        ring->out_put = put;
        dead = wait_for_room(n ? 1 : RING_OUT_BYTES) != 0;
    }
}

void xen_shutdown(int crash)
{
    uint32_t reason = crash ? SHUTDOWN_CRASH : SHUTDOWN_POWEROFF;

    hypercall(HYPERCALL_SCHED_OP, SCHED_SHUTDOWN, &reason);
}
