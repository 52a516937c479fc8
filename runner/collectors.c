/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/collectors.c - lists of collectors; see collectors.h.
 */
#include "runner/collectors.h"

#include <stdio.h>
#include <string.h>

#include "collector/collector.h"
#include "runner/setting.h"

static int is_in(const char *list, const char *name)
{
    const size_t n = strlen(name);

    for (const char *at = list; *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ',')) {
        if (strcspn(at, ",") == n && memcmp(at, name, n) == 0)
            return 1;
    }
    return 0;
}

int collectors_add(char list[COLLECTORS_BYTES], const char *name, struct err *e)
{
    char allowed[256] = "";
    size_t count, used = strlen(list);
    const struct collector *const *table = collector_table(&count);

    for (size_t i = 0; i < count; i++)
        setting_append(allowed, sizeof(allowed), table[i]->name);
    if (!collector_find(name, strlen(name)))
        return err_set(e, ERR_USAGE, "no collector \"%s\"; there is: %s", name, allowed);
    if (is_in(list, name))
        return err_set(e, ERR_USAGE, "collector \"%s\" is named twice", name);
    if (used + strlen(name) + 2 > COLLECTORS_BYTES)
        return err_set(e, ERR_USAGE, "too many collectors");
    snprintf(list + used, COLLECTORS_BYTES - used, "%s%s", used ? "," : "", name);
    return 0;
}

int collectors_parse(const char *text, char list[COLLECTORS_BYTES], struct err *e)
{
    int rc = 0;

    list[0] = '\0';
    if (strcmp(text, "none") == 0) {
        strcpy(list, "none");
        return 0;
    }
    for (const char *at = text; rc == 0; at++) {
        char name[64];
        const size_t n = strcspn(at, ",");

        snprintf(name, sizeof(name), "%.*s", (int)(n < sizeof(name) ? n : sizeof(name) - 1),
                 at);
        rc = collectors_add(list, name, e);
        at += n;
        if (!*at)
            break;
    }
    return rc;
}
