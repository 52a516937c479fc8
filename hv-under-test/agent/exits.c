/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/agent/exits.c - the guest's exits, asked of the outer system (target/counter.h)
 * through /dev/port: the kernel executes the IN and OUT.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/io.h>
#include <unistd.h>

#include "hv-under-test/agent/agent.h"
#include "hv-under-test/target/counter.h"
#include "hv-under-test/vmm/abi.h"
#include "workloads/workload.h"

static int fd = -1;
static int use_vmcall;

static uint8_t port_in(uint16_t port)
{
    uint8_t value = 0;

    if (pread(fd, &value, 1, port) != 1)
        return 0;
    return value;
}

static void port_out(uint16_t port, uint8_t value)
{
    if (pwrite(fd, &value, 1, port) != 1)
        return; /* no question, no answer: the asker notices */
}

static struct counter_port counter = {.in = port_in, .out = port_out};

const char *exits_open(uint16_t port)
{
    fd = open("/dev/port", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return agent_reason("/dev/port", errno);
    /* Now: CPUID exits, and hypercalls are counted later. */
    use_vmcall = facts_hypercall() == WORKLOAD_VMCALL;
    counter.base = port;
    counter_init(&counter);
    return NULL;
}

uint64_t exits_total(void)
{
    return counter_ask(&counter);
}

void exits_hypercall(void)
{
    uint64_t number = VMM_HYPERCALL_NOP;

    if (use_vmcall)
        __asm__ volatile("vmcall" : "+a"(number) : "D"(0) : "memory");
    else
        __asm__ volatile("vmmcall" : "+a"(number) : "D"(0) : "memory");
}

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
        outb(0, port);
        usable = 1;
    }
    sigaction(SIGSEGV, &before, NULL);
    return usable;
}
