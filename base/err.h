/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * base/err.h - how an error travels up.
 *
 * A function that can fail returns 0 or a negative code below and, where it takes a
 * `struct err *`, leaves one sentence in it that names the place and the mend. Only cmd/
 * prints it. A NULL err is allowed everywhere: the text is then dropped, the code is not.
 */
#ifndef ETALON_BASE_ERR_H
#define ETALON_BASE_ERR_H

#include <stdarg.h>

/* Codes map to the exit statuses of the command line (cmd/main.c). */
enum err_code {
    ERR_OK = 0,
    ERR_USAGE = -2,       /* command line or campaign file: the user can mend it */
    ERR_UNAVAILABLE = -3, /* something needed is not here; the text says what to install */
    ERR_INTERRUPTED = -4, /* stopped on request; resumable */
    ERR_IO = -5,          /* the system refused a read, a write, a spawn … */
    ERR_DATA = -6,        /* input is damaged or of another version */
    ERR_BUG = -7,         /* an invariant of ours does not hold */
};

#define ERR_TEXT_BYTES 1024

struct err {
    int code;                  /* 0 while nothing went wrong */
    char text[ERR_TEXT_BYTES]; /* one sentence without a trailing newline */
};

/* Fill `e` (may be NULL) and return `code`, so that callers write `return err_set(…)`. */
int err_set(struct err *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set(), appending ": " and strerror(sys_errno). `code` is usually ERR_IO. */
int err_set_errno(struct err *e, int code, int sys_errno, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Put "context: " before the text already there; returns e->code (or `code` if e is NULL). */
int err_wrap(struct err *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
