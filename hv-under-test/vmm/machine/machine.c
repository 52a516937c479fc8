/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/machine/machine.c - quieting and ending the machine
 * (vmm/machine/machine.h).
 */
#include "hv-under-test/vmm/machine/machine.h"

#include "hv-under-test/vmm/machine/host_apic.h"
#include "hv-under-test/vmm/devices/pic.h"
#include "hv-under-test/vmm/machine/x86.h"

/* 8259A, data sheet 231468: initialisation and operation command words. */
#define PIC_ICW1 0x11u /* edge triggered, cascaded, ICW4 follows */
#define PIC_ICW4 0x01u
#define PIC_FIRST_VECTOR 0x20u
#define PIC_SECOND_VECTOR 0x28u
#define PIC_END_OF_INTERRUPT 0x20u
#define SERIAL_LINE (MACHINE_SERIAL_VECTOR - PIC_FIRST_VECTOR)
#define Q35_PM1_CONTROL 0x604u
#define PIIX4_PM1_CONTROL 0xb004u
#define PM1_SOFT_OFF 0x2000u /* SLP_EN, SLP_TYP 0: S5 of QEMU's q35 and of Bochs' i440FX */
#define KEYBOARD_PULSE_RESET 0xfeu

void machine_mask_interrupts(void)
{
    x86_out8(PIC_FIRST_DATA, 0xff);
    x86_out8(PIC_SECOND_DATA, 0xff);
}

void machine_pass_serial_interrupt(void)
{
    x86_out8(PIC_FIRST_COMMAND, PIC_ICW1);
    x86_out8(PIC_FIRST_DATA, PIC_FIRST_VECTOR);
    x86_out8(PIC_FIRST_DATA, 1u << PIC_CASCADE);
    x86_out8(PIC_FIRST_DATA, PIC_ICW4);
    x86_out8(PIC_SECOND_COMMAND, PIC_ICW1);
    x86_out8(PIC_SECOND_DATA, PIC_SECOND_VECTOR);
    x86_out8(PIC_SECOND_DATA, PIC_CASCADE);
    x86_out8(PIC_SECOND_DATA, PIC_ICW4);
    x86_out8(PIC_SECOND_DATA, 0xff);
    host_apic_pass_pic();
    x86_out8(PIC_FIRST_DATA, 0xffu & ~(1u << SERIAL_LINE));
}

void machine_end_of_interrupt(void)
{
    x86_out8(PIC_FIRST_COMMAND, PIC_END_OF_INTERRUPT);
}

_Noreturn void machine_end(unsigned value)
{
    x86_out32(MACHINE_EXIT_PORT, value);
    x86_out16(Q35_PM1_CONTROL, PM1_SOFT_OFF);
    x86_out16(PIIX4_PM1_CONTROL, PM1_SOFT_OFF);
    x86_out8(MACHINE_KEYBOARD_COMMAND, KEYBOARD_PULSE_RESET);
    x86_halt();
}
