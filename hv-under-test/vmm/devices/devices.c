/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/devices/devices.c - ports and interrupts of the guest's devices
 * (vmm/devices/devices.h).
 */
#include "hv-under-test/vmm/devices/devices.h"

#include <stddef.h>

#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/devices/cmos.h"
#include "hv-under-test/vmm/exits.h"
#include "hv-under-test/vmm/machine/host_clock.h"
#include "hv-under-test/vmm/machine/host_interrupt.h"
#include "hv-under-test/vmm/machine/host_timer.h"
#include "hv-under-test/vmm/machine/machine.h"
#include "hv-under-test/vmm/machine/pci_registers.h"
#include "hv-under-test/vmm/devices/pic.h"
#include "hv-under-test/vmm/devices/pit.h"
#include "hv-under-test/vmm/devices/serial.h"
#include "hv-under-test/vmm/machine/x86.h"

#define LINE_TIMER 0u
#define LINE_SERIAL 4u
/* FxH: output lines pulsed low; line 0 is the processor's reset. */
#define KEYBOARD_PULSE 0xf0u
#define FAST_RESET 0x92u
#define RESET_CONTROL 0xcf9u

static struct pic pic;
static struct pit pit;
static struct cmos cmos;
static struct pci_guest pci;

/* --- interrupts --- */

static int posted;
/* The serial port's interrupt is the guest's; and: the machine's controller holds the next one
 * back until the guest is done with this one. A port that asks at every byte would make it exit
 * as often otherwise. */
static int serial_handed_on, serial_held;

/* Around everything that changes the interrupt controllers: hear whether the guest took what was
 * posted, and post what is due then. */
static void begin(struct vcpu *v)
{
    if (posted && !v->backend->take_back(v))
        pic_acknowledge(&pic);
    posted = 0;
}

static void end(struct vcpu *v)
{
    if (serial_held && pic_is_ready(&pic, LINE_SERIAL)) {
        serial_held = 0;
        machine_end_of_interrupt();
    }
    if (!v->backend->post || !pic_output(&pic))
        return;
    posted = 1;
    v->backend->post(v, pic_vector(&pic));
}

static void tick(struct host_timer *t, struct vcpu *v);
static struct host_timer timer = {.fire = tick};

static uint64_t cycle_now(void)
{
    return host_clock_cycles(x86_rdtsc());
}

/* Edges that went by while somebody else held the machine are lost, as behind a processor that
 * holds its interrupts off. */
static void set_timer(uint64_t cycle)
{
    const uint64_t edge = pit_next_edge(&pit, cycle);

    if (edge == PIT_NEVER)
        host_timer_cancel(&timer);
    else
        host_timer_arm(&timer, host_clock_ticks(edge));
}

static int (*loses_tick)(struct vcpu *v, uint64_t edge, uint64_t next);

void devices_set_loss(int (*loses)(struct vcpu *v, uint64_t edge, uint64_t next))
{
    loses_tick = loses;
}

static void tick(struct host_timer *t, struct vcpu *v)
{
    const uint64_t edge = t->deadline_ticks;
    /* Of one that comes once nothing is said: who waits for it would wait for ever. */
    const uint64_t next = loses_tick ? pit_next_edge(&pit, cycle_now()) : PIT_NEVER;

    if (next == PIT_NEVER || !loses_tick(v, edge, host_clock_ticks(next))) {
        begin(v);
        pic_pulse(&pic, LINE_TIMER);
        end(v);
    }
    set_timer(cycle_now());
}

void devices_service(struct vcpu *v)
{
    if (!host_interrupt_take_serial())
        return;
    serial_held = 1;
    begin(v);
    pic_pulse(&pic, LINE_SERIAL);
    end(v);
}

int devices_interrupt_waits(struct vcpu *v)
{
    begin(v);
    end(v);
    return posted;
}

/* Masks and what is in service stay as they are while the guest is halted. */
static int would_interrupt(unsigned line)
{
    struct pic trial = pic;

    pic_pulse(&trial, line);
    return pic_output(&trial);
}

int devices_may_interrupt(void)
{
    return (timer.armed && would_interrupt(LINE_TIMER)) ||
           (serial_handed_on && would_interrupt(LINE_SERIAL));
}

/* --- snapshots --- */

void devices_save(struct vcpu *v, struct devices_state *s)
{
    begin(v);
    *s = (struct devices_state){pic, pit, cmos, pci, x86_rdtsc()};
    end(v);
}

/* Whose the machine's serial interrupt is, and whether its controller waits, is the machine's
 * state. */
void devices_restore(struct vcpu *v, const struct devices_state *s, int stopped)
{
    begin(v); /* what is posted goes with the controllers that asked for it */
    pic = s->pic;
    pit = s->pit;
    cmos = s->cmos;
    pci = s->pci;
    end(v);
    host_timer_cancel(&timer);
    if (!pit_is_set(&pit)) /* nor need its clock's rate be known */
        return;
    if (stopped)
        pit_shift(&pit, cycle_now() - host_clock_cycles(s->tsc));
    if (v->backend->post)
        set_timer(cycle_now());
}

/* --- ports --- */

static uint32_t read_pic(struct vcpu *v, uint16_t port, unsigned bytes)
{
    uint8_t value;

    (void)bytes;
    begin(v);
    value = pic_read(&pic, port);
    end(v);
    return value;
}

static void write_pic(struct vcpu *v, uint16_t port, unsigned bytes, uint32_t value)
{
    (void)bytes;
    begin(v);
    pic_write(&pic, port, (uint8_t)value);
    end(v);
    if (v->backend->post && !serial_handed_on && !pic_is_masked(&pic, LINE_SERIAL)) {
        serial_handed_on = 1;
        machine_pass_serial_interrupt();
    }
}

static uint32_t read_pit(struct vcpu *v, uint16_t port, unsigned bytes)
{
    (void)v;
    (void)bytes;
    return pit_read(&pit, port, cycle_now());
}

static void write_pit(struct vcpu *v, uint16_t port, unsigned bytes, uint32_t value)
{
    const uint64_t cycle = cycle_now();

    (void)bytes;
    pit_write(&pit, port, (uint8_t)value, cycle);
    begin(v);
    pic_set_line(&pic, LINE_TIMER, pit_output(&pit, 0, cycle));
    end(v);
    if (v->backend->post) /* who takes no interrupts is sent none, nor is the hypervisor */
        set_timer(cycle);
}

static uint32_t read_cmos(struct vcpu *v, uint16_t port, unsigned bytes)
{
    (void)v;
    (void)bytes;
    return cmos_read(&cmos, port);
}

static void write_cmos(struct vcpu *v, uint16_t port, unsigned bytes, uint32_t value)
{
    (void)v;
    (void)bytes;
    cmos_write(&cmos, port, (uint8_t)value);
}

static uint32_t read_pci(struct vcpu *v, uint16_t port, unsigned bytes)
{
    (void)v;
    return pci_guest_read(&pci, port, bytes);
}

static void write_pci(struct vcpu *v, uint16_t port, unsigned bytes, uint32_t value)
{
    /* Inside PCI's address register, but taken as one byte only; bit 2 starts the reset. */
    if (port == RESET_CONTROL && bytes == 1 && (value & 4u))
        exits_give_up(v, VMM_CAUSE_PORT_OUT, "the guest reset the machine", "port", port);
    pci_guest_write(&pci, port, bytes, value);
}

static uint32_t read_nothing(struct vcpu *v, uint16_t port, unsigned bytes)
{
    (void)v;
    (void)port;
    (void)bytes;
    return 0xffffffffu;
}

static void write_reset(struct vcpu *v, uint16_t port, unsigned bytes, uint32_t value)
{
    const int resets = port == MACHINE_KEYBOARD_COMMAND
                           ? (value & KEYBOARD_PULSE) == KEYBOARD_PULSE && !(value & 1u)
                           : port == FAST_RESET && (value & 1u);

    (void)bytes;
    if (resets)
        exits_give_up(v, VMM_CAUSE_PORT_OUT, "the guest reset the machine", "port", port);
}

static void write_exit_port(struct vcpu *v, uint16_t port, unsigned bytes, uint32_t value)
{
    (void)port;
    (void)bytes;
    exits_give_up(v, VMM_CAUSE_PORT_OUT,
                  "the guest used the exit port instead of the SHUTDOWN hypercall", "value",
                  value);
}

static uint32_t read_serial(struct vcpu *v, uint16_t port, unsigned bytes)
{
    (void)v;
    (void)bytes;
    return serial_read(port);
}

static void write_serial(struct vcpu *v, uint16_t port, unsigned bytes, uint32_t value)
{
    (void)v;
    (void)bytes;
    serial_put(port, (uint8_t)value);
}

static const struct device {
    uint16_t first, last;
    int wide; /* takes accesses of 2 and 4 bytes itself; else they are accesses to each byte */
    uint32_t (*read)(struct vcpu *v, uint16_t port, unsigned bytes);
    void (*write)(struct vcpu *v, uint16_t port, unsigned bytes, uint32_t value);
} devices[] = {
    {PIC_FIRST_COMMAND, PIC_FIRST_DATA, 0, read_pic, write_pic},
    {PIC_SECOND_COMMAND, PIC_SECOND_DATA, 0, read_pic, write_pic},
    {PIT_CHANNEL_0, PIT_CONTROL, 0, read_pit, write_pit},
    {PIT_SPEAKER, PIT_SPEAKER, 0, read_pit, write_pit},
    {MACHINE_KEYBOARD_COMMAND, MACHINE_KEYBOARD_COMMAND, 0, read_nothing, write_reset},
    {FAST_RESET, FAST_RESET, 0, read_nothing, write_reset},
    {MACHINE_EXIT_PORT, MACHINE_EXIT_PORT, 0, read_nothing, write_exit_port},
    {CMOS_INDEX_PORT, CMOS_DATA_PORT, 0, read_cmos, write_cmos},
    {PCI_ADDRESS_PORT, PCI_LAST_PORT, 1, read_pci, write_pci},
    /* The last: devices_add_console() */
    {SERIAL_PORT, SERIAL_LAST_PORT, 0, read_serial, write_serial},
};

#define DEVICES (sizeof(devices) / sizeof(devices[0]))
#define NUMBER 0x7fu  /* of a device, from 1: where it is */
#define REACHED 0x80u /* by an access of up to four bytes */

_Static_assert(DEVICES <= NUMBER, "each device has a number");

uint8_t devices_at[65536];

static const struct device *find(uint16_t port)
{
    const unsigned number = devices_at[port] & NUMBER;

    return number ? &devices[number - 1] : NULL;
}

static void put(uint16_t port, unsigned number)
{
    devices_at[port] = (uint8_t)(number | REACHED);
    for (uint16_t below = 1; below < 4; below++)
        devices_at[(uint16_t)(port - below)] |= REACHED;
}

static void add(size_t i)
{
    for (unsigned p = devices[i].first; p <= devices[i].last; p++)
        put((uint16_t)p, (unsigned)i + 1);
}

static uint8_t read_byte(struct vcpu *v, uint16_t port)
{
    const struct device *d = find(port);

    return d ? (uint8_t)d->read(v, port, 1) : 0xff;
}

static void write_byte(struct vcpu *v, uint16_t port, uint8_t value)
{
    const struct device *d = find(port);

    if (d)
        d->write(v, port, 1, value);
}

uint32_t devices_read(struct vcpu *v, uint16_t port, unsigned bytes)
{
    const struct device *d = find(port);
    uint32_t value = 0;

    if (d && d->wide)
        return d->read(v, port, bytes);
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)read_byte(v, (uint16_t)(port + i)) << (8 * i);
    return value;
}

void devices_write(struct vcpu *v, uint16_t port, unsigned bytes, uint32_t value)
{
    const struct device *d = find(port);

    if (d && d->wide)
        d->write(v, port, bytes, value);
    else
        for (unsigned i = 0; i < bytes; i++)
            write_byte(v, (uint16_t)(port + i), (uint8_t)(value >> (8 * i)));
}

void devices_start(const struct pci_identity *bridge, const struct pci_identity *card,
                   uint64_t card_page)
{
    pic_reset(&pic);
    pit_reset(&pit);
    pci_guest_start(&pci, bridge, card, (uint32_t)card_page);
    for (size_t i = 0; i < DEVICES - 1; i++)
        add(i);
}

void devices_add_console(void)
{
    add(DEVICES - 1);
}
