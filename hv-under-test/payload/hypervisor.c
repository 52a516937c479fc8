/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/hypervisor.c - who is below, and what it offers: the in-tree hypervisor
 * (hv-under-test/vmm/abi.h), Xen (payload/xen.h) and KVM
 * (Documentation/virt/kvm/x86/hypercalls.rst).
 */
#include "hv-under-test/payload/cpu.h"
#include "hv-under-test/payload/payload.h"
#include "hv-under-test/payload/xen.h"
#include "hv-under-test/vmm/abi.h"
#include "workloads/text.h"
#include "workloads/workload.h"

#define KVM_SIGNATURE "KVMKVMKVM"
/* KVM_HC_VAPIC_POLL_IRQ: made to cause an exit and nothing else; 0 in RAX. */
#define KVM_HYPERCALL_NOP 1u

/* workloads/workload.h describes the ring in numbers of its own. */
_Static_assert(WORKLOAD_RING_SLOTS == VMM_RING_SLOTS, "one ring");
_Static_assert(WORKLOAD_RING_FIRST_SLOT == VMM_RING_FIRST_SLOT, "one ring");
_Static_assert(offsetof(struct vmm_ring, consumed) == WORKLOAD_RING_CONSUMED, "one ring");
_Static_assert(sizeof(struct vmm_ring_slot) == WORKLOAD_RING_SLOT_BYTES, "one ring");

#define LEAF1_ECX_HYPERVISOR 0x80000000u

static const volatile struct vmm_accounts *accounts;
static int intel;

static uint64_t exits_total(void)
{
    return accounts->exits_total;
}

static uint64_t hypercall(uint64_t number)
{
    if (payload_is_pv)
        return pv_call(number, 0, 0);
    return intel ? cpu_vmcall(number) : cpu_vmmcall(number);
}

static uint64_t hypercall_with(uint64_t number, uint64_t first, uint64_t second)
{
    if (payload_is_pv)
        return pv_call(number, first, second);
    return intel ? cpu_vmcall_with(number, first, second)
                 : cpu_vmmcall_with(number, first, second);
}

static void checkpoint(void *carried, size_t bytes)
{
    if (hypercall_with(VMM_HYPERCALL_CHECKPOINT, (uintptr_t)carried, bytes))
        payload_fail("the hypervisor asks for checkpoints and refuses one");
}

static volatile struct vmm_ring *ring;

static void ring_kick(void)
{
    if (hypercall(VMM_HYPERCALL_RING_KICK))
        payload_fail("the hypervisor does not serve its ring");
}

/* How far it is, the page tells, which no restore puts back. */
static void ring_write(const char *data, size_t n)
{
    while (n) {
        const uint32_t produced = ring->produced;
        volatile struct vmm_ring_slot *slot = &ring->slot[produced % VMM_RING_SLOTS];
        const uint32_t bytes = n < VMM_RING_BYTES_MOST ? (uint32_t)n : VMM_RING_BYTES_MOST;

        if (produced - ring->consumed == VMM_RING_SLOTS) {
            ring_kick();
            continue;
        }
        slot->address = (uintptr_t)data;
        slot->bytes = bytes;
        slot->operation = VMM_RING_CONSOLE;
        slot->status = VMM_RING_POSTED;
        ring->produced = produced + 1;
        data += bytes;
        n -= bytes;
    }
    ring_kick();
}

static void hypercall_nop(void)
{
    hypercall(VMM_HYPERCALL_NOP);
}

static void hypercall_nop_kvm(void)
{
    hypercall(KVM_HYPERCALL_NOP);
}

static void hypercall_nop_xen(void)
{
    xen_version();
}

static void shutdown_etalon(int failed)
{
    (void)failed;
    hypercall(VMM_HYPERCALL_SHUTDOWN);
}

static void put_register(char *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (char)(value >> (8u * i));
}

/* Twelve characters of a vendor leaf, in the given order of registers. */
static void read_signature(char out[13], uint32_t a, uint32_t b, uint32_t c)
{
    put_register(out, a);
    put_register(out + 4, b);
    put_register(out + 8, c);
    out[12] = '\0';
}

static const char *read_etalon(struct hypervisor *h, uint32_t highest)
{
    struct cpu_id leaf = cpu_id(VMM_CPUID_BASE + 1);

    if (leaf.eax != VMM_ABI_VERSION)
        return "the hypervisor speaks another version of its ABI than this payload";
    accounts =
        (const volatile struct vmm_accounts *)(uintptr_t)((uint64_t)leaf.ecx << 32 | leaf.ebx);
    if (leaf.ecx || accounts->abi_version != VMM_ABI_VERSION)
        return "the hypervisor's accounts page is not where it says";
    h->shutdown = shutdown_etalon;
    h->exits_total = exits_total;
    h->hypercall_nop = hypercall_nop;
    ring = (volatile struct vmm_ring *)(uintptr_t)accounts->ring;
    if (ring) {
        h->console_write = ring_write;
        h->ring = (volatile uint32_t *)ring;
        h->ring_kick = ring_kick;
        h->ring_kick_number = VMM_HYPERCALL_RING_KICK;
    }
    if (accounts->neighbours_yield)
        h->yield_number = VMM_HYPERCALL_YIELD;
    if (accounts->checkpoints)
        h->checkpoint = checkpoint;
    h->hypercall_number = VMM_HYPERCALL_NOP;
    h->workload_flags = payload_is_pv ? WORKLOAD_PV
                        : intel       ? WORKLOAD_VMCALL
                                      : WORKLOAD_VMMCALL;
    h->port_out_number = payload_is_pv ? VMM_PV_OUT8 : 0;
    if (highest >= VMM_CPUID_BASE + 2)
        h->emulated_register = cpu_id(VMM_CPUID_BASE + 2).eax;
    return NULL;
}

static const char *read_xen(struct hypervisor *h)
{
    const char *reason = xen_init(intel);

    if (reason)
        return reason;
    h->shutdown = xen_shutdown;
    h->console_write = xen_console_write;
    h->hypercall_nop = hypercall_nop_xen;
    h->hypercall_number = XEN_HYPERCALL_NOP;
    h->hypercall_result = xen_version();
    h->workload_flags = intel ? WORKLOAD_VMCALL : WORKLOAD_VMMCALL;
    return NULL;
}

static const char *read_kvm(struct hypervisor *h)
{
    h->hypercall_nop = hypercall_nop_kvm;
    h->hypercall_number = KVM_HYPERCALL_NOP;
    h->workload_flags = intel ? WORKLOAD_VMCALL : WORKLOAD_VMMCALL;
    return NULL;
}

const char *hypervisor_find(struct hypervisor *h)
{
    struct cpu_id leaf = cpu_id(0);
    char vendor[13];

    *h = (struct hypervisor){.signature = "none"};
    read_signature(vendor, leaf.ebx, leaf.edx, leaf.ecx);
    intel = text_equal("GenuineIntel", vendor, 12);
    if (!(cpu_id(1).ecx & LEAF1_ECX_HYPERVISOR))
        return NULL;
    leaf = cpu_id(VMM_CPUID_BASE);
    read_signature(h->signature, leaf.ebx, leaf.ecx, leaf.edx);
    if (text_equal(VMM_SIGNATURE, h->signature, 12))
        return read_etalon(h, leaf.eax);
    if (text_equal(XEN_SIGNATURE, h->signature, 12))
        return read_xen(h);
    /* Twelve bytes, the last three of them 0. */
    if (text_equal(KVM_SIGNATURE, h->signature, 9))
        return read_kvm(h);
    return NULL;
}
