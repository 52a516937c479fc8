/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/agent/facts.c - provenance that only the target can see.
 */
#include <cpuid.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "hv-under-test/agent/agent.h"
#include "hv-under-test/vmm/abi.h"
#include "workloads/workload.h"

#define LEAF_BRAND 0x80000002u /* and the next two: 48 characters */
#define SYSLOG_ACTION_READ_ALL 3
#define SYSLOG_ACTION_SIZE_BUFFER 10
#define HUGE_PAGES "/sys/kernel/mm/transparent_hugepage/enabled"
#define XEN_TYPE "/sys/hypervisor/type"
#define XEN_GUEST_TYPE "/sys/hypervisor/guest_type"
#define XEN_SIGNATURE "XenVMMXenVMM"

/* First line of a file without its newline, "" if it cannot be read. */
static void first_line(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "re");

    out[0] = '\0';
    if (!f)
        return;
    if (fgets(out, (int)size, f))
        out[strcspn(out, "\n")] = '\0';
    fclose(f);
}

const char *facts_hypervisor(void)
{
    static char signature[13] = "none";
    unsigned a, b, c, d;
    char type[16];

    /* A PV guest of Xen executes CPUID by itself and sees the processor's own answer. */
    first_line(XEN_TYPE, type, sizeof type);
    if (strcmp(type, "xen") == 0)
        return XEN_SIGNATURE;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 31))
        return signature;
    __cpuid(VMM_CPUID_BASE, a, b, c, d);
    memcpy(signature, &b, 4);
    memcpy(signature + 4, &c, 4);
    memcpy(signature + 8, &d, 4);
    return signature;
}

/* Is there a hypercall instruction that a program may execute? */
static int is_answered(const char *below)
{
    char type[16];

    if (strncmp(below, "KVMKVMKVM", 9) == 0 || strcmp(below, VMM_SIGNATURE) == 0)
        return 1;
    first_line(XEN_GUEST_TYPE, type, sizeof type);
    return strcmp(below, XEN_SIGNATURE) == 0 && type[0] && strcmp(type, "PV") != 0;
}

/*
 * KVM answers a hypercall from user space with -KVM_EPERM in RAX, Xen a PVH or HVM guest's with
 * -EPERM, both of which are -1; the in-tree hypervisor answers with its result. None of them
 * faults. Bare, and for a program in a PV guest of Xen, the instruction is undefined.
 */
uint32_t facts_hypercall(void)
{
    unsigned a, b, c, d;

    if (!is_answered(facts_hypervisor()))
        return 0;
    __cpuid(0, a, b, c, d);
    return b == signature_INTEL_ebx ? WORKLOAD_VMCALL : WORKLOAD_VMMCALL;
}

int facts_xen_pv(void)
{
    char type[16];

    first_line(XEN_GUEST_TYPE, type, sizeof type);
    return strcmp(type, "PV") == 0;
}

uint64_t facts_hypercall_result(void)
{
    return strcmp(facts_hypervisor(), VMM_SIGNATURE) == 0 ? 0 : UINT64_MAX;
}

void facts_boot(struct record_writer *w)
{
    struct utsname name;
    char source[64];

    record_text(w, "hypervisor", facts_hypervisor());
    record_text(w, "kernel", uname(&name) ? "" : name.release);
    first_line(FACTS_CLOCKSOURCE, source, sizeof source);
    record_text(w, "clocksource", source);
}

static void put_processor(struct record_writer *w)
{
    unsigned words[12], highest = __get_cpuid_max(0x80000000u, NULL);
    char brand[sizeof words + 1];
    const char *text = brand;
    size_t n;

    if (highest < LEAF_BRAND + 2)
        return;
    for (unsigned i = 0; i < 3; i++)
        __cpuid(LEAF_BRAND + i, words[4 * i], words[4 * i + 1], words[4 * i + 2],
                words[4 * i + 3]);
    memcpy(brand, words, sizeof words);
    brand[sizeof words] = '\0';
    text += strspn(text, " ");
    n = strlen(text);
    while (n && text[n - 1] == ' ')
        brand[--n + (size_t)(text - brand)] = '\0';
    record_text(w, "processor", text);
}

/* The number before " MHz" after the last occurrence of `before` in the kernel's log. */
static int find_mhz(const char *log, const char *before, char *out, size_t size)
{
    const char *at = NULL, *next = log;
    size_t n;

    while ((next = strstr(next, before))) {
        next += strlen(before);
        at = next;
    }
    if (!at)
        return -1;
    n = strspn(at, "0123456789.");
    if (n == 0 || n >= size || strncmp(at + n, " MHz", 4) != 0)
        return -1;
    memcpy(out, at, n);
    out[n] = '\0';
    return 0;
}

/* What the kernel takes the TSC's frequency to be, if its log may be read and still says so. */
static void put_kernel_tsc(struct record_writer *w)
{
    int size = klogctl(SYSLOG_ACTION_SIZE_BUFFER, NULL, 0);
    char *log, mhz[32];
    int n;

    if (size <= 0)
        return;
    log = malloc((size_t)size + 1);
    if (!log)
        return;
    n = klogctl(SYSLOG_ACTION_READ_ALL, log, size);
    log[n > 0 ? n : 0] = '\0';
    if (!find_mhz(log, "tsc: Refined TSC clocksource calibration: ", mhz, sizeof mhz) ||
        !find_mhz(log, "tsc: Detected ", mhz, sizeof mhz))
        record_text(w, "kernel_tsc_mhz", mhz);
    free(log);
}

/* What the audit of time(1) must know (analysis/times.h): on how many processors this process
 * may use time, and how coarse a clock may be that the kernel keeps by its tick. */
static void put_time(struct record_writer *w)
{
    struct timespec tick;
    cpu_set_t allowed;

    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        record_u64(w, "process_cpus", (uint64_t)CPU_COUNT(&allowed));
    record_u64(w, "online_cpus", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
    if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) == 0)
        record_u64(w, "tick_ns", (uint64_t)tick.tv_sec * 1000000000u + (uint64_t)tick.tv_nsec);
}

void facts_more(struct record_writer *w)
{
    struct utsname name;
    char huge[64], xen[16];

    if (uname(&name) == 0)
        record_text(w, "kernel_version", name.version);
    record_u64(w, "ram_bytes",
               (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE));
    first_line(XEN_GUEST_TYPE, xen, sizeof xen);
    if (xen[0])
        record_text(w, "xen_guest_type", xen);
    first_line(HUGE_PAGES, huge, sizeof huge);
    record_text(w, "huge_pages", huge);
    put_processor(w);
    put_kernel_tsc(w);
    put_time(w);
}
