/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/agent/console.c - where records leave: a serial port in raw mode, a file or
 * standard output.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "hv-under-test/agent/agent.h"

static int fd = -1;
static int terminal;

const char *agent_reason(const char *what, int error)
{
    static char text[256];

    snprintf(text, sizeof text, "%s: %s", what, strerror(error));
    return text;
}

static const char *make_raw(int tty, const char *path)
{
    struct termios t;

    if (tcgetattr(tty, &t))
        return agent_reason(path, errno);
    cfmakeraw(&t);
    cfsetspeed(&t, B115200);
    t.c_cflag |= CLOCAL; /* no modem, no wait for its carrier */
    return tcsetattr(tty, TCSANOW, &t) ? agent_reason(path, errno) : NULL;
}

static const char *take(int new_fd, const char *path)
{
    const char *reason = NULL;

    if (new_fd < 0)
        return agent_reason(path, errno);
    terminal = isatty(new_fd);
    if (terminal)
        reason = make_raw(new_fd, path);
    if (reason) {
        close(new_fd);
        return reason;
    }
    if (fd > STDERR_FILENO)
        close(fd);
    fd = new_fd;
    return NULL;
}

const char *console_open_raw(const char *path, int *tty)
{
    *tty = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    return *tty < 0 ? agent_reason(path, errno) : make_raw(*tty, path);
}

const char *console_open(const char *path)
{
    return take(open(path, O_RDWR | O_CREAT | O_APPEND | O_NOCTTY | O_CLOEXEC, 0644), path);
}

const char *console_find_port(uint16_t port, const char **path)
{
    static const struct {
        uint16_t port;
        const char *path;
    } ports[] = {
        {0x3f8, "/dev/ttyS0"},
        {0x2f8, "/dev/ttyS1"},
        {0x3e8, "/dev/ttyS2"},
        {0x2e8, "/dev/ttyS3"},
    };

    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        if (ports[i].port == port) {
            *path = ports[i].path;
            return NULL;
        }
    }
    return "etl.console, etl.counter: Linux numbers the ports 3f8, 2f8, 3e8 and 2e8 only";
}

const char *console_open_port(uint16_t port)
{
    const char *path, *reason = console_find_port(port, &path);

    return reason ? reason : take(open(path, O_RDWR | O_NOCTTY | O_CLOEXEC), path);
}

void console_use_stdout(void)
{
    fd = STDOUT_FILENO;
    terminal = 0;
}

void console_write(const char *data, size_t n)
{
    while (n) {
        ssize_t done = write(fd, data, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return; /* nobody to tell: the reader finds the records missing */
        data += done;
        n -= (size_t)done;
    }
    if (terminal)
        tcdrain(fd);
}
