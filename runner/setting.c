/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/setting.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int setting_wrap(const config_setting_t *s, struct err *e)
{
    const char *name = config_setting_name(s);

    err_wrap(e, ERR_USAGE, "line %u%s%s", config_setting_source_line(s), name ? ": " : "",
             name ? name : "");
    if (e)
        e->code = ERR_USAGE;
    return ERR_USAGE;
}

int setting_error(const config_setting_t *s, struct err *e, const char *fmt, ...)
{
    char text[768];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    err_set(e, ERR_USAGE, "%s", text);
    return setting_wrap(s, e);
}

void setting_append(char *list, size_t size, const char *word)
{
    size_t used = strlen(list);

    snprintf(list + used, size - used, "%s%s", used ? ", " : "", word);
}

int setting_only(const config_setting_t *group, const char *const *names, struct err *e)
{
    char allowed[512] = "";

    for (unsigned k = 0; names[k]; k++)
        setting_append(allowed, sizeof(allowed), names[k]);
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
        unsigned k = 0;

        while (names[k] && strcmp(names[k], config_setting_name(s)) != 0)
            k++;
        if (!names[k])
            return setting_error(s, e, "no such setting; there is: %s", allowed);
    }
    return 0;
}

int setting_text(const config_setting_t *group, const char *name, const char *initial,
                 const char **out, struct err *e)
{
    const config_setting_t *s = config_setting_get_member(group, name);

    if (!s) {
        if (!initial)
            return setting_error(group, e, "the setting \"%s\" is missing", name);
        *out = initial;
        return 0;
    }
    *out = config_setting_get_string(s);
    return *out ? 0 : setting_error(s, e, "a string in double quotes is wanted");
}

int setting_number(const config_setting_t *group, const char *name, uint64_t initial,
                   uint64_t min, uint64_t max, uint64_t *out, struct err *e)
{
    const config_setting_t *s = config_setting_get_member(group, name);
    long long value;

    *out = initial;
    if (!s)
        return 0;
    if (config_setting_type(s) != CONFIG_TYPE_INT &&
        config_setting_type(s) != CONFIG_TYPE_INT64)
        return setting_error(s, e, "a whole number is wanted");
    value = config_setting_get_int64(s);
    if (value < 0 || (uint64_t)value < min || (uint64_t)value > max)
        return setting_error(s, e, "%lld is out of range; allowed: %" PRIu64 " to %" PRIu64,
                             value, min, max);
    *out = (uint64_t)value;
    return 0;
}

int setting_choice(const config_setting_t *group, const char *name, const char *const *words,
                   int *out, struct err *e)
{
    char allowed[256] = "";
    const char *text;
    int rc = setting_text(group, name, words[0], &text, e);

    *out = 0;
    if (rc != 0)
        return rc;
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return 0;
        }
        setting_append(allowed, sizeof(allowed), words[i]);
    }
    return setting_error(config_setting_get_member(group, name), e,
                         "\"%s\" is unknown; allowed: %s", text, allowed);
}
