/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/exits.c - handlers by neutral cause (vmm/exits.h). */
#include "hv-under-test/vmm/exits.h"

#include "hv-under-test/vmm/accounts.h"
#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/cpuid.h"
#include "hv-under-test/vmm/devices.h"
#include "hv-under-test/vmm/guest.h"
#include "hv-under-test/vmm/guest_walk.h"
#include "hv-under-test/vmm/guests.h"
#include "hv-under-test/vmm/host_timer.h"
#include "hv-under-test/vmm/insn.h"
#include "hv-under-test/vmm/linear.h"
#include "hv-under-test/vmm/report.h"
#include "hv-under-test/vmm/restore.h"
#include "hv-under-test/vmm/ring.h"
#include "hv-under-test/vmm/serial.h"
#include "hv-under-test/vmm/time.h"
#include "hv-under-test/vmm/x86.h"

static const struct exits_ports console_passed[] = {{SERIAL_PORT, SERIAL_LAST_PORT}, {0, 0}};
static const struct exits_ports none_passed[] = {{0, 0}};

const struct exits_ports *exits_passed_ports = console_passed;

void exits_trap_console(void)
{
    exits_passed_ports = none_passed;
}

static int halt_is_good_end;       /* exits_halt_ends() */
static uint32_t emulated_register; /* abi.h: scratch at offset 0 of the register page */

uint64_t *vcpu_register(struct vcpu *v, unsigned number)
{
    uint64_t *const registers[16] = {v->rax,  &v->rcx, &v->rdx, &v->rbx, v->rsp,  &v->rbp,
                                     &v->rsi, &v->rdi, &v->r8,  &v->r9,  &v->r10, &v->r11,
                                     &v->r12, &v->r13, &v->r14, &v->r15};

    return registers[number & 15u];
}

static void book(struct vcpu *v, enum vmm_cause cause)
{
    accounts_close(cause, x86_rdtsc() - v->exit_tsc);
}

__attribute__((noinline, cold)) _Noreturn void exits_give_up(struct vcpu *v,
                                                             enum vmm_cause cause,
                                                             const char *reason,
                                                             const char *key, uint64_t value)
{
    const struct report_detail details[] = {{"guest_rip", *v->rip},
                                            {"guest_rsp", *v->rsp},
                                            {"guest_rflags", *v->rflags},
                                            {key, value}};

    book(v, cause);
    report_error(reason, details, key ? 4 : 3);
}

/* The instruction in memory is none that could have exited here, or not this one. The guest's
 * programs must not end the machine: theirs is #UD. */
static void refuse(struct vcpu *v, const struct guest_mode *mode, enum vmm_cause cause,
                   const char *reason, const char *key, uint64_t value)
{
    if (mode->cpl != 3)
        exits_give_up(v, cause, reason, key, value);
    v->backend->inject(v, X86_VECTOR_UD, -1);
}

static void refuse_kind(struct vcpu *v, const struct guest_mode *mode, enum vmm_cause cause,
                        enum insn_kind kind)
{
    refuse(v, mode, cause, "the instruction in memory is not the one that exited", "kind",
           kind);
}

/* The instruction that exited. 0, or -1: refused. */
static int fetch_in(struct vcpu *v, const struct guest_mode *mode, enum vmm_cause cause,
                    struct insn *insn)
{
    uint8_t code[LINEAR_FETCH_BYTES];
    size_t n = linear_fetch(mode, mode->code_base + *v->rip, code);

    if (insn_decode(code, n, mode->code_bits, insn)) {
        uint64_t bytes = 0;

        for (size_t i = 0; i < n && i < 8; i++)
            bytes = bytes << 8 | code[i];
        refuse(v, mode, cause, "an instruction that exited cannot be emulated", "code", bytes);
        return -1;
    }
    return 0;
}

/* Go behind the instruction that exited, which must be `kind`. 0, or -1: refused. */
static int skip_in(struct vcpu *v, const struct guest_mode *mode, enum vmm_cause cause,
                   enum insn_kind kind)
{
    struct insn insn;

    if (fetch_in(v, mode, cause, &insn))
        return -1;
    if (insn.kind != kind) {
        refuse_kind(v, mode, cause, insn.kind);
        return -1;
    }
    v->backend->skip(v, insn.length);
    return 0;
}

/* Of an instruction that programs do not have. */
static void skip_one(struct vcpu *v, enum vmm_cause cause, enum insn_kind kind)
{
    struct guest_mode mode;

    v->backend->mode(v, &mode);
    skip_in(v, &mode, cause, kind);
}

/* A guest's programs may cost it an exit, and no more. */
static int is_privileged(struct vcpu *v)
{
    struct guest_mode mode = {0};

    v->backend->mode(v, &mode);
    return mode.cpl == 0;
}

uint64_t exits_hypercall(struct vcpu *v, uint64_t number)
{
    switch (number) {
    case VMM_HYPERCALL_NOP:
        return 0;
    case VMM_HYPERCALL_SHUTDOWN:
        if (!is_privileged(v))
            return UINT64_MAX;
        book(v, VMM_CAUSE_HYPERCALL);
        report_end();
    case VMM_HYPERCALL_CHECKPOINT:
        return is_privileged(v) ? restore_checkpoint(v) : UINT64_MAX;
    case VMM_HYPERCALL_RING_KICK:
        return is_privileged(v) ? ring_kick() : UINT64_MAX;
    case VMM_HYPERCALL_YIELD:
        return guests_yield(v);
    default:
        return UINT64_MAX; /* -1: unknown number */
    }
}

void exits_cpuid_result(struct vcpu *v, uint64_t cr4)
{
    const uint32_t leaf = (uint32_t)*v->rax, subleaf = (uint32_t)v->rcx;
    const struct x86_cpuid r = cpuid_for_guest(leaf, subleaf, cr4, x86_cpuid(leaf, subleaf));

    *v->rax = r.eax;
    v->rbx = r.ebx;
    v->rcx = r.ecx;
    v->rdx = r.edx;
}

enum vmm_cause exits_cpuid(struct vcpu *v)
{
    struct guest_mode mode;

    v->backend->mode(v, &mode);
    if (!skip_in(v, &mode, VMM_CAUSE_CPUID, INSN_CPUID))
        exits_cpuid_result(v, mode.cr4);
    return VMM_CAUSE_CPUID;
}

void exits_rdtsc_result(struct vcpu *v)
{
    const uint64_t tsc = time_guest_tsc();

    *v->rax = (uint32_t)tsc;
    v->rdx = tsc >> 32;
}

enum vmm_cause exits_rdtsc(struct vcpu *v)
{
    struct guest_mode mode;
    struct insn insn;

    v->backend->mode(v, &mode);
    if (fetch_in(v, &mode, VMM_CAUSE_RDTSC, &insn))
        return VMM_CAUSE_RDTSC;
    if (insn.kind == INSN_RDTSCP) /* an emulator reports it as RDTSC; the guest has none */
        return exits_hidden_instruction(v);
    if (insn.kind != INSN_RDTSC) {
        refuse_kind(v, &mode, VMM_CAUSE_RDTSC, insn.kind);
        return VMM_CAUSE_RDTSC;
    }
    exits_rdtsc_result(v);
    v->backend->skip(v, insn.length);
    return VMM_CAUSE_RDTSC;
}

static void read_port(struct vcpu *v, const struct exits_port *p)
{
    uint64_t mask = p->bytes == 4 ? UINT64_MAX : (1ull << (8 * p->bytes)) - 1;
    uint32_t value = devices_empty(p->port) ? 0xffffffffu : devices_read(v, p->port, p->bytes);

    /* A 32-bit result clears the upper half, as any 32-bit write to a register. */
    *v->rax = (*v->rax & ~mask) | (value & mask);
}

/* Ports with no device behind them behave as a bus with nothing there. */
enum vmm_cause exits_port(struct vcpu *v, const struct exits_port *p)
{
    enum vmm_cause cause = p->in ? VMM_CAUSE_PORT_IN : VMM_CAUSE_PORT_OUT;

    if (p->string)
        exits_give_up(v, cause, "string input and output is not emulated", "port", p->port);
    if (p->in)
        read_port(v, p);
    else if (!devices_empty(p->port))
        devices_write(v, p->port, p->bytes, (uint32_t)*v->rax);
    v->backend->skip(v, p->length);
    return cause;
}

static int read_msr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    if (msr == X86_MSR_TSC) {
        *value = time_guest_tsc();
        return 0;
    }
    /* Linux asks every AMD processor without looking whether it may: no C1E here. */
    if (msr == X86_MSR_INTERRUPT_PENDING) {
        *value = 0;
        return 0;
    }
    return v->backend->msr_read(v, msr, value);
}

int exits_is_efer(const struct vcpu *v, uint64_t value)
{
    const uint64_t allowed = X86_EFER_SCE | X86_EFER_LME | X86_EFER_LMA | X86_EFER_NXE;
    struct guest_mode mode;

    v->backend->mode(v, &mode);
    return !(value & ~allowed) &&
           !((value ^ mode.efer) & X86_EFER_LME && mode.cr0 & X86_CR0_PG);
}

int exits_is_pat(uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        unsigned type = (value >> (8 * i)) & 0xffu;

        if (type > 7 || type == 2 || type == 3)
            return 0;
    }
    return 1;
}

int exits_msr_read_result(struct vcpu *v)
{
    uint64_t value;

    if (read_msr(v, (uint32_t)v->rcx, &value)) {
        v->backend->inject(v, X86_VECTOR_GP, 0);
        return -1;
    }
    *v->rax = (uint32_t)value;
    v->rdx = value >> 32;
    return 0;
}

enum vmm_cause exits_msr_read(struct vcpu *v)
{
    if (!exits_msr_read_result(v))
        skip_one(v, VMM_CAUSE_MSR_READ, INSN_RDMSR);
    return VMM_CAUSE_MSR_READ;
}

int exits_msr_write_result(struct vcpu *v)
{
    const uint64_t value = v->rdx << 32 | (uint32_t)*v->rax;

    if (!v->backend->msr_write(v, (uint32_t)v->rcx, value))
        return 0;
    v->backend->inject(v, X86_VECTOR_GP, 0);
    return -1;
}

enum vmm_cause exits_msr_write(struct vcpu *v)
{
    if (!exits_msr_write_result(v))
        skip_one(v, VMM_CAUSE_MSR_WRITE, INSN_WRMSR);
    return VMM_CAUSE_MSR_WRITE;
}

enum vmm_cause exits_memory_fault(struct vcpu *v, const struct exits_memory_fault *f)
{
    struct guest_mode mode;
    struct insn insn;

    if (f->guest != GUEST_REGISTER_PAGE || f->nested_event ||
        (f->code & (GUEST_CODE_FETCH | GUEST_CODE_TABLE_WALK)))
        exits_give_up(v, VMM_CAUSE_NESTED_FAULT,
                      "the guest reached for memory it does not have", "guest_physical",
                      f->guest);
    v->backend->mode(v, &mode);
    if (fetch_in(v, &mode, VMM_CAUSE_MMIO, &insn))
        return VMM_CAUSE_MMIO;
    switch (insn.kind) {
    case INSN_STORE32:
        emulated_register = (uint32_t)*vcpu_register(v, insn.reg);
        break;
    case INSN_STORE32_IMM:
        emulated_register = insn.immediate;
        break;
    case INSN_LOAD32:
        *vcpu_register(v, insn.reg) = emulated_register;
        break;
    default:
        refuse_kind(v, &mode, VMM_CAUSE_MMIO, insn.kind);
        return VMM_CAUSE_MMIO;
    }
    v->backend->skip(v, insn.length);
    return VMM_CAUSE_MMIO;
}

uint32_t exits_emulated_register(void)
{
    return emulated_register;
}

void exits_set_emulated_register(uint32_t value)
{
    emulated_register = value;
}

enum vmm_cause exits_hidden_instruction(struct vcpu *v)
{
    v->backend->inject(v, X86_VECTOR_UD, -1);
    return VMM_CAUSE_OTHER;
}

/* The hypervisor has no state of its own in the registers that XCR0 governs, so the guest's value
 * stays loaded all the time. */
static int set_xcr0(struct vcpu *v, const struct guest_mode *mode)
{
    const uint64_t value = v->rdx << 32 | (uint32_t)*v->rax;

    if (!(mode->cr4 & X86_CR4_OSXSAVE)) {
        exits_hidden_instruction(v);
        return -1;
    }
    if (mode->cpl || (uint32_t)v->rcx ||
        !cpuid_allows_states(value, x86_cpuid(CPUID_XSAVE_STATES, 0).eax)) {
        v->backend->inject(v, X86_VECTOR_GP, 0);
        return -1;
    }
    x86_xsetbv(0, value);
    return 0;
}

int exits_xsetbv_result(struct vcpu *v)
{
    struct guest_mode mode = {0};

    v->backend->mode(v, &mode);
    return set_xcr0(v, &mode);
}

enum vmm_cause exits_xsetbv(struct vcpu *v)
{
    struct guest_mode mode = {0};

    v->backend->mode(v, &mode);
    if (!set_xcr0(v, &mode))
        skip_in(v, &mode, VMM_CAUSE_OTHER, INSN_XSETBV);
    return VMM_CAUSE_OTHER;
}

/* Dropping the caches would drop what the hypervisor has written: they are written back. */
enum vmm_cause exits_invd(struct vcpu *v)
{
    x86_wbinvd();
    skip_one(v, VMM_CAUSE_OTHER, INSN_INVD);
    return VMM_CAUSE_OTHER;
}

void exits_halt_ends(int good)
{
    halt_is_good_end = good;
}

void exits_hlt_check(struct vcpu *v)
{
    const int interruptible = (*v->rflags & X86_RFLAGS_IF) != 0;

    if (!interruptible && halt_is_good_end) {
        book(v, VMM_CAUSE_HLT);
        report_end();
    }
    if (!interruptible || !v->backend->post ||
        !(devices_interrupt_waits(v) || devices_may_interrupt()))
        exits_give_up(v, VMM_CAUSE_HLT, "the guest halted and nothing can wake it", NULL, 0);
}

void exits_hlt_wait(struct vcpu *v)
{
    while (!devices_interrupt_waits(v)) {
        if (guests_halt(v))
            continue;
        v->backend->interrupts(1);
        devices_service(v);
        host_timer_service(v);
    }
}

enum vmm_cause exits_hlt(struct vcpu *v)
{
    exits_hlt_check(v);
    skip_one(v, VMM_CAUSE_HLT, INSN_HLT);
    exits_hlt_wait(v);
    return VMM_CAUSE_HLT;
}

enum vmm_cause exits_shutdown(struct vcpu *v)
{
    exits_give_up(v, VMM_CAUSE_SHUTDOWN, "the guest shut down: triple fault", NULL, 0);
}

enum vmm_cause exits_nmi(struct vcpu *v)
{
    exits_give_up(v, VMM_CAUSE_INTERRUPT, "a non-maskable interrupt arrived", NULL, 0);
}

enum vmm_cause exits_interrupt(struct vcpu *v)
{
    v->backend->interrupts(0);
    devices_service(v);
    host_timer_service(v);
    return VMM_CAUSE_INTERRUPT;
}

enum vmm_cause exits_unknown(struct vcpu *v, uint64_t code)
{
    exits_give_up(v, VMM_CAUSE_OTHER, "an exit without a handler", "code", code);
}

enum vmm_cause exits_refused(struct vcpu *v)
{
    exits_give_up(v, VMM_CAUSE_OTHER, "the processor refused the guest's state", NULL, 0);
}
