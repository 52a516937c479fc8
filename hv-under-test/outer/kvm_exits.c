/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/outer/kvm_exits.c - what KVM counts: its binary statistics (kvm_stats.c) and, if
 * asked for, the tracepoint kvm:kvm_exit through perf_event_open(2), one counter per cause.
 *
 * Statistics cost nothing that KVM does not spend anyway. A tracepoint lengthens every exit by
 * its own path: counts by cause and undisturbed costs come from different boots.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "hv-under-test/outer/kvm.h"

#define TRACEPOINT "/sys/kernel/tracing/events/kvm/kvm_exit/id"
#define ATTACH_POLL_NS 1000000

/* AMD64 Architecture Programmer's Manual, volume 2, appendix C, in our neutral names
 * (hv-under-test/vmm/abi.h). Bit 0 of EXITINFO1 of an I/O exit tells in from out. */
static const struct cause {
    const char *name, *filter;
} causes[] = {
    {"hypercall", "exit_reason==0x81"},
    {"cpuid", "exit_reason==0x72"},
    {"port-in", "exit_reason==0x7b && info1 & 1"},
    {"port-out", "exit_reason==0x7b && !(info1 & 1)"},
    {"nested-fault", "exit_reason==0x400"},
    {"rdtsc", "exit_reason==0x6e"},
    {"msr", "exit_reason==0x7c"},
    {"control-register", "exit_reason<0x20"},
    {"invlpg", "exit_reason==0x79"},
    {"hlt", "exit_reason==0x78"},
    {"pause", "exit_reason==0x77"},
    {"interrupt", "exit_reason==0x60"},
    {"interrupt-window", "exit_reason==0x64"},
    {"exception", "exit_reason>=0x40 && exit_reason<0x60"},
    {"shutdown", "exit_reason==0x7f"},
};

#define CAUSES (sizeof causes / sizeof causes[0])

/* What KVM's statistics tell apart, and the causes of the tracepoint that are the same exits
 * (arch/x86/kvm/svm/svm.c counts each in the handler of that exit). */
static const struct statistic {
    const char *name, *counter;
    const char *cause[2];
} statistics[] = {
    {"hypercall", "hypercalls", {"hypercall"}},
    {"port-io", "io_exits", {"port-in", "port-out"}},
    {"mmio", "mmio_exits", {NULL}}, /* among the nested faults, with those that KVM resolves */
    {"hlt", "halt_exits", {"hlt"}},
    {"interrupt", "irq_exits", {"interrupt"}},
    {"interrupt-window", "irq_window_exits", {"interrupt-window"}},
};

#define STATISTICS (sizeof statistics / sizeof statistics[0])

static int open_event(uint64_t id)
{
    struct perf_event_attr a = {
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof a,
        .config = id,
        .disabled = 1,
    };

    /* Of the processor, not of the process: the machine's threads do not exist yet. */
    return (int)syscall(SYS_perf_event_open, &a, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

const char *kvm_exits_begin(struct kvm_exits *x, int trace)
{
    char text[32];
    const char *reason;
    uint64_t id;

    memset(x, 0, sizeof *x);
    x->vm = -1;
    if (!trace)
        return NULL;
    reason = outer_read(TRACEPOINT, text, sizeof text);
    if (reason)
        return reason;
    id = strtoull(text, NULL, 10);
    /* The last one counts all. */
    for (size_t i = 0; i <= CAUSES; i++) {
        int fd = open_event(id);

        if (fd < 0)
            return outer_reason("perf_event_open(kvm:kvm_exit)", errno);
        x->trace[x->traces++] = fd;
        if (i < CAUSES && ioctl(fd, PERF_EVENT_IOC_SET_FILTER, causes[i].filter))
            return outer_say("filter \"%s\": %s", causes[i].filter, strerror(errno));
    }
    for (unsigned i = 0; i < x->traces; i++)
        ioctl(x->trace[i], PERF_EVENT_IOC_ENABLE, 0);
    return NULL;
}

/* One account of one processor: the call is made by that processor's own thread, because KVM
 * answers no other thread while it runs the guest. */
static const char *take_statistics(struct kvm_exits *x, int pidfd, pid_t thread, int vcpu)
{
    long theirs;
    const char *reason = kvm_process_ioctl(thread, vcpu, KVM_GET_STATS_FD, &theirs);
    int fd;

    if (reason)
        return reason;
    if (theirs < 0)
        return outer_reason("KVM_GET_STATS_FD", (int)-theirs);
    fd = (int)syscall(SYS_pidfd_getfd, pidfd, (int)theirs, 0);
    if (fd < 0)
        return outer_reason("pidfd_getfd of KVM's statistics", errno);
    reason = kvm_stats_open(&x->vcpu[x->vcpus], fd);
    if (!reason)
        x->vcpus++;
    return reason;
}

/* All threads and descriptors there? */
static int find_machine(pid_t qemu, unsigned vcpus, int *vm, pid_t *thread, int *vcpu)
{
    *vm = kvm_process_descriptor(qemu, "anon_inode:kvm-vm");
    for (unsigned i = 0; *vm >= 0 && i < vcpus; i++) {
        char target[48];

        snprintf(target, sizeof target, "anon_inode:kvm-vcpu:%u", i);
        vcpu[i] = kvm_process_descriptor(qemu, target);
        thread[i] = kvm_process_vcpu(qemu, i);
        if (vcpu[i] < 0 || !thread[i])
            return 0;
    }
    return *vm >= 0;
}

const char *kvm_exits_attach(struct kvm_exits *x, pid_t qemu, unsigned vcpus, int64_t limit_ms)
{
    const struct timespec nap = {0, ATTACH_POLL_NS};
    int pidfd = (int)syscall(SYS_pidfd_open, qemu, 0), vm, vcpu[KVM_VCPUS_MAX];
    pid_t thread[KVM_VCPUS_MAX];
    const char *reason = NULL;

    if (pidfd < 0)
        return outer_reason("pidfd_open", errno);
    while (!find_machine(qemu, vcpus, &vm, thread, vcpu)) {
        if (kvm_process_ended(qemu) || outer_uptime_ms() >= limit_ms)
            goto out;
        nanosleep(&nap, NULL);
    }
    x->vm = (int)syscall(SYS_pidfd_getfd, pidfd, vm, 0);
    if (x->vm < 0)
        reason = outer_reason("pidfd_getfd of the virtual machine", errno);
    for (unsigned i = 0; !reason && i < vcpus; i++)
        reason = take_statistics(x, pidfd, thread[i], vcpu[i]);
    if (reason && kvm_process_ended(qemu))
        reason = NULL; /* how it ended says more */
out:
    close(pidfd);
    return reason;
}

/* Of all processors; a counter that KVM does not have is 0 of them. */
static uint64_t read_statistic(const struct kvm_exits *x, const char *name)
{
    uint64_t sum = 0, one;

    for (unsigned i = 0; i < x->vcpus; i++)
        sum += kvm_stats_read(&x->vcpu[i], name, &one) == 0 ? one : 0;
    return sum;
}

uint64_t kvm_exits_count(const struct kvm_exits *x)
{
    uint64_t all = 0, ports = 0;

    if (!x->vcpus || kvm_stats_read(&x->vcpu[0], "exits", &all) ||
        kvm_stats_read(&x->vcpu[0], "io_exits", &ports))
        return 0;
    return all - ports;
}

int kvm_exits_seen(const struct kvm_exits *x)
{
    return read_statistic(x, "exits") > 0;
}

static uint64_t read_trace(const struct kvm_exits *x, unsigned i)
{
    uint64_t count = 0;

    if (read(x->trace[i], &count, sizeof count) != (ssize_t)sizeof count)
        return UINT64_MAX;
    return count;
}

/* The statistics themselves, beside the tracepoint's counts where there are such. */
static void tell_facts(const struct kvm_exits *x, struct outer *o)
{
    static const char *const more[] = {"exits", "signal_exits"};
    char key[64], value[32];

    for (size_t i = 0; i < STATISTICS + sizeof more / sizeof more[0]; i++) {
        const char *counter = i < STATISTICS ? statistics[i].counter : more[i - STATISTICS];

        snprintf(key, sizeof key, "kvm.stats.%s", counter);
        snprintf(value, sizeof value, "%llu", (unsigned long long)read_statistic(x, counter));
        outer_fact(o, key, value);
    }
}

static void tell_statistics(const struct kvm_exits *x, struct outer *o)
{
    uint64_t named = 0;

    for (size_t i = 0; i < STATISTICS; i++) {
        uint64_t count = read_statistic(x, statistics[i].counter);

        named += count;
        outer_exit_count(o, statistics[i].name, count);
    }
    outer_exit_count(o, "other", o->exits > named ? o->exits - named : 0);
}

/* Every exit of one kind is in both accounts. */
static void cross_check(struct outer *o, const char *what, uint64_t traced, uint64_t counted)
{
    if (traced != counted)
        outer_error(o,
                    outer_say("KVM's two accounts of its exits disagree: %s: tracepoint "
                              "%llu, statistics %llu",
                              what, (unsigned long long)traced, (unsigned long long)counted));
}

static uint64_t traced_of(const struct statistic *s, const uint64_t *count)
{
    uint64_t sum = 0;

    for (unsigned k = 0; k < 2 && s->cause[k]; k++) {
        for (unsigned i = 0; i < CAUSES; i++)
            sum += strcmp(causes[i].name, s->cause[k]) == 0 ? count[i] : 0;
    }
    return sum;
}

static void tell_traces(const struct kvm_exits *x, struct outer *o)
{
    uint64_t count[CAUSES + 1], named = 0;

    for (unsigned i = 0; i < x->traces; i++)
        ioctl(x->trace[i], PERF_EVENT_IOC_DISABLE, 0);
    for (unsigned i = 0; i <= CAUSES; i++)
        count[i] = read_trace(x, i);
    for (unsigned i = 0; i < CAUSES; i++) {
        named += count[i];
        outer_exit_count(o, causes[i].name, count[i]);
    }
    outer_exit_count(o, "other", count[CAUSES] - named);
    cross_check(o, "all", count[CAUSES], o->exits);
    for (size_t i = 0; i < STATISTICS; i++) {
        if (statistics[i].cause[0])
            cross_check(o, statistics[i].name, traced_of(&statistics[i], count),
                        read_statistic(x, statistics[i].counter));
    }
}

const char *kvm_exits_tell(struct kvm_exits *x, struct outer *o)
{
    if (!x->vcpus)
        return "the virtual machine was never there: nothing was counted";
    o->exits = read_statistic(x, "exits");
    tell_facts(x, o);
    if (x->traces)
        tell_traces(x, o);
    else
        tell_statistics(x, o);
    for (unsigned i = 0; i < x->traces; i++)
        close(x->trace[i]);
    for (unsigned i = 0; i < x->vcpus; i++)
        kvm_stats_close(&x->vcpu[i]);
    if (x->vm >= 0)
        close(x->vm);
    return NULL;
}
