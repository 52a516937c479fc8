/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/devices/pic.c - two 8259A (vmm/devices/pic.h). Names of registers and
 * words: data sheet.
 */
#include "hv-under-test/vmm/devices/pic.h"

#define SPURIOUS 7u
#define NONE 8u

#define ICW1 0x10u
#define ICW1_ICW4 0x01u
#define ICW4_AUTOMATIC_END 0x02u
#define ICW4_FULLY_NESTED 0x10u
#define OCW3 0x08u
#define OCW3_POLL 0x04u
#define OCW3_READ 0x02u         /* take bit 0: ISR or IRR */
#define OCW3_SPECIAL_MASK 0x40u /* take bit 5 */
#define OCW2_ROTATE 0x80u
#define OCW2_SPECIFIC 0x40u
#define OCW2_END 0x20u
#define POLL_PENDING 0x80u

static uint8_t bit(unsigned line)
{
    return (uint8_t)(1u << line);
}

/* The line of highest priority in a set; NONE if it is empty. */
static unsigned highest(const struct pic_chip *c, uint8_t set)
{
    for (unsigned i = 1; i <= 8; i++) {
        unsigned line = (c->lowest + i) & 7u;

        if (set & bit(line))
            return line;
    }
    return NONE;
}

static unsigned rank(const struct pic_chip *c, unsigned line)
{
    return (line - c->lowest - 1u) & 7u; /* 0: highest priority */
}

/* The line that asks for service and may have it; NONE if there is none. */
static unsigned pending(const struct pic *p, unsigned n)
{
    const struct pic_chip *c = &p->chip[n];
    unsigned line = highest(c, c->request & (uint8_t)~c->mask), serving;
    uint8_t service = c->service;

    if (line == NONE)
        return NONE;
    if (c->special_mask)
        service &= (uint8_t)~c->mask; /* what is masked blocks nothing */
    if (c->fully_nested && n == 0)
        service &= (uint8_t)~bit(PIC_CASCADE);
    serving = highest(c, service);
    return serving == NONE || rank(c, line) < rank(c, serving) ? line : NONE;
}

static void set_chip_line(struct pic_chip *c, unsigned line, int level)
{
    if (!level)
        c->request &= (uint8_t)~bit(line);
    else if (!(c->lines & bit(line)))
        c->request |= bit(line);
    c->lines = (uint8_t)(level ? c->lines | bit(line) : c->lines & ~bit(line));
}

/* The second chip's output is a line of the first. It may stay high through an acknowledge (with
 * automatic end of interrupt); the chip then pulses it, so it asks again. */
static void cascade(struct pic *p)
{
    struct pic_chip *first = &p->chip[0];

    set_chip_line(first, PIC_CASCADE, pending(p, 1) != NONE);
    if ((first->lines & bit(PIC_CASCADE)) && !(first->service & bit(PIC_CASCADE)))
        first->request |= bit(PIC_CASCADE);
}

static void end_line(struct pic_chip *c, unsigned line, int rotate)
{
    if (line == NONE)
        return;
    c->service &= (uint8_t)~bit(line);
    if (rotate)
        c->lowest = (uint8_t)line;
}

/* INTA: the line given out, or the spurious one. */
static unsigned serve(struct pic *p, unsigned n)
{
    struct pic_chip *c = &p->chip[n];
    unsigned line = pending(p, n);

    if (line == NONE)
        return SPURIOUS; /* its ISR bit stays clear: that is how software tells */
    c->request &= (uint8_t)~bit(line);
    c->service |= bit(line);
    return line;
}

static void finish_automatic(struct pic_chip *c, unsigned line)
{
    if (c->automatic_end)
        end_line(c, c->service & bit(line) ? line : NONE, c->rotate_automatic);
}

void pic_reset(struct pic *p)
{
    /* Masked, as no firmware has set them up. */
    *p = (struct pic){.chip = {{.lowest = 7, .mask = 0xff}, {.lowest = 7, .mask = 0xff}}};
}

static void write_command(struct pic_chip *c, uint8_t value)
{
    const unsigned line = value & 7u;

    if (value & ICW1) {
        const uint8_t lines = c->lines;

        /* Masks and modes cleared, line 7 lowest, IRR to be read; edges must come anew. */
        *c = (struct pic_chip){.lines = lines,
                               .base = c->base,
                               .lowest = 7,
                               .init = 2,
                               .wants_icw4 = value & ICW1_ICW4};
        return;
    }
    if (value & OCW3) {
        if (value & OCW3_SPECIAL_MASK)
            c->special_mask = (value >> 5) & 1u;
        c->poll = (value & OCW3_POLL) != 0;
        if (value & OCW3_READ)
            c->read_service = value & 1u;
        return;
    }
    if (value & OCW2_END)
        end_line(c, value & OCW2_SPECIFIC ? line : highest(c, c->service),
                 value & OCW2_ROTATE);
    else if (value & OCW2_SPECIFIC) /* set priority; without R: no operation */
        c->lowest = value & OCW2_ROTATE ? (uint8_t)line : c->lowest;
    else
        c->rotate_automatic = (value & OCW2_ROTATE) != 0;
}

static void write_data(struct pic_chip *c, uint8_t value)
{
    switch (c->init) {
    case 2:
        c->base = value & 0xf8u;
        c->init = 3;
        break;
    case 3: /* the wiring, which is what it is */
        c->init = c->wants_icw4 ? 4 : 0;
        break;
    case 4:
        c->automatic_end = (value & ICW4_AUTOMATIC_END) != 0;
        c->fully_nested = (value & ICW4_FULLY_NESTED) != 0;
        c->init = 0;
        break;
    default:
        c->mask = value;
    }
}

void pic_write(struct pic *p, uint16_t port, uint8_t value)
{
    struct pic_chip *c = &p->chip[port >= PIC_SECOND_COMMAND];

    if (port & 1u)
        write_data(c, value);
    else
        write_command(c, value);
    cascade(p);
}

uint8_t pic_read(struct pic *p, uint16_t port)
{
    const unsigned n = port >= PIC_SECOND_COMMAND;
    struct pic_chip *c = &p->chip[n];
    uint8_t value;

    if (c->poll) {
        c->poll = 0;
        if (pending(p, n) == NONE)
            return 0;
        value = (uint8_t)serve(p, n);
        finish_automatic(c, value);
        cascade(p);
        return POLL_PENDING | value;
    }
    if (port & 1u)
        return c->mask;
    return c->read_service ? c->service : c->request;
}

void pic_set_line(struct pic *p, unsigned line, int level)
{
    set_chip_line(&p->chip[line / 8], line % 8, level);
    cascade(p);
}

void pic_pulse(struct pic *p, unsigned line)
{
    pic_set_line(p, line, 0);
    pic_set_line(p, line, 1);
}

int pic_output(const struct pic *p)
{
    /* Not before it was told its vectors. */
    return !p->chip[0].init && pending(p, 0) != NONE;
}

uint8_t pic_vector(const struct pic *p)
{
    struct pic trial = *p;

    return pic_acknowledge(&trial);
}

uint8_t pic_acknowledge(struct pic *p)
{
    const unsigned line = serve(p, 0);
    uint8_t vector = (uint8_t)(p->chip[0].base + line);

    if (line == PIC_CASCADE) {
        const unsigned second = serve(p, 1);

        vector = (uint8_t)(p->chip[1].base + second);
        finish_automatic(&p->chip[1], second);
    }
    finish_automatic(&p->chip[0], line);
    cascade(p);
    return vector;
}

int pic_is_masked(const struct pic *p, unsigned line)
{
    return (p->chip[line / 8].mask >> (line % 8)) & 1u;
}

int pic_is_ready(const struct pic *p, unsigned line)
{
    const struct pic_chip *c = &p->chip[line / 8];

    return !((c->request | c->service | c->mask) & bit(line % 8));
}
