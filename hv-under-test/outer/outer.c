/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/outer/outer.c - what launchers share: settings, small files.
 */
#include "hv-under-test/outer/outer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *outer_say(const char *fmt, ...)
{
    static char text[1024];
    char fresh[sizeof text]; /* an argument may be the sentence before */
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(fresh, sizeof fresh, fmt, ap);
    va_end(ap);
    memcpy(text, fresh, sizeof text);
    return text;
}

const char *outer_reason(const char *what, int error)
{
    return outer_say("%s: %s", what, strerror(error));
}

const char *outer_setting(const struct outer *o, const char *key, const char *fallback)
{
    const size_t n = strlen(key);

    for (const char *p = o->settings; *p; p += strlen(p) + 1) {
        if (strncmp(p, key, n) == 0 && p[n] == '=')
            return p + n + 1;
    }
    return fallback;
}

const char *outer_read(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), error;
    size_t used = 0;
    ssize_t n;

    out[0] = '\0';
    if (fd < 0)
        return outer_reason(path, errno);
    while (used + 1 < size && (n = read(fd, out + used, size - 1 - used)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            error = errno;
            close(fd);
            return outer_reason(path, error);
        }
        used += (size_t)n;
    }
    close(fd);
    if (used && out[used - 1] == '\n')
        used--;
    out[used] = '\0';
    return NULL;
}

const char *outer_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC), error;
    const size_t n = strlen(text);
    ssize_t done;

    if (fd < 0)
        return outer_reason(path, errno);
    done = write(fd, text, n);
    error = errno;
    close(fd);
    if (done < 0)
        return outer_reason(path, error);
    return (size_t)done == n ? NULL : outer_say("%s took only a part", path);
}

int64_t outer_uptime_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_BOOTTIME, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}
