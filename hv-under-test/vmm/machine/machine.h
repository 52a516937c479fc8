/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/machine/machine.h - the machine around the processor: quiet it at the
 * start, end it at the end.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_MACHINE_MACHINE_H
#define ETALON_HV_UNDER_TEST_VMM_MACHINE_MACHINE_H

#define MACHINE_EXIT_PORT 0xf4u
#define MACHINE_KEYBOARD_COMMAND 0x64u
#define MACHINE_SERIAL_VECTOR 0x24u
#define MACHINE_SPURIOUS_VECTOR 0x27u
#define MACHINE_END_OK 0x10u    /* status 33 of QEMU (value << 1 | 1) */
#define MACHINE_END_ERROR 0x11u /* status 35 */

/* Mask both legacy interrupt controllers: nothing may interrupt what has no handler. */
void machine_mask_interrupts(void);
/* The first serial port's interrupt (line 4), and nothing else of the legacy controllers, at
 * MACHINE_SERIAL_VECTOR; and that it was taken. */
void machine_pass_serial_interrupt(void);
void machine_end_of_interrupt(void);
/* Power off: the emulator's exit port; failing that, ACPI as the firmware of q35 or of Bochs'
 * i440FX leaves it; then a reset by the keyboard controller; then halt. */
_Noreturn void machine_end(unsigned value);

#endif
