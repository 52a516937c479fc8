/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/fault.c - the hypervisor's own exceptions (vmm/fault.h). */
#include "hv-under-test/vmm/fault.h"

#include "hv-under-test/vmm/report.h"
#include "hv-under-test/vmm/x86.h"

#define CODE_SELECTOR 0x08u
#define INTERRUPT_GATE 0x8e00u /* present, ring 0; APM vol. 2 section 4.8.4 */

struct gate {
    uint16_t offset_low, selector, attributes, offset_middle;
    uint32_t offset_high, zero;
};

extern const uint8_t fault_stubs[]; /* boot.S */
static struct gate gates[FAULT_GATES];

void fault_set_gate(unsigned vector, const uint8_t *handler)
{
    uint64_t at = (uint64_t)(uintptr_t)handler;

    gates[vector] = (struct gate){.offset_low = (uint16_t)at,
                                  .selector = CODE_SELECTOR,
                                  .attributes = INTERRUPT_GATE,
                                  .offset_middle = (uint16_t)(at >> 16),
                                  .offset_high = (uint32_t)(at >> 32)};
}

void fault_start(void)
{
    for (unsigned i = 0; i < FAULT_VECTORS; i++)
        fault_set_gate(i, fault_stubs + i * FAULT_STUB_BYTES);
    x86_lidt(gates, sizeof(gates) - 1);
}

_Noreturn void fault_report(uint64_t vector, uint64_t error, uint64_t rip, uint64_t address)
{
    const struct report_detail details[] = {
        {"vector", vector}, {"error", error}, {"rip", rip}, {"address", address}};

    report_error("the hypervisor itself took an exception", details, 4);
}
