/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/machine/host_interrupt.c - acknowledging interrupts
 * (vmm/machine/host_interrupt.h).
 */
#include "hv-under-test/vmm/machine/host_interrupt.h"

#include "hv-under-test/vmm/machine/host_apic.h"
#include "hv-under-test/vmm/machine/machine.h"
#include "hv-under-test/vmm/report.h"

static int serial;

int host_interrupt_take_serial(void)
{
    const int was = serial;

    serial = 0;
    return was;
}

void host_interrupt(uint64_t vector)
{
    const struct report_detail details[] = {{"vector", vector}};

    switch (vector) {
    case HOST_APIC_TIMER_VECTOR: /* whoever opened the gate calls host_timer_service() */
        host_apic_end_of_interrupt();
        break;
    case HOST_APIC_SPURIOUS_VECTOR: /* not to be acknowledged, APM vol. 2 section 16.4.7 */
        break;
    case MACHINE_SERIAL_VECTOR:
        serial = 1; /* acknowledged when the guest is done with it */
        break;
    case MACHINE_SPURIOUS_VECTOR: /* of the 8259A: not to be acknowledged either */
        break;
    default:
        report_error("an interrupt arrived that nobody asked for", details, 1);
    }
}
