/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/outer/main.c - PID 1 of the outer system (outer.h).
 *
 * Whatever goes wrong ends in an error record, an end record and the power-off: a machine that
 * stays on would only be ended by the bench's bound.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#include "bench/lab/card.h"
#include "hv-under-test/agent/agent.h"
#include "hv-under-test/outer/outer.h"
#include "hv-under-test/outer/outer_private.h"

static struct outer outer = {.console = -1, .records = -1, .exits = UINT64_MAX};

/* The agent's parts want an agent_reason(); here it is the same sentence. */
const char *agent_reason(const char *what, int error)
{
    return outer_reason(what, error);
}

const char *outer_load_modules(void)
{
    return system_load_modules(OUTER_MODULES_LIST);
}

static const char *open_port(const char *name, int *fd)
{
    char path[64];
    struct termios t;

    snprintf(path, sizeof path, "/dev/%.50s", name);
    *fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*fd < 0)
        return outer_reason(path, errno);
    if (tcgetattr(*fd, &t))
        return outer_reason(path, errno);
    cfmakeraw(&t);
    cfsetspeed(&t, B115200);
    t.c_cflag |= CLOCAL; /* no modem, no wait for its carrier */
    return tcsetattr(*fd, TCSANOW, &t) ? outer_reason(path, errno) : NULL;
}

static const char *mount_one(const char *type, const char *where)
{
    mkdir(where, 0755);
    if (mount(type, where, type, 0, NULL) && errno != EBUSY)
        return outer_reason(where, errno);
    return NULL;
}

/* The card's register names the boot (bench/lab/card.h); its page is given back at once,
 * because a launcher hands the card to its guest. */
static const char *take_boot(void)
{
    struct card card;
    const char *reason;
    uint32_t told;

    if (!outer.boot_from_card)
        return NULL;
    reason = card_open(0, &card);
    if (reason)
        return reason;
    told = card.id[((int)CARD_REG_BOOT - (int)CARD_REG_ID) / 4];
    munmap((void *)((uintptr_t)card.id & ~(uintptr_t)0xFFF), 0x1000);
    if (!(told & CARD_BOOT_VALID))
        return "etl.boot=card, but the card tells no plan index";
    outer.boot = told & 0xFFFFu;
    return NULL;
}

static const char *set_up(void)
{
    const char *reason = system_mount(), *text;

    if (!reason)
        reason = mount_one("debugfs", "/sys/kernel/debug");
    if (!reason)
        reason = mount_one("tracefs", "/sys/kernel/tracing");
    if (!reason)
        reason = mount_one("tmpfs", "/run");
    if (!reason)
        reason = system_command_line(&text);
    if (!reason)
        reason = outer_take_words(&outer, text);
    if (!reason)
        reason = take_boot();
    return reason;
}

static const char *open_ports(void)
{
    /* The second first: it is where a failure of the other is told. */
    const char *reason = open_port(outer_setting(&outer, "records", "ttyS1"), &outer.records);

    if (!reason)
        reason = open_port(outer_setting(&outer, "console", "ttyS0"), &outer.console);
    return reason;
}

static const char *launch(void)
{
    size_t count;
    const struct launcher *const *table = outer_table(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i]->platform, outer.platform) == 0)
            return table[i]->launch(&outer);
    }
    return outer_say("this outer system cannot launch %s", outer.platform);
}

int main(int argc, char **argv)
{
    struct utsname name;
    const char *reason;

    if (getpid() != 1) {
        if (argc == 2 && strcmp(argv[1], "--probe") == 0)
            return outer_probe();
        fputs("etalon-outer is PID 1 of an outer system; as a command it knows --probe, which "
              "says what this host offers\n",
              stderr);
        return 2;
    }
    reason = set_up();
    if (reason) {
        /* Without words there are no consoles yet: the defaults, to tell at all. */
        char said[512];

        snprintf(said, sizeof said, "%s", reason);
        open_ports();
        outer_error(&outer, said);
    } else {
        reason = open_ports();
        if (!reason) {
            outer_fact(&outer, "outer.kernel", uname(&name) ? "" : name.release);
            reason = launch();
        }
        if (reason)
            outer_error(&outer, reason);
    }
    outer_write_end(&outer);
    tcdrain(outer.records);
    system_power_off();
}
