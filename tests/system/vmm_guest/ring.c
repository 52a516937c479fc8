/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_guest/ring.c - a guest that uses the paravirtual ring, well and badly: what it
 * posts well is on the console, in order; what is not its own is refused, slot by slot; counts out
 * of range break the ring and nothing else.
 */
#include "tests/system/vmm_guest/guest.h"

static volatile struct vmm_ring *ring;

static void post(unsigned operation, uint64_t address, uint32_t bytes)
{
    volatile struct vmm_ring_slot *s = &ring->slot[ring->produced % VMM_RING_SLOTS];

    s->address = address;
    s->bytes = bytes;
    s->operation = (uint16_t)operation;
    s->status = VMM_RING_POSTED;
    ring->produced++;
}

static uint64_t kick(void)
{
    return hypercall(VMM_HYPERCALL_RING_KICK);
}

static void check_console(void)
{
    static const char text[] = "first by the ring\nthen once more\n";

    post(VMM_RING_CONSOLE, (uint64_t)text, 18);
    check("nothing is served unasked", ring->consumed, 0);
    post(VMM_RING_NONE, 0, 0);
    post(VMM_RING_CONSOLE, (uint64_t)text + 18, sizeof(text) - 19);
    check("a kick returns 0", kick(), 0);
    check("all is served", ring->consumed, 3);
    check("and said to be", ring->slot[0].status | ring->slot[2].status << 4, 0x11);
    put("and the port behind it\n");
    CHECK_EXITS("post", VMM_CAUSE_HYPERCALL, 0, ring->slot[5].bytes = 0);
    CHECK_EXITS("kick", VMM_CAUSE_HYPERCALL, 1, kick());
}

static void refuse(const char *name, unsigned operation, uint64_t address, uint32_t bytes)
{
    const uint32_t slot = ring->produced % VMM_RING_SLOTS;

    post(operation, address, bytes);
    kick();
    check(name, ring->slot[slot].status, VMM_RING_REFUSED);
}

static void check_refusals(const struct start_info *info)
{
    const struct map_entry *map = (const struct map_entry *)info->memory_map;
    const uint64_t end = map[2].address + map[2].bytes;

    refuse("bytes behind RAM", VMM_RING_CONSOLE, end, 1);
    refuse("bytes across its end", VMM_RING_CONSOLE, end - 1, 2);
    refuse("the accounts page", VMM_RING_CONSOLE, (uint64_t)accounts, 8);
    refuse("the ring itself", VMM_RING_CONSOLE, (uint64_t)ring, 8);
    refuse("the card", VMM_RING_CONSOLE, 0xfebfe000u, 4);
    refuse("an end that wraps", VMM_RING_CONSOLE, UINT64_MAX - 3, 8);
    refuse("more than may be", VMM_RING_CONSOLE, 0, VMM_RING_BYTES_MOST + 1);
    refuse("32 bits of size", VMM_RING_CONSOLE, 0, UINT32_MAX);
    refuse("an operation that is none", 2, 0, 1);
    post(VMM_RING_CONSOLE, (uint64_t) "still served\n", 13);
    check("the ring goes on", kick(), 0);
}

static void check_counts(void)
{
    for (unsigned i = 0; i < VMM_RING_SLOTS; i++)
        post(VMM_RING_NONE, 0, 0);
    check("a full ring is served", kick(), 0);
    ring->consumed = 0x12345678;
    post(VMM_RING_NONE, 0, 0);
    check("what the guest says was served is not asked for", kick(), 0);
    check("… and set right", ring->consumed, ring->produced);
    ring->produced += VMM_RING_SLOTS + 1;
    check("more than it holds", kick(), UINT64_MAX);
    check("it is broken", ring->broken, 1);
    ring->broken = 0;
    ring->produced = ring->consumed;
    check("for good", kick(), UINT64_MAX);
    check("the hypervisor is not", hypercall(VMM_HYPERCALL_NOP), 0);
}

int rings(const char *line, const struct start_info *info)
{
    if (!word_is(line, "test=ring"))
        return 0;
    ring = (volatile struct vmm_ring *)accounts->ring;
    if (word_is(line, "none")) {
        check("there is no ring", (uint64_t)ring, 0);
        check("so there is nothing to kick", kick(), UINT64_MAX);
        return 1;
    }
    check("there is a ring", ring != NULL, 1);
    check_console();
    check_refusals(info);
    check_counts();
    return 1;
}
