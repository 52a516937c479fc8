/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/agent/system.c - what the agent wants of the Linux it runs on.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hv-under-test/agent/agent.h"
#include "hv-under-test/target/driver.h"

#define SYSLOG_ACTION_CONSOLE_LEVEL 8 /* syslog(2) */
#define LEVEL_EMERGENCIES_ONLY 1

/* The x86 kernel cuts its command line here (COMMAND_LINE_SIZE) without a word. */
#define KERNEL_COMMAND_LINE_BYTES 2048u

#define CLOCK_PATIENCE_MS 5000u
#define CLOCK_POLL_MS 10u

static const char *mount_one(const char *type, const char *where)
{
    mkdir(where, 0755);
    /* Busy: the kernel or an earlier start has mounted it. */
    if (mount(type, where, type, MS_NOSUID, NULL) && errno != EBUSY)
        return agent_reason(where, errno);
    return NULL;
}

const char *system_mount(void)
{
    const char *reason = mount_one("devtmpfs", "/dev");

    if (!reason)
        reason = mount_one("proc", "/proc");
    if (!reason)
        reason = mount_one("sysfs", "/sys");
    if (!reason && klogctl(SYSLOG_ACTION_CONSOLE_LEVEL, NULL, LEVEL_EMERGENCIES_ONLY))
        reason = agent_reason("syslog(SYSLOG_ACTION_CONSOLE_LEVEL)", errno);
    return reason;
}

const char *system_command_line(const char **text)
{
    static char line[TARGET_COMMAND_LINE_BYTES];
    int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    ssize_t n;

    if (fd < 0)
        return agent_reason("/proc/cmdline", errno);
    while ((n = read(fd, line + used, sizeof line - 1 - used)) > 0)
        used += (size_t)n;
    if (n < 0) {
        const char *reason = agent_reason("/proc/cmdline", errno);

        close(fd);
        return reason;
    }
    close(fd);
    line[used] = '\0';
    *text = line;
    if (used >= KERNEL_COMMAND_LINE_BYTES - 1)
        return "the kernel's command line is full (2047 bytes): the plan may be cut off";
    return NULL;
}

const char *system_pin(void)
{
    cpu_set_t allowed, one;

    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof allowed, &allowed))
        return agent_reason("sched_getaffinity", errno);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed))
            continue;
        CPU_SET(cpu, &one);
        break;
    }
    if (sched_setaffinity(0, sizeof one, &one))
        return agent_reason("sched_setaffinity", errno);
    return NULL;
}

const char *system_arena(void **arena, size_t bytes)
{
    char *p = mmap(NULL, bytes + TARGET_ARENA_ALIGN, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    size_t skip;

    if (p == MAP_FAILED)
        return agent_reason("memory for the arena", errno);
    skip = (TARGET_ARENA_ALIGN - (uintptr_t)p % TARGET_ARENA_ALIGN) % TARGET_ARENA_ALIGN;
    *arena = p + skip;
    /* Every page written once: no interval meets a first touch. */
    memset(*arena, 0x5A, bytes);
    return NULL;
}

/* Names of the clock sources that Linux replaces as soon as it has calibrated a better one. */
static int is_provisional(const char *source)
{
    return strncmp(source, "tsc-early", 9) == 0 || strncmp(source, "jiffies", 7) == 0 ||
           strncmp(source, "refined-jiffies", 15) == 0;
}

int system_wait_clock(void)
{
    for (unsigned waited_ms = 0; waited_ms <= CLOCK_PATIENCE_MS; waited_ms += CLOCK_POLL_MS) {
        char source[64] = "";
        FILE *f = fopen(FACTS_CLOCKSOURCE, "re");

        if (!f)
            return 0;
        if (!fgets(source, sizeof source, f))
            source[0] = '\0';
        fclose(f);
        if (!is_provisional(source))
            return 0;
        usleep(CLOCK_POLL_MS * 1000);
    }
    return -1;
}

void system_power_off(void)
{
    sync();
    reboot(RB_POWER_OFF);
    /* A kernel that cannot switch the machine off: restart it, which ends the boot as well. */
    reboot(RB_AUTOBOOT);
    for (;;)
        pause();
}
