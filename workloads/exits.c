/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/exits.c - what a privileged or trapped operation costs: n of them in a loop.
 *
 *   empty       nothing: the baseline that analysis subtracts
 *   hypercall   VMMCALL, VMCALL or INT 82h (WORKLOAD_PV) with env->hypercall_nop in RAX and 0
 *               in RDI
 *   cpuid       leaf 0
 *   port-out    OUT of a byte to env->port; of a paravirtual guest the hypercall for it
 *   mmio-store  32-bit store to env->mmio
 *   rdtsc       RDTSC
 *   ring-post   a slot filled in a paravirtual ring and counted, nobody told; n up to the slots
 *               there are
 *   ring-kick   the same, and the hypercall that has it served, each time
 *   vm-switch   the hypercall that gives the processor to another guest, which gives it back at
 *               once: two switches and all that lies between
 *   kernel-call, kernel-hypercall   where only a program's kernel makes hypercalls: what they are
 *               and what their difference means stands in exits_kernel.h
 *   page-fault  store of a byte to a page that is not mapped, each time another one: the store
 *               and the fault, until it has gone through
 *
 * Every loop is the same instructions but for the operation itself (set RAX and RCX, the
 * operation, add, jnc), also where the operation does not need them: the time of an operation
 * minus the time of `empty`, over n, is the operation and nothing else.
 *
 * Known answers: the loop register, which counts turns as in spin.c; and what the operation
 * leaves behind, where it leaves something: the hypercall's result, CPUID's vendor string, a
 * time stamp that advanced, the counts of a ring. Page faults are counted by who serves them: from one unmapping
 * to the next there are exactly n. A port and a device register may not be readable: nothing more is
 * asserted of them here (exit counts tell).
 */
#include "workloads/arena.h"
#include "workloads/exits_kernel.h"
#include "workloads/list.h"
#include "workloads/text.h"

enum {
    OP_EMPTY,
    OP_HYPERCALL,
    OP_CPUID,
    OP_PORT_OUT,
    OP_MMIO_STORE,
    OP_RDTSC,
    OP_PAGE_FAULT,
    OP_KERNEL_CALL,
    OP_KERNEL_HYPERCALL,
    OP_RING_POST,
    OP_RING_KICK,
    OP_VM_SWITCH,
};
static const char *const op_names[] = {
    "empty",     "hypercall",  "cpuid",       "port-out",         "mmio-store",
    "rdtsc",     "page-fault", "kernel-call", "kernel-hypercall", "ring-post",
    "ring-kick", "vm-switch",  NULL};

static const struct workload_param exits_params[] = {
    {.name = "op",
     .summary = "the operation; empty is the baseline",
     .kind = WORKLOAD_CHOICE,
     .choices = op_names},
    {.name = "n",
     .summary = "operations in one interval",
     .kind = WORKLOAD_NUMBER,
     .initial = 100,
     .min = 1,
     .max = 10000000},
    {.name = NULL},
};

#define PAGE_BYTES 4096u
#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define RING_SLOT TEXT(WORKLOAD_RING_FIRST_SLOT)
#define RING_MASK "127"
_Static_assert(WORKLOAD_RING_SLOTS == 128 && WORKLOAD_RING_SLOT_BYTES == 16, "RING_POST");
#define FAULTS_MAX 1024u /* of one interval: what the payload's window holds */

struct registers { /* after the last operation, before the loop closes */
    uint64_t rax, rbx, rcx, rdx;
};

struct exits_state {
    exits_loop *loop; /* chosen by prepare(): every run() is alike */
    volatile uint32_t *mmio;
    uint64_t port;
    uint64_t rax;   /* before each operation */
    uint64_t start; /* of the loop register */
    uint64_t final;
    uint64_t first_tsc;
    struct registers left;
    uint32_t posted;        /* in the ring, before the last iteration */
    uint64_t resets;        /* of op page-fault: iterations begun … */
    uint64_t faults_before; /* … faults counted when the last one was … */
    uint64_t faults_wrong;  /* … and bits in which any had more or fewer than n */
};

static uint64_t read_tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static const char *exits_unavailable(const struct workload_run *run)
{
    uint32_t flags = run->env->flags;

    switch (run->arg[EXITS_OP]) {
    case OP_HYPERCALL:
        if (!(flags & (WORKLOAD_VMMCALL | WORKLOAD_VMCALL | WORKLOAD_PV)))
            return "no hypervisor answers a program's hypercall here; on Xen "
                   "op=kernel-hypercall has the kernel make one";
        break;
    case OP_PORT_OUT:
        if (!(flags & (WORKLOAD_PORT_IO | WORKLOAD_PV)))
            return "no port may be written here";
        break;
    case OP_MMIO_STORE:
        if (!run->env->mmio)
            return "no device register may be written here";
        break;
    case OP_KERNEL_CALL:
    case OP_KERNEL_HYPERCALL:
        return exits_kernel_unavailable(run);
    case OP_RING_POST:
    case OP_RING_KICK:
        if (!run->env->ring)
            return "there is no paravirtual ring here; the in-tree hypervisor has one for the "
                   "payload with io=ring";
        break;
    case OP_VM_SWITCH:
        if (!run->env->yield_call)
            return "there is no other guest that gives the processor back at once; the "
                   "in-tree "
                   "hypervisor has some with guests=2 loads=yield";
        break;
    case OP_PAGE_FAULT:
        if (!run->env->faults)
            return "no page can be left unmapped here";
        break;
    default:
        break;
    }
    return NULL;
}

/*
 * One loop per operation, aligned with its function so that the padding before the loop is the
 * same in all. Operands are fixed to registers no operation touches; the memory
 * and port operands are set up in all of them, needed or not.
 */
#define EXITS_LOOP(name, operation)                                                           \
    __attribute__((aligned(32))) static void name(void *state)                                \
    {                                                                                         \
        struct exits_state *s = state;                                                        \
        register uint64_t turn __asm__("r8") = s->start;                                      \
        register uint64_t value __asm__("r9") = s->rax;                                       \
        register volatile uint32_t *place __asm__("r10") = s->mmio;                           \
        register uint64_t first __asm__("rdi") = 0;                                           \
        uint64_t rax, rbx, rcx, rdx = s->port;                                                \
                                                                                              \
        __asm__ volatile(".p2align 5\n"                                                       \
                         "1: movq %[value], %%rax\n"                                          \
                         "   xorl %%ecx, %%ecx\n" operation "   addq %[step], %[turn]\n"      \
                         "   jnc 1b\n"                                                        \
                         : [turn] "+r"(turn), "=&a"(rax), "=&b"(rbx), "=&c"(rcx), "+d"(rdx),  \
                           "+r"(first)                                                        \
                         : [value] "r"(value), [place] "r"(place), [step] "i"(EXITS_STEP)     \
                         : "cc", "memory");                                                   \
        s->final = turn;                                                                      \
        s->left = (struct registers){rax, rbx, rcx, rdx};                                     \
    }

EXITS_LOOP(loop_empty, "")
EXITS_LOOP(loop_vmmcall, "   vmmcall\n")
EXITS_LOOP(loop_vmcall, "   vmcall\n")
EXITS_LOOP(loop_pv, "   int $0x82\n")
EXITS_LOOP(loop_cpuid, "   cpuid\n")
EXITS_LOOP(loop_port_out, "   outb %%al, %%dx\n")
EXITS_LOOP(loop_mmio_store, "   movl %%eax, (%[place])\n")
EXITS_LOOP(loop_rdtsc, "   rdtsc\n")
/* A slot of zeroes, and the count. */
#define RING_POST                                                                             \
    "   movl (%[place]), %%ecx\n"                                                             \
    "   movl %%ecx, %%edx\n"                                                                  \
    "   andl $" RING_MASK ", %%edx\n"                                                         \
    "   shll $4, %%edx\n"                                                                     \
    "   movq $0, " RING_SLOT "(%[place],%%rdx)\n"                                             \
    "   movq $0, 8+" RING_SLOT "(%[place],%%rdx)\n"                                           \
    "   incl %%ecx\n"                                                                         \
    "   movl %%ecx, (%[place])\n"
EXITS_LOOP(loop_ring_post, RING_POST)
EXITS_LOOP(loop_ring_vmmcall, RING_POST "   vmmcall\n")
EXITS_LOOP(loop_ring_vmcall, RING_POST "   vmcall\n")
EXITS_LOOP(loop_ring_pv, RING_POST "   int $0x82\n")
/* The loop register steps from page to page; `place` is set so that their sum is the address. */
EXITS_LOOP(loop_page_fault, "   movb %%al, (%[place],%[turn])\n")

static exits_loop *choose_loop(const struct workload_run *run)
{
    switch (run->arg[EXITS_OP]) {
    case OP_EMPTY:
        return loop_empty;
    case OP_HYPERCALL:
    case OP_VM_SWITCH:
        return run->env->flags & WORKLOAD_PV        ? loop_pv
               : run->env->flags & WORKLOAD_VMMCALL ? loop_vmmcall
                                                    : loop_vmcall;
    case OP_CPUID:
        return loop_cpuid;
    case OP_PORT_OUT:
        return run->env->flags & WORKLOAD_PV ? loop_pv : loop_port_out;
    case OP_MMIO_STORE:
        return loop_mmio_store;
    case OP_PAGE_FAULT:
        return loop_page_fault;
    case OP_RING_POST:
        return loop_ring_post;
    case OP_RING_KICK:
        return run->env->flags & WORKLOAD_PV        ? loop_ring_pv
               : run->env->flags & WORKLOAD_VMMCALL ? loop_ring_vmmcall
                                                    : loop_ring_vmcall;
    default:
        return loop_rdtsc;
    }
}

static int is_kernel(const struct workload_run *run)
{
    return run->arg[EXITS_OP] == OP_KERNEL_CALL || run->arg[EXITS_OP] == OP_KERNEL_HYPERCALL;
}

static int is_ring(const struct workload_run *run)
{
    return run->arg[EXITS_OP] == OP_RING_POST || run->arg[EXITS_OP] == OP_RING_KICK;
}

static int exits_refuse(struct workload_run *run, const char *what)
{
    return text_refuse(run->reason, sizeof run->reason, what);
}

static int faults_prepare(struct workload_run *run, struct exits_state *s, struct arena *a)
{
    size_t n = (size_t)run->arg[EXITS_N];
    uint64_t first;
    char *frames;

    if (n > FAULTS_MAX)
        return exits_refuse(run, "exits: op=page-fault takes n up to 1024");
    frames = arena_take(a, n * PAGE_BYTES, PAGE_BYTES);
    if (!frames)
        return arena_refuse(run, "op=page-fault");
    /* Whatever is below us may map these lazily, too: not in an interval. */
    for (size_t i = 0; i < n; i++)
        frames[i * PAGE_BYTES] = 0;
    first = (uintptr_t)run->env->faults->open(frames, n, EXITS_STEP);
    if (!first)
        return exits_refuse(run, "exits: there is no room for pages that fault");
    s->mmio = (volatile uint32_t *)(uintptr_t)(first - s->start);
    return 0;
}

/* Of the iteration that was begun last. */
static void faults_account(const struct workload_run *run, struct exits_state *s)
{
    if (s->resets)
        s->faults_wrong |= (run->env->faults->count() - s->faults_before) ^ run->arg[EXITS_N];
}

static void exits_reset(struct workload_run *run)
{
    struct exits_state *s = run->state;

    if (is_ring(run)) {
        run->env->ring_kick(); /* empty: room for a whole iteration */
        s->posted = run->env->ring[0];
    }
    if (run->arg[EXITS_OP] != OP_PAGE_FAULT)
        return;
    faults_account(run, s);
    run->env->faults->unmap();
    s->resets++;
    s->faults_before = run->env->faults->count();
}

static void exits_cleanup(struct workload_run *run)
{
    if (run->arg[EXITS_OP] == OP_PAGE_FAULT)
        run->env->faults->close();
    if (is_ring(run))
        run->env->ring_kick();
}

static int exits_prepare(struct workload_run *run)
{
    struct arena a = arena_begin(run->env);
    struct exits_state *s = arena_take(&a, sizeof *s, 64);

    if (is_kernel(run))
        return exits_kernel_prepare(run, run->arg[EXITS_OP] == OP_KERNEL_HYPERCALL,
                                    run->arg[EXITS_N]);
    if (!s)
        return arena_refuse(run, "the state");
    s->loop = choose_loop(run);
    s->mmio = run->env->mmio;
    if (is_ring(run))
        s->mmio = run->env->ring;
    if (run->arg[EXITS_OP] == OP_RING_POST && run->arg[EXITS_N] > WORKLOAD_RING_SLOTS)
        return exits_refuse(run, "exits: op=ring-post takes n up to 128: more finds no slot");
    s->port = run->env->port;
    s->rax = run->arg[EXITS_OP] == OP_HYPERCALL   ? run->env->hypercall_nop
             : run->arg[EXITS_OP] == OP_PORT_OUT  ? run->env->port_out_call
             : run->arg[EXITS_OP] == OP_RING_KICK ? run->env->ring_kick_call
             : run->arg[EXITS_OP] == OP_VM_SWITCH ? run->env->yield_call
                                                  : 0;
    s->start = EXITS_ANSWER - (uint64_t)EXITS_STEP * run->arg[EXITS_N];
    s->final = 0;
    s->left = (struct registers){0, 0, 0, 0};
    s->first_tsc = run->arg[EXITS_OP] == OP_RDTSC ? read_tsc() : 0;
    s->resets = s->faults_before = s->faults_wrong = 0;
    run->state = s;
    run->work = run->arg[EXITS_N];
    return run->arg[EXITS_OP] == OP_PAGE_FAULT ? faults_prepare(run, s, &a) : 0;
}

static void exits_run(struct workload_run *run)
{
    (*(exits_loop **)run->state)(run->state);
}

/* Of the last iteration: all posted; all served, or nothing. */
static int ring_check(struct workload_run *run, const struct exits_state *s, struct text *t)
{
    const uint32_t posted = run->env->ring[0] - s->posted;
    const uint32_t waiting = run->env->ring[0] - run->env->ring[WORKLOAD_RING_CONSUMED / 4];

    text_put(t, " posted=");
    text_put_u64(t, posted);
    text_put(t, " waiting=");
    text_put_u64(t, waiting);
    if (posted != run->arg[EXITS_N])
        return exits_refuse(run, "exits: the ring has not what was posted");
    if (waiting != (run->arg[EXITS_OP] == OP_RING_POST ? posted : 0))
        return exits_refuse(run, "exits: slots were served unasked, or not when asked");
    if (run->arg[EXITS_OP] == OP_RING_KICK && s->left.rax)
        return exits_refuse(run, "exits: the kick did not leave 0 in RAX");
    return 0;
}

static int exits_check(struct workload_run *run)
{
    struct exits_state *s = run->state;
    struct text t = text_begin(run->answer, sizeof run->answer);
    uint32_t leaf = 0, index = 0, rbx, rdx;
    uint64_t tsc;

    if (is_kernel(run))
        return exits_kernel_check(run);
    text_put(&t, "r=0x");
    text_put_hex(&t, s->final, 16);
    if (s->final != EXITS_ANSWER)
        return exits_refuse(run, "exits: the loop register is not what the turns make");

    switch (run->arg[EXITS_OP]) {
    case OP_HYPERCALL:
        text_put(&t, " rax=0x");
        text_put_hex(&t, s->left.rax, 16);
        if (s->left.rax != run->env->hypercall_result)
            return exits_refuse(run, "exits: the hypercall did not leave its result in RAX");
        break;
    case OP_CPUID:
        __asm__ volatile("cpuid" : "+a"(leaf), "=b"(rbx), "+c"(index), "=d"(rdx));
        text_put(&t, " highest=");
        text_put_u64(&t, s->left.rax);
        if (s->left.rax != leaf || s->left.rbx != rbx || s->left.rcx != index ||
            s->left.rdx != rdx)
            return exits_refuse(run, "exits: CPUID in the loop and alone differ");
        break;
    case OP_RDTSC:
        tsc = s->left.rdx << 32 | s->left.rax;
        if (tsc <= s->first_tsc || tsc >= read_tsc())
            return exits_refuse(run, "exits: the time stamp counter did not advance");
        break;
    case OP_VM_SWITCH:
        text_put(&t, " rax=0x");
        text_put_hex(&t, s->left.rax, 16);
        if (s->left.rax)
            return exits_refuse(run,
                                "exits: the hypercall that yields did not leave 0 in RAX");
        break;
    case OP_RING_POST:
    case OP_RING_KICK:
        return ring_check(run, s, &t);
    case OP_PAGE_FAULT:
        faults_account(run, s);
        text_put(&t, " iterations=");
        text_put_u64(&t, s->resets);
        if (s->resets != run->iterations)
            return exits_refuse(run, "exits: pages were not unmapped before each iteration");
        if (s->faults_wrong)
            return exits_refuse(run,
                                "exits: an iteration had more or fewer page faults than n");
        break;
    default:
        break;
    }
    return 0;
}

const struct workload workload_exits = {
    .name = "exits",
    .summary = "privileged or trapped operations in a loop; op=empty is the baseline",
    .metric = "exit-cost",
    .unit = "ns/op",
    .form = WORKLOAD_PER,
    .scale = 1.0,
    .params = exits_params,
    .default_iterations = 20,
    .unavailable = exits_unavailable,
    .prepare = exits_prepare,
    .reset = exits_reset,
    .run = exits_run,
    .check = exits_check,
    .cleanup = exits_cleanup,
};
