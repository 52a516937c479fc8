/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/devices/pic.h - a guest's pair of interrupt controllers, Intel 8259A (data
 * sheet 231468) as a PC has them: the second one's output is line 2 of the first. Pure:
 * nothing of the machine is touched.
 *
 * Handled: initialisation (ICW1-ICW4), masks, fully nested and special fully nested mode,
 * special mask mode, specific, non-specific and automatic end of interrupt, rotation, reading
 * IRR and ISR, polling, spurious interrupts on line 7. Lines are edge-triggered, whatever ICW1
 * says, as the guest's devices need it.
 *
 * Not handled: 8080 mode, buffered mode, single mode (SNGL), level triggering.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_DEVICES_PIC_H
#define ETALON_HV_UNDER_TEST_VMM_DEVICES_PIC_H

#include <stdint.h>

#define PIC_FIRST_COMMAND 0x20u
#define PIC_FIRST_DATA 0x21u
#define PIC_SECOND_COMMAND 0xa0u
#define PIC_SECOND_DATA 0xa1u
#define PIC_CASCADE 2u /* line of the first chip that the second one drives */
#define PIC_LINES 16u

struct pic_chip {
    uint8_t lines;   /* levels of the inputs */
    uint8_t request; /* IRR */
    uint8_t service; /* ISR */
    uint8_t mask;    /* IMR */
    uint8_t base;    /* vector of line 0 */
    uint8_t lowest;  /* line with the lowest priority */
    uint8_t init;    /* the ICW awaited, 2-4; 0: none */
    uint8_t wants_icw4, automatic_end, special_mask, fully_nested, rotate_automatic;
    uint8_t read_service, poll;
};

struct pic {
    struct pic_chip chip[2];
};

void pic_reset(struct pic *p);
uint8_t pic_read(struct pic *p, uint16_t port);
void pic_write(struct pic *p, uint16_t port, uint8_t value);

/* Level of an input, 0-15 (not 2). A request is a rising edge, held until it is acknowledged;
 * it is gone if the level falls before. */
void pic_set_line(struct pic *p, unsigned line, int level);
/* A rising edge for sure: low, then high. */
void pic_pulse(struct pic *p, unsigned line);
/* The output INT: is an interrupt due? */
int pic_output(const struct pic *p);
/* The vector that pic_acknowledge() would give. */
uint8_t pic_vector(const struct pic *p);
/* The processor takes it: the vector. Only after pic_output() said so is it no spurious one. */
uint8_t pic_acknowledge(struct pic *p);
/* Is a line masked at its own chip? */
int pic_is_masked(const struct pic *p, unsigned line);
/* Would a request on this line be a new one: neither asked for, nor in service, nor masked? */
int pic_is_ready(const struct pic *p, unsigned line);

#endif
