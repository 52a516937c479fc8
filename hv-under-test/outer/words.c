/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/outer/words.c - the kernel's command line taken apart (outer.h). */
#include <stdlib.h>
#include <string.h>

#include "collector/tolerance.h"
#include "hv-under-test/outer/outer.h"
#include "hv-under-test/outer/outer_private.h"

#define LAUNCH "etl.launch="
#define BOOT "etl.boot="
#define TOLERANCE "etl.tolerance="

/* "platform,key=value,key=value": commas become ends, so that each setting is a text. */
static const char *take_launch(struct outer *o, const char *value, size_t n)
{
    char *next;

    if (o->platform)
        return LAUNCH " is given twice";
    if (n + 2 > sizeof o->settings)
        return LAUNCH " is too long";
    memcpy(o->settings, value, n);
    o->settings[n] = o->settings[n + 1] = '\0';
    for (next = o->settings; next < o->settings + n; next++) {
        if (*next == ',')
            *next = '\0';
    }
    o->platform = strdup(o->settings);
    /* What is left are the settings alone. */
    next = o->settings + strlen(o->settings) + 1;
    memmove(o->settings, next, (size_t)(o->settings + n + 2 - next));
    return o->platform && *o->platform ? NULL : LAUNCH " names no platform";
}

const char *outer_take_words(struct outer *o, const char *command_line)
{
    size_t used = 0;

    for (const char *p = command_line; *p;) {
        const size_t n = strcspn(p, " \t\n");

        if (strncmp(p, LAUNCH, sizeof LAUNCH - 1) == 0) {
            const char *reason = take_launch(o, p + sizeof LAUNCH - 1, n - sizeof LAUNCH + 1);

            if (reason)
                return reason;
        } else if (strncmp(p, "etl.", 4) == 0) {
            if (used + n + 2 > sizeof o->guest_words)
                return "the guest's words are too long";
            /* The guest's counters and those that watch it are of one processor. */
            if (strncmp(p, TOLERANCE, sizeof TOLERANCE - 1) == 0) {
                struct pmu_tolerance t;

                if (tolerance_parse(p + sizeof TOLERANCE - 1, n - sizeof TOLERANCE + 1, &t))
                    return TOLERANCE " is not COUNTS,PPM";
                tolerance_set(&t);
            }
            if (strncmp(p, BOOT, sizeof BOOT - 1) == 0) {
                o->boot_from_card = strncmp(p + sizeof BOOT - 1, "card", 4) == 0;
                o->boot = strtoull(p + sizeof BOOT - 1, NULL, 10);
            }
            if (used)
                o->guest_words[used++] = ' ';
            memcpy(o->guest_words + used, p, n);
            used += n;
            o->guest_words[used] = '\0';
        }
        p += n + (p[n] != '\0');
    }
    return o->platform ? NULL : "no " LAUNCH "<platform> on the command line";
}
