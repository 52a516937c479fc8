/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/svm_neighbour.c - guests beside the first one (vmm/svm_neighbour.h). */
#include "hv-under-test/vmm/svm_neighbour.h"

#include <stddef.h>

#include "hv-under-test/vmm/extended.h"
#include "hv-under-test/vmm/sched.h"
#include "hv-under-test/vmm/x86.h"

#define NEIGHBOURS (SCHED_MOST - 1)
#define FIRST_ASID 2u /* guest 0 has 1 */

#define CODE_64 0xa9bu /* segment attributes, section 15.5.1 */
#define DATA_32 0xc93u
#define TSS_BUSY_64 0x08bu
#define LDT_EMPTY 0x082u
#define V_INTR_MASKING (1ull << 24)
#define NESTED_PAGING_ENABLE 1ull

#define IOIO_IN 1u /* section 15.10.2 */
#define IOIO_STRING 4u
#define IOIO_REPEATED 8u

#define CPUID_BYTES 2u /* without prefixes: with them it is the load's mistake */
#define INVD_BYTES 2u
#define HLT_BYTES 1u

_Static_assert(sizeof(struct svm_neighbour_registers) == 8 * SVM_NEIGHBOUR_REGISTERS,
               "as svm_neighbour_entry.S has them");
_Static_assert(offsetof(struct svm_neighbour_registers, rdi) == 4 * 8, "the last one loaded");

/* What no entry loads and no exit saves, beside the general registers. */
static struct world {
    struct svm_vmcb *block; /* has the rest, by VMSAVE */
    uint64_t debug[4];
    struct extended_state extended;
} world[SCHED_MOST];

static struct svm_vmcb block[NEIGHBOURS] __attribute__((aligned(4096)));
static struct svm_neighbour_registers registers[NEIGHBOURS];
/* Every port and every register exits. */
static uint8_t io_map[12288] __attribute__((aligned(4096)));
static uint8_t msr_map[8192] __attribute__((aligned(4096)));
static uint8_t tlb;

void svm_neighbours_start(struct svm_vmcb *first, uint8_t tlb_control)
{
    world[0].block = first;
    tlb = tlb_control;
    __builtin_memset(io_map, 0xff, sizeof(io_map));
    __builtin_memset(msr_map, 0xff, sizeof(msr_map));
}

static const char *unavailable(unsigned guests)
{
    /* Of address space identifiers, 0 is the hypervisor's. */
    return x86_cpuid(0x8000000au, 0).ebx > guests
               ? NULL
               : "guests: this processor has fewer address space identifiers";
}

static void start_state(struct svm_vmcb *b)
{
    const struct svm_segment data = {.attributes = DATA_32, .limit = 0xffffffffu};

    b->cs = (struct svm_segment){.attributes = CODE_64, .limit = 0xffffffffu};
    b->ds = b->es = b->ss = b->fs = b->gs = data;
    b->tr = (struct svm_segment){.attributes = TSS_BUSY_64, .limit = 0x67};
    b->ldtr = (struct svm_segment){.attributes = LDT_EMPTY};
    b->cr0 = X86_CR0_PE | X86_CR0_ET | X86_CR0_PG;
    b->cr3 = NEIGHBOUR_TABLES;
    b->cr4 = X86_CR4_PAE | X86_CR4_OSFXSR;
    b->efer = X86_EFER_SVME | X86_EFER_LME | X86_EFER_LMA;
    b->rflags = X86_RFLAGS_ONE;
    b->dr6 = X86_DR6_RESET;
    b->dr7 = X86_DR7_RESET;
    b->guest_pat = X86_PAT_RESET;
    b->rip = NEIGHBOUR_ENTRY;
    b->rsp = NEIGHBOUR_STACK_TOP;
}

/* The first 4 GiB at their own addresses: the load may name whatever it likes. */
static void own_tables(uint8_t *memory)
{
    uint64_t *table = (uint64_t *)(void *)(memory + NEIGHBOUR_TABLES);
    const uint64_t bits = X86_PTE_PRESENT | X86_PTE_WRITE;

    table[0] = (NEIGHBOUR_TABLES + 0x1000) | bits;
    for (uint64_t i = 0; i < 4; i++)
        table[512 + i] = (NEIGHBOUR_TABLES + 0x2000 + i * 0x1000) | bits;
    for (uint64_t i = 0; i < 4ull * 512; i++)
        table[2 * 512 + i] = i << 21 | bits | X86_PTE_LARGE;
}

static void prepare(unsigned number, uint8_t *memory, uint64_t page_root)
{
    struct svm_vmcb *b = &block[number - 1];

    own_tables(memory);
    svm_protect(b);
    b->io_map = (uint64_t)(uintptr_t)io_map;
    b->msr_map = (uint64_t)(uintptr_t)msr_map;
    b->asid = FIRST_ASID + number - 1;
    b->tlb_control = tlb;
    b->virtual_interrupt = V_INTR_MASKING;
    b->nested_paging = NESTED_PAGING_ENABLE;
    b->nested_cr3 = page_root;
    start_state(b);
    registers[number - 1].rdi = number;
    world[number].block = b;
    extended_reset(&world[number].extended);
}

static void put_aside(struct world *w)
{
    __asm__ volatile("vmsave %0" : : "a"(w->block) : "memory");
    __asm__ volatile("mov %%dr0, %0; mov %%dr1, %1; mov %%dr2, %2; mov %%dr3, %3"
                     : "=r"(w->debug[0]), "=r"(w->debug[1]), "=r"(w->debug[2]),
                       "=r"(w->debug[3]));
    extended_save(&w->extended);
}

static void put_back(const struct world *w)
{
    __asm__ volatile("vmload %0" : : "a"(w->block) : "memory");
    __asm__ volatile("mov %0, %%dr0; mov %1, %%dr1; mov %2, %%dr2; mov %3, %%dr3"
                     :
                     : "r"(w->debug[0]), "r"(w->debug[1]), "r"(w->debug[2]), "r"(w->debug[3]));
    extended_restore(&w->extended);
}

static void hand_over(unsigned from, unsigned to)
{
    put_aside(&world[from]);
    put_back(&world[to]);
}

static void answer(unsigned number, uint64_t rax)
{
    struct svm_vmcb *b = &block[number - 1];

    b->rax = rax;
    svm_go_on(b, b->rip + SVM_VMMCALL_BYTES);
}

/* --- exits --- */

static struct neighbour_exit refuse(struct svm_vmcb *b, unsigned vector, enum vmm_cause cause)
{
    b->event_injection = vector | (uint64_t)SVM_EVENT_EXCEPTION << 8 | SVM_EVENT_VALID;
    if (vector == X86_VECTOR_GP)
        b->event_injection |= SVM_EVENT_HAS_ERROR;
    return (struct neighbour_exit){.event = NEIGHBOUR_GOES_ON, .cause = cause};
}

static struct neighbour_exit skip(struct svm_vmcb *b, unsigned bytes, enum vmm_cause cause)
{
    svm_go_on(b, b->rip + bytes);
    return (struct neighbour_exit){.event = NEIGHBOUR_GOES_ON, .cause = cause};
}

static struct neighbour_exit ends(enum vmm_cause cause, const char *reason)
{
    return (struct neighbour_exit){.event = NEIGHBOUR_ENDS, .cause = cause, .reason = reason};
}

/* A bus with nothing there. */
static struct neighbour_exit port(struct svm_vmcb *b)
{
    const int in = (b->exit_info_1 & IOIO_IN) != 0;
    const unsigned bytes = (b->exit_info_1 >> 4) & 7u;
    const enum vmm_cause cause = in ? VMM_CAUSE_PORT_IN : VMM_CAUSE_PORT_OUT;

    if (b->exit_info_1 & (IOIO_STRING | IOIO_REPEATED))
        return refuse(b, X86_VECTOR_GP, cause);
    if (in)
        b->rax = bytes == 4 ? 0xffffffffu : b->rax | ((1ull << (8 * bytes)) - 1);
    svm_go_on(b, b->exit_info_2);
    return (struct neighbour_exit){.event = NEIGHBOUR_GOES_ON, .cause = cause};
}

static struct neighbour_exit nothing_of_cpuid(struct svm_vmcb *b,
                                              struct svm_neighbour_registers *r)
{
    b->rax = r->rbx = r->rcx = r->rdx = 0;
    return skip(b, CPUID_BYTES, VMM_CAUSE_CPUID);
}

static struct neighbour_exit interrupted(struct svm_vmcb *b)
{
    /* An event that was being delivered is delivered again (section 15.7.2). */
    if (b->exit_interrupt & SVM_EVENT_VALID)
        b->event_injection = b->exit_interrupt;
    return (struct neighbour_exit){.event = NEIGHBOUR_INTERRUPTED,
                                   .cause = VMM_CAUSE_INTERRUPT};
}

static struct neighbour_exit serve(struct svm_vmcb *b, struct svm_neighbour_registers *r)
{
    switch (b->exit_code & SVM_EXIT_MASK) {
    case SVM_EXIT_INTR:
        return interrupted(b);
    case SVM_EXIT_VMMCALL:
        return (struct neighbour_exit){.event = NEIGHBOUR_ASKS,
                                       .cause = VMM_CAUSE_HYPERCALL,
                                       .number = b->rax,
                                       .argument = r->rdi};
    case SVM_EXIT_HLT:
        svm_go_on(b, b->rip + HLT_BYTES);
        return (struct neighbour_exit){.event = NEIGHBOUR_HALTS, .cause = VMM_CAUSE_HLT};
    case SVM_EXIT_CPUID:
        return nothing_of_cpuid(b, r);
    case SVM_EXIT_IOIO:
        return port(b);
    case SVM_EXIT_MSR:
        return refuse(b, X86_VECTOR_GP,
                      b->exit_info_1 & 1u ? VMM_CAUSE_MSR_WRITE : VMM_CAUSE_MSR_READ);
    case SVM_EXIT_INVD: /* it would drop what others have written */
        return skip(b, INVD_BYTES, VMM_CAUSE_OTHER);
    case SVM_EXIT_NESTED_FAULT:
        if (b->exit_interrupt & SVM_EVENT_VALID)
            return ends(VMM_CAUSE_NESTED_FAULT, "an exception found no memory");
        return refuse(b, X86_VECTOR_GP, VMM_CAUSE_NESTED_FAULT);
    case SVM_EXIT_SHUTDOWN:
        return ends(VMM_CAUSE_SHUTDOWN, "triple fault");
    case SVM_EXIT_NMI:
        return (struct neighbour_exit){.event = NEIGHBOUR_NON_MASKABLE,
                                       .cause = VMM_CAUSE_INTERRUPT};
    case SVM_EXIT_RDPMC:
    case SVM_EXIT_RDPRU:
    case SVM_EXIT_VMRUN:
    case SVM_EXIT_VMLOAD:
    case SVM_EXIT_VMSAVE:
    case SVM_EXIT_STGI:
    case SVM_EXIT_CLGI:
    case SVM_EXIT_SKINIT:
    case SVM_EXIT_INVLPGA:
    case SVM_EXIT_MONITOR:
    case SVM_EXIT_MWAIT:
    case SVM_EXIT_MWAIT_CONDITIONAL:
    case SVM_EXIT_XSETBV:
        return refuse(b, X86_VECTOR_UD, VMM_CAUSE_OTHER);
    case SVM_EXIT_REFUSED:
        return ends(VMM_CAUSE_OTHER, "the processor refused its state");
    default:
        return ends(VMM_CAUSE_OTHER, "an exit without a handler");
    }
}

static void run(unsigned number, struct neighbour_exit *exit)
{
    struct svm_vmcb *b = &block[number - 1];

    svm_neighbour_enter(&registers[number - 1], b);
    *exit = serve(b, &registers[number - 1]);
}

const struct backend_neighbours svm_neighbours = {
    .unavailable = unavailable,
    .prepare = prepare,
    .hand_over = hand_over,
    .run = run,
    .answer = answer,
};
