/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/ops_option.c - what there is only where the hypervisor was asked for it:
 * the ring (io=ring) and checkpoints (lie=restore), as vmm/abi.h has them. Elsewhere both calls
 * are refused.
 */
#include "tests/system/vmm_fuzz/fuzz.h"

static uint64_t kick(void)
{
    randomize();
    exec_in[RAX] = VMM_HYPERCALL_RING_KICK;
    run(hypercall_code());
    must_keep(BIT(RAX));
    expect_exits(VMM_CAUSE_HYPERCALL, 1);
    return exec_out[RAX];
}

/* --- the ring --- */

static const char text[] = "........\n";
static uint32_t produced;
static int broken;

/* What its status must be. */
static uint16_t fill(volatile struct vmm_ring_slot *s)
{
    uint16_t wanted = VMM_RING_REFUSED;

    s->operation = VMM_RING_CONSOLE;
    s->address = (uint64_t)text;
    s->bytes = (uint32_t)below(2) * (sizeof(text) - 1);
    s->status = (uint16_t)random64();
    switch (below(8)) {
    case 0:
        s->operation = (uint16_t)(2 + below(0xfffe));
        break;
    case 1: /* behind the RAM, or over its end; the hypervisor's own pages */
        s->address = below(3)   ? ram_end - below(8)
                     : below(2) ? (uint64_t)accounts
                                : REGISTER_PAGE;
        s->bytes = 9;
        break;
    case 2:
        s->address = odd_value() | 1ull << 40;
        break;
    case 3:
        s->bytes = VMM_RING_BYTES_MOST + 1 + (uint32_t)below(1u << 20);
        break;
    case 4:
        s->bytes = UINT32_MAX - (uint32_t)below(0x1000);
        break;
    case 5:
        s->operation = VMM_RING_NONE;
        s->address = odd_value();
        s->bytes = (uint32_t)random64();
        wanted = VMM_RING_DONE;
        break;
    default:
        wanted = VMM_RING_DONE;
    }
    return wanted;
}

static void overfill(volatile struct vmm_ring *r)
{
    const uint32_t kept = r->consumed = produced;

    r->produced = kept + VMM_RING_SLOTS + 1 + (uint32_t)below(UINT32_MAX - VMM_RING_SLOTS);
    must("a ring overfilled", kick(), UINT64_MAX);
    must("it is broken", r->broken, 1);
    must("nothing served", r->consumed, kept);
    broken = 1;
    r->broken = 0; /* what the guest writes there is nothing */
    r->produced = kept;
    must("a broken ring", kick(), UINT64_MAX);
}

void op_ring(void)
{
    volatile struct vmm_ring *const r = (volatile void *)(uint64_t)accounts->ring;
    const uint32_t n = (uint32_t)below(below(4) ? 4 : VMM_RING_SLOTS + 1);
    uint16_t wanted[VMM_RING_SLOTS];

    if (!r || broken) {
        must("no ring, no kick", kick(), UINT64_MAX);
        return;
    }
    if (below(64) == 0) {
        overfill(r);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        wanted[i] = fill(&r->slot[(produced + i) % VMM_RING_SLOTS]);
    r->produced = produced + n;
    r->consumed = (uint32_t)random64();
    must("a kick", kick(), 0);
    for (uint32_t i = 0; i < n; i++)
        must("a slot's status", r->slot[(produced + i) % VMM_RING_SLOTS].status, wanted[i]);
    produced += n;
    if (n)
        must("slots served", r->consumed, produced);
    must("the ring is whole", r->broken, 0);
}

/* --- checkpoints --- */

static uint64_t carried[8];

static uint64_t checkpoint(uint64_t area, uint64_t bytes)
{
    randomize();
    exec_in[RAX] = VMM_HYPERCALL_CHECKPOINT;
    exec_in[RDI] = area;
    exec_in[RSI] = bytes;
    run(hypercall_code());
    must_keep(BIT(RAX));
    return exec_out[RAX];
}

/* Back from it this may be what it was; chance repeats itself then, and what is said twice must
 * come twice. */
void op_checkpoint(void)
{
    expect_loose();
    if (!accounts->checkpoints) {
        must("no checkpoints", checkpoint((uint64_t)carried, sizeof(carried)), UINT64_MAX);
        return;
    }
    if (below(4) == 0) {
        must("an area behind the RAM", checkpoint(ram_end - below(8), 9), UINT64_MAX);
        must("an area that is too large",
             checkpoint((uint64_t)carried, VMM_CARRIED_MOST + 1 + below(1ull << 50)),
             UINT64_MAX);
    }
    carried[0]++;
    carried[1] = ~carried[0];
    must("a checkpoint", checkpoint((uint64_t)carried, sizeof(carried)), 0);
    must("what a restore does not touch", carried[1], ~carried[0]);
}
