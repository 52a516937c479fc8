/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guest kernels that fail (tests/system/kvm_guests.sh), on the start code of the payload. Which
 * way is decided at link time: --defsym guest_fault=N, the index into `faults`, from 1.
 */
#include "bench/lab/card.h"
#include "collector/record.h"
#include "hv-under-test/payload/cpu.h"
#include "hv-under-test/payload/payload.h"

#define PORT_RESET 0xCF9u
#define RESET_FULL 0x06u
#define SERIAL 0x3F8u

extern char guest_fault[];

void payload_main(uint32_t kind, uint64_t info);
void payload_exception(void *frame);
int payload_is_pv; /* never: but the parts of the payload ask */

int payload_serve_fault(uint64_t error, uint64_t address);
int payload_recover(uint64_t *rip);

static void say(const char *text)
{
    size_t n = 0;

    while (text[n])
        n++;
    console_write(text, n);
}

static void stand_still(void)
{
    for (;;)
        __asm__ volatile("cli\n\thlt");
}

/* Runs and runs, and never comes to its console. */
static void never_boot(void)
{
    for (;;)
        __asm__ volatile("" ::: "memory");
}

static void panic(void)
{
    say("Kernel panic - not syncing: this guest gives up\n");
    cpu_out8(PORT_RESET, RESET_FULL);
    stand_still();
}

/* As an agent that is stopped while it talks: a good record, and half of the next. */
static void fall_silent(void)
{
    static char text[RECORD_MAX_BYTES];
    struct record_writer w = {.buf = text, .size = sizeof text};
    uint64_t card = 0;

    if (!pci_find_memory(CARD_PCI_VENDOR, CARD_PCI_DEVICE, 0, &card) && card)
        w.boot = *(volatile uint32_t *)(uintptr_t)(card + CARD_REG_BOOT) & 0xFFFFu;
    record_begin(&w, "boot");
    record_text(&w, "env", "linux");
    record_text(&w, "hypervisor", "KVMKVMKVM");
    record_end(&w);
    record_begin(&w, "fact");
    record_text(&w, "cut", "here");
    console_write(text, w.used);
    stand_still();
}

/* What looks like records and is none, many at once: KVM hands on a whole string of bytes. */
static void flood(void)
{
    static const char garbage[] = "\036ETL1 00000 0 iv n=1 w=1 i=1 00000000\n\377\200\001";

    for (;;) {
        const char *from = garbage;
        uint64_t n = sizeof garbage - 1;

        __asm__ volatile("rep outsb" : "+S"(from), "+c"(n) : "d"(SERIAL) : "memory");
    }
}

void payload_main(uint32_t kind, uint64_t info)
{
    static void (*const faults[])(void) = {NULL, never_boot, panic, fall_silent, flood};

    (void)kind;
    (void)info;
    console_init(SERIAL);
    faults[(uintptr_t)guest_fault]();
}

/* start.S asks: no fault is expected or served here. */
int payload_recover(uint64_t *rip)
{
    (void)rip;
    return 0;
}

int payload_serve_fault(uint64_t error, uint64_t address)
{
    (void)error;
    (void)address;
    return 0;
}

void payload_exception(void *frame)
{
    (void)frame;
    say("the test guest met an exception\n");
    stand_still();
}
