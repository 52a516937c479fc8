/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/soft/soft_event.c - what the processor does by itself in ring 0, done for
 * a guest that is not there: delivery through its IDT (APM vol. 2 section 8.9), segments and
 * flags.
 */
#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/exits.h"
#include "hv-under-test/vmm/soft/soft.h"
#include "hv-under-test/vmm/machine/x86.h"

#define GATE_INTERRUPT 0xeu /* section 4.8.3 */
#define GATE_TRAP 0xfu
#define GATE_BYTES 16u
#define TASK_IST 36u /* of IST 1 in the task-state segment, section 12.2.5 */

#define FLAGS_OWN (X86_RFLAGS_IF | 3ull << 12) /* IF, IOPL: kept for the guest */
#define FLAGS_NT (1ull << 14)
/* CF PF AF ZF SF TF DF OF NT RF AC ID: what ring 3 may change, the guest does itself. */
#define FLAGS_SHARED (0x0dd5ull | FLAGS_NT | X86_RFLAGS_RF | X86_RFLAGS_AC | 1ull << 21)

/* Descriptors, section 4.8. */
#define DESCRIPTOR_TYPE(d) ((unsigned)((d) >> 40) & 0x1fu)
#define DESCRIPTOR_DPL(d) ((unsigned)((d) >> 45) & 3u)
#define DESCRIPTOR_PRESENT (1ull << 47)
#define DESCRIPTOR_LONG (1ull << 53)
#define DESCRIPTOR_BIG (1ull << 54)
#define DESCRIPTOR_PAGES (1ull << 55)
#define TYPE_CODE 0x18u /* S and code */
#define TYPE_DATA 0x10u

struct soft_state soft_state;

int soft_is_canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

uint64_t soft_flags(void)
{
    return (soft_frame.rflags & FLAGS_SHARED) | soft_state.flags | X86_RFLAGS_ONE;
}

void soft_set_flags(uint64_t value)
{
    soft_frame.rflags = (value & FLAGS_SHARED) | X86_RFLAGS_ONE;
    soft_state.flags = value & FLAGS_OWN;
}

void soft_skip(struct vcpu *v, unsigned bytes)
{
    soft_frame.rip += bytes;
    if (soft_frame.cs == SOFT_USER_CODE_32)
        soft_frame.rip = (uint32_t)soft_frame.rip;
    if (soft_frame.rflags & X86_RFLAGS_TF)
        soft_deliver(v, X86_VECTOR_DB, -1);
}

/* --- segments --- */

static uint64_t descriptor(struct vcpu *v, uint16_t selector)
{
    const struct soft_table *t = &soft_state.gdt;
    uint64_t value, at, code;

    if (selector & 4u || (selector | 7u) > t->limit ||
        soft_read(v, t->base + (selector & ~7u), &value, sizeof(value), &at, &code))
        return 0;
    return value;
}

static int is_flat(uint64_t d)
{
    const uint64_t base = (d >> 16 & 0xffffffu) | (d >> 56) << 24;
    const uint64_t limit = (d & 0xffffu) | (d >> 48 & 0xfu) << 16;

    return !base && limit == 0xfffffu && d & DESCRIPTOR_PAGES;
}

void soft_go_far(struct vcpu *v, uint16_t selector, uint64_t rip)
{
    const uint64_t d = descriptor(v, selector);
    const int is_long = (soft_state.efer & X86_EFER_LMA) && d & DESCRIPTOR_LONG;

    if (selector & 3u || DESCRIPTOR_DPL(d))
        exits_give_up(v, VMM_CAUSE_OTHER, "the guest left ring 0, which is not carried here",
                      "selector", selector);
    if (!(d & DESCRIPTOR_PRESENT) || (DESCRIPTOR_TYPE(d) & TYPE_CODE) != TYPE_CODE ||
        (!is_long && (!(d & DESCRIPTOR_BIG) || !is_flat(d))))
        exits_give_up(v, VMM_CAUSE_OTHER,
                      "the guest went to a code segment that is not carried here: 64-bit, or "
                      "32-bit and flat",
                      "descriptor", d);
    soft_state.selector[SOFT_CS] = selector;
    soft_frame.cs = is_long ? SOFT_USER_CODE_64 : SOFT_USER_CODE_32;
    soft_frame.rip = is_long ? rip : (uint32_t)rip;
}

void soft_load_segment(struct vcpu *v, enum soft_segment which, uint16_t selector)
{
    const uint64_t d = selector & ~3u ? descriptor(v, selector) : 0;
    const int is_long = soft_frame.cs == SOFT_USER_CODE_64;

    if (selector & ~3u) {
        if (!(d & DESCRIPTOR_PRESENT) || (DESCRIPTOR_TYPE(d) & TYPE_CODE) != TYPE_DATA ||
            !is_flat(d) || selector & 3u)
            exits_give_up(v, VMM_CAUSE_OTHER,
                          "the guest loaded a segment that is not carried here: flat data of "
                          "ring 0",
                          "descriptor", d);
    } else if (which == SOFT_SS && !is_long) {
        soft_deliver(v, X86_VECTOR_GP, 0);
        return;
    }
    soft_state.selector[which] = selector;
}

void soft_load_task(struct vcpu *v, uint16_t selector)
{
    uint64_t low = descriptor(v, selector), high = 0, at, code;

    if ((selector | 15u) > soft_state.gdt.limit ||
        soft_read(v, soft_state.gdt.base + (selector & ~7u) + 8, &high, sizeof(high), &at,
                  &code) ||
        !(low & DESCRIPTOR_PRESENT) || DESCRIPTOR_TYPE(low) != 9) {
        soft_deliver(v, X86_VECTOR_GP, selector & ~3u);
        return;
    }
    soft_state.tr = selector;
    soft_state.tss.base = (low >> 16 & 0xffffffu) | (low >> 56) << 24 | high << 32;
    soft_state.tss.limit = (uint16_t)low;
    low |= 2ull << 40; /* busy */
    if (soft_write(v, soft_state.gdt.base + (selector & ~7u), &low, sizeof(low), &at, &code))
        soft_deliver_page_fault(v, at, code);
}

/* --- events --- */

/* 0, or -1: this delivery failed. */
static int try_deliver(struct vcpu *v, unsigned vector, int64_t error)
{
    const struct soft_state *s = &soft_state;
    uint64_t gate[2], at, code, d, target, sp = soft_frame.rsp, words[6];
    unsigned type, ist, n = error >= 0 ? 6 : 5;

    if (vector * GATE_BYTES + GATE_BYTES - 1 > s->idt.limit ||
        soft_read(v, s->idt.base + vector * GATE_BYTES, gate, sizeof(gate), &at, &code))
        return -1;
    type = DESCRIPTOR_TYPE(gate[0]);
    ist = (unsigned)(gate[0] >> 32) & 7u;
    target = (gate[0] & 0xffffu) | (gate[0] >> 48) << 16 | gate[1] << 32;
    if (!(gate[0] & DESCRIPTOR_PRESENT) || (type != GATE_INTERRUPT && type != GATE_TRAP) ||
        !soft_is_canonical(target))
        return -1;
    if (!s->paravirtual) {
        d = descriptor(v, (uint16_t)(gate[0] >> 16));
        if (!(d & DESCRIPTOR_PRESENT) || (DESCRIPTOR_TYPE(d) & TYPE_CODE) != TYPE_CODE ||
            DESCRIPTOR_DPL(d) || !(d & DESCRIPTOR_LONG))
            return -1;
    }
    if (ist && s->paravirtual)
        sp = s->exception_stack;
    else if (ist && (TASK_IST + 8 * ist - 1 > s->tss.limit ||
                     soft_read(v, s->tss.base + TASK_IST + 8 * (ist - 1), &sp, sizeof(sp), &at,
                               &code)))
        return -1;
    sp &= ~15ull;
    words[0] = error >= 0 ? (uint64_t)error : 0;
    words[1] = soft_frame.rip;
    words[2] = s->selector[SOFT_CS];
    words[3] = soft_flags() | (x86_is_fault(vector) ? X86_RFLAGS_RF : 0);
    words[4] = soft_frame.rsp;
    words[5] = s->selector[SOFT_SS];
    if (soft_write(v, sp - 8 * n, &words[6 - n], 8 * n, &at, &code))
        return -1;
    soft_frame.rsp = sp - 8 * n;
    soft_frame.rip = target;
    soft_frame.cs = SOFT_USER_CODE_64;
    if (!s->paravirtual)
        soft_state.selector[SOFT_CS] = (uint16_t)(gate[0] >> 16);
    if (type == GATE_INTERRUPT)
        soft_state.flags &= ~X86_RFLAGS_IF;
    soft_frame.rflags &= ~(X86_RFLAGS_TF | FLAGS_NT | X86_RFLAGS_RF);
    return 0;
}

void soft_deliver(struct vcpu *v, unsigned vector, int64_t error)
{
    if (!(soft_state.efer & X86_EFER_LMA))
        exits_give_up(v, VMM_CAUSE_SHUTDOWN,
                      "an exception in 32-bit code, which this backend does not deliver",
                      "vector", vector);
    if (!try_deliver(v, vector, error) ||
        (vector != X86_VECTOR_DF && !try_deliver(v, X86_VECTOR_DF, 0)))
        return;
    exits_shutdown(v);
}

void soft_deliver_page_fault(struct vcpu *v, uint64_t linear, uint64_t code)
{
    soft_state.cr2 = linear;
    soft_deliver(v, X86_VECTOR_PF, (int64_t)code);
}

void soft_return(struct vcpu *v, const uint64_t words[5])
{
    if (!soft_is_canonical(words[0])) {
        soft_deliver(v, X86_VECTOR_GP, 0);
        return;
    }
    if (soft_state.paravirtual)
        soft_frame.rip = words[0];
    else
        soft_go_far(v, (uint16_t)words[1], words[0]);
    soft_set_flags(words[2]);
    soft_frame.rsp = words[3];
    soft_state.selector[SOFT_SS] = (uint16_t)words[4];
}
