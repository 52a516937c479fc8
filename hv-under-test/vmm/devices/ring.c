/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/devices/ring.c - slots of a ring, served (vmm/devices/ring.h). */
#include "hv-under-test/vmm/devices/ring.h"

#include <stddef.h>

#include "hv-under-test/vmm/accounts.h"
#include "hv-under-test/vmm/guest/guest.h"
#include "hv-under-test/vmm/devices/serial.h"

_Static_assert(sizeof(struct vmm_ring_slot) == 16, "abi.h");
_Static_assert(offsetof(struct vmm_ring, slot) == VMM_RING_FIRST_SLOT, "abi.h");
_Static_assert(sizeof(union ring_page) == 4096, "one page");
_Static_assert((VMM_RING_SLOTS & (VMM_RING_SLOTS - 1)) == 0, "counts may wrap");

union ring_page ring_page __attribute__((aligned(4096)));

static int there, broken;
static uint32_t served; /* slots, ever */

void ring_start(void)
{
    there = 1;
    broken = 0;
    served = 0;
    accounts_page.a.ring = GUEST_RING_PAGE;
}

static uint16_t serve(const struct vmm_ring_slot *s)
{
    const uint8_t *bytes;

    switch (s->operation) {
    case VMM_RING_NONE:
        return VMM_RING_DONE;
    case VMM_RING_CONSOLE:
        bytes = guest_pointer(s->address, s->bytes);
        if (!bytes || s->bytes > VMM_RING_BYTES_MOST)
            return VMM_RING_REFUSED;
        serial_write(bytes, s->bytes);
        return VMM_RING_DONE;
    default:
        return VMM_RING_REFUSED;
    }
}

/* Once, whatever the guest makes of it meanwhile. */
static struct vmm_ring_slot fetch(const volatile struct vmm_ring_slot *from)
{
    return (struct vmm_ring_slot){
        .address = from->address, .bytes = from->bytes, .operation = from->operation};
}

uint64_t ring_kick(void)
{
    volatile struct vmm_ring *r = &ring_page.ring;
    uint32_t posted = there ? r->produced - served : 0;

    if (!there || broken)
        return UINT64_MAX;
    if (posted > VMM_RING_SLOTS) {
        broken = 1;
        r->broken = 1;
        return UINT64_MAX;
    }
    for (; posted; posted--) {
        volatile struct vmm_ring_slot *slot = &r->slot[served % VMM_RING_SLOTS];
        const struct vmm_ring_slot s = fetch(slot);

        slot->status = serve(&s);
        r->consumed = ++served;
    }
    return 0;
}
