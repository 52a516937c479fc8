/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/agent/main.c - the Linux agent: a static program that carries out the plan of
 * the kernel's command line. As PID 1 of an initramfs it is the whole user space and switches
 * the machine off at the end; started by hand it is an ordinary program:
 *
 *   etalon-agent [--command-line TEXT] [--console FILE] [--fake-card FILE]
 *   etalon-agent --observing COLLECTOR      what a sample of it costs here
 *
 *   --command-line  words of the plan, instead of /proc/cmdline
 *   --console       where records go, instead of standard output
 *   --fake-card     for tests: a file instead of the card; no marker leaves the machine
 *
 * Exit status: 0 the plan was carried out, 1 an error record says why not. PID 1 never exits
 * (the kernel would panic): every error ends in the power-off.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "hv-under-test/agent/agent.h"
#include "hv-under-test/observing.h"
#include "hv-under-test/target/driver.h"
#include "hv-under-test/target/sentinel.h"
#include "hv-under-test/vmm/abi.h"

#define PORT_HARMLESS 0x80u /* power-on self-test code; nothing listens */

static struct target target;
static struct card card;
static int memory_locked;
static int clock_settled;
static int is_init;

static struct options {
    const char *command_line, *console, *fake_card;
} options;

static void end_machine(int status) __attribute__((noreturn));
static void end_machine(int status)
{
    if (is_init)
        system_power_off();
    _exit(status);
}

static void fail(const char *reason) __attribute__((noreturn));
static void fail(const char *reason)
{
    static volatile sig_atomic_t failing;

    /* A fault on the way out: no more words. */
    if (!failing) {
        failing = 1;
        target_fail(&target, reason);
    }
    end_machine(1);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    char reason[96];

    (void)context;
    snprintf(reason, sizeof reason, "signal %d (%s), code %d, address %p", number,
             sigabbrev_np(number), info->si_code, info->si_addr);
    fail(reason);
}

static const char *catch_faults(void)
{
    static char stack[65536];
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction act = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    act.sa_sigaction = on_fault;
    if (sigaltstack(&alternate, NULL))
        return agent_reason("sigaltstack", errno);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (sigaction(numbers[i], &act, NULL))
            return agent_reason("sigaction", errno);
    }
    return NULL;
}

static uint64_t clock_ns(void)
{
    struct timespec t = {0, 0};

    clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void describe(struct record_writer *w)
{
    record_text(w, "card_route", card.route);
    record_hex(w, "card_id", *card.id);
    record_text(w, "memory_locked", memory_locked ? "yes" : "no");
    record_text(w, "clock_settled", clock_settled ? "yes" : "no");
    if (accounts_found())
        accounts_describe(w);
    agent_net_facts(w);
    facts_more(w);
}

static struct target_ops ops = {
    .env = "linux",
    .write = console_write,
    .describe_boot = facts_boot,
    .describe = describe,
};

/* Never a number that was not answered: a difference of two of them would prove anything. */
static uint64_t ask_exits(void)
{
    uint64_t count;

    if (exits_ask(&count) != 0)
        fail("the outer system does not answer at the port of etl.counter");
    return count;
}

static const char *take_counter(void)
{
    const int has_hypercall = target.env.flags & (WORKLOAD_VMMCALL | WORKLOAD_VMCALL);
    const char *reason = accounts_open();

    if (reason)
        return reason;
    if (accounts_found()) {
        ops.exits_total = accounts_exits;
        target.env.yield_call = accounts_yield_call();
        exits_prepare_hypercall();
    }
    if (target.plan.counter_trace) {
        const int pv = facts_xen_pv();

        ops.sentinel = pv ? sentinel_forced : sentinel_plain;
        ops.cpuid_nop = pv ? sentinel_cpuid_forced : NULL;
        exits_prepare_hypercall();
    }
    if (has_hypercall &&
        (target.plan.counter_trace || target.plan.counter_port || accounts_found()))
        ops.hypercall_nop = exits_hypercall;
    if (!target.plan.counter_port)
        return NULL;
    reason = exits_open(target.plan.counter_port);
    ops.exits_total = ask_exits;
    return reason;
}

static const char *take_options(int argc, char **argv)
{
    static const struct {
        const char *name;
        const char **value;
    } known[] = {
        {"--command-line", &options.command_line},
        {"--console", &options.console},
        {"--fake-card", &options.fake_card},
    };

    for (int i = 1; i < argc; i += 2) {
        size_t k = 0;

        while (k < sizeof known / sizeof known[0] && strcmp(argv[i], known[k].name) != 0)
            k++;
        if (k == sizeof known / sizeof known[0] || i + 1 == argc)
            return "usage: etalon-agent [--command-line TEXT] [--console FILE] "
                   "[--fake-card FILE], or etalon-agent " OBSERVING_ARGUMENT " COLLECTOR";
        *known[k].value = argv[i + 1];
    }
    return NULL;
}

/* PID 1 gets whatever the kernel did not take for itself as arguments: none of ours. */
static const char *open_place(int argc, char **argv)
{
    const char *reason;

    if (is_init) {
        reason = system_mount();
        /* What the kernel writes to, whichever port or paravirtual console that is. */
        return reason ? reason : console_open("/dev/console");
    }
    console_use_stdout();
    reason = take_options(argc, argv);
    if (!reason && options.console)
        reason = console_open(options.console);
    return reason;
}

static const char *take_plan(void)
{
    static char bad[256];
    const char *reason = NULL, *text = options.command_line;
    int refused;

    if (!text)
        reason = system_command_line(&text);
    if (reason)
        return reason;
    refused = plan_parse(text, &target.plan, bad, sizeof bad);
    target_begin(&target, &ops, target.plan.boot);
    if (refused)
        return bad;
    if (is_init && target.plan.console_port != PLAN_CONSOLE_PORT)
        return console_open_port(target.plan.console_port);
    return NULL;
}

static const char *take_card(void)
{
    const char *reason;

    if (options.fake_card)
        reason = card_open_file(options.fake_card, &card);
    else
        reason = card_open(target.plan.card, &card);
    if (reason)
        return reason;
    target.pins = card.pins;
    target.card = card.address;
    target.env.mmio = card.scratch;
    reason = target_take_card(&target);
    if (reason)
        return reason;
    if (target.plan.mmio)
        return card_map_register(target.plan.mmio, &target.env.mmio);
    return NULL;
}

/* A network that does not come up spoils the runs that need it, no others. */
static const char *take_net(void)
{
    static char why[320];
    const char *reason;

    if (target.plan.net == NET_KIND_NONE)
        return NULL;
    reason = agent_net_begin(target.plan.net);
    if (reason) {
        snprintf(why, sizeof why, "the network did not come up: %s", reason);
        target.env.net_broken = why;
        return NULL;
    }
    target.env.net_peer = NET_ADDRESS_OUTER;
    target.env.net_port = NET_PEER_PORT;
    return NULL;
}

/* The deepest stack a workload may use: the payload has no more either. */
#define STACK_BYTES 65536u

static void touch_stack(void)
{
    volatile char room[STACK_BYTES];

    for (size_t i = 0; i < sizeof room; i += 1024)
        room[i] = 0;
}

static const char *take_machine(void)
{
    struct workload_env *env = &target.env;
    const char *reason = system_pin();

    if (!reason)
        reason = system_arena(&env->arena, TARGET_ARENA_BYTES);
    if (reason)
        return reason;
    env->arena_bytes = TARGET_ARENA_BYTES;
    clock_settled = system_wait_clock() == 0;
    touch_stack();
    /* May be refused to an ordinary user; the fact record says which it was. */
    memory_locked = mlockall(MCL_CURRENT | MCL_FUTURE) == 0;
    env->flags = WORKLOAD_ON_LINUX | facts_hypercall();
    env->hypercall_nop = VMM_HYPERCALL_NOP;
    env->hypercall_result = facts_hypercall_result();
    env->clock_ns = clock_ns;
    env->faults = &agent_faults;
    if (exits_port_usable(PORT_HARMLESS)) {
        env->flags |= WORKLOAD_PORT_IO;
        env->port = PORT_HARMLESS;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static const char *(*const steps[])(void) = {
        catch_faults, take_plan, take_card, take_machine, take_counter, take_net,
    };
    const char *reason;

    is_init = getpid() == 1;
    if (!is_init && argc == 3 && strcmp(argv[1], OBSERVING_ARGUMENT) == 0)
        return agent_observe(argv[2]);
    target_begin(&target, &ops, 0);
    reason = open_place(argc, argv);
    for (size_t i = 0; !reason && i < sizeof steps / sizeof steps[0]; i++)
        reason = steps[i]();
    if (reason)
        fail(reason);
    end_machine(target_run(&target) ? 1 : 0);
}
