/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/xen/dom0.c - what has to run in dom0 before libxl works, and the card.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xenstore.h>

#include "hv-under-test/agent/agent.h"
#include "hv-under-test/xen/launch.h"

#define TOOLS "/usr/lib/xen-4.17/bin/"
#define LOG "/run/xen/etalon.log"
#define STORE_PATIENCE_MS 10000u
#define STORE_POLL_MS 2u

static const char *const folders[] = {"/run",     "/run/xen",     "/var",
                                      "/var/lib", "/var/lib/xen", "/var/lib/xenstored",
                                      "/var/run", "/var/run/xen", "/var/run/xenstored",
                                      "/var/log", "/var/log/xen"};

int dom0_is_xen(void)
{
    char text[64];

    return !outer_read("/sys/hypervisor/type", text, sizeof text) && strcmp(text, "xen") == 0;
}

const char *dom0_check(void)
{
    char text[64];

    if (!dom0_is_xen())
        return "this is not a Xen host: boot Xen with this system as its dom0";
    if (mount("xenfs", "/proc/xen", "xenfs", 0, NULL) && errno != EBUSY)
        return outer_reason("/proc/xen", errno);
    if (outer_read("/proc/xen/capabilities", text, sizeof text) || !strstr(text, "control_d"))
        return "this is a guest of Xen, not its control domain";
    return NULL;
}

/* By its socket: xs_open() would fall back to the kernel's device, which waits for the daemon
 * that is to be started here. */
int dom0_store_answers(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), answers;

    if (fd < 0)
        return 0;
    snprintf(name.sun_path, sizeof name.sun_path, "%s", xs_daemon_socket());
    answers = connect(fd, (const struct sockaddr *)&name, sizeof name) == 0;
    close(fd);
    return answers;
}

static const char *start_store(void)
{
    char *argv[] = {TOOLS "xenstored", "--no-fork", NULL};
    const char *reason;
    pid_t pid;

    if (dom0_store_answers())
        return NULL;
    reason = outer_start(argv, LOG, &pid);
    if (reason)
        return reason;
    for (unsigned ms = 0; ms < STORE_PATIENCE_MS; ms += STORE_POLL_MS) {
        if (dom0_store_answers())
            return NULL;
        if (waitpid(pid, NULL, WNOHANG) == pid)
            break;
        usleep(STORE_POLL_MS * 1000);
    }
    return "xenstored does not answer";
}

/* xenstore's entries and libxl's notes of dom0 itself. */
static const char *describe_dom0(void)
{
    char *argv[] = {TOOLS "xen-init-dom0", NULL};
    char said[160];
    const char *reason;
    int status;
    pid_t pid;

    reason = outer_start(argv, LOG, &pid);
    if (reason)
        return reason;
    if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;
    outer_quote(LOG, said, sizeof said);
    return outer_say("xen-init-dom0 failed: %s", said);
}

const char *dom0_bring_up(void)
{
    const char *reason = dom0_check();

    if (reason)
        return reason;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        mkdir(folders[i], 0755); /* what cannot be made is missed by those who need it */
    reason = start_store();
    if (!reason)
        reason = describe_dom0();
    return reason;
}

const char *dom0_find_card(uint64_t *address)
{
    struct card card;
    const char *reason = card_open(0, &card);

    if (!reason)
        *address = card.address;
    return reason;
}
