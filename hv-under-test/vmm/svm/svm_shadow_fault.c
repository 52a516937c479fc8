/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/svm/svm_shadow_fault.c - page faults under shadow paging: the shadow's
 * own, the guest's, devices, and with shadow-eager writes to the guest's tables
 * (vmm/svm/svm_shadow.h). References: APM vol. 2 sections 15.7.2 (interrupted events),
 * 15.12.15 (#PF), 8.2.9 (#DF).
 */
#include "hv-under-test/vmm/svm/svm_shadow.h"

#include "hv-under-test/vmm/accounts.h"
#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/exits.h"
#include "hv-under-test/vmm/guest/guest.h"
#include "hv-under-test/vmm/paging/guest_walk.h"
#include "hv-under-test/vmm/machine/host_interrupt.h"
#include "hv-under-test/vmm/decode/insn_operand.h"
#include "hv-under-test/vmm/paging/paging.h"
#include "hv-under-test/vmm/paging/shadow.h"
#include "hv-under-test/vmm/machine/x86.h"

#define EXITS_OF_A_RETRY 8u
#define RETRIES 4u

static struct {
    uint64_t physical, rip, rcx, exits;
    unsigned times;
} given_up; /* the last table, and for what */

/*
 * The event that a fault of the shadow has cut short. An interrupt waits again, for so it
 * comes whatever the emulator has made of it: TCG reports any event as an exception and leaves
 * V_IRQ set. INT3, INTO and INT n come again with their instruction.
 */
enum event { EVENT_NONE, EVENT_INTERRUPT, EVENT_INSTRUCTION, EVENT_EXCEPTION };

static enum event event_of(uint64_t info)
{
    const unsigned vector = info & 0xffu, type = SVM_EVENT_TYPE(info);

    if (!(info & SVM_EVENT_VALID))
        return EVENT_NONE;
    if (type == SVM_EVENT_SOFTWARE ||
        (type == SVM_EVENT_EXCEPTION && (vector == X86_VECTOR_BP || vector == X86_VECTOR_OF)))
        return EVENT_INSTRUCTION;
    if (type == SVM_EVENT_INTERRUPT || vector >= HOST_INTERRUPT_FIRST)
        return EVENT_INTERRUPT;
    return EVENT_EXCEPTION;
}

static void repeat_event(struct vcpu *v)
{
    struct svm_vmcb *b = svm_vmcb_of(v);
    const uint64_t info = b->exit_interrupt;

    switch (event_of(info)) {
    case EVENT_INTERRUPT:
        v->backend->post(v, info & 0xffu);
        break;
    case EVENT_EXCEPTION:
        b->event_injection = info;
        break;
    case EVENT_INSTRUCTION:
    case EVENT_NONE:
    default:
        break;
    }
}

static int is_contributory(unsigned vector)
{
    return vector == 0 || (vector >= 10 && vector <= 14);
}

/* The guest's own page fault, perhaps on the way to a handler (section 8.2.9: double faults). */
static void deliver(struct vcpu *v, uint64_t linear, uint64_t code)
{
    struct svm_vmcb *b = svm_vmcb_of(v);
    const unsigned vector = b->exit_interrupt & 0xffu;

    switch (event_of(b->exit_interrupt)) {
    case EVENT_INTERRUPT:
        v->backend->post(v, vector);
        break;
    case EVENT_EXCEPTION:
        if (vector == X86_VECTOR_DF)
            exits_shutdown(v);
        if (is_contributory(vector)) {
            v->backend->inject(v, X86_VECTOR_DF, 0);
            return;
        }
        break;
    case EVENT_INSTRUCTION:
    case EVENT_NONE:
    default:
        break;
    }
    b->cr2 = linear;
    v->backend->inject(v, X86_VECTOR_PF, (int64_t)code);
}

/* Has the same step of the same instruction asked before, with no more exits between than it takes
 * to get there? It then writes the table that translates its own operand. */
static int makes_no_progress(const struct vcpu *v, uint64_t physical)
{
    const uint64_t exits = accounts_page.a.exits_total;
    const int same = given_up.physical == physical && given_up.rip == *v->rip &&
                     given_up.rcx == v->rcx && exits - given_up.exits <= EXITS_OF_A_RETRY;

    given_up.times = same ? given_up.times + 1 : 0;
    given_up.physical = physical;
    given_up.rip = *v->rip;
    given_up.rcx = v->rcx;
    given_up.exits = exits;
    return given_up.times == RETRIES;
}

/* 0, or -1: the instruction is not carried. */
static int emulate_write(struct vcpu *v, uint64_t linear, uint64_t physical)
{
    const unsigned room = (unsigned)(PAGING_PAGE_BYTES - physical % PAGING_PAGE_BYTES);
    struct guest_mode m;
    struct soft_insn i;
    int bytes;

    if (event_of(svm_vmcb_of(v)->exit_interrupt) != EVENT_NONE ||
        svm_shadow_fetch(v, &m, &i) || m.code_bits == 16 ||
        svm_shadow_linear(v, &m, &i, insn_write_address(v, &i, m.code_bits)) != linear)
        return -1;
    bytes = insn_write(v, &i, guest_pointer(physical, room), room);
    if (bytes < 0)
        return -1;
    shadow_written(physical, (unsigned)bytes);
    v->backend->skip(v, i.length);
    return 0;
}

/* 0, or -1. Kernels clear a root that is in use by REP STOS. */
static int emulate_fill(struct vcpu *v, uint64_t linear, uint64_t physical)
{
    const unsigned room = (unsigned)(PAGING_PAGE_BYTES - physical % PAGING_PAGE_BYTES);
    struct guest_mode m;
    struct soft_insn i;
    int bytes, whole;

    if (event_of(svm_vmcb_of(v)->exit_interrupt) != EVENT_NONE ||
        svm_shadow_fetch(v, &m, &i) || m.code_bits != 64 || v->rdi != linear)
        return -1;
    bytes = insn_fill(v, &i, guest_pointer(physical, room), room, &whole);
    if (bytes < 0)
        return -1;
    shadow_written(physical, (unsigned)bytes);
    if (whole)
        v->backend->skip(v, i.length);
    return 0;
}

/* A write to a table of the guest. What insn_write() does not carry is let through, after the
 * table has lost its shadow; but the root in use cannot lose it. */
static void write_table(struct vcpu *v, uint64_t linear, uint64_t physical)
{
    if (!emulate_write(v, linear, physical))
        return;
    if (!makes_no_progress(v, physical) && !shadow_unshadow(physical)) {
        repeat_event(v);
        return;
    }
    if (emulate_fill(v, linear, physical))
        exits_give_up(
            v, VMM_CAUSE_PAGE_FAULT,
            "shadow-eager: the guest writes a table in use by an instruction that is "
            "not carried",
            "address", linear);
}

/* One byte of the guest's memory for an access of its own; NULL: it has its page fault. */
static uint8_t *reach(struct vcpu *v, uint64_t linear, uint64_t access, uint64_t *physical)
{
    struct svm_vmcb *b = svm_vmcb_of(v);
    struct guest_walk w;

    access |= (b->cpl == 3 ? GUEST_CODE_USER : 0) |
              (b->rflags & X86_RFLAGS_AC ? GUEST_ACCESS_AC : 0);
    switch (guest_walk(svm_shadow_guest(), linear, access, &w)) {
    case GUEST_WALK_FAULT:
        b->cr2 = linear;
        v->backend->inject(v, X86_VECTOR_PF, (int64_t)w.code);
        return NULL;
    case GUEST_WALK_NO_MEMORY:
        break;
    case GUEST_WALK_MAPPED:
    default:
        guest_walk_mark(&w, access);
    }
    *physical = w.physical;
    if (!guest_pointer(w.physical, 1))
        exits_give_up(v, VMM_CAUSE_CONTROL_REGISTER,
                      "the guest reached for memory it does not have", "guest_physical",
                      w.physical);
    return guest_pointer(w.physical, 1);
}

int svm_shadow_load16(struct vcpu *v, uint64_t linear, uint16_t *value)
{
    uint64_t physical;
    const uint8_t *low = reach(v, linear, 0, &physical);
    const uint8_t *high = low ? reach(v, linear + 1, 0, &physical) : NULL;

    if (!high)
        return -1;
    *value = (uint16_t)(*low | *high << 8);
    return 0;
}

int svm_shadow_store16(struct vcpu *v, uint64_t linear, uint16_t value)
{
    uint64_t at[2];
    uint8_t *low = reach(v, linear, GUEST_CODE_WRITE, &at[0]);
    uint8_t *high = low ? reach(v, linear + 1, GUEST_CODE_WRITE, &at[1]) : NULL;

    if (!high)
        return -1;
    *low = (uint8_t)value;
    *high = (uint8_t)(value >> 8);
    for (unsigned i = 0; i < 2; i++)
        shadow_written(at[i], 1);
    return 0;
}

enum vmm_cause svm_shadow_page_fault(struct vcpu *v)
{
    struct svm_vmcb *b = svm_vmcb_of(v);
    const uint64_t code = b->exit_info_1;
    const uint64_t linear =
        svm_shadow_guest()->efer & X86_EFER_LMA ? b->exit_info_2 : (uint32_t)b->exit_info_2;
    const int implicit = b->cpl == 3 && !(code & GUEST_CODE_USER);
    uint64_t access = code & (GUEST_CODE_WRITE | GUEST_CODE_USER | GUEST_CODE_FETCH);
    struct exits_memory_fault f = {.code = access,
                                   .nested_event = (b->exit_interrupt & SVM_EVENT_VALID) != 0};
    struct shadow_outcome out;

    access |= b->rflags & X86_RFLAGS_AC && !implicit ? GUEST_ACCESS_AC : 0;
    switch (shadow_fault(svm_shadow_guest(), linear, access, &out)) {
    case SHADOW_GUEST_FAULT:
        deliver(v, linear, out.code);
        break;
    case SHADOW_NO_TABLE:
        f.code |= GUEST_CODE_TABLE_WALK;
        f.guest = out.physical;
        return exits_memory_fault(v, &f);
    case SHADOW_MEMORY:
        f.guest = out.physical;
        return exits_memory_fault(v, &f);
    case SHADOW_TABLE_WRITE:
        write_table(v, linear, out.physical);
        break;
    case SHADOW_ENTERED:
    default:
        repeat_event(v);
        break;
    }
    svm_shadow_apply_root(b);
    return VMM_CAUSE_PAGE_FAULT;
}
