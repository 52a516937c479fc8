/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

static int err_vset(struct err *e, int code, const char *fmt, va_list ap)
{
    if (!e)
        return code;
    e->code = code;
    vsnprintf(e->text, sizeof(e->text), fmt, ap);
    return code;
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    err_vset(e, code, fmt, ap);
    va_end(ap);
    return code;
}

int err_set_errno(struct err *e, int code, int sys_errno, const char *fmt, ...)
{
    va_list ap;
    size_t used;
    char why[128];

    va_start(ap, fmt);
    err_vset(e, code, fmt, ap);
    va_end(ap);
    if (!e)
        return code;
    used = strlen(e->text);
    snprintf(e->text + used, sizeof(e->text) - used, ": %s",
             strerror_r(sys_errno, why, sizeof(why)));
    return code;
}

int err_wrap(struct err *e, int code, const char *fmt, ...)
{
    char inner[ERR_TEXT_BYTES];
    va_list ap;
    size_t used;

    if (!e)
        return code;
    memcpy(inner, e->text, sizeof(inner));
    if (!e->code)
        e->code = code;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof(e->text), fmt, ap);
    va_end(ap);
    used = strlen(e->text);
    snprintf(e->text + used, sizeof(e->text) - used, ": %.*s",
             (int)(sizeof(e->text) - used - 3 < sizeof(inner) ? sizeof(e->text) - used - 3
                                                              : sizeof(inner) - 1),
             inner);
    return e->code;
}
