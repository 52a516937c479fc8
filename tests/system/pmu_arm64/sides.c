/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/pmu_arm64/sides.c - a guest of the emulated /dev/kvm (Linux,
 * Documentation/virt/kvm/api.rst) runs a loop of two instructions N times, then stores to an
 * address without memory, which leaves it. Three counters on the vCPU's thread watch.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collector/pmu/watch.h"
#include "tests/system/pmu_arm64/init.h"

#define GUEST_RAM 0x40000000u
#define GUEST_HOLE 0x50000000u /* no memory there: a store is an exit */
#define RAM_BYTES 0x10000u

/* x0: iterations, x1: GUEST_HOLE. Runs from its copy in the guest's memory. */
__asm__(".pushsection .rodata\n"
        ".globl guest_code, guest_code_end\n"
        "guest_code:\n"
        "1:  subs x0, x0, #1\n"
        "    b.ne 1b\n"
        "    str x0, [x1]\n"
        "    b guest_code\n"
        "guest_code_end:\n"
        ".popsection\n");
extern const unsigned char guest_code[], guest_code_end[];

struct guest {
    int kvm, vm, vcpu;
    struct kvm_run *run;
    const char *failed;
};

static uint64_t core_register(size_t offset)
{
    return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | offset / sizeof(uint32_t);
}

static int set_register(const struct guest *g, size_t offset, uint64_t value)
{
    struct kvm_one_reg r = {.id = core_register(offset), .addr = (uint64_t)(uintptr_t)&value};

    return ioctl(g->vcpu, KVM_SET_ONE_REG, &r);
}

#define X(i) (offsetof(struct kvm_regs, regs.regs) + (i) * sizeof(uint64_t))
#define PC offsetof(struct kvm_regs, regs.pc)

static int guest_memory(struct guest *g)
{
    void *ram =
        mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct kvm_userspace_memory_region region = {.guest_phys_addr = GUEST_RAM,
                                                 .memory_size = RAM_BYTES,
                                                 .userspace_addr = (uint64_t)(uintptr_t)ram};

    if (ram == MAP_FAILED)
        return -1;
    memcpy(ram, guest_code, (size_t)(guest_code_end - guest_code));
    return ioctl(g->vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static int guest_vcpu(struct guest *g)
{
    struct kvm_vcpu_init init = {0};
    int size = ioctl(g->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

    g->vcpu = ioctl(g->vm, KVM_CREATE_VCPU, 0);
    if (g->vcpu < 0 || size <= 0 || ioctl(g->vm, KVM_ARM_PREFERRED_TARGET, &init) ||
        ioctl(g->vcpu, KVM_ARM_VCPU_INIT, &init))
        return -1;
    g->run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, g->vcpu, 0);
    if (g->run == MAP_FAILED)
        return -1;
    return set_register(g, X(0), 1) || set_register(g, X(1), GUEST_HOLE) ||
           set_register(g, PC, GUEST_RAM);
}

static const char *guest_create(struct guest *g)
{
    g->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (g->kvm < 0)
        return "/dev/kvm";
    g->vm = ioctl(g->kvm, KVM_CREATE_VM, 0);
    if (g->vm < 0)
        return "KVM_CREATE_VM";
    if (guest_memory(g))
        return "KVM_SET_USER_MEMORY_REGION";
    return guest_vcpu(g) ? "KVM_CREATE_VCPU" : NULL;
}

static int guest_loop(struct guest *g, uint64_t n)
{
    if (set_register(g, X(0), n) || ioctl(g->vcpu, KVM_RUN, 0))
        return -1;
    return g->run->exit_reason == KVM_EXIT_MMIO ? 0 : -1;
}

static int count_loop(struct guest *g, uint64_t n, unsigned levels, struct err *e)
{
    struct pmu_reading r;
    struct pmu_group three;
    int rc, failed;

    rc = pmu_sides_open(&three, "arm_ac57::INST_RETIRED", levels, 0, e);
    if (rc != 0)
        return rc;
    rc = pmu_group_start(&three, e);
    failed = guest_loop(g, n);
    if (rc == 0)
        rc = pmu_group_stop(&three, e);
    if (rc == 0)
        rc = pmu_group_read(&three, &r, e);
    pmu_group_close(&three);
    if (rc != 0)
        return rc;
    if (failed)
        return err_set_errno(e, ERR_IO, errno, "the guest did not come back by its store");
    rc = pmu_sides_check(&r, 0, 0, e);
    printf("sides levels=%s n=%llu guest=%llu host=%llu both=%llu verdict=%s\n",
           levels & PMU_LEVEL_HV ? "ukh" : "uk", (unsigned long long)n,
           (unsigned long long)r.raw[PMU_SIDES_GUEST],
           (unsigned long long)r.raw[PMU_SIDES_HOST],
           (unsigned long long)r.raw[PMU_SIDES_BOTH], rc == 0 ? "ok" : e->text);
    return 0;
}

/* The same as the outer system of the KVM platforms does it: one guest, watched to its end. */
static void watch_guest(struct guest *g, uint64_t n)
{
    struct pmu_watch w;
    struct pmu_reading r;
    struct err e = {0};
    int rc = pmu_watch_begin(&w, "/sys", &e);

    if (rc == 0)
        rc = pmu_watch_thread(&w, 0, &e);
    if (rc == 0 && guest_loop(g, n))
        rc = err_set_errno(&e, ERR_IO, errno, "KVM_RUN");
    if (rc == 0)
        rc = pmu_watch_value(&w, 0, &r, &e);
    if (rc == 0)
        printf("watch event=%s n=%llu guest=%llu sum=%s verdict=ok\n", w.event,
               (unsigned long long)n, (unsigned long long)r.raw[PMU_SIDES_GUEST],
               r.raw[PMU_SIDES_GUEST] + r.raw[PMU_SIDES_HOST] == r.raw[PMU_SIDES_BOTH]
                   ? "exact"
                   : "near");
    else
        printf("watch verdict=%s\n", e.text);
    pmu_watch_end(&w);
}

void sides_of_a_guest(void)
{
    static const unsigned levels[] = {PMU_LEVEL_USER | PMU_LEVEL_KERNEL,
                                      PMU_LEVEL_USER | PMU_LEVEL_KERNEL | PMU_LEVEL_HV};
    struct guest g = {.kvm = -1};
    struct err e = {0};
    const char *failed = guest_create(&g);

    if (failed) {
        printf("sides verdict=%s: %s\n", failed, strerror(errno));
        return;
    }
    if (guest_loop(&g, 1)) { /* its page is mapped before it is counted */
        printf("sides verdict=KVM_RUN: %s, exit %u\n", strerror(errno), g.run->exit_reason);
        return;
    }
    for (unsigned i = 0; i < 2; i++)
        for (uint64_t n = 1; n <= 10000000; n *= 10)
            if (count_loop(&g, n, levels[i], &e)) {
                printf("sides n=%llu verdict=%s\n", (unsigned long long)n, e.text);
                return;
            }
    watch_guest(&g, 1000000);
}
