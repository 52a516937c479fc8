/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/lab/machine.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * -smap: SMAP crashes a Xen PV dom0 here. -rdtscp: TCG reports an intercepted RDTSCP as RDTSC.
 * -rdrand,-rdseed: would bring chance in from the host. One processor: two hang under icount.
 * intel-iommu: for passing the card on to guests. shift=1: 2 ns an instruction, one step of
 * the timer.
 */
#define MACHINE_PROCESSOR "max,-smap,-rdtscp,-rdrand,-rdseed"
#define MACHINE_IOMMU "intel-iommu,caching-mode=on"

static const char machine_processor[] = MACHINE_PROCESSOR;
static const char *const machine_pinned[] = {
    "-accel",
    "tcg",
    "-cpu",
    machine_processor,
    "-smp",
    "1",
    "-nodefaults",
    "-no-user-config",
    "-display",
    "none",
    "-no-reboot",
    "-icount",
    "shift=1,sleep=off",
    "-rtc",
    "base=2025-01-01T00:00:00,clock=vm",
    "-M",
    "q35,kernel-irqchip=split",
    "-device",
    MACHINE_IOMMU,
    "-device",
    "pci-testdev",
    "-device",
    "isa-debug-exit,iobase=0xf4,iosize=4",
};

#define MACHINE_PINNED (sizeof(machine_pinned) / sizeof(machine_pinned[0]))

const char *machine_pinned_options(void)
{
    static char text[1024];
    size_t used = 0;

    if (text[0])
        return text;
    for (size_t i = 0; i < MACHINE_PINNED; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "",
                                 machine_pinned[i]);
    return text;
}

const char *machine_cure(void)
{
    const char *value = getenv(MACHINE_CURE_VARIABLE);

    if (!value || strcmp(value, "on") == 0)
        return "on";
    return strcmp(value, "off") == 0 ? "off" : NULL;
}

static void machine_put(struct machine_command *c, const char *word)
{
    if (c->argc + 1 < sizeof(c->argv) / sizeof(c->argv[0]))
        c->argv[c->argc++] = (char *)(uintptr_t)word;
}

/* A formatted word; what does not fit leaves `used` beyond the end, seen in one place. */
static void __attribute__((format(printf, 2, 3)))
machine_putf(struct machine_command *c, const char *fmt, ...)
{
    char *word = c->text + c->used;
    size_t room;
    va_list ap;
    int n;

    if (c->used >= sizeof(c->text))
        return;
    room = sizeof(c->text) - c->used;
    va_start(ap, fmt);
    n = vsnprintf(word, room, fmt, ap);
    va_end(ap);
    c->used += (unsigned)n + 1;
    machine_put(c, word);
}

/* The preamble and the card's register carry 16 bits (probe/marker/marker.h). */
#define MACHINE_MAX_PLAN_INDEX 65535u

/* "module0 arguments,module1 arguments", commas inside doubled (multiboot modules). */
static int machine_format_modules(const struct machine_spec *m, char *out, size_t size)
{
    size_t used = 0;

    for (unsigned i = 0; i < m->modules; i++) {
        used +=
            (size_t)snprintf(out + used, size - used, "%s" MACHINE_MODULE, i ? "," : "", i);
        if (m->module[i].arguments[0] && used + 1 < size)
            out[used++] = ' ';
        for (const char *p = m->module[i].arguments; *p; p++) {
            if (used + 3 > size)
                return -1;
            if (*p == ',')
                out[used++] = ',';
            out[used++] = *p;
        }
        if (used + 64 > size)
            return -1;
        out[used] = '\0';
    }
    return 0;
}

int machine_build_command(const struct bench_boot *boot, const char *console,
                          const char *console2, struct machine_command *c, struct err *e)
{
    const struct machine_spec *m = boot->machine;
    char modules[MACHINE_MODULES_BYTES];

    if (boot->plan_index > MACHINE_MAX_PLAN_INDEX)
        return err_set(e, ERR_USAGE,
                       "plan index %" PRIu32 " does not fit into a preamble; the "
                       "last one is %u",
                       boot->plan_index, MACHINE_MAX_PLAN_INDEX);
    if (boot->next_rip && m->without_svm)
        return err_set(e, ERR_USAGE,
                       "processor = \"nrip\" is a feature of SVM, and this variant runs on a "
                       "processor without it");
    if (!machine_cure())
        return err_set(e, ERR_USAGE, MACHINE_CURE_VARIABLE " is neither on nor off");
    c->argc = c->used = 0;
    machine_put(c, MACHINE_QEMU);
    for (size_t i = 0; i < MACHINE_PINNED; i++) {
        if (m->no_iommu && i + 1 < MACHINE_PINNED &&
            strcmp(machine_pinned[i + 1], MACHINE_IOMMU) == 0)
            i++; /* both words */
        else if (m->without_svm && machine_pinned[i] == machine_processor)
            machine_put(c, MACHINE_PROCESSOR ",-svm");
        else
            machine_put(c, machine_pinned[i]);
    }
    machine_put(c, "-m");
    machine_putf(c, "%u", m->memory_mb);
    machine_put(c, "-seed");
    machine_putf(c, "%" PRIu64, boot->seed);
    machine_put(c, "-serial");
    machine_putf(c, "file:%s", console);
    if (m->second_console || m->second_log) {
        machine_put(c, "-serial");
        machine_putf(c, "file:%s", console2);
    }
    machine_put(c, "-plugin");
    machine_putf(c,
                 "file=./" MACHINE_CARD ",socket=" MACHINE_SOCKET ",end=" MACHINE_END
                 ",limit=%" PRIu64 ",boot=%" PRIu32 ",cure=%s%s%s",
                 boot->limit_ns, boot->plan_index, machine_cure(),
                 boot->next_rip ? ",nrip=on" : "",
                 boot->plan_text ? ",plan=" MACHINE_PLAN : "");
    machine_put(c, "-kernel");
    machine_put(c, MACHINE_KERNEL);
    machine_put(c, "-append");
    machine_put(c, m->command_line);
    if (m->modules) {
        if (machine_format_modules(m, modules, sizeof(modules)) != 0)
            return err_set(e, ERR_USAGE, "the arguments of the modules are too long");
        machine_put(c, "-initrd");
        machine_putf(c, "%s", modules);
    }
    c->argv[c->argc] = NULL;
    if (c->used > sizeof(c->text))
        return err_set(e, ERR_USAGE, "the machine's command line is too long");
    return 0;
}
