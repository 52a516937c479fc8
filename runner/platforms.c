/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/platforms.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hv-under-test/rules.h"
#include "runner/setting.h"

static const char *const platform_names[] = {"name",   "variant", "label",     "options",
                                             "memory", "limit",   "processor", NULL};

static int platforms_read_options(config_setting_t *group, struct campaign_platform *p,
                                  struct err *e)
{
    char number[32];

    if (!config_setting_is_group(group))
        return setting_error(group, e, "options is a group: { key = \"value\"; }");
    p->options = calloc(CAMPAIGN_MAX_OPTIONS, sizeof(*p->options));
    if (!p->options)
        return err_set(e, ERR_IO, "out of memory");
    for (int i = 0; i < config_setting_length(group); i++) {
        config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
        const char *value = config_setting_get_string(s);

        if (p->option_count == CAMPAIGN_MAX_OPTIONS)
            return setting_error(s, e, "at most %d options", CAMPAIGN_MAX_OPTIONS);
        if (!value && config_setting_is_number(s) &&
            config_setting_type(s) != CONFIG_TYPE_FLOAT) {
            snprintf(number, sizeof(number), "%lld", config_setting_get_int64(s));
            value = number;
        }
        if (!value || !*value || strpbrk(value, "\t\r\n,\"'"))
            return setting_error(s, e,
                                 "an option is a whole number or a text without tabs, line "
                                 "ends, commas and quotes%s",
                                 value && *value == '/'
                                     ? "; give the file a name without them (a link will do)"
                                     : "");
        p->options[p->option_count].key = strdup(config_setting_name(s));
        p->options[p->option_count].value = strdup(value);
        p->option_count++;
        if (!p->options[p->option_count - 1].key || !p->options[p->option_count - 1].value)
            return err_set(e, ERR_IO, "out of memory");
        /* Each by itself, so that the error has the option's own line. */
        if (platform_check(p->platform, p->variant, &p->options[p->option_count - 1], 1, e) !=
            0)
            return setting_wrap(s, e);
    }
    return 0;
}

static int platforms_find(config_setting_t *s, struct campaign_platform *p, struct err *e)
{
    char allowed[512] = "";
    const char *name;
    size_t count;
    const struct platform *const *table = platform_table(&count);
    int rc = setting_text(s, "name", NULL, &name, e);

    if (rc != 0)
        return rc;
    p->platform = platform_find(name);
    if (p->platform)
        return 0;
    for (size_t i = 0; i < count; i++)
        setting_append(allowed, sizeof(allowed), table[i]->name);
    return setting_error(config_setting_get_member(s, "name"), e,
                         "no platform \"%s\"; there is: %s", name, allowed);
}

/* The name of the entry in the store: "VARIANT" or "VARIANT:LABEL". */
static int platforms_read_label(config_setting_t *s, const struct campaign *c,
                                struct campaign_platform *p, struct err *e)
{
    const char *label;
    int rc = setting_text(s, "label", "", &label, e);

    if (rc != 0)
        return rc;
    if (config_setting_get_member(s, "label") &&
        (!*label || strlen(label) > CAMPAIGN_LABEL_BYTES ||
         label[strspn(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "._-")]))
        return setting_error(config_setting_get_member(s, "label"), e,
                             "a label has 1 to %d letters, digits, '.', '_' or '-'",
                             CAMPAIGN_LABEL_BYTES);
    if (asprintf(&p->shown, "%s%s%s", p->variant, *label ? ":" : "", label) < 0) {
        p->shown = NULL;
        return err_set(e, ERR_IO, "out of memory");
    }
    for (const struct campaign_platform *q = c->platform; q < p; q++)
        if (q->platform == p->platform && strcmp(q->shown, p->shown) == 0)
            return setting_error(s, e,
                                 "platform %s, variant %s is here twice and their figures "
                                 "could not be told apart; give each a label: "
                                 "label = \"patched\"",
                                 p->platform->name, p->shown);
    return 0;
}

/* The lab's processor as it is pinned, or with something that hypervisors expect of one. */
static int platforms_read_processor(config_setting_t *s, const struct campaign *c,
                                    struct campaign_platform *p, struct err *e)
{
    const char *processor;
    int rc = setting_text(s, "processor", "pinned", &processor, e);

    if (rc != 0)
        return rc;
    p->next_rip = strcmp(processor, "nrip") == 0;
    if (!p->next_rip && strcmp(processor, "pinned") != 0)
        return setting_error(config_setting_get_member(s, "processor"), e,
                             "no processor \"%s\"; there is: pinned, nrip", processor);
    if (p->next_rip && !c->bench->emulates_processor)
        return setting_error(config_setting_get_member(s, "processor"), e,
                             "the bench %s has the processor it has; only the lab can be "
                             "given another",
                             c->bench->name);
    return 0;
}

static int platforms_read_one(config_setting_t *s, struct campaign *c, struct err *e)
{
    struct campaign_platform *p = &c->platform[c->platforms];
    config_setting_t *options;
    char allowed[512] = "";
    const char *variant, *why;
    uint64_t memory, limit;
    unsigned v = 0;
    int rc;

    if (!config_setting_is_group(s))
        return setting_error(s, e, "a platform is a group: { name = \"…\"; }");
    rc = setting_only(s, platform_names, e);
    if (rc == 0)
        rc = platforms_find(s, p, e);
    if (rc != 0)
        return rc;
    c->platforms++; /* from here on campaign_free() sees it */
    rc = setting_text(s, "variant", p->platform->variants[0], &variant, e);
    if (rc != 0)
        return rc;
    for (v = 0; p->platform->variants[v]; v++) {
        if (strcmp(p->platform->variants[v], variant) == 0)
            break;
        setting_append(allowed, sizeof(allowed), p->platform->variants[v]);
    }
    if (!p->platform->variants[v])
        return setting_error(config_setting_get_member(s, "variant"), e,
                             "platform %s has no variant \"%s\"; there is: %s",
                             p->platform->name, variant, allowed);
    why = p->platform->variant_unavailable
              ? p->platform->variant_unavailable(c->bench, variant)
              : NULL;
    if (why)
        return setting_error(config_setting_get_member(s, "variant"), e,
                             "platform %s, variant \"%s\": %s", p->platform->name, variant,
                             why);
    p->variant = strdup(variant);
    if (!p->variant)
        return err_set(e, ERR_IO, "out of memory");
    rc = setting_number(s, "memory", 0, 0, 1u << 20, &memory, e);
    if (rc != 0)
        return rc;
    p->memory_mb = (unsigned)memory;
    rc = setting_number(s, "limit", 0, 1, 86400, &limit, e);
    if (rc != 0)
        return rc;
    p->limit_ns = limit ? limit * 1000000000u : c->limit_ns;
    rc = platforms_read_processor(s, c, p, e);
    if (rc == 0)
        rc = platforms_read_label(s, c, p, e);
    if (rc != 0)
        return rc;
    options = config_setting_get_member(s, "options");
    return options ? platforms_read_options(options, p, e) : 0;
}

static int platforms_read_list(const config_setting_t *root, struct campaign *c, struct err *e)
{
    config_setting_t *list = config_setting_get_member(root, "platforms");
    int rc = 0;

    if (!list || !config_setting_is_list(list) || config_setting_length(list) == 0)
        return setting_error(list ? list : root, e,
                             "platforms is a list: ( { name = \"bare\"; }, … )");
    for (int i = 0; rc == 0 && i < config_setting_length(list); i++) {
        if (c->platforms == CAMPAIGN_MAX_PLATFORMS)
            return setting_error(list, e, "at most %d platforms", CAMPAIGN_MAX_PLATFORMS);
        rc = platforms_read_one(config_setting_get_elem(list, (unsigned)i), c, e);
    }
    if (rc == 0 && c->boots * c->platforms > CAMPAIGN_MAX_BOOTS)
        return setting_error(list, e,
                             "more than %d boots: the marker's preamble numbers no more",
                             CAMPAIGN_MAX_BOOTS);
    return rc;
}

/* "PLATFORM", "PLATFORM:LABEL" or "PLATFORM VARIANT[:LABEL]", as reports name it. */
static int platforms_is_named(const struct campaign_platform *p, const char *name)
{
    const size_t n = strlen(p->platform->name);
    const char *label = strchr(p->shown, ':');

    if (strncmp(name, p->platform->name, n) != 0)
        return 0;
    if (!name[n])
        return 1;
    if (name[n] == ' ')
        return strcmp(name + n + 1, p->shown) == 0;
    return label && strcmp(name + n, label) == 0;
}

static int platforms_read_baseline(const config_setting_t *root, struct campaign *c,
                                   struct err *e)
{
    const config_setting_t *s = config_setting_get_member(root, "baseline");
    char allowed[1024] = "";
    const char *name;
    unsigned found = 0;
    int rc;

    c->baseline = CAMPAIGN_NO_BASELINE;
    if (!s)
        return 0;
    rc = setting_text(root, "baseline", NULL, &name, e);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < c->platforms; i++) {
        const struct campaign_platform *p = &c->platform[i];
        char entry[128];

        snprintf(entry, sizeof(entry), "\"%s %s\"", p->platform->name, p->shown);
        setting_append(allowed, sizeof(allowed), entry);
        if (!platforms_is_named(p, name))
            continue;
        found++;
        c->baseline = i;
    }
    if (found == 1)
        return 0;
    return setting_error(s, e, "\"%s\" names %s of the platforms of this campaign: %s", name,
                         found ? "more than one" : "none", allowed);
}

int platforms_read(const config_setting_t *root, struct campaign *c, struct err *e)
{
    int rc = platforms_read_list(root, c, e);

    return rc == 0 ? platforms_read_baseline(root, c, e) : rc;
}

void platforms_write(const struct campaign *c, FILE *f)
{
    for (size_t i = 0; i < c->platforms; i++) {
        const struct campaign_platform *p = &c->platform[i];

        fprintf(f, "platform %s %s memory_mb=%u", p->platform->name, p->shown, p->memory_mb);
        if (p->limit_ns != c->limit_ns)
            fprintf(f, " limit_ns=%" PRIu64, p->limit_ns);
        if (p->next_rip)
            fputs(" processor=nrip", f);
        for (size_t k = 0; k < p->option_count; k++) {
            /* Quoted where it could pass for two. */
            const char *quote = strchr(p->options[k].value, ' ') ? "\"" : "";

            fprintf(f, " %s=%s%s%s", p->options[k].key, quote, p->options[k].value, quote);
        }
        fputc('\n', f);
    }
    if (c->baseline != CAMPAIGN_NO_BASELINE)
        fprintf(f, "baseline %s %s\n", c->platform[c->baseline].platform->name,
                c->platform[c->baseline].shown);
}

void platforms_free(struct campaign *c)
{
    for (size_t i = 0; i < c->platforms; i++) {
        struct campaign_platform *p = &c->platform[i];

        for (size_t k = 0; k < p->option_count; k++) {
            free((char *)p->options[k].key);
            free((char *)p->options[k].value);
        }
        free(p->options);
        free(p->variant);
        free(p->shown);
    }
}

void platforms_fact_prefix(const struct campaign *c, size_t i, char *out, size_t size)
{
    const struct campaign_platform *p = &c->platform[i];
    unsigned entries = 0;

    for (size_t k = 0; k < c->platforms; k++)
        entries += c->platform[k].platform == p->platform;
    if (entries == 1)
        snprintf(out, size, "%s.", p->platform->name);
    else
        snprintf(out, size, "%s %s.", p->platform->name, p->shown);
}
