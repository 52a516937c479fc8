/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/outer/kvm_exits.c - what KVM counts: its statistics (debugfs,
 * Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD names the same counters) and, if asked for,
 * the tracepoint kvm:kvm_exit through perf_event_open(2), one counter per cause.
 *
 * Statistics cost nothing that KVM does not spend anyway. A tracepoint lengthens every exit by
 * its own path: counts by cause and undisturbed costs come from different boots.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "hv-under-test/outer/kvm.h"

#define KVM_DEBUG "/sys/kernel/debug/kvm"
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

/* What KVM's statistics tell apart. */
static const struct statistic {
    const char *name, *file;
} statistics[] = {
    {"hypercall", "hypercalls"}, {"port-io", "io_exits"},
    {"mmio", "mmio_exits"},      {"hlt", "halt_exits"},
    {"interrupt", "irq_exits"},  {"interrupt-window", "irq_window_exits"},
    {"signal", "signal_exits"},
};

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

/* The folder of the process's virtual machine, "<pid>-<descriptor>"; its descriptor, or -1. */
static int find_machine(pid_t qemu, char *folder, size_t size)
{
    DIR *dir = opendir(KVM_DEBUG);
    const struct dirent *d;
    int pid, fd, found = -1;

    if (!dir)
        return -1;
    while ((d = readdir(dir))) {
        if (sscanf(d->d_name, "%d-%d", &pid, &fd) == 2 && pid == qemu) {
            snprintf(folder, size, KVM_DEBUG "/%.32s", d->d_name);
            found = fd;
        }
    }
    closedir(dir);
    return found;
}

const char *kvm_exits_attach(struct kvm_exits *x, pid_t qemu, int64_t limit_ms)
{
    const struct timespec nap = {0, ATTACH_POLL_NS};
    int pidfd = (int)syscall(SYS_pidfd_open, qemu, 0), fd;
    const char *reason = NULL;

    if (pidfd < 0)
        return outer_reason("pidfd_open", errno);
    for (;;) {
        char path[64], state[256];

        fd = find_machine(qemu, x->folder, sizeof x->folder);
        if (fd >= 0)
            x->vm = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
        if (x->vm >= 0)
            goto out;
        /* The folder is there a moment before the descriptor. */
        if (fd >= 0 && errno != EBADF) {
            reason = outer_reason("pidfd_getfd of the virtual machine", errno);
            goto out;
        }
        snprintf(path, sizeof path, "/proc/%d/stat", (int)qemu);
        if (outer_read(path, state, sizeof state) || strstr(state, ") Z ") ||
            outer_uptime_ms() >= limit_ms)
            goto out;
        nanosleep(&nap, NULL);
    }
out:
    close(pidfd);
    return reason;
}

static uint64_t read_statistic(const struct kvm_exits *x, const char *name)
{
    char path[192], text[32];

    snprintf(path, sizeof path, "%s/%s", x->folder, name);
    if (outer_read(path, text, sizeof text))
        return 0;
    return strtoull(text, NULL, 10);
}

uint64_t kvm_exits_count(const struct kvm_exits *x)
{
    return read_statistic(x, "exits") - read_statistic(x, "io_exits");
}

int kvm_exits_seen(const struct kvm_exits *x)
{
    return x->vm >= 0 && read_statistic(x, "exits") > 0;
}

static uint64_t read_trace(const struct kvm_exits *x, unsigned i)
{
    uint64_t count = 0;

    if (read(x->trace[i], &count, sizeof count) != (ssize_t)sizeof count)
        return UINT64_MAX;
    return count;
}

static void tell_statistics(const struct kvm_exits *x, struct outer *o)
{
    uint64_t named = 0;

    for (size_t i = 0; i < sizeof statistics / sizeof statistics[0]; i++) {
        uint64_t count = read_statistic(x, statistics[i].file);

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

static void tell_traces(const struct kvm_exits *x, struct outer *o)
{
    uint64_t count[CAUSES + 1], named = 0, ports = 0, hypercalls = 0;

    for (unsigned i = 0; i < x->traces; i++)
        ioctl(x->trace[i], PERF_EVENT_IOC_DISABLE, 0);
    for (unsigned i = 0; i <= CAUSES; i++)
        count[i] = read_trace(x, i);
    for (unsigned i = 0; i < CAUSES; i++) {
        named += count[i];
        if (strncmp(causes[i].name, "port-", 5) == 0)
            ports += count[i];
        if (strcmp(causes[i].name, "hypercall") == 0)
            hypercalls = count[i];
        outer_exit_count(o, causes[i].name, count[i]);
    }
    outer_exit_count(o, "other", count[CAUSES] - named);
    cross_check(o, "all", count[CAUSES], o->exits);
    cross_check(o, "port I/O", ports, read_statistic(x, "io_exits"));
    cross_check(o, "hypercalls", hypercalls, read_statistic(x, "hypercalls"));
}

const char *kvm_exits_tell(struct kvm_exits *x, struct outer *o)
{
    if (x->vm < 0)
        return "the virtual machine was never there: nothing was counted";
    o->exits = read_statistic(x, "exits");
    if (x->traces)
        tell_traces(x, o);
    else
        tell_statistics(x, o);
    for (unsigned i = 0; i < x->traces; i++)
        close(x->trace[i]);
    close(x->vm);
    return NULL;
}
