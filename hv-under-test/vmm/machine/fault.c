/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/machine/fault.c - the hypervisor's own exceptions (vmm/machine/fault.h).
 */
#include "hv-under-test/vmm/machine/fault.h"

#include "hv-under-test/vmm/machine/host_interrupt.h"
#include "hv-under-test/vmm/report.h"
#include "hv-under-test/vmm/machine/x86.h"

#define CODE_SELECTOR 0x08u
#define INTERRUPT_GATE 0x8e00u /* present, ring 0; APM vol. 2 section 4.8.4 */

struct gate {
    uint16_t offset_low, selector, attributes, offset_middle;
    uint32_t offset_high, zero;
};

extern const uint8_t fault_stubs[]; /* boot.S */
static struct gate gates[HOST_INTERRUPT_VECTORS];

_Static_assert(FAULT_VECTORS == HOST_INTERRUPT_FIRST, "every vector has one gate");

void fault_start(void)
{
    for (unsigned i = 0; i < HOST_INTERRUPT_VECTORS; i++) {
        uint64_t stub = i < FAULT_VECTORS
                            ? (uint64_t)(uintptr_t)fault_stubs + i * FAULT_STUB_BYTES
                            : (uint64_t)(uintptr_t)host_interrupt_stubs +
                                  (i - FAULT_VECTORS) * HOST_INTERRUPT_STUB_BYTES;

        gates[i] = (struct gate){.offset_low = (uint16_t)stub,
                                 .selector = CODE_SELECTOR,
                                 .attributes = INTERRUPT_GATE,
                                 .offset_middle = (uint16_t)(stub >> 16),
                                 .offset_high = (uint32_t)(stub >> 32)};
    }
    x86_lidt(gates, sizeof(gates) - 1);
}

_Noreturn void fault_report(uint64_t vector, uint64_t error, uint64_t rip, uint64_t address)
{
    const struct report_detail details[] = {
        {"vector", vector}, {"error", error}, {"rip", rip}, {"address", address}};

    report_error("the hypervisor itself took an exception", details, 4);
}
