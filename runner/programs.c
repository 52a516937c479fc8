/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/programs.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "hv-under-test/own_build.h"
#include "runner/setting.h"

/* All arguments, each with its NUL; malloc'ed. */
static int programs_read(const config_setting_t *s, char **argv, size_t *bytes, struct err *e)
{
    const int count = config_setting_length(s);
    FILE *f;

    if ((!config_setting_is_array(s) && !config_setting_is_list(s)) || count < 1 ||
        count > EXEC_MAX_ARGS)
        return setting_error(s, e,
                             "exec is an array of 1 to %d strings: [ \"/path/of/program\", "
                             "\"argument\", … ]",
                             EXEC_MAX_ARGS);
    f = open_memstream(argv, bytes);
    if (!f)
        return err_set(e, ERR_IO, "out of memory");
    for (int i = 0; i < count; i++) {
        const char *word = config_setting_get_string_elem(s, i);

        if (!word) {
            fclose(f);
            free(*argv);
            return setting_error(s, e, "element %d is no string in double quotes", i);
        }
        fwrite(word, 1, strlen(word) + 1, f);
    }
    if (fclose(f) != 0)
        return err_set(e, ERR_IO, "out of memory");
    if (*bytes <= EXEC_ARGV_BYTES)
        return 0;
    free(*argv);
    return setting_error(s, e, "the arguments have %zu bytes; at most %d fit", *bytes,
                         EXEC_ARGV_BYTES);
}

int programs_add(const config_setting_t *s, struct programs *p, unsigned *number,
                 struct err *e)
{
    struct platform_option file = {.key = "exec"};
    struct platform_program *program;
    char *argv = NULL;
    size_t bytes = 0;
    int rc = programs_read(s, &argv, &bytes, e);

    if (rc != 0)
        return rc;
    for (size_t i = 0; i < p->count; i++) {
        if (p->program[i].argv_bytes != bytes || memcmp(p->program[i].argv, argv, bytes) != 0)
            continue;
        free(argv);
        *number = (unsigned)i;
        return 0;
    }
    file.value = argv;
    if (p->count == EXEC_MAX_PROGRAMS)
        rc = setting_error(s, e, "a campaign has at most %d programs", EXEC_MAX_PROGRAMS);
    else if (own_build_check("exec", &file, OWN_BUILD_PROGRAM, e) != 0)
        rc = setting_wrap(s, e);
    if (rc != 0) {
        free(argv);
        return rc;
    }
    *number = (unsigned)p->count;
    program = &p->program[p->count++];
    program->path = program->argv = argv; /* the path is argv[0] */
    program->argv_bytes = bytes;
    return 0;
}

void programs_free(struct programs *p)
{
    for (size_t i = 0; i < p->count; i++)
        free((char *)p->program[i].argv);
    p->count = 0;
}

void programs_write(const struct platform_program *p, FILE *f)
{
    for (size_t at = 0; at < p->argv_bytes; at += strlen(p->argv + at) + 1) {
        fputs(at ? " \"" : "\"", f);
        for (const char *c = p->argv + at; *c; c++) {
            if (*c == '"' || *c == '\\')
                fprintf(f, "\\%c", *c);
            else if ((unsigned char)*c < ' ')
                fprintf(f, "\\x%02x", (unsigned char)*c);
            else
                fputc(*c, f);
        }
        fputc('"', f);
    }
}

int programs_describe(const struct programs *p, const struct platform_fact_sink *sink,
                      struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < p->count; i++) {
        char key[64], hex[HASH_HEX_BYTES], *line = NULL;
        size_t bytes;
        FILE *f = open_memstream(&line, &bytes);

        if (!f)
            return err_set(e, ERR_IO, "out of memory");
        programs_write(&p->program[i], f);
        if (fclose(f) != 0)
            return err_set(e, ERR_IO, "out of memory");
        snprintf(key, sizeof(key), "exec.%zu", i);
        sink->put(sink->opaque, key, line);
        free(line);
        rc = hash_file(p->program[i].path, hex, e);
        snprintf(key, sizeof(key), "exec.%zu.sha256", i);
        if (rc == 0)
            sink->put(sink->opaque, key, hex);
    }
    return rc;
}
