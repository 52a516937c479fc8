/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/steal_linux.c - stolen time from the kernel's own memory; see steal.h.
 */
#include "collector/steal.h"

#include <cpuid.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KCORE "/proc/kcore"
#define KALLSYMS "/proc/kallsyms"
#define KCORE_HEAD_BYTES 16384u  /* header and segments: some dozens of 56 bytes */
#define KVM_LEAF 0x40000000u     /* Linux, Documentation/virt/kvm/x86/cpuid.rst */
#define KVM_STEAL_TIME (1u << 5) /* 40000001h EAX, KVM_FEATURE_STEAL_TIME */
#define TRIES 100

enum kind { XEN, KVM };

static const struct {
    const char *symbol;
    size_t bytes;
} areas[] = {
    [XEN] = {"xen_runstate", sizeof(struct steal_xen)},
    [KVM] = {"steal_time", sizeof(struct steal_kvm)},
};

static int fd = -1;
static enum kind kind;
static uint64_t place; /* of the area in KCORE */
static char trouble[160];

/* --- the texts ------------------------------------------------------------------------------ */

int steal_find_symbol(const char *text, const char *symbol, uint64_t *value)
{
    const size_t length = strlen(symbol);

    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        char *end;
        uint64_t v;

        line += *line == '\n';
        v = strtoull(line, &end, 16);
        if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ')
            continue;
        if (strncmp(end + 3, symbol, length) == 0 && strchr("\n\t", end[3 + length])) {
            *value = v;
            return v ? 0 : -1;
        }
    }
    return -1;
}

int steal_find_offset(const unsigned char *head, size_t size, uint64_t address, size_t bytes,
                      uint64_t *offset)
{
    Elf64_Ehdr h;

    if (size < sizeof h)
        return -1;
    memcpy(&h, head, sizeof h);
    if (memcmp(h.e_ident, ELFMAG, SELFMAG) || h.e_ident[EI_CLASS] != ELFCLASS64 ||
        h.e_phentsize != sizeof(Elf64_Phdr))
        return -1;
    for (unsigned i = 0; i < h.e_phnum; i++) {
        const uint64_t at = h.e_phoff + i * sizeof(Elf64_Phdr);
        Elf64_Phdr p;

        if (at > size || size - at < sizeof p)
            return -1;
        memcpy(&p, head + at, sizeof p);
        if (p.p_type == PT_LOAD && address >= p.p_vaddr && p.p_memsz >= bytes &&
            address - p.p_vaddr <= p.p_memsz - bytes) {
            *offset = p.p_offset + (address - p.p_vaddr);
            return 0;
        }
    }
    return -1;
}

void steal_of_xen(const struct steal_xen *area, uint64_t *slot)
{
    slot[STEAL_STOLEN] = area->ns[STEAL_XEN_RUNNABLE] + area->ns[STEAL_XEN_OFFLINE];
    slot[STEAL_BLOCKED] = area->ns[STEAL_XEN_BLOCKED];
}

/* --- finding the area ----------------------------------------------------------------------- */

static char *read_all(const char *path)
{
    const int from = open(path, O_RDONLY | O_CLOEXEC);
    size_t used = 0, room = 1u << 20;
    char *text = from < 0 ? NULL : malloc(room);
    ssize_t n = 0;

    while (text && (n = read(from, text + used, room - used - 1)) > 0) {
        used += (size_t)n;
        if (room - used < 2) {
            char *more = realloc(text, room *= 2);

            if (!more)
                free(text);
            text = more;
        }
    }
    if (from >= 0)
        close(from);
    if (text)
        text[used] = '\0';
    return text;
}

static int read_kernel(const unsigned char *head, size_t size, uint64_t address, void *to,
                       size_t bytes)
{
    uint64_t offset;

    if (steal_find_offset(head, size, address, bytes, &offset))
        return -1;
    return pread(fd, to, bytes, (off_t)offset) == (ssize_t)bytes ? 0 : -1;
}

static const char *hypervisor(void)
{
    static char name[13];
    unsigned a, b, c, d;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 31))
        return "";
    for (unsigned leaf = KVM_LEAF; leaf < KVM_LEAF + 0x10000u; leaf += 0x100u) {
        __cpuid(leaf, a, b, c, d);
        memcpy(name, &b, 4);
        memcpy(name + 4, &c, 4);
        memcpy(name + 8, &d, 4);
        if (strcmp(name, "XenVMMXenVMM") == 0 || strcmp(name, "KVMKVMKVM") == 0)
            return name;
    }
    return "";
}

static const char *choose_kind(void)
{
    const char *name = hypervisor();
    unsigned a = 0, b, c, d;

    /* A PV guest's CPUID is the machine's own unless it is asked for in Xen's way. */
    if (strcmp(name, "XenVMMXenVMM") == 0 || access("/proc/xen", F_OK) == 0) {
        kind = XEN;
        return NULL;
    }
    if (strcmp(name, "KVMKVMKVM") != 0)
        return "steal needs a guest of Xen or KVM: nobody tells this Linux of stolen time";
    __cpuid(KVM_LEAF + 1, a, b, c, d);
    kind = KVM;
    return a & KVM_STEAL_TIME ? NULL : "this KVM does not offer its guest a steal time record";
}

static const char *find_place(const char *symbols, const unsigned char *head, size_t size)
{
    static char reason[160];
    uint64_t variable, offsets, base, at;

    if (steal_find_symbol(symbols, areas[kind].symbol, &variable) ||
        steal_find_symbol(symbols, "__per_cpu_offset", &offsets)) {
        snprintf(reason, sizeof reason,
                 KALLSYMS " has no address of %s or __per_cpu_offset: steal needs root and a "
                          "kernel with CONFIG_KALLSYMS_ALL",
                 areas[kind].symbol);
        return reason;
    }
    at = offsets + (uint64_t)sched_getcpu() * sizeof base;
    if (read_kernel(head, size, at, &base, sizeof base) ||
        steal_find_offset(head, size, base + variable, areas[kind].bytes, &place)) {
        snprintf(reason, sizeof reason,
                 KCORE " does not hold the processor's %s: the kernel may be locked down",
                 areas[kind].symbol);
        return reason;
    }
    return NULL;
}

static void read_xen(uint64_t *slot)
{
    struct steal_xen area, again;

    for (int i = 0; i < TRIES; i++) {
        if (pread(fd, &area, sizeof area, (off_t)place) != sizeof area ||
            pread(fd, &again, sizeof again, (off_t)place) != sizeof again)
            break;
        /* A switch between or within the two would have changed it. */
        if (memcmp(&area, &again, sizeof area) == 0) {
            steal_of_xen(&area, slot);
            return;
        }
    }
    snprintf(trouble, sizeof trouble, "steal: the run state area cannot be read whole");
}

static void read_kvm(uint64_t *slot)
{
    struct steal_kvm area;

    for (int i = 0; i < TRIES; i++) {
        if (pread(fd, &area, sizeof area, (off_t)place) != sizeof area)
            break;
        if (!(area.version & 1u)) {
            slot[STEAL_STOLEN] = area.ns;
            return;
        }
    }
    snprintf(trouble, sizeof trouble, "steal: the steal time record cannot be read whole");
}

/* The slots of who tells it. */
static void steal_read(uint64_t *slot)
{
    if (kind == XEN)
        read_xen(slot);
    else
        read_kvm(slot);
}

static const char *steal_unavailable(void)
{
    unsigned char *head = NULL;
    char *symbols = NULL;
    const char *reason = choose_kind();
    uint64_t try[STEAL_READINGS];
    ssize_t n = 0;

    if (reason)
        return reason;
    if (fd < 0)
        fd = open(KCORE, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return "cannot open " KCORE ": steal needs root and a kernel with CONFIG_PROC_KCORE "
               "that is not locked down";
    head = malloc(KCORE_HEAD_BYTES);
    symbols = read_all(KALLSYMS);
    if (head)
        n = pread(fd, head, KCORE_HEAD_BYTES, 0);
    if (!head || !symbols || n <= 0)
        reason = "cannot read " KALLSYMS " and " KCORE ": steal needs both";
    else
        reason = find_place(symbols, head, (size_t)n);
    free(symbols);
    free(head);
    trouble[0] = '\0';
    if (!reason)
        steal_read(try);
    return reason ? reason : trouble[0] ? trouble : NULL;
}

static int steal_fact(unsigned i, const char **key, const char **value)
{
    if (i || fd < 0)
        return 0;
    *key = "source";
    *value = areas[kind].symbol;
    return 1;
}

static const char *steal_failed(void)
{
    return trouble[0] ? trouble : NULL;
}

static const struct collector_reading readings[STEAL_READINGS] = {
    [STEAL_STOLEN] = {"stolen", "accounted_ns"},
    [STEAL_BLOCKED] = {"blocked", "accounted_ns"}};

static const struct collector *steal_here(void)
{
    static struct collector here;

    here = collector_steal;
    here.readings = kind == XEN ? STEAL_READINGS : STEAL_STOLEN + 1;
    return &here;
}

const struct collector collector_steal = {
    .name = "steal",
    .summary = "time that Xen or KVM says it kept the processor from the guest, in ns",
    .unavailable = steal_unavailable,
    .here = steal_here,
    .failed = steal_failed,
    .fact = steal_fact,
    .reading = readings,
    .readings = STEAL_READINGS,
    .before = steal_read,
    .after = steal_read,
};
