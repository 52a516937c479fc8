/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workloads/exits_kernel_linux.c - a hypercall by way of a PV kernel (exits_kernel.h). */
#include "workloads/exits_kernel.h"

#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workloads/arena.h"
#include "workloads/text.h"

#define GUEST_TYPE "/sys/hypervisor/guest_type"
#define HYPERCALLS_PER_CALL 2u

struct kernel_state {
    exits_loop *loop;    /* first */
    long base;           /* to be set */
    long expected, left; /* result of each call; of the last one */
    uint64_t start, final;
};

const char *exits_kernel_unavailable(const struct workload_run *run)
{
    char type[4] = "";
    int fd = open(GUEST_TYPE, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, type, sizeof type - 1);

    if (fd >= 0)
        close(fd);
    if (n != 3 || strcmp(type, "PV\n") != 0)
        return "only the kernel of a PV guest of Xen makes hypercalls for a program; here "
               "op=hypercall may do";
    if (run->arg[EXITS_N] % HYPERCALLS_PER_CALL)
        return "the kernel makes two hypercalls at a time: n has to be even";
    return NULL;
}

__attribute__((aligned(32))) static void loop_arch_prctl(void *state)
{
    struct kernel_state *s = state;
    register uint64_t turn __asm__("r8");
    register uint64_t value __asm__("r9");
    long rax;

    turn = s->start;
    value = SYS_arch_prctl;
    __asm__ volatile(".p2align 5\n"
                     "1: movq %[value], %%rax\n"
                     "   xorl %%ecx, %%ecx\n"
                     "   syscall\n"
                     "   addq %[step], %[turn]\n"
                     "   jnc 1b\n"
                     : [turn] "+r"(turn), "=&a"(rax)
                     : [value] "r"(value), [step] "i"(EXITS_STEP), "D"((long)ARCH_SET_GS),
                       "S"(s->base)
                     : "rcx", "r11", "cc", "memory");
    s->final = turn;
    s->left = rax;
}

int exits_kernel_prepare(struct workload_run *run, int hypercall, uint64_t n)
{
    struct arena a = arena_begin(run->env);
    struct kernel_state *s = arena_take(&a, sizeof *s, 64);

    if (!s)
        return arena_refuse(run, "the state");
    *s = (struct kernel_state){
        .loop = loop_arch_prctl,
        .base = hypercall ? 0 : -1L,
        .expected = hypercall ? 0 : -EPERM,
        .left = 1, /* no result of a call */
        .start = EXITS_ANSWER - (uint64_t)EXITS_STEP * (n / HYPERCALLS_PER_CALL),
    };
    run->state = s;
    run->work = n;
    return 0;
}

int exits_kernel_check(struct workload_run *run)
{
    const struct kernel_state *s = run->state;
    struct text t = text_begin(run->answer, sizeof run->answer);

    text_put(&t, "r=0x");
    text_put_hex(&t, s->final, 16);
    text_put(&t, " rax=0x");
    text_put_hex(&t, (uint64_t)s->left, 16);
    if (s->final != EXITS_ANSWER)
        return text_refuse(run->reason, sizeof run->reason,
                           "exits: the loop register is not what the turns make");
    if (s->left != s->expected)
        return text_refuse(run->reason, sizeof run->reason,
                           "exits: the kernel answered a call otherwise than it should");
    return 0;
}
