/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/verdict.h"

#include <string.h>

static const char *const names[] = {
    [VERDICT_OK] = "ok",     [VERDICT_SKIP] = "skip",   [VERDICT_ERROR] = "error",
    [VERDICT_FAIL] = "fail", [VERDICT_CRASH] = "crash",
};

const char *verdict_name(enum verdict v)
{
    return (unsigned)v < sizeof(names) / sizeof(names[0]) ? names[v] : "error";
}

int verdict_parse(const char *name, enum verdict *v)
{
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            *v = (enum verdict)i;
            return 0;
        }
    }
    return -1;
}
