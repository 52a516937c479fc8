/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/outer/kvm_monitor.c - QEMU's own word on how the guest ended.
 *
 * Its exit status is 0 whether the guest switched its machine off or reset it. The event
 * SHUTDOWN tells (docs/interop/qmp-spec.txt, qapi/run-state.json); it comes once the client has
 * said qmp_capabilities, which here waits in the pipe before QEMU starts. Nothing is asked while
 * the guest runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hv-under-test/outer/kvm.h"

#define MONITOR "/run/monitor" /* .in and .out, as QEMU names the ends of its pipe */

static const char hello[] = "{\"execute\": \"qmp_capabilities\"}\n";
static int events = -1;

const char *kvm_monitor_open(char *chardev, size_t size)
{
    int commands;

    if (mkfifo(MONITOR ".in", 0600) || mkfifo(MONITOR ".out", 0600))
        return outer_reason(MONITOR, errno);
    /* Both ways, so that neither open waits for the other side; `commands` stays open. */
    commands = open(MONITOR ".in", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    events = open(MONITOR ".out", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (commands < 0 || events < 0)
        return outer_reason(MONITOR, errno);
    if (write(commands, hello, sizeof hello - 1) != (ssize_t)(sizeof hello - 1))
        return outer_reason(MONITOR, errno);
    snprintf(chardev, size, "pipe,id=monitor,path=" MONITOR);
    return NULL;
}

const char *kvm_monitor_end(void)
{
    static const char event[] = "\"SHUTDOWN\"", key[] = "\"reason\": \"";
    static char text[65536], reason[32];
    const char *at, *next;
    size_t used = 0;
    ssize_t n;

    while (used + 1 < sizeof text &&
           (n = read(events, text + used, sizeof text - 1 - used)) > 0)
        used += (size_t)n;
    text[used] = '\0';
    at = strstr(text, event);
    while (at && (next = strstr(at + 1, event)))
        at = next;
    at = at ? strstr(at, key) : NULL;
    if (at)
        snprintf(reason, sizeof reason, "%.*s", (int)strcspn(at + strlen(key), "\""),
                 at + strlen(key));
    return reason;
}
