/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tests/sim/tap.c - see tap.h. */

#include "tests/sim/tap.h"

#include <stdarg.h>
#include <stdio.h>

static unsigned points, failed, case_failures;
static const char *case_name;

void tap_ok(int ok, const char *format, ...)
{
    va_list args;

    points++;
    failed += !ok;
    printf("%sok %u - ", ok ? "" : "not ", points);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

int tap_done(void)
{
    printf("1..%u\n", points);
    return failed != 0;
}

void tap_case(const char *name)
{
    case_name = name;
    case_failures = 0;
}

int tap_check_at(int ok, const char *file, int line, const char *what)
{
    if (!ok && case_failures++ < 10)
        printf("# %s:%d: not true: %s\n", file, line, what);
    return ok;
}

void tap_case_end(void)
{
    tap_ok(case_failures == 0, "%s", case_name);
}
