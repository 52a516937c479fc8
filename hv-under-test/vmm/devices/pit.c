/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/devices/pit.c - an 8254 (vmm/devices/pit.h). Words and waveforms: data
 * sheet.
 */
#include "hv-under-test/vmm/devices/pit.h"

#define ACCESS_LATCH 0u
#define ACCESS_LOW 1u
#define ACCESS_HIGH 2u
#define CONTROL_BCD 0x01u
#define CONTROL_STORED 0x3fu
#define READ_BACK 3u /* in place of a channel */
#define READ_BACK_NO_COUNT 0x20u
#define READ_BACK_NO_STATUS 0x10u
#define STATUS_OUTPUT 0x80u
#define STATUS_NULL_COUNT 0x40u
#define SPEAKER_STORED 0x03u
#define SPEAKER_REFRESH 0x10u
#define REFRESH_CYCLES 18u /* 15 µs: the refresh bit toggles as often */

static unsigned mode_of(const struct pit_channel *c)
{
    const unsigned mode = (c->control >> 1) & 7u;

    return mode > 5 ? mode - 4 : mode; /* X10, X11 */
}

static unsigned access_of(const struct pit_channel *c)
{
    return (c->control >> 4) & 3u;
}

static int is_periodic(const struct pit_channel *c)
{
    return mode_of(c) == 2 || mode_of(c) == 3;
}

static int is_triggered(const struct pit_channel *c)
{
    return mode_of(c) == 1 || mode_of(c) == 5;
}

/* A count that waited for the end of a period has come into effect meanwhile. */
static struct pit_channel at(const struct pit_channel *c, uint64_t cycle)
{
    struct pit_channel now = *c;

    if (now.next_count && now.next_start != PIT_NEVER && cycle >= now.next_start) {
        now.count = now.next_count;
        now.start = now.next_start;
        now.next_count = 0;
        now.next_start = PIT_NEVER;
    }
    return now;
}

/* Cycles since the count was loaded. 0 with *loaded = 0: it is not yet. */
static uint64_t elapsed(const struct pit_channel *c, uint64_t cycle, int *loaded)
{
    *loaded = c->count != 0;
    if (c->start == PIT_NEVER) {
        *loaded = *loaded && !is_periodic(c) && !is_triggered(c);
        return c->done;
    }
    *loaded = *loaded && cycle >= c->start;
    return *loaded ? cycle - c->start : 0;
}

static int output(const struct pit_channel *c, uint64_t cycle)
{
    int loaded;
    const uint64_t e = elapsed(c, cycle, &loaded);

    if (!loaded)
        return mode_of(c) != 0;
    switch (mode_of(c)) {
    case 0:
    case 1:
        return e >= c->count;
    case 2:
        return e % c->count != c->count - 1;
    case 3:
        return e % c->count < (c->count + 1) / 2;
    default:
        return e != c->count;
    }
}

/* The counting element. */
static uint32_t value(const struct pit_channel *c, uint64_t cycle)
{
    int loaded;
    const uint64_t e = elapsed(c, cycle, &loaded);
    const uint32_t n = c->count, turns = c->control & CONTROL_BCD ? 10000u : 65536u;
    uint32_t k;

    if (!loaded)
        return n; /* what it held before is not kept */
    switch (mode_of(c)) {
    case 2:
        return n - (uint32_t)(e % n);
    case 3:
        k = (uint32_t)(e % n);
        if (k >= (n + 1) / 2)
            k -= (n + 1) / 2;
        return n - (n & 1u) - 2 * k;
    default:
        return (uint32_t)((n + turns - e % turns) % turns);
    }
}

static uint16_t to_register(const struct pit_channel *c, uint32_t v)
{
    if (!(c->control & CONTROL_BCD))
        return (uint16_t)v;
    v %= 10000u;
    return (uint16_t)(v / 1000 << 12 | v / 100 % 10 << 8 | v / 10 % 10 << 4 | v % 10);
}

static uint32_t from_register(const struct pit_channel *c, uint16_t r)
{
    uint32_t v = r;

    if (c->control & CONTROL_BCD)
        v = (r >> 12) * 1000u + ((r >> 8) & 15u) * 100u + ((r >> 4) & 15u) * 10u + (r & 15u);
    return v ? v : c->control & CONTROL_BCD ? 10000u : 65536u;
}

static void load(struct pit_channel *c, uint16_t r, uint64_t cycle)
{
    const uint32_t n = from_register(c, r);

    if (is_triggered(c)) {
        c->next_count = n;
        c->next_start = PIT_NEVER;
    } else if (is_periodic(c) && c->count && c->start <= cycle) {
        const uint64_t periods = (cycle + 1 - c->start + c->count - 1) / c->count;

        c->next_count = n;
        c->next_start = c->start + periods * c->count;
    } else {
        c->count = n;
        c->done = 0;
        c->start = c->gate ? cycle + 1 : PIT_NEVER;
    }
}

static void write_count(struct pit_channel *c, uint8_t byte, uint64_t cycle)
{
    switch (access_of(c)) {
    case ACCESS_LOW:
        load(c, byte, cycle);
        break;
    case ACCESS_HIGH:
        load(c, (uint16_t)(byte << 8), cycle);
        break;
    default:
        if (c->write_high) {
            load(c, (uint16_t)(byte << 8 | c->low), cycle);
        } else {
            c->low = byte;
            if (mode_of(c) == 0)
                c->count = 0; /* the first byte stops it, output low */
        }
        c->write_high = !c->write_high;
    }
}

static void latch_count(struct pit_channel *c, uint64_t cycle)
{
    if (c->has_latched)
        return; /* the first one stays until it is read */
    c->latched = to_register(c, value(c, cycle));
    c->has_latched = 1;
}

static void latch_status(struct pit_channel *c, uint64_t cycle)
{
    int loaded;

    if (c->has_status)
        return;
    elapsed(c, cycle, &loaded);
    c->status = (uint8_t)((output(c, cycle) ? STATUS_OUTPUT : 0) |
                          (!loaded || c->next_count ? STATUS_NULL_COUNT : 0) |
                          (c->control & CONTROL_STORED));
    c->has_status = 1;
}

static void write_control(struct pit *p, uint8_t word, uint64_t cycle)
{
    struct pit_channel *c;

    if (word >> 6 == READ_BACK) {
        for (unsigned i = 0; i < 3; i++) {
            if (!(word & (2u << i)))
                continue;
            if (!(word & READ_BACK_NO_COUNT))
                latch_count(&p->channel[i], cycle);
            if (!(word & READ_BACK_NO_STATUS))
                latch_status(&p->channel[i], cycle);
        }
        return;
    }
    c = &p->channel[word >> 6];
    if (((word >> 4) & 3u) == ACCESS_LATCH) {
        latch_count(c, cycle);
        return;
    }
    *c = (struct pit_channel){.control = word & CONTROL_STORED,
                              .gate = c->gate,
                              .start = PIT_NEVER,
                              .next_start = PIT_NEVER};
}

static uint8_t read_count(struct pit_channel *c, uint64_t cycle)
{
    const uint16_t r = c->has_latched ? c->latched : to_register(c, value(c, cycle));
    const unsigned how = access_of(c);
    const int high = how == ACCESS_HIGH || (how != ACCESS_LOW && c->read_high);

    if (c->has_status) {
        c->has_status = 0;
        return c->status;
    }
    if (how != ACCESS_LOW && how != ACCESS_HIGH)
        c->read_high = !c->read_high;
    if (!c->read_high)
        c->has_latched = 0; /* the last byte of it */
    return (uint8_t)(high ? r >> 8 : r);
}

static void set_gate(struct pit_channel *c, int gate, uint64_t cycle)
{
    int loaded;

    if (gate == c->gate)
        return;
    if (!gate && !is_triggered(c)) {
        c->done = elapsed(c, cycle, &loaded);
        c->start = PIT_NEVER;
    } else if (gate && is_triggered(c)) {
        c->count = c->next_count ? c->next_count : c->count;
        c->next_count = 0;
        c->start = cycle + 1;
    } else if (gate && c->count) {
        /* Modes 2 and 3 begin anew, 0 and 4 go on. */
        c->start = is_periodic(c) ? cycle + 1 : cycle - c->done;
    }
    c->gate = (uint8_t)gate;
}

void pit_reset(struct pit *p)
{
    *p = (struct pit){.speaker = 0};
    for (unsigned i = 0; i < 3; i++) {
        p->channel[i].control = 0x34; /* output high, no count */
        p->channel[i].gate = i != 2;
        p->channel[i].start = p->channel[i].next_start = PIT_NEVER;
    }
}

void pit_write(struct pit *p, uint16_t port, uint8_t byte, uint64_t cycle)
{
    for (unsigned i = 0; i < 3; i++)
        p->channel[i] = at(&p->channel[i], cycle);
    if (port == PIT_CONTROL) {
        write_control(p, byte, cycle);
    } else if (port == PIT_SPEAKER) {
        p->speaker = byte & SPEAKER_STORED;
        set_gate(&p->channel[2], byte & PIT_SPEAKER_GATE, cycle);
    } else {
        write_count(&p->channel[(port - PIT_CHANNEL_0)], byte, cycle);
    }
}

uint8_t pit_read(struct pit *p, uint16_t port, uint64_t cycle)
{
    if (port == PIT_SPEAKER)
        return (uint8_t)(p->speaker | (cycle / REFRESH_CYCLES & 1u ? SPEAKER_REFRESH : 0) |
                         (pit_output(p, 2, cycle) ? PIT_SPEAKER_OUTPUT : 0));
    if (port == PIT_CONTROL)
        return 0xff; /* write-only */
    p->channel[port - PIT_CHANNEL_0] = at(&p->channel[port - PIT_CHANNEL_0], cycle);
    return read_count(&p->channel[port - PIT_CHANNEL_0], cycle);
}

int pit_output(const struct pit *p, unsigned channel, uint64_t cycle)
{
    const struct pit_channel c = at(&p->channel[channel], cycle);

    return output(&c, cycle);
}

uint64_t pit_next_edge(const struct pit *p, uint64_t cycle)
{
    const struct pit_channel c = at(&p->channel[0], cycle);
    uint64_t edge;

    if (!c.count || c.start == PIT_NEVER)
        return PIT_NEVER;
    switch (mode_of(&c)) {
    case 2:
    case 3:
        edge = c.start + c.count;
        if (edge <= cycle)
            edge += ((cycle - edge) / c.count + 1) * c.count;
        return edge;
    case 0:
        edge = c.start + c.count;
        break;
    case 4:
        edge = c.start + c.count + 1;
        break;
    default:
        return PIT_NEVER; /* its gate never rises */
    }
    return edge > cycle ? edge : PIT_NEVER;
}

int pit_is_set(const struct pit *p)
{
    return p->channel[0].count || p->channel[1].count || p->channel[2].count;
}

void pit_shift(struct pit *p, uint64_t cycles)
{
    for (unsigned i = 0; i < 3; i++) {
        struct pit_channel *c = &p->channel[i];

        if (c->start != PIT_NEVER)
            c->start += cycles;
        if (c->next_start != PIT_NEVER)
            c->next_start += cycles;
    }
}
