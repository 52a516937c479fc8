/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/main.c - the program that is the whole machine: find out where we are,
 * carry out the plan of the command line, end the machine.
 */
#include "bench/lab/card.h"
#include "collector/tsc.h"
#include "hv-under-test/payload/cpu.h"
#include "hv-under-test/payload/payload.h"
#include "hv-under-test/payload/start.h"
#include "hv-under-test/target/driver.h"
#include "hv-under-test/target/sentinel.h"

#define PORT_DEBUG_EXIT 0xF4u /* QEMU isa-debug-exit: status (value << 1) | 1 */
#define PORT_RESET 0xCF9u     /* reset control register of PC chipsets */
#define RESET_FULL 0x06u
#define PORT_HARMLESS 0x80u /* power-on self-test code; nothing listens */

#define ARENA_MIN_BYTES (1u << 20)

static struct target target;
static struct hypervisor hypervisor;
static struct loader_info loader;

void payload_main(uint32_t kind, uint64_t info);

static void end_machine(uint32_t status) __attribute__((noreturn));
static void end_machine(uint32_t status)
{
    /* On failure too, whatever the plan says: it may be the plan that could not be read. */
    if (hypervisor.shutdown && (target.plan.exit_hypercall || status))
        hypervisor.shutdown(status != 0);
    cpu_out32(PORT_DEBUG_EXIT, status);
    /* A machine without that device: reset it, which the bench sees as its end. */
    cpu_out8(PORT_RESET, RESET_FULL);
    for (;;)
        __asm__ volatile("cli\n\thlt");
}

void payload_fail(const char *reason)
{
    static int failing;

    /* A fault on the way out: no more words. */
    if (failing++)
        end_machine(2);
    target_fail(&target, reason);
    end_machine(1);
}

static void describe_boot(struct record_writer *w)
{
    record_text(w, "hypervisor", hypervisor.signature);
    record_text(w, "kernel", "none");
    record_text(w, "clocksource", target.plan.tsc_hz ? "tsc" : "none");
}

static void describe(struct record_writer *w)
{
    record_text(w, "loader", loader.name);
    record_u64(w, "ram_end", loader.ram_end);
    record_hex(w, "card_id", target.pins[CARD_REG_ID / 4]);
}

static struct target_ops ops = {
    .env = "payload",
    .write = console_write,
    .describe_boot = describe_boot,
    .describe = describe,
};

static uint64_t clock_ns(void)
{
    return tsc_to_ns(tsc_read(), target.plan.tsc_hz);
}

/* The card itself, or its page in the shared memory of a hypervisor that mapped it. */
static const char *find_card(uint64_t *address)
{
    const char *reason = pci_find_memory(CARD_PCI_VENDOR, CARD_PCI_DEVICE, 0, address);

    if (reason || *address)
        return reason;
    reason = pci_find_memory(CARD_SHARED_VENDOR, CARD_SHARED_DEVICE, CARD_SHARED_BAR, address);
    if (reason)
        return reason;
    if (!*address)
        return "no card on the PCI bus; pass its address as etl.card=";
    paging_uncache(*address);
    if (((volatile uint32_t *)(uintptr_t)*address)[CARD_REG_ID / 4] != CARD_ID_VALUE)
        return "the shared memory on the PCI bus is not the card's page";
    return NULL;
}

static const char *take_card(void)
{
    uint64_t address = target.plan.card;
    const char *reason = address ? NULL : find_card(&address);

    if (reason)
        return reason;
    if (address >> 32)
        return "etl.card lies above 4 GiB, which is not mapped here";
    paging_uncache(address);
    target.card = address;
    target.pins = (volatile uint32_t *)(uintptr_t)address;
    return target_take_card(&target);
}

static const char *take_mmio(void)
{
    uint64_t address = target.plan.mmio;

    if (!address)
        address = hypervisor.emulated_register;
    if (!address)
        address = target.card + CARD_REG_SCRATCH;
    if (address >> 32)
        return "etl.mmio lies above 4 GiB, which is not mapped here";
    paging_uncache(address);
    target.env.mmio = (volatile uint32_t *)(uintptr_t)address;
    return NULL;
}

static const char *take_arena(void)
{
    uint64_t end = loader.ram_end, start = (uintptr_t)payload_image_end;

    start = (start + TARGET_ARENA_ALIGN - 1) & ~(uint64_t)(TARGET_ARENA_ALIGN - 1);
    if (end < start || end - start < ARENA_MIN_BYTES)
        return "the machine has no memory left for an arena; give it 32 MiB or more";
    target.env.arena = (void *)(uintptr_t)start;
    target.env.arena_bytes =
        end - start < TARGET_ARENA_BYTES ? (size_t)(end - start) : TARGET_ARENA_BYTES;
    return NULL;
}

static const char *take_plan(void)
{
    static char reason[256];
    int bad = plan_parse(loader.command_line, &target.plan, reason, sizeof reason);

    target_begin(&target, &ops, target.plan.boot);
    if (bad)
        return reason;
    if (!hypervisor.console_write && target.plan.console_port != PLAN_CONSOLE_PORT)
        console_init(target.plan.console_port);
    if (target.plan.tsc_hz > TSC_MAX_HZ)
        return "etl.tsc_hz is above 18 GHz";
    return NULL;
}

static const char *take_place(void)
{
    if (target.plan.exit_hypercall && !hypervisor.shutdown)
        return "etl.exit=hypercall, but there is no hypervisor that knows the call";
    ops.exits_total = hypervisor.exits_total;
    ops.hypercall_nop = hypervisor.hypercall_nop;
    ops.checkpoint = hypervisor.checkpoint;
    if (target.plan.counter_port) {
        counter_init(target.plan.counter_port);
        ops.exits_total = counter_ask;
    }
    if (target.plan.counter_trace)
        ops.sentinel = sentinel_plain;
    target.env.flags = hypervisor.workload_flags;
    if (!payload_is_pv)
        target.env.flags |= WORKLOAD_RING0 | WORKLOAD_PORT_IO;
    target.env.port = PORT_HARMLESS;
    target.env.hypercall_nop = hypervisor.hypercall_number;
    target.env.hypercall_result = hypervisor.hypercall_result;
    target.env.port_out_call = hypervisor.port_out_number;
    target.env.ring = hypervisor.ring;
    target.env.ring_kick = hypervisor.ring_kick;
    target.env.ring_kick_call = hypervisor.ring_kick_number;
    target.env.yield_call = hypervisor.yield_number;
    target.env.faults = &payload_faults;
    target.env.clock_ns = target.plan.tsc_hz ? clock_ns : NULL;
    return NULL;
}

void payload_main(uint32_t kind, uint64_t info)
{
    static const char *(*const steps[])(void) = {
        take_plan, take_place, take_card, take_mmio, take_arena,
    };
    const char *reason;

    console_init(PLAN_CONSOLE_PORT);
    target_begin(&target, &ops, 0);
    exception_init();
    /* First: who is below decides how the machine can be ended. */
    reason = hypervisor_find(&hypervisor);
    if (hypervisor.console_write)
        ops.write = hypervisor.console_write;
    if (!reason)
        reason = loader_read(kind, info, &loader);
    for (size_t i = 0; !reason && i < sizeof steps / sizeof steps[0]; i++)
        reason = steps[i]();
    if (reason)
        payload_fail(reason);
    end_machine(target_run(&target) ? 1 : 0);
}
