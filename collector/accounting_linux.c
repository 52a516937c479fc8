/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/accounting_linux.c - the books of a Linux kernel; see accounting.h.
 */
#include "collector/accounting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define NS_PER_S 1000000000u

/* /proc/stat lists every interrupt before it comes to ctxt: 64 KiB take some thousands. */
#define STAT_BYTES 65536u
#define SMALL_BYTES 1024u

enum { STAT, SCHEDSTAT, IO, SOURCES };

static const struct {
    const char *path, *needs;
} sources[SOURCES] = {
    [STAT] = {"/proc/stat", "a mounted /proc"},
    [SCHEDSTAT] = {"/proc/self/schedstat", "a kernel with CONFIG_SCHED_INFO"},
    [IO] = {"/proc/self/io", "a kernel with CONFIG_TASK_IO_ACCOUNTING"},
};

static const struct collector_reading readings[ACCOUNTING_READINGS] = {
    [ACCOUNTING_UTIME] = {"utime", "accounted_ns"},
    [ACCOUNTING_STIME] = {"stime", "accounted_ns"},
    [ACCOUNTING_MINFLT] = {"minflt", "count"},
    [ACCOUNTING_MAJFLT] = {"majflt", "count"},
    [ACCOUNTING_NVCSW] = {"nvcsw", "count"},
    [ACCOUNTING_NIVCSW] = {"nivcsw", "count"},
    [ACCOUNTING_SYSCR] = {"syscr", "count"},
    [ACCOUNTING_SYSCW] = {"syscw", "count"},
    [ACCOUNTING_SCHED_RUN] = {"sched_run", "accounted_ns"},
    [ACCOUNTING_SCHED_WAIT] = {"sched_wait", "accounted_ns"},
    [ACCOUNTING_STEAL] = {"steal", "accounted_ns"},
    [ACCOUNTING_GUEST] = {"guest", "accounted_ns"},
    [ACCOUNTING_INTR] = {"intr", "count"},
    [ACCOUNTING_CTXT] = {"ctxt", "count"},
};

static int fd[SOURCES] = {-1, -1, -1};
static uint64_t ns_per_tick;
static char stat_text[STAT_BYTES], small_text[SMALL_BYTES];
static char trouble[160]; /* the first reading that failed; "" while all is well */

/* --- the texts ------------------------------------------------------------------------------ */

/* The number at *s, after blanks; *s moves behind it. */
static int take_number(const char **s, uint64_t *value)
{
    uint64_t v = 0;

    while (**s == ' ')
        ++*s;
    if (**s < '0' || **s > '9')
        return -1;
    for (; **s >= '0' && **s <= '9'; ++*s)
        v = v * 10 + (uint64_t)(**s - '0');
    *value = v;
    return 0;
}

/* The number that follows `label`, which begins with the line break before it. */
static int find_number(const char *text, const char *label, uint64_t *value)
{
    const char *at = strstr(text, label);

    if (!at)
        return -1;
    at += strlen(label);
    return take_number(&at, value);
}

int accounting_parse_stat(const char *text, uint64_t tick_ns, uint64_t *slot)
{
    const char *at = text + 3;
    uint64_t field[9]; /* user nice system idle iowait irq softirq steal guest */

    if (strncmp(text, "cpu ", 4) != 0)
        return -1;
    for (unsigned i = 0; i < 9; i++) {
        if (take_number(&at, &field[i]))
            return -1;
    }
    slot[ACCOUNTING_STEAL] = field[7] * tick_ns;
    slot[ACCOUNTING_GUEST] = field[8] * tick_ns;
    return find_number(text, "\nintr", &slot[ACCOUNTING_INTR]) ||
                   find_number(text, "\nctxt", &slot[ACCOUNTING_CTXT])
               ? -1
               : 0;
}

int accounting_parse_schedstat(const char *text, uint64_t *slot)
{
    return take_number(&text, &slot[ACCOUNTING_SCHED_RUN]) ||
                   take_number(&text, &slot[ACCOUNTING_SCHED_WAIT])
               ? -1
               : 0;
}

int accounting_parse_io(const char *text, uint64_t *slot)
{
    return find_number(text, "\nsyscr:", &slot[ACCOUNTING_SYSCR]) ||
                   find_number(text, "\nsyscw:", &slot[ACCOUNTING_SYSCW])
               ? -1
               : 0;
}

/* --- reading -------------------------------------------------------------------------------- */

static void note_trouble(unsigned source, const char *what)
{
    if (!trouble[0])
        snprintf(trouble, sizeof trouble, "accounting: %s %s", sources[source].path, what);
}

static const char *read_source(unsigned source, char *text, size_t size)
{
    ssize_t n = pread(fd[source], text, size - 1, 0);

    if (n < 0)
        note_trouble(source, strerror(errno));
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void read_stat(uint64_t *slot)
{
    const char *text = read_source(STAT, stat_text, sizeof stat_text);

    if (accounting_parse_stat(text, ns_per_tick, slot))
        note_trouble(STAT, "has no steal, guest, intr or ctxt in its first 64 KiB");
}

static void read_schedstat(uint64_t *slot)
{
    const char *text = read_source(SCHEDSTAT, small_text, sizeof small_text);

    if (accounting_parse_schedstat(text, slot))
        note_trouble(SCHEDSTAT, "does not begin with two numbers");
}

static void read_io(uint64_t *slot)
{
    if (accounting_parse_io(read_source(IO, small_text, sizeof small_text), slot))
        note_trouble(IO, "has no syscr or syscw");
}

static uint64_t timeval_ns(const struct timeval *t)
{
    return (uint64_t)t->tv_sec * NS_PER_S + (uint64_t)t->tv_usec * 1000u;
}

static void read_usage(uint64_t *slot)
{
    struct rusage usage = {.ru_utime = {0, 0}};

    getrusage(RUSAGE_SELF, &usage);
    slot[ACCOUNTING_UTIME] = timeval_ns(&usage.ru_utime);
    slot[ACCOUNTING_STIME] = timeval_ns(&usage.ru_stime);
    slot[ACCOUNTING_MINFLT] = (uint64_t)usage.ru_minflt;
    slot[ACCOUNTING_MAJFLT] = (uint64_t)usage.ru_majflt;
    slot[ACCOUNTING_NVCSW] = (uint64_t)usage.ru_nvcsw;
    slot[ACCOUNTING_NIVCSW] = (uint64_t)usage.ru_nivcsw;
}

static void accounting_before(uint64_t *slot)
{
    read_stat(slot);
    read_schedstat(slot);
    read_io(slot);
    read_usage(slot);
}

static void accounting_after(uint64_t *slot)
{
    read_usage(slot);
    read_io(slot);
    read_schedstat(slot);
    read_stat(slot);
}

static const char *accounting_unavailable(void)
{
    static char reason[160];
    uint64_t slot[ACCOUNTING_READINGS];
    long hz = sysconf(_SC_CLK_TCK);

    if (hz <= 0)
        return "the kernel does not say how long a tick of its accounts is (_SC_CLK_TCK)";
    ns_per_tick = NS_PER_S / (uint64_t)hz;
    for (unsigned i = 0; i < SOURCES; i++) {
        if (fd[i] < 0)
            fd[i] = open(sources[i].path, O_RDONLY | O_CLOEXEC);
        if (fd[i] < 0) {
            snprintf(reason, sizeof reason, "cannot open %s (%s): accounting needs %s",
                     sources[i].path, strerror(errno), sources[i].needs);
            return reason;
        }
    }
    /* The first reads also make the kernel allocate what it keeps for each open file. */
    trouble[0] = '\0';
    accounting_before(slot);
    accounting_after(slot);
    if (!trouble[0])
        return NULL;
    snprintf(reason, sizeof reason, "%s", trouble);
    return reason;
}

static const char *accounting_failed(void)
{
    return trouble[0] ? trouble : NULL;
}

const struct collector collector_accounting = {
    .name = "accounting",
    .summary =
        "the Linux kernel's books: processor times, steal, faults, switches, interrupts",
    .unavailable = accounting_unavailable,
    .failed = accounting_failed,
    .reading = readings,
    .readings = ACCOUNTING_READINGS,
    .before = accounting_before,
    .after = accounting_after,
};
