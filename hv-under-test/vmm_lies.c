/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hv-under-test/vmm_lies.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/seal.h"
#include "hv-under-test/platform_words.h"
#include "hv-under-test/vmm/config.h"

#define NO_LIE "none"
#define MAX_ALTERNATIVES 64
#define LINE_BYTES (CONFIG_LINE_BYTES - 24u) /* the rest is for the file's name */

/* The next of the words that `separator` joins, from *at on; its length. *at NULL: none left. */
static size_t next_part(const char **at, const char *separator, const char **word)
{
    const size_t n = strcspn(*at, separator);

    *word = *at;
    *at = (*at)[n] ? *at + n + 1 : NULL;
    return n;
}

static const char *wrong_alternative(const char *text, size_t size)
{
    const char *wrong = NULL;
    char lies[LINE_BYTES];

    if (size >= sizeof(lies))
        return "too long";
    snprintf(lies, sizeof(lies), "%.*s", (int)size, text);
    if (!strcmp(lies, NO_LIE))
        return NULL;
    for (const char *at = lies, *word; !wrong && at;) {
        const size_t n = next_part(&at, "+", &word);
        struct lie lie;

        wrong = lie_parse(word, n, &lie);
    }
    return wrong;
}

const char *vmm_lies_wrong(const char *value)
{
    const char *wrong = NULL;

    for (const char *at = value, *text; !wrong && at;) {
        const size_t n = next_part(&at, "|", &text);

        wrong = wrong_alternative(text, n);
    }
    return wrong;
}

int vmm_lies_check_key(const char *value)
{
    struct seal_key key;

    return value[0] == '/' && !seal_read_key(value, &key, NULL) ? 0 : -1;
}

/* What only the guest makes impossible. */
static const char *guest_conflict(const struct vmm_config *c, int ticks)
{
    for (unsigned i = 0; ticks && i < c->lies; i++)
        if (c->lie[i].kind == LIE_RESTORE)
            return "needs a guest that makes checkpoints: platform vmm-bare";
    for (unsigned i = 0; !ticks && i < c->lies; i++)
        if (lie_loses_ticks(&c->lie[i]))
            return "needs a guest with a timer that ticks: platform vmm";
    return NULL;
}

/* One alternative behind the first `used` bytes of the line. */
static int write_alternative(const struct platform_boot *boot, int ticks, const char *lies,
                             size_t size, char *line, size_t used, size_t line_size,
                             struct err *e)
{
    char reason[CONFIG_REASON_BYTES], text[LINE_BYTES];
    struct vmm_config config;
    const char *conflict;

    line[used] = '\0';
    snprintf(text, sizeof(text), "%.*s", (int)size, lies);
    /* Whatever is drawn, or the report would tell. */
    if (platform_option_value(boot->options, boot->option_count, "lie", NULL))
        used += (size_t)snprintf(line + used, line_size - used, " seed=%" PRIu64, boot->seed);
    for (const char *at = strcmp(text, NO_LIE) ? text : NULL, *word; at;) {
        const size_t n = next_part(&at, "+", &word);

        used += (size_t)snprintf(line + used, line_size - used, " lie=%.*s", (int)n, word);
        if (used >= LINE_BYTES)
            return err_set(e, ERR_USAGE, "lie=%s: too long", text);
    }
    if (config_parse(line, &config, reason))
        return err_set(e, ERR_USAGE, "%s", reason);
    conflict = guest_conflict(&config, ticks);
    return conflict ? err_set(e, ERR_USAGE, "lie=%s: %s", text, conflict) : 0;
}

int vmm_lies_write(const struct platform_boot *boot, int ticks, char *line, size_t size,
                   struct err *e)
{
    const char *lies = platform_option_value(boot->options, boot->option_count, "lie", NO_LIE);
    const char *seal = platform_option_value(boot->options, boot->option_count, "seal", NULL);
    const size_t used = strlen(line);
    const char *drawn[MAX_ALTERNATIVES];
    size_t length[MAX_ALTERNATIVES];
    struct seal_key key;
    uint32_t n = 0;
    int rc = seal ? seal_read_key(seal, &key, e) : 0;

    for (const char *at = lies; !rc && at; n++) {
        if (n == MAX_ALTERNATIVES)
            return err_set(e, ERR_USAGE, "lie: more than %d alternatives", MAX_ALTERNATIVES);
        length[n] = next_part(&at, "|", &drawn[n]);
        rc = write_alternative(boot, ticks, drawn[n], length[n], line, used, size, e);
    }
    if (rc || n == 1)
        return rc;
    if (!seal)
        return err_set(e, ERR_USAGE,
                       "lie=%s: alternatives are drawn with a key: seal=KEYFILE is missing",
                       lies);
    n = seal_draw(&key, boot->plan_index, n);
    return write_alternative(boot, ticks, drawn[n], length[n], line, used, size, e);
}

int vmm_lies_describe(const struct platform_boot *boot, const struct platform_fact_sink *sink,
                      struct err *e)
{
    const char *seal = platform_option_value(boot->options, boot->option_count, "seal", NULL);
    char id[HASH_HEX_BYTES];
    struct seal_key key;

    if (!seal)
        return 0;
    if (seal_read_key(seal, &key, e))
        return ERR_USAGE;
    seal_key_id(&key, id);
    sink->put(sink->opaque, "seal.key", id);
    return 0;
}
