/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/campaign.h"
#include "runner/setting.h"
#include "workloads/workload.h"

#define MATRIX_EXEC "exec" /* a workload, and its setting */

struct matrix {
    FILE *out;
    struct programs *programs;
    size_t runs;
};

/* One value of a parameter as text; NULL if it is neither a whole number nor a word. */
static const char *matrix_value(const config_setting_t *s, char number[32])
{
    switch (config_setting_type(s)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        snprintf(number, 32, "%lld", config_setting_get_int64(s));
        return number;
    case CONFIG_TYPE_STRING:
        return config_setting_get_string(s);
    default:
        return NULL;
    }
}

/* The array of exec is one line and no choice. */
static int matrix_is_array(const config_setting_t *s)
{
    return (config_setting_is_array(s) || config_setting_is_list(s)) &&
           strcmp(config_setting_name(s), MATRIX_EXEC) != 0;
}

/* exec and exec = [ … ] belong together; what is written there becomes the program's number. */
static int matrix_exec(struct matrix *m, const config_setting_t *group, const char *name,
                       unsigned *number, struct err *e)
{
    const config_setting_t *line = config_setting_get_member(group, MATRIX_EXEC);

    if (strcmp(name, MATRIX_EXEC) != 0)
        return line ? setting_error(line, e, "only the workload exec has this setting") : 0;
    if (!line || config_setting_get_member(group, "program"))
        return setting_error(group, e,
                             "the workload exec wants its program as exec = [ "
                             "\"/path/of/program\", \"argument\", … ]");
    return programs_add(line, m->programs, number, e);
}

/* The text of one combination: element turn[i] of the i-th member. */
static int matrix_run_text(const config_setting_t *group, const char *name, unsigned program,
                           const unsigned turn[WORKLOAD_MAX_ARGS + 2], char *text, size_t size,
                           struct err *e)
{
    size_t used = (size_t)snprintf(text, size, "%s", name);
    char number[32];

    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i), *one = s;
        const char *key = config_setting_name(s), *value;

        if (strcmp(key, "name") == 0)
            continue;
        if (strcmp(key, MATRIX_EXEC) == 0) {
            if (used < size)
                used += (size_t)snprintf(text + used, size - used, ",program=%u", program);
            continue;
        }
        if (matrix_is_array(s))
            one = config_setting_get_elem(s, turn[i]);
        value = matrix_value(one, number);
        if (!value || !*value || strpbrk(value, " \t\r\n,/=\"'"))
            return setting_error(s, e,
                                 "a whole number or a word (or an array of them) is "
                                 "wanted");
        if (used < size)
            used += (size_t)snprintf(text + used, size - used, ",%s=%s",
                                     strcmp(key, "iterations") == 0 ? "iters" : key, value);
    }
    if (used >= size)
        return setting_error(group, e, "this workload's settings are too long");
    return 0;
}

/* Odometer over the arrays; 0 when all combinations have been seen. */
static int matrix_next(const config_setting_t *group, unsigned turn[WORKLOAD_MAX_ARGS + 2])
{
    for (int i = config_setting_length(group) - 1; i >= 0; i--) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);

        if (!matrix_is_array(s))
            continue;
        if (++turn[i] < (unsigned)config_setting_length(s))
            return 1;
        turn[i] = 0;
    }
    return 0;
}

static int matrix_group(struct matrix *m, const config_setting_t *group, struct err *e)
{
    unsigned turn[WORKLOAD_MAX_ARGS + 2] = {0};
    char text[512], reason[WORKLOAD_REASON_BYTES];
    struct workload_run run;
    uint32_t iterations;
    unsigned program = 0;
    const char *name;
    int rc;

    if (!config_setting_is_group(group))
        return setting_error(group, e, "a workload is a group: { name = \"null\"; }");
    rc = setting_text(group, "name", NULL, &name, e);
    if (rc != 0)
        return rc;
    if (config_setting_length(group) > WORKLOAD_MAX_ARGS + 2)
        return setting_error(group, e, "too many settings for one workload");
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);

        if (matrix_is_array(s) && config_setting_length(s) == 0)
            return setting_error(s, e, "an empty array gives no run");
        if (strcmp(config_setting_name(s), "iters") == 0)
            return setting_error(s, e, "the setting is called \"iterations\"");
    }
    rc = matrix_exec(m, group, name, &program, e);
    if (rc != 0)
        return rc;
    do {
        rc = matrix_run_text(group, name, program, turn, text, sizeof(text), e);
        if (rc != 0)
            return rc;
        memset(&run, 0, sizeof(run));
        if (workload_parse(text, strlen(text), &run, &iterations, reason) != 0)
            return setting_error(group, e, "%s", reason);
        if (++m->runs > CAMPAIGN_MAX_RUNS)
            return setting_error(group, e, "more than %d runs a boot", CAMPAIGN_MAX_RUNS);
        fprintf(m->out, "%s%s", m->runs > 1 ? "/" : "", text);
    } while (matrix_next(group, turn));
    return 0;
}

int matrix_expand(const config_setting_t *list, struct programs *programs, char **plan_text,
                  size_t *runs, struct err *e)
{
    struct matrix m = {.programs = programs};
    size_t size;
    int rc = 0;

    m.out = open_memstream(plan_text, &size);
    if (!m.out)
        return err_set(e, ERR_IO, "out of memory");
    for (int i = 0; rc == 0 && i < config_setting_length(list); i++)
        rc = matrix_group(&m, config_setting_get_elem(list, (unsigned)i), e);
    if (fclose(m.out) != 0 && rc == 0)
        rc = err_set(e, ERR_IO, "out of memory");
    *runs = m.runs;
    return rc;
}
