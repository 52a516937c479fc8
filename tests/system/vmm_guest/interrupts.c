/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_guest/interrupts.c - a guest that takes interrupts: of its interval timer and
 * of its serial port, by way of its 8259A, each once and none unasked. With tsc_hz=1000000000.
 * Nothing is printed between two readings: there are machines on which a letter takes its time.
 */
#include "tests/system/vmm_guest/guest.h"

#define PIC_COMMAND 0x20u
#define PIC_DATA 0x21u
#define FIRST_VECTOR 0x30u /* of line 0; the table ends behind line 7 */
#define LINE_TIMER 0u
#define LINE_SERIAL 4u
#define AUTOMATIC_END 2u /* of ICW4 */
#define PIT_COUNTER 0x40u
#define PIT_CONTROL 0x43u
#define ONE_SHOT 0x30u
#define PERIODIC 0x34u
#define CYCLES 1193u      /* of 1193182 a second: … */
#define PERIOD_NS 999847u /* … in nanoseconds, and in ticks of the TSC */
#define LATE_NS 20000u    /* more is not the way of an interrupt through two handlers */
#define SERIAL 0x3f8u
#define SERIAL_EMPTY 2u /* "transmitter empty" asks for an interrupt */

static volatile uint64_t timer_interrupts, serial_interrupts;
static uint8_t end_of_interrupt; /* 0: the controller does it by itself */
static struct gate table[FIRST_VECTOR + 8];

/* A handler calls no functions, inline ones neither: a compiler may think that they change
 * registers which it has not saved. */
#define FINISH()                                                                              \
    do {                                                                                      \
        if (end_of_interrupt)                                                                 \
            __asm__ volatile("outb %0, %1"                                                    \
                             :                                                                \
                             : "a"(end_of_interrupt), "Nd"((uint16_t)PIC_COMMAND));           \
    } while (0)

__attribute__((interrupt)) static void on_timer(void *frame)
{
    (void)frame;
    timer_interrupts++;
    FINISH();
}

__attribute__((interrupt)) static void on_serial(void *frame)
{
    uint8_t why; /* to ask takes it back */

    (void)frame;
    __asm__ volatile("inb %1, %0" : "=a"(why) : "Nd"((uint16_t)(SERIAL + 2)));
    serial_interrupts++;
    FINISH();
}

static void set_gate(unsigned line, void (*handler)(void *))
{
    const uint64_t to = (uint64_t)handler;

    table[FIRST_VECTOR + line] =
        (struct gate){(uint16_t)to, 8, 0x8e00, (uint16_t)(to >> 16), (uint32_t)(to >> 32), 0};
}

static void take_interrupts(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idt = {sizeof(table) - 1, (uint64_t)table};

    for (unsigned i = 0; i < sizeof(gates) / sizeof(gates[0]); i++)
        table[i] = gates[i];
    set_gate(LINE_TIMER, on_timer);
    set_gate(LINE_SERIAL, on_serial);
    __asm__ volatile("lidt %0" : : "m"(idt));
}

static void start_controller(uint8_t mode, uint8_t lines)
{
    out8(PIC_COMMAND, 0x11);
    out8(PIC_DATA, FIRST_VECTOR);
    out8(PIC_DATA, 4);
    out8(PIC_DATA, 1 | mode);
    out8(PIC_DATA, (uint8_t)~lines);
    end_of_interrupt = mode & AUTOMATIC_END ? 0 : 0x20;
}

static void start_timer(uint8_t mode)
{
    out8(PIT_CONTROL, mode);
    out8(PIT_COUNTER, CYCLES & 0xff);
    out8(PIT_COUNTER, CYCLES >> 8);
}

static void stop_timer(void)
{
    out8(PIT_CONTROL, ONE_SHOT); /* no count: it stands */
}

static void halt(void)
{
    __asm__ volatile("sti; hlt; cli" : : : "memory");
}

/* With interrupts on, or off. */
static void pass(uint64_t ns, int on)
{
    const uint64_t begin = rdtsc();

    if (on)
        __asm__ volatile("sti" : : : "memory");
    while (rdtsc() - begin < ns)
        ;
    __asm__ volatile("cli" : : : "memory");
}

uint64_t interrupts_asleep(uint64_t ns)
{
    uint64_t begin;

    take_interrupts();
    start_controller(AUTOMATIC_END, 1u << LINE_TIMER);
    start_timer(PERIODIC);
    halt();
    timer_interrupts = 0;
    begin = rdtsc();
    while (rdtsc() - begin < ns)
        halt();
    stop_timer();
    return timer_interrupts;
}

static uint64_t timers_in(uint64_t ns)
{
    const uint64_t before = timer_interrupts;

    pass(ns, 1);
    return timer_interrupts - before;
}

/* Twenty periods, asleep or not: twenty interrupts, in time. */
static void check_periods(const char *asleep, const char *in_time)
{
    uint64_t begin, end, woken, awake, standing;

    start_timer(PERIODIC);
    /* The control word makes the output rise; the hypervisor's first deadline comes late
     * (host_timer.h). */
    for (unsigned i = 0; i < 3; i++)
        halt();
    begin = rdtsc();
    timer_interrupts = 0;
    for (unsigned i = 0; i < 20; i++)
        halt();
    end = rdtsc();
    woken = timer_interrupts;
    awake = timers_in(20 * PERIOD_NS);
    stop_timer();
    standing = timers_in(5 * PERIOD_NS);
    figure("twenty_periods_ns", end - begin);
    check(asleep, woken, 20);
    check(in_time,
          end - begin + LATE_NS > 20 * PERIOD_NS && end - begin < 20 * PERIOD_NS + LATE_NS, 1);
    check("the same to who does not sleep", awake, 20);
    check("a timer that stands is silent", standing, 0);
}

/* The interrupt comes while IF is 0. It must wake who halts, though nothing else ever will. */
static void check_one_shot(void)
{
    uint64_t begin, end, held, taken, later;
    uint8_t waits;

    start_timer(ONE_SHOT);
    timer_interrupts = 0;
    pass(2 * PERIOD_NS, 0);
    held = timer_interrupts;
    waits = in8(PIC_COMMAND) & 1;
    begin = rdtsc();
    halt();
    end = rdtsc();
    taken = timer_interrupts;
    later = timers_in(5 * PERIOD_NS);
    check("IF = 0 holds it off", held, 0);
    check("the controller has it", waits, 1);
    check("STI and HLT take it", taken, 1);
    check("at once", end - begin < LATE_NS, 1);
    check("it comes once", later, 0);
}

static void check_mask(void)
{
    uint64_t masked, unmasked;

    start_controller(0, 0);
    start_timer(PERIODIC);
    masked = timers_in(5 * PERIOD_NS + PERIOD_NS / 4); /* a deadline may come late */
    out8(PIC_DATA, (uint8_t) ~(1u << LINE_TIMER));
    /* What asked meanwhile, and none of the next period. */
    unmasked = timers_in(PERIOD_NS / 4);
    stop_timer();
    check("a masked line is silent", masked, 0);
    check("unmasked, it asks once", unmasked, 1);
}

static void check_serial(uint8_t mode, const char *name)
{
    uint64_t begin;

    start_controller(mode, 1u << LINE_SERIAL | 1u << LINE_TIMER);
    serial_interrupts = 0;
    out8(SERIAL + 4, 0x0b); /* lines up, interrupts let through */
    start_timer(PERIODIC);  /* so that a lost one is no sleep for ever */
    for (unsigned i = 0; i < 100; i++) {
        out8(SERIAL + 1, SERIAL_EMPTY);
        begin = rdtsc();
        while (serial_interrupts == i && rdtsc() - begin < 5 * PERIOD_NS)
            halt();
        out8(SERIAL + 1, 0);
    }
    stop_timer();
    check(name, serial_interrupts, 100);
}

/* The timer runs, and nobody listens. */
static _Noreturn void sleep_for_ever(void)
{
    start_controller(0, 1u << LINE_SERIAL);
    out8(PIC_DATA, 0xff);
    start_timer(PERIODIC);
    halt();
    put("not ok woken by what is masked\n");
    for (;;)
        __asm__ volatile("cli; hlt");
}

void interrupts_wait_for_timer(void)
{
    take_interrupts();
    start_controller(0, 1u << LINE_TIMER);
    start_timer(ONE_SHOT);
    pass(2 * PERIOD_NS, 0);
}

uint64_t interrupts_of_timer(uint64_t ns)
{
    return timers_in(ns);
}

int interrupts(const char *line)
{
    if (word_is(line, "test=asleep"))
        sleep_for_ever();
    if (!word_is(line, "test=interrupts"))
        return 0;
    take_interrupts();
    start_controller(0, 1u << LINE_TIMER);
    check_periods("twenty periods wake twenty times", "in the time they take");
    check_one_shot();
    check_mask();
    check_serial(0, "the serial port interrupts as often as it asks");
    check_serial(AUTOMATIC_END, "… with automatic end of interrupt, too");
    return 1;
}
