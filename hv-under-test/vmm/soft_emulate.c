/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/soft_emulate.c - the privileged instructions of a guest in ring 3, and
 * those that the scanner replaced (APM vol. 3, "System Instruction Reference").
 */
#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/cpuid.h"
#include "hv-under-test/vmm/exits.h"
#include "hv-under-test/vmm/insn_operand.h"
#include "hv-under-test/vmm/soft.h"
#include "hv-under-test/vmm/x86.h"

#define CR0_ALLOWED 0xe005003full /* PG CD NW AM WP NE ET TS EM MP PE */
#define CR0_FPU_OFF 0xcull        /* TS EM */
/* DE PSE PAE PGE OSFXSR OSXMMEXCPT: what CPUID shows (cpuid_hide_for_ring3()). */
#define CR4_ALLOWED 0x6b8ull

static const char not_carried[] =
    "the guest used a privileged instruction that this backend does not carry";

static unsigned reg_of(const struct soft_insn *i)
{
    return ((i->modrm >> 3) & 7u) | (i->rex & SOFT_REX_R ? 8u : 0);
}

static unsigned rm_of(const struct soft_insn *i)
{
    return (i->modrm & 7u) | (i->rex & SOFT_REX_B ? 8u : 0);
}

static int is_register(const struct soft_insn *i)
{
    return i->modrm >> 6 == 3;
}

static int is_long(void)
{
    return soft_frame.cs == SOFT_USER_CODE_64;
}

_Noreturn static void give_up(struct vcpu *v, const struct soft_insn *i)
{
    exits_give_up(v, VMM_CAUSE_OTHER, not_carried, "opcode",
                  (uint64_t)i->map << 16 | (uint64_t)i->opcode << 8 | i->modrm);
}

/* The address a ModRM operand names. */
static uint64_t address_of(struct vcpu *v, const struct soft_insn *i)
{
    if (i->segment == 0x64 || i->segment == 0x65)
        give_up(v, i);
    return insn_address(v, i, is_long() ? 64 : 32);
}

/* --- what the guest reads and writes in memory; 0, or -1: it has its page fault --- */

static int load(struct vcpu *v, uint64_t linear, void *to, size_t n)
{
    uint64_t at, code;

    if (!soft_read(v, linear, to, n, &at, &code))
        return 0;
    soft_deliver_page_fault(v, at, code);
    return -1;
}

static int store(struct vcpu *v, uint64_t linear, const void *from, size_t n)
{
    uint64_t at, code;

    if (!soft_write(v, linear, from, n, &at, &code))
        return 0;
    soft_deliver_page_fault(v, at, code);
    return -1;
}

/* --- control registers --- */

void soft_set_cr3(uint64_t value)
{
    soft_state.cr3 = value;
    soft_shadow_flush();
}

static void write_cr0(struct vcpu *v, uint64_t value, unsigned length)
{
    struct soft_state *s = &soft_state;

    value |= X86_CR0_ET;
    if (value & ~CR0_ALLOWED || (value & X86_CR0_PG && !(value & X86_CR0_PE))) {
        soft_deliver(v, X86_VECTOR_GP, 0);
        return;
    }
    if (!(value & X86_CR0_PE) || value & CR0_FPU_OFF)
        exits_give_up(v, VMM_CAUSE_CONTROL_REGISTER,
                      "CR0: real mode and a switched-off FPU are not carried here", "cr0",
                      value);
    if (value & X86_CR0_PG && !(s->cr4 & X86_CR4_PAE && s->efer & X86_EFER_LME))
        exits_give_up(v, VMM_CAUSE_CONTROL_REGISTER,
                      "CR0: of paging only that of long mode is carried here", "cr4", s->cr4);
    if (s->cr0 & X86_CR0_PG && !(value & X86_CR0_PG))
        exits_give_up(v, VMM_CAUSE_CONTROL_REGISTER,
                      "CR0: leaving long mode is not carried here", "cr0", value);
    s->cr0 = value;
    if (value & X86_CR0_PG)
        s->efer |= X86_EFER_LMA;
    soft_shadow_flush();
    soft_skip(v, length);
}

static void write_control(struct vcpu *v, unsigned number, uint64_t value, unsigned length)
{
    struct soft_state *s = &soft_state;

    switch (number) {
    case 0:
        write_cr0(v, value, length);
        return;
    case 2:
        s->cr2 = value;
        break;
    case 3:
        soft_set_cr3(value);
        break;
    case 4:
        if (value & ~CR4_ALLOWED || (s->cr0 & X86_CR0_PG && !(value & X86_CR4_PAE))) {
            soft_deliver(v, X86_VECTOR_GP, 0);
            return;
        }
        s->cr4 = value;
        soft_shadow_flush();
        break;
    case 8:
        if (value & ~0xfull) {
            soft_deliver(v, X86_VECTOR_GP, 0);
            return;
        }
        s->cr8 = value;
        break;
    default:
        soft_deliver(v, X86_VECTOR_UD, -1);
        return;
    }
    soft_skip(v, length);
}

static enum vmm_cause control_register(struct vcpu *v, const struct soft_insn *i)
{
    const struct soft_state *s = &soft_state;
    const uint64_t values[9] = {s->cr0, 0, s->cr2, s->cr3, s->cr4, 0, 0, 0, s->cr8};
    unsigned number = reg_of(i);
    uint64_t *r = vcpu_register(v, rm_of(i));

    if (i->lock && number == 0)
        number = 8; /* AMD's way to CR8 */
    if (number > 8 || number == 1 || (number > 4 && number < 8)) {
        soft_deliver(v, X86_VECTOR_UD, -1);
    } else if (i->opcode == 0x22) {
        write_control(v, number, is_long() ? *r : (uint32_t)*r, i->length);
    } else {
        *r = is_long() ? values[number] : (uint32_t)values[number];
        soft_skip(v, i->length);
    }
    return VMM_CAUSE_CONTROL_REGISTER;
}

/* No debug register is given to the guest: they show their values after reset. */
static enum vmm_cause debug_register(struct vcpu *v, const struct soft_insn *i)
{
    const unsigned number = reg_of(i);
    const uint64_t value = number == 6 ? X86_DR6_RESET : number == 7 ? X86_DR7_RESET : 0;
    uint64_t *r = vcpu_register(v, rm_of(i));

    if (i->opcode == 0x21)
        *r = value;
    else if (*r != value && !(number == 6 && !(*r & 0xeull)))
        exits_give_up(v, VMM_CAUSE_CONTROL_REGISTER,
                      "the guest sets a debug register, which it has not", "value", *r);
    soft_skip(v, i->length);
    return VMM_CAUSE_CONTROL_REGISTER;
}

/* --- flags --- */

static enum vmm_cause set_interrupts(struct vcpu *v, const struct soft_insn *i, int on)
{
    soft_state.flags &= ~X86_RFLAGS_IF;
    soft_state.flags |= on ? X86_RFLAGS_IF : 0;
    soft_skip(v, i->length);
    return VMM_CAUSE_OTHER;
}

static unsigned stack_bytes(const struct soft_insn *i)
{
    return i->operand_size ? 2 : is_long() ? 8 : 4;
}

static void move_stack(struct vcpu *v, int64_t bytes)
{
    *v->rsp += (uint64_t)bytes;
    if (!is_long())
        *v->rsp = (uint32_t)*v->rsp;
}

static enum vmm_cause push_flags(struct vcpu *v, const struct soft_insn *i)
{
    const unsigned n = stack_bytes(i);
    const uint64_t value = soft_flags() & ~(1ull << 16); /* RF reads as 0 */

    if (store(v, *v->rsp - n, &value, n))
        return VMM_CAUSE_OTHER;
    move_stack(v, -(int64_t)n);
    soft_skip(v, i->length);
    return VMM_CAUSE_OTHER;
}

static enum vmm_cause pop_flags(struct vcpu *v, const struct soft_insn *i)
{
    const unsigned n = stack_bytes(i);
    const int stepping = (soft_frame.rflags & 1ull << 8) != 0;
    uint64_t value = 0;

    if (load(v, *v->rsp, &value, n))
        return VMM_CAUSE_OTHER;
    if (n == 2)
        value |= soft_flags() & ~0xffffull;
    move_stack(v, n);
    soft_frame.rip += i->length;
    soft_set_flags(value & ~(1ull << 16));
    if (stepping) /* as it was before this instruction */
        soft_deliver(v, 1, -1);
    return VMM_CAUSE_OTHER;
}

/* --- tables and segments --- */

static enum vmm_cause tables(struct vcpu *v, const struct soft_insn *i)
{
    struct soft_state *s = &soft_state;
    const unsigned reg = (i->modrm >> 3) & 7u, n = is_long() ? 8 : 4;
    struct soft_table *t = reg & 1 ? &s->idt : &s->gdt;
    uint8_t image[10] = {0};
    uint64_t address;

    if (is_register(i) && reg != 4)
        give_up(v, i); /* SWAPGS, MONITOR, XGETBV … */
    switch (reg) {
    case 0:
    case 1:
        __builtin_memcpy(image, &t->limit, 2);
        __builtin_memcpy(image + 2, &t->base, n);
        if (!store(v, address_of(v, i), image, 2 + n))
            soft_skip(v, i->length);
        return VMM_CAUSE_OTHER;
    case 2:
    case 3:
        if (load(v, address_of(v, i), image, 2 + n))
            return VMM_CAUSE_OTHER;
        t->base = 0;
        __builtin_memcpy(&t->limit, image, 2);
        __builtin_memcpy(&t->base, image + 2, n);
        soft_skip(v, i->length);
        return VMM_CAUSE_OTHER;
    case 4: /* SMSW */
        if (!is_register(i))
            give_up(v, i);
        *vcpu_register(v, rm_of(i)) = (uint32_t)s->cr0;
        soft_skip(v, i->length);
        return VMM_CAUSE_OTHER;
    case 7:
        address = address_of(v, i);
        soft_shadow_drop(address);
        soft_skip(v, i->length);
        return VMM_CAUSE_INVLPG;
    default:
        give_up(v, i);
    }
}

static enum vmm_cause task(struct vcpu *v, const struct soft_insn *i)
{
    const unsigned reg = (i->modrm >> 3) & 7u;
    uint64_t *r = vcpu_register(v, rm_of(i));
    const uint64_t before = soft_frame.rip;

    if (!is_register(i) || reg > 3)
        give_up(v, i);
    if (reg < 2) {
        *r = reg ? soft_state.tr : soft_state.ldt;
    } else if (reg == 3) {
        soft_load_task(v, (uint16_t)*r);
    } else if (*r & 0xfffcu) {
        exits_give_up(v, VMM_CAUSE_OTHER, "a local descriptor table is not carried here",
                      "selector", *r);
    }
    if (soft_frame.rip == before)
        soft_skip(v, i->length);
    return VMM_CAUSE_OTHER;
}

static enum vmm_cause move_segment(struct vcpu *v, const struct soft_insn *i)
{
    const unsigned which = (i->modrm >> 3) & 7u;
    const uint64_t before = soft_frame.rip;
    uint64_t *r = vcpu_register(v, rm_of(i));

    if (!is_register(i) || which > SOFT_GS || (i->opcode == 0x8e && which == SOFT_CS))
        give_up(v, i);
    if (i->opcode == 0x8c)
        *r = i->operand_size ? (*r & ~0xffffull) | soft_state.selector[which]
                             : soft_state.selector[which];
    else
        soft_load_segment(v, which, (uint16_t)*r);
    if (soft_frame.rip == before)
        soft_skip(v, i->length);
    return VMM_CAUSE_OTHER;
}

static enum vmm_cause far_jump(struct vcpu *v, const struct soft_insn *i)
{
    soft_go_far(v, (uint16_t)(i->immediate >> 32), (uint32_t)i->immediate);
    return VMM_CAUSE_OTHER;
}

static enum vmm_cause interrupt_return(struct vcpu *v, const struct soft_insn *i)
{
    uint64_t words[5];

    if (!is_long() || !(i->rex & SOFT_REX_W))
        give_up(v, i);
    if (!load(v, *v->rsp, words, sizeof(words)))
        soft_return(v, words);
    return VMM_CAUSE_OTHER;
}

/* --- ports --- */

static enum vmm_cause port(struct vcpu *v, const struct soft_insn *i)
{
    const int named = i->opcode < 0xe8; /* by the instruction, else by DX */
    const struct exits_port p = {.port = (uint16_t)(named ? i->immediate : v->rdx),
                                 .bytes = !(i->opcode & 1)  ? 1
                                          : i->operand_size ? 2
                                                            : 4,
                                 .length = i->length,
                                 .in = !(i->opcode & 2),
                                 .string = i->opcode < 0x70};

    return exits_port(v, &p);
}

static enum vmm_cause emulate_0f(struct vcpu *v, const struct soft_insn *i)
{
    switch (i->opcode) {
    case 0x00:
        return task(v, i);
    case 0x01:
        return tables(v, i);
    case 0x06: /* CLTS: TS is never set; INVD, WBINVD: there is nothing the guest may flush */
    case 0x08:
    case 0x09:
        soft_skip(v, i->length);
        return i->opcode == 0x06 ? VMM_CAUSE_CONTROL_REGISTER : VMM_CAUSE_OTHER;
    case 0x20:
    case 0x22:
        return control_register(v, i);
    case 0x21:
    case 0x23:
        return debug_register(v, i);
    case 0x30:
        return exits_msr_write(v);
    case 0x31:
        return exits_rdtsc(v);
    case 0x32:
        return exits_msr_read(v);
    case 0x33:
        return exits_hidden_instruction(v);
    case 0xa2:
        exits_cpuid_result(v, 0); /* no XSAVE */
        soft_skip(v, i->length);
        return VMM_CAUSE_CPUID;
    default:
        break;
    }
    if (soft_kind_of(i) == SOFT_SELECTORS)
        give_up(v, i);
    soft_deliver(v, X86_VECTOR_GP, 0);
    return VMM_CAUSE_EXCEPTION;
}

static enum vmm_cause emulate_one(struct vcpu *v, const struct soft_insn *i)
{
    switch (i->opcode) {
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x6f:
    case 0xe4:
    case 0xe5:
    case 0xe6:
    case 0xe7:
    case 0xec:
    case 0xed:
    case 0xee:
    case 0xef:
        return port(v, i);
    case 0x8c:
    case 0x8e:
        return move_segment(v, i);
    case 0x9c:
        return push_flags(v, i);
    case 0x9d:
        return pop_flags(v, i);
    case 0xcd:
        *v->rip += i->length;
        soft_deliver(v, (uint8_t)i->immediate, -1);
        return VMM_CAUSE_EXCEPTION;
    case 0xcf:
        return interrupt_return(v, i);
    case 0xea:
        return far_jump(v, i);
    case 0xf4:
        return exits_hlt(v);
    case 0xfa:
    case 0xfb:
        return set_interrupts(v, i, i->opcode == 0xfb);
    case 0xca:
    case 0xcb:
        give_up(v, i);
    default:
        break;
    }
    if (soft_kind_of(i) == SOFT_SELECTORS ||
        (i->opcode == 0xff && ((i->modrm >> 3 & 7u) == 3 || (i->modrm >> 3 & 7u) == 5)))
        give_up(v, i);
    soft_deliver(v, X86_VECTOR_GP, 0);
    return VMM_CAUSE_EXCEPTION;
}

enum vmm_cause soft_emulate(struct vcpu *v)
{
    uint8_t code[15];
    size_t n = soft_fetch(v, code, sizeof(code));
    struct soft_insn i;

    if (!soft_decode(code, n, is_long() ? 64 : 32, &i)) {
        if (i.map == SOFT_MAP_ONE)
            return emulate_one(v, &i);
        if (i.map == SOFT_MAP_0F)
            return emulate_0f(v, &i);
    }
    soft_deliver(v, X86_VECTOR_GP, 0);
    return VMM_CAUSE_EXCEPTION;
}
