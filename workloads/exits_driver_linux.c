/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workloads/exits_driver_linux.c - hypercalls by way of Linux's driver (exits_driver.h). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workloads/arena.h"
#include "workloads/child_linux.h"
#include "workloads/exits_driver.h"
#include "workloads/text.h"

#define DEVICE "/dev/xen/privcmd"
#define XEN_VERSION 17u /* hypercall; command 0: major << 16 | minor */
#define DOMID_SELF 0x7FF0u

/* include/uapi/xen/privcmd.h */
struct privcmd_hypercall {
    uint64_t op, arg[5];
};
struct privcmd_dm_op {
    uint16_t domain, buffers;
    uint64_t list;
};
#define PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))
#define PRIVCMD_DM_OP _IOC(_IOC_NONE, 'P', 5, sizeof(struct privcmd_dm_op))

struct driver_state {
    exits_loop *loop; /* first */
    int fd;
    long request;
    union {
        struct privcmd_hypercall hypercall;
        struct privcmd_dm_op nothing;
    } argument;
    long expected, left; /* result of each call; of the last one */
    uint64_t start, final;
};

const char *exits_driver_unavailable(const struct workload_run *run)
{
    static char reason[128];
    int fd;

    (void)run;
    fd = open(DEVICE, O_RDWR | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        return NULL;
    }
    snprintf(reason, sizeof reason,
             "only a PV kernel of Xen with its driver makes hypercalls for programs: " DEVICE
             ": %s",
             strerror(errno));
    return reason;
}

__attribute__((aligned(32))) static void loop_ioctl(void *state)
{
    struct driver_state *s = state;
    register uint64_t turn __asm__("r8") = s->start;
    register uint64_t value __asm__("r9") = SYS_ioctl;
    long rax;

    __asm__ volatile(".p2align 5\n"
                     "1: movq %[value], %%rax\n"
                     "   xorl %%ecx, %%ecx\n"
                     "   syscall\n"
                     "   addq %[step], %[turn]\n"
                     "   jnc 1b\n"
                     : [turn] "+r"(turn), "=&a"(rax)
                     : [value] "r"(value), [step] "i"(EXITS_STEP), "D"((long)s->fd),
                       "S"(s->request), "d"(&s->argument)
                     : "rcx", "r11", "cc", "memory");
    s->final = turn;
    s->left = rax;
}

static long call_once(struct driver_state *s)
{
    return raw_syscall(SYS_ioctl, s->fd, s->request, (long)&s->argument);
}

int exits_driver_prepare(struct workload_run *run, int hypercall, uint64_t n)
{
    struct arena a = arena_begin(run->env);
    struct driver_state *s = arena_take(&a, sizeof *s, 64);

    if (!s)
        return arena_refuse(run, "the state");
    memset(s, 0, sizeof *s);
    run->state = s;
    s->loop = loop_ioctl;
    s->fd = open(DEVICE, O_RDWR | O_CLOEXEC);
    if (s->fd < 0)
        return child_refuse(run, DEVICE, errno);
    if (hypercall)
        s->argument.hypercall = (struct privcmd_hypercall){.op = XEN_VERSION};
    else
        s->argument.nothing = (struct privcmd_dm_op){.domain = DOMID_SELF};
    s->request = hypercall ? PRIVCMD_HYPERCALL : PRIVCMD_DM_OP;
    s->expected = call_once(s);
    /* A version is never 0, nothing always is. */
    if (s->expected < 0 || (s->expected > 0) != hypercall)
        return child_refuse(run, "privcmd answers otherwise than Linux 6.1's",
                            s->expected < 0 ? (int)-s->expected : ENOTSUP);
    s->start = EXITS_ANSWER - (uint64_t)EXITS_STEP * n;
    run->work = n;
    return 0;
}

int exits_driver_check(struct workload_run *run)
{
    const struct driver_state *s = run->state;
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
                           "exits: the driver's call in the loop and alone differ");
    return 0;
}

void exits_driver_cleanup(struct workload_run *run)
{
    const struct driver_state *s = run->state;

    if (s && s->fd > 0)
        close(s->fd);
}
