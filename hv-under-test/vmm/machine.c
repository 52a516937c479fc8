/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/machine.c - quieting and ending the machine (vmm/machine.h). */
#include "hv-under-test/vmm/machine.h"

#include "hv-under-test/vmm/x86.h"

#define PIC1_DATA 0x21u
#define PIC2_DATA 0xa1u
#define Q35_PM1_CONTROL 0x604u
#define PM1_SOFT_OFF 0x2000u /* SLP_EN, SLP_TYP 0: S5 of QEMU's q35 */
#define KEYBOARD_COMMAND 0x64u
#define KEYBOARD_PULSE_RESET 0xfeu

void machine_mask_interrupts(void)
{
    x86_out8(PIC1_DATA, 0xff);
    x86_out8(PIC2_DATA, 0xff);
}

_Noreturn void machine_end(unsigned value)
{
    x86_out32(MACHINE_EXIT_PORT, value);
    x86_out16(Q35_PM1_CONTROL, PM1_SOFT_OFF);
    x86_out8(KEYBOARD_COMMAND, KEYBOARD_PULSE_RESET);
    x86_halt();
}
