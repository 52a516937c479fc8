/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/agent/exits.c - the guest's exits, asked of the outer system at a terminal
 * (target/counter.h); and whether a port may be used.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/io.h>
#include <unistd.h>

#include "hv-under-test/agent/agent.h"
#include "hv-under-test/target/counter.h"
#include "hv-under-test/vmm/abi.h"
#include "workloads/workload.h"

#define PATIENCE_MS 5000

static int fd = -1;
static int use_vmcall;

void exits_prepare_hypercall(void)
{
    use_vmcall = facts_hypercall() == WORKLOAD_VMCALL;
}

const char *exits_open(uint16_t port)
{
    const char *path, *reason = console_find_port(port, &path);

    if (!reason)
        reason = console_open_raw(path, &fd);
    /* Now: CPUID exits, and hypercalls are counted later. */
    exits_prepare_hypercall();
    return reason;
}

int exits_ask(uint64_t *count)
{
    const char question = COUNTER_QUESTION;
    uint8_t answer[COUNTER_ANSWER_BYTES];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    size_t have = 0;

    if (write(fd, &question, 1) != 1)
        return -1;
    while (have < sizeof answer) {
        ssize_t n;

        if (poll(&p, 1, PATIENCE_MS) <= 0)
            return -1;
        n = read(fd, answer + have, sizeof answer - have);
        if (n <= 0)
            return -1;
        have += (size_t)n;
    }
    *count = 0;
    for (unsigned i = 0; i < sizeof answer; i++)
        *count |= (uint64_t)answer[i] << (8 * i);
    return 0;
}

void exits_hypercall(void)
{
    uint64_t number = VMM_HYPERCALL_NOP;

    if (use_vmcall)
        __asm__ volatile("vmcall" : "+a"(number) : "D"(0) : "memory");
    else
        __asm__ volatile("vmmcall" : "+a"(number) : "D"(0) : "memory");
}

/* --- ports --- */

static sigjmp_buf refused;

static void on_refusal(int number)
{
    (void)number;
    siglongjmp(refused, 1);
}

int exits_port_usable(uint16_t port)
{
    struct sigaction act = {.sa_flags = 0}, before;
    volatile int usable = 0;

    if (ioperm(port, 1, 1) != 0)
        return 0;
    act.sa_handler = on_refusal;
    if (sigaction(SIGSEGV, &act, &before) != 0)
        return 0;
    if (sigsetjmp(refused, 1) == 0) {
        inb(port);
        usable = 1;
    }
    sigaction(SIGSEGV, &before, NULL);
    return usable;
}
