/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/outer/kvm_process.c - QEMU's process, seen and used from outside: its threads
 * and descriptors in /proc, and system calls made by its threads (ptrace(2)).
 */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hv-under-test/outer/kvm.h"

#define POLL_NS 1000000
#define SYSCALL_STOP (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */

/* Kernel-internal results of a system call that a signal cut short (include/linux/errno.h). */
#define ERESTART_FIRST 512
#define ERESTART_BLOCK 516

pid_t kvm_process_vcpu(pid_t qemu, unsigned index)
{
    char path[64], name[64], wanted[16];
    pid_t found = 0;
    struct dirent *d;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%d/task", (int)qemu);
    snprintf(wanted, sizeof wanted, "CPU %u/", index);
    dir = opendir(path);
    if (!dir)
        return 0;
    while (!found && (d = readdir(dir))) {
        snprintf(path, sizeof path, "/proc/%d/task/%.16s/comm", (int)qemu, d->d_name);
        if (d->d_name[0] != '.' && !outer_read(path, name, sizeof name) &&
            strncmp(name, wanted, strlen(wanted)) == 0)
            found = atoi(d->d_name);
    }
    closedir(dir);
    return found;
}

int kvm_process_descriptor(pid_t qemu, const char *target)
{
    char path[64], link[64];
    struct dirent *d;
    int found = -1;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)qemu);
    dir = opendir(path);
    if (!dir)
        return -1;
    while (found < 0 && (d = readdir(dir))) {
        ssize_t n;

        snprintf(path, sizeof path, "/proc/%d/fd/%.16s", (int)qemu, d->d_name);
        n = readlink(path, link, sizeof link - 1);
        link[n > 0 ? n : 0] = '\0';
        if (strcmp(link, target) == 0)
            found = atoi(d->d_name);
    }
    closedir(dir);
    return found;
}

int kvm_process_ended(pid_t qemu)
{
    char path[64], state[256];

    snprintf(path, sizeof path, "/proc/%d/stat", (int)qemu);
    return outer_read(path, state, sizeof state) || strstr(state, ") Z ") != NULL;
}

/* --- a call made by another process --- */

/* Address of a SYSCALL instruction in the page that the kernel gives every process; 0: none. */
static uint64_t find_syscall(pid_t pid)
{
    static unsigned char code[8192];
    const struct iovec here = {code, sizeof code};
    unsigned long start = 0, end = 0;
    char path[64], line[256];
    struct iovec there;
    ssize_t n;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    f = fopen(path, "re");
    if (!f)
        return 0;
    while (fgets(line, sizeof line, f)) {
        if (strstr(line, "[vdso]"))
            sscanf(line, "%lx-%lx", &start, &end);
    }
    fclose(f);
    there =
        (struct iovec){(void *)start, end - start < sizeof code ? end - start : sizeof code};
    n = start ? process_vm_readv(pid, &here, 1, &there, 1, 0) : 0;
    for (ssize_t i = 0; i + 1 < n; i++) {
        if (code[i] == 0x0F && code[i + 1] == 0x05)
            return start + (uint64_t)i;
    }
    return 0;
}

/* Let it run to the next stop of kind `wanted`; signals on the way wait until it is free. */
static const char *run_to(pid_t thread, int wanted, int *pending)
{
    for (;;) {
        int status;

        if (waitpid(thread, &status, __WALL) < 0)
            return outer_reason("waitpid of a stopped thread", errno);
        if (!WIFSTOPPED(status))
            return outer_reason("a thread of QEMU", ESRCH);
        if (WSTOPSIG(status) == wanted)
            return NULL;
        if (WSTOPSIG(status) != SIGTRAP)
            *pending = WSTOPSIG(status);
        if (ptrace(wanted == SYSCALL_STOP ? PTRACE_SYSCALL : PTRACE_CONT, thread, 0, 0))
            return outer_reason("ptrace", errno);
    }
}

/* Where the thread goes on: a call that was cut short would be begun again by the kernel, which
 * does not look at it a second time. */
static void settle(struct user_regs_struct *r)
{
    const int64_t result = (int64_t)r->rax;

    if ((int64_t)r->orig_rax < 0 || result > -ERESTART_FIRST || result < -ERESTART_BLOCK)
        return;
    if (result == -ERESTART_BLOCK) {
        r->rax = (uint64_t)-EINTR;
    } else {
        r->rax = r->orig_rax;
        r->rip -= 2;
    }
    r->orig_rax = UINT64_MAX;
}

static const char *call_stopped(pid_t thread, uint64_t at, const struct user_regs_struct *call,
                                long *result, int *pending)
{
    struct user_regs_struct saved, r;
    const char *reason = NULL;

    if (ptrace(PTRACE_GETREGS, thread, 0, &saved))
        return outer_reason("ptrace(PTRACE_GETREGS)", errno);
    r = saved;
    r.rip = at;
    r.rax = call->rax;
    r.rdi = call->rdi;
    r.rsi = call->rsi;
    r.rdx = call->rdx;
    r.orig_rax = UINT64_MAX;
    if (ptrace(PTRACE_SETREGS, thread, 0, &r))
        return outer_reason("ptrace(PTRACE_SETREGS)", errno);
    for (int stop = 0; !reason && stop < 2; stop++) { /* its entry and its return */
        if (ptrace(PTRACE_SYSCALL, thread, 0, 0))
            return outer_reason("ptrace(PTRACE_SYSCALL)", errno);
        reason = run_to(thread, SYSCALL_STOP, pending);
    }
    if (reason || ptrace(PTRACE_GETREGS, thread, 0, &r))
        return reason ? reason : outer_reason("ptrace(PTRACE_GETREGS)", errno);
    *result = (long)r.rax;
    settle(&saved);
    if (ptrace(PTRACE_SETREGS, thread, 0, &saved))
        return outer_reason("ptrace(PTRACE_SETREGS)", errno);
    return NULL;
}

const char *kvm_process_ioctl(pid_t thread, int fd, unsigned long request, long *result)
{
    const struct user_regs_struct call = {
        .rax = SYS_ioctl, .rdi = (unsigned)fd, .rsi = request};
    const uint64_t at = find_syscall(thread);
    const char *reason;
    int pending = 0;

    if (!at)
        return "QEMU's process has no SYSCALL instruction to use";
    if (ptrace(PTRACE_SEIZE, thread, 0, PTRACE_O_TRACESYSGOOD))
        return outer_reason("ptrace(PTRACE_SEIZE)", errno);
    if (ptrace(PTRACE_INTERRUPT, thread, 0, 0))
        reason = outer_reason("ptrace(PTRACE_INTERRUPT)", errno);
    else
        reason = run_to(thread, SIGTRAP, &pending);
    if (!reason)
        reason = call_stopped(thread, at, &call, result, &pending);
    ptrace(PTRACE_DETACH, thread, 0, pending);
    return reason;
}

/* --- which processor runs it --- */

static const char *pin_one(pid_t thread, unsigned cpu)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(thread, sizeof one, &one))
        return outer_say("pin=%u: sched_setaffinity: %s", cpu, strerror(errno));
    return NULL;
}

const char *kvm_process_pin(pid_t qemu, unsigned vcpus, unsigned cpu, int64_t limit_ms)
{
    const struct timespec nap = {0, POLL_NS};
    const char *reason = NULL;
    cpu_set_t here;

    if (sched_getaffinity(0, sizeof here, &here))
        return outer_reason("sched_getaffinity", errno);
    if (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &here))
        return outer_say("pin=%u: this outer system has %d processor%s, counted from 0", cpu,
                         CPU_COUNT(&here), CPU_COUNT(&here) == 1 ? "" : "s");
    for (unsigned i = 0; !reason && i < vcpus;) {
        const pid_t thread = kvm_process_vcpu(qemu, i);

        if (thread) {
            reason = pin_one(thread, cpu);
            i++;
        } else if (kvm_process_ended(qemu) || outer_uptime_ms() >= limit_ms) {
            break;
        } else {
            nanosleep(&nap, NULL);
        }
    }
    return reason;
}
