/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/campaign.c - from the libconfig tree to struct campaign, every setting checked.
 *
 * The list of platforms is read in runner/platforms.c, the workload matrix expanded in
 * runner/matrix.c.
 */
#include "runner/campaign.h"

#include <inttypes.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "runner/collectors.h"
#include "runner/matrix.h"
#include "runner/platforms.h"
#include "runner/setting.h"

static const char *const top_names[] = {
    "name",       "bench",      "seed",      "seeds",    "order",     "boots", "limit",
    "host_limit", "collectors", "platforms", "baseline", "workloads", "timer", NULL};

static int campaign_read_name(const config_setting_t *root, struct campaign *c, struct err *e)
{
    const char *name;
    int rc = setting_text(root, "name", NULL, &name, e);

    if (rc != 0)
        return rc;
    if (!*name || strlen(name) >= sizeof(c->name) ||
        name[strspn(name,
                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")])
        return setting_error(config_setting_get_member(root, "name"), e,
                             "a name has 1 to %zu letters, digits, '.', '_' or '-'",
                             sizeof(c->name) - 1);
    strcpy(c->name, name);
    return 0;
}

static int campaign_read_bench(const config_setting_t *root, struct campaign *c, struct err *e)
{
    char allowed[256] = "";
    const char *name;
    size_t count;
    const struct bench *const *table = bench_table(&count);
    int rc = setting_text(root, "bench", "lab", &name, e);

    if (rc != 0)
        return rc;
    c->bench = bench_find(name);
    if (c->bench)
        return 0;
    for (size_t i = 0; i < count; i++)
        setting_append(allowed, sizeof(allowed), table[i]->name);
    return setting_error(config_setting_get_member(root, "bench"), e,
                         "no bench \"%s\"; there is: %s", name, allowed);
}

static int campaign_read_numbers(const config_setting_t *root, struct campaign *c,
                                 struct err *e)
{
    static const char *const orders[] = {"abba", "sequence", NULL};
    static const char *const seeds[] = {"same", "each", NULL};
    uint64_t value;
    int choice, rc;

    rc = setting_number(root, "seed", 1, 1, INT64_MAX, &c->seed, e);
    if (rc == 0)
        rc = setting_number(root, "boots", 2, 1, CAMPAIGN_MAX_BOOTS, &value, e);
    if (rc != 0)
        return rc;
    c->boots = (unsigned)value;
    rc = setting_number(root, "limit", 120, 1, 86400, &value, e);
    if (rc != 0)
        return rc;
    c->limit_ns = value * 1000000000u;
    rc = setting_number(root, "host_limit", 900, 1, 86400, &value, e);
    if (rc != 0)
        return rc;
    c->host_limit_s = (unsigned)value;
    rc = setting_choice(root, "order", orders, &choice, e);
    if (rc != 0)
        return rc;
    c->order = choice == 0 ? CAMPAIGN_ABBA : CAMPAIGN_SEQUENCE;
    rc = setting_choice(root, "seeds", seeds, &choice, e);
    c->seeds = choice == 0 ? CAMPAIGN_SEEDS_SAME : CAMPAIGN_SEEDS_EACH;
    return rc;
}

/* The board's oscillator, as its maker states it: 50 ppm (k = 2). */
#define CAMPAIGN_TIMER_STATED_PPB 50000u
/* Boots of the lab are short in its own time: a reference of 1 Hz would have no two edges. */
#define CAMPAIGN_TIMER_REFERENCE_HZ 100u

static int campaign_read_timer_numbers(const config_setting_t *s, struct bench_timer *t,
                                       struct err *e)
{
    static const char *const names[] = {"fast_ppb", "slow_ppb", "jitter_ps", "reference",
                                        NULL};
    static const char *const references[] = {"disciplined", "none", NULL};
    uint64_t fast, slow;
    int choice, rc = setting_only(s, names, e);

    if (rc == 0)
        rc = setting_number(s, "fast_ppb", 0, 0, CAMPAIGN_TIMER_STATED_PPB, &fast, e);
    if (rc == 0)
        rc = setting_number(s, "slow_ppb", 0, 0, CAMPAIGN_TIMER_STATED_PPB, &slow, e);
    if (rc == 0)
        rc = setting_number(s, "jitter_ps", 0, 0, 100000, &t->jitter_ps, e);
    if (rc == 0)
        rc = setting_choice(s, "reference", references, &choice, e);
    if (rc != 0)
        return rc;
    if (fast && slow)
        return setting_error(s, e, "a timer is fast or slow, not both");
    t->error_ppb = (int64_t)fast - (int64_t)slow;
    t->disciplined = choice == 0;
    t->stated_ppb = CAMPAIGN_TIMER_STATED_PPB;
    t->reference_hz = CAMPAIGN_TIMER_REFERENCE_HZ;
    t->realistic = 1;
    return 0;
}

static int campaign_read_timer(const config_setting_t *root, struct campaign *c, struct err *e)
{
    const config_setting_t *s = config_setting_get_member(root, "timer");

    if (!s)
        return 0;
    if (!config_setting_is_group(s))
        return setting_error(s, e, "timer is a group: { fast_ppb = 23000; jitter_ps = 500; }");
    if (!c->bench->emulates_timer)
        return setting_error(
            s, e,
            "the bench %s has the timer it has; only the lab's can be given an "
            "error",
            c->bench->name);
    if (c->seeds != CAMPAIGN_SEEDS_EACH)
        return setting_error(
            s, e,
            "phase and jitter come from the boot's seed: timer goes with seeds "
            "= \"each\"");
    return campaign_read_timer_numbers(s, &c->timer, e);
}

static int campaign_read_collectors(const config_setting_t *root, struct campaign *c,
                                    struct err *e)
{
    config_setting_t *list = config_setting_get_member(root, "collectors");
    char text[COLLECTORS_BYTES] = "clocks";
    int rc = 0;

    if (list && !config_setting_is_array(list))
        return setting_error(list, e,
                             "collectors is an array: [ ] or any of the names that "
                             "`etalon list` shows");
    if (list)
        text[0] = '\0';
    for (int i = 0; list && rc == 0 && i < config_setting_length(list); i++) {
        const char *name = config_setting_get_string_elem(list, i);

        rc = collectors_add(text, name ? name : "", e);
    }
    if (rc != 0)
        return setting_wrap(list, e);
    c->collectors = strdup(*text ? text : "none");
    return c->collectors ? 0 : err_set(e, ERR_IO, "out of memory");
}

/* What the hash is over: everything that decides a boot's course, spelt in one way. */
static int campaign_write_text(struct campaign *c, struct err *e)
{
    size_t size;
    FILE *f = open_memstream(&c->text, &size);

    if (!f)
        return err_set(e, ERR_IO, "out of memory");
    fprintf(f, "campaign %s\nbench %s\nseed %" PRIu64 "\nseeds %s\norder %s\nboots %u\n",
            c->name, c->bench->name, c->seed,
            c->seeds == CAMPAIGN_SEEDS_SAME ? "same" : "each",
            c->order == CAMPAIGN_ABBA ? "abba" : "sequence", c->boots);
    fprintf(f, "limit_ns %" PRIu64 "\nhost_limit_s %u\ncollectors %s\n", c->limit_ns,
            c->host_limit_s, c->collectors);
    if (c->timer.realistic)
        fprintf(f,
                "timer error_ppb %" PRId64 " jitter_ps %" PRIu64 " reference %s %" PRIu32
                " Hz\n",
                c->timer.error_ppb, c->timer.jitter_ps,
                c->timer.disciplined ? "disciplined" : "none", c->timer.reference_hz);
    platforms_write(c, f);
    for (size_t i = 0; i < c->programs.count; i++) {
        fprintf(f, "exec %zu ", i);
        programs_write(&c->programs.program[i], f);
        fputc('\n', f);
    }
    fprintf(f, "plan %s\n", c->plan_text);
    if (fclose(f) != 0)
        return err_set(e, ERR_IO, "out of memory");
    hash_bytes(c->text, size, c->hash);
    return 0;
}

static int campaign_read(const config_setting_t *root, struct campaign *c, struct err *e)
{
    config_setting_t *list;
    int rc = setting_only(root, top_names, e);

    if (rc == 0)
        rc = campaign_read_name(root, c, e);
    if (rc == 0)
        rc = campaign_read_bench(root, c, e);
    if (rc == 0)
        rc = campaign_read_numbers(root, c, e);
    if (rc == 0)
        rc = campaign_read_timer(root, c, e);
    if (rc == 0)
        rc = campaign_read_collectors(root, c, e);
    if (rc == 0)
        rc = platforms_read(root, c, e);
    if (rc != 0)
        return rc;
    list = config_setting_get_member(root, "workloads");
    if (!list || !config_setting_is_list(list) || config_setting_length(list) == 0)
        return setting_error(list ? list : root, e,
                             "workloads is a list: ( { name = \"null\"; }, … )");
    rc = matrix_expand(list, &c->programs, &c->plan_text, &c->runs, e);
    if (rc == 0 && c->bench->card_tells_plan &&
        strlen(c->plan_text) > c->bench->card_tells_plan)
        return setting_error(
            list, e,
            "the plan makes %zu bytes and the card of bench %s holds %zu; use "
            "fewer runs in a boot",
            strlen(c->plan_text), c->bench->name, c->bench->card_tells_plan);
    return rc == 0 ? campaign_write_text(c, e) : rc;
}

int campaign_override_collectors(struct campaign *c, const char *list, struct err *e)
{
    char text[COLLECTORS_BYTES];
    char *copy;
    int rc = collectors_parse(list, text, e);

    if (rc != 0)
        return rc;
    if (strcmp(text, c->collectors) == 0)
        return 0;
    copy = strdup(text);
    if (!copy)
        return err_set(e, ERR_IO, "out of memory");
    free(c->file_collectors);
    c->file_collectors = c->collectors;
    c->collectors = copy;
    free(c->text);
    c->text = NULL;
    return campaign_write_text(c, e);
}

int campaign_load(const char *path, struct campaign *out, struct err *e)
{
    config_t config;
    char *text;
    size_t size;
    int rc;

    memset(out, 0, sizeof(*out));
    rc = file_read(path, &text, &size, e);
    if (rc != 0)
        return ERR_USAGE;
    if (memchr(text, '\0', size)) {
        free(text);
        return err_set(e, ERR_USAGE, "%s: not a text file (holds a NUL byte)", path);
    }
    config_init(&config);
    if (config_read_string(&config, text) != CONFIG_TRUE) {
        rc = err_set(e, ERR_USAGE, "%s:%d: %s; see campaigns/demo.cfg for the format", path,
                     config_error_line(&config), config_error_text(&config));
    } else {
        rc = campaign_read(config_root_setting(&config), out, e);
        if (rc != 0)
            rc = err_wrap(e, rc, "%s", path);
    }
    config_destroy(&config);
    free(text);
    return rc;
}

void campaign_free(struct campaign *c)
{
    platforms_free(c);
    programs_free(&c->programs);
    free(c->collectors);
    free(c->file_collectors);
    free(c->plan_text);
    free(c->text);
    memset(c, 0, sizeof(*c));
}
