/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/model.c - one campaign, read and joined; see model.h. Here: platforms, boots, damage and
 * provenance, and the model as a whole; what was measured is in model_cells.c, the rest in the
 * model_*.c of its name.
 */
#include "reports/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hv-under-test/platform.h"

#define PROGRAM_LABEL_BYTES 60 /* of the line of a program, in its run's label */

struct model_text {
    struct model_text *next;
    char text[];
};

struct reading {
    struct model *m;
    struct err *e;
};

const char *model_text(struct model *m, const char *text)
{
    size_t n = strlen(text) + 1;
    struct model_text *t;

    /* The same word comes row after row. */
    if (m->texts && !strcmp(m->texts->text, text))
        return m->texts->text;
    t = malloc(sizeof(*t) + n);
    if (!t)
        return "";
    memcpy(t->text, text, n);
    t->next = m->texts;
    m->texts = t;
    return t->text;
}

void *model_grow(void *array, size_t n, size_t size, struct err *e)
{
    char *more = array;

    /* Room doubles: at n = 0, 1, 2, 4, 8 … */
    if (!(n & (n - 1))) {
        more = realloc(array, (n ? 2 * n : 1) * size);
        if (!more) {
            err_set(e, ERR_IO, "out of memory");
            return NULL;
        }
    }
    memset(more + n * size, 0, size);
    return more;
}

size_t model_find_platform(const struct model *m, const char *name, const char *variant)
{
    for (size_t i = 0; i < m->platforms; i++)
        if (!strcmp(m->platform[i].name, name) && !strcmp(m->platform[i].variant, variant))
            return i;
    return m->platforms;
}

/* --- platforms and boots --- */

/* Its place among the platforms, a new one if need be; m->platforms if memory is short. */
static size_t add_platform(struct reading *r, const struct query_boot *b)
{
    struct model *m = r->m;
    size_t i = model_find_platform(m, b->platform, b->variant);
    const struct platform *known = platform_find(b->platform);
    struct model_platform *p;

    if (i == m->platforms) {
        p = model_grow(m->platform, m->platforms, sizeof(*p), r->e);
        if (!p)
            return m->platforms;
        m->platform = p;
        p[i].name = model_text(m, b->platform);
        p[i].variant = model_text(m, b->variant);
        p[i].rank = known ? known->rank : 1000;
        m->platforms++;
    }
    m->platform[i].boots++;
    m->platform[i].boots_ok += !strcmp(b->verdict, "ok");
    return i;
}

static int by_ladder(const void *va, const void *vb)
{
    const struct model_platform *a = va, *b = vb;
    int order;

    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    order = strcmp(a->name, b->name);
    return order ? order : strcmp(a->variant, b->variant);
}

static void label_platforms(struct model *m)
{
    char text[256];

    for (size_t i = 0; i < m->platforms; i++) {
        size_t variants = 0;

        for (size_t j = 0; j < m->platforms; j++)
            variants += !strcmp(m->platform[i].name, m->platform[j].name);
        /* A label stands behind a colon: it was given to be seen. */
        snprintf(text, sizeof(text),
                 variants > 1 || strchr(m->platform[i].variant, ':') ? "%s %s" : "%s",
                 m->platform[i].name, m->platform[i].variant);
        m->platform[i].label = model_text(m, text);
    }
}

static int take_boot(void *opaque, const struct query_boot *b)
{
    struct reading *r = opaque;
    struct model *m = r->m;
    struct model_boot *boot = model_grow(m->boot, m->boots, sizeof(*boot), r->e);
    size_t platform = add_platform(r, b);
    char grades[8];

    if (!boot)
        return ERR_IO;
    m->boot = boot;
    if (platform == m->platforms)
        return ERR_IO;
    boot[m->boots++] = (struct model_boot){
        .boot = b->boot,
        .platform = platform,
        .seed = model_text(m, b->seed),
        .verdict = model_text(m, b->verdict),
        .reason = model_text(m, b->reason),
        .grade = model_text(m, b->grade),
        .end = model_text(m, b->end),
        .guest_clock = model_text(m, b->guest_clock),
        .machine_time_ns = b->machine_time_ns,
        .intervals = b->intervals,
        .intervals_ok = b->intervals_ok,
        .frames = b->frames,
        .lost = b->lost,
        .frames_damaged = b->frames_damaged,
        .frames_missing = b->frames_missing,
        .frames_repeated = b->frames_repeated,
        .violations = b->violations,
        .records_damaged = b->records_damaged,
        .records_missing = b->records_missing,
        .high_water = b->high_water,
        .watchdog = b->watchdog,
        .step_ns = b->step_ns,
        .path_u_ns = b->path_u_ns,
        .timebase_ppb = b->timebase_ppb,
    };
    if (isnan(m->step_ns))
        m->step_ns = b->step_ns;
    if (!strstr(m->grades, b->grade)) {
        snprintf(grades, sizeof(grades), "%s%.1s", m->grades, b->grade);
        m->grades = model_text(m, grades);
    }
    return 0;
}

/* Into the ladder's order; boots keep theirs. */
static int order_platforms(struct model *m, struct err *e)
{
    struct model_platform *was = malloc((m->platforms + 1) * sizeof(*was));

    if (!was)
        return err_set(e, ERR_IO, "out of memory");
    for (size_t i = 0; i < m->platforms; i++)
        was[i] = m->platform[i];
    if (m->platforms)
        qsort(m->platform, m->platforms, sizeof(*m->platform), by_ladder);
    for (size_t i = 0; i < m->boots; i++) {
        const struct model_platform *p = &was[m->boot[i].platform];

        m->boot[i].platform = model_find_platform(m, p->name, p->variant);
    }
    free(was);
    label_platforms(m);
    return 0;
}

/* --- damage and provenance --- */

static int take_invalid(void *opaque, const struct query_invalid *q)
{
    struct reading *r = opaque;
    struct model *m = r->m;
    struct model_invalid *row = model_grow(m->invalid, m->invalids, sizeof(*row), r->e);

    if (!row)
        return ERR_IO;
    m->invalid = row;
    row[m->invalids++] =
        (struct model_invalid){.platform = model_find_platform(m, q->platform, q->variant),
                               .verdict = model_text(m, q->verdict),
                               .reason = model_text(m, q->reason),
                               .boots = q->boots,
                               .intervals = q->intervals};
    return 0;
}

static int take_damage(void *opaque, const struct query_damage *q)
{
    struct reading *r = opaque;
    struct model *m = r->m;
    struct model_damage *row = model_grow(m->damage, m->damages, sizeof(*row), r->e);

    if (!row)
        return ERR_IO;
    m->damage = row;
    row[m->damages++] = (struct model_damage){.boot = q->boot,
                                              .byte_offset = q->byte_offset,
                                              .source = model_text(m, q->source),
                                              .kind = model_text(m, q->kind),
                                              .detail = model_text(m, q->detail)};
    return 0;
}

static int take_fact(void *opaque, const struct query_fact *q)
{
    struct reading *r = opaque;
    struct model *m = r->m;
    struct model_fact *row = model_grow(m->fact, m->facts, sizeof(*row), r->e);

    if (!row)
        return ERR_IO;
    m->fact = row;
    row[m->facts++] = (struct model_fact){model_text(m, q->key), model_text(m, q->value)};
    return 0;
}

/* A program's number tells nobody anything: its line, cut, behind it. */
static void label_programs(struct model *m)
{
    for (size_t r = 0; r < m->runs; r++) {
        struct model_run *run = &m->run[r];
        char key[32], label[640];
        unsigned number;

        if (strcmp(run->workload, "exec") || sscanf(run->param, "program=%u", &number) != 1)
            continue;
        snprintf(key, sizeof(key), "exec.%u", number);
        for (size_t i = 0; i < m->facts; i++) {
            size_t n = strlen(m->fact[i].value);

            if (strcmp(m->fact[i].key, key))
                continue;
            if (n > PROGRAM_LABEL_BYTES) {
                n = PROGRAM_LABEL_BYTES; /* not within a character of several bytes */
                while (n && ((unsigned char)m->fact[i].value[n] & 0xC0) == 0x80)
                    n--;
            }
            snprintf(label, sizeof(label), "%s: %.*s%s", run->label, (int)n, m->fact[i].value,
                     m->fact[i].value[n] ? "\xE2\x80\xA6" : "");
            run->label = model_text(m, label);
        }
    }
}

int model_read(struct query *q, const char *campaign, struct model *m, struct err *e)
{
    struct reading r = {m, e};
    int rc;

    *m = (struct model){.step_ns = NAN, .grades = ""};
    rc = query_find_campaign(q, campaign, &m->campaign, e);
    if (!rc)
        rc = query_boots(q, &m->campaign, take_boot, &r, e);
    if (!rc)
        rc = order_platforms(m, e);
    m->baseline =
        model_find_platform(m, m->campaign.baseline_platform, m->campaign.baseline_variant);
    if (!rc)
        rc = model_read_cells(q, m, e);
    if (!rc)
        rc = model_read_exits(q, m, e);
    if (!rc)
        rc = model_read_clocks(q, m, e);
    if (!rc)
        rc = model_read_times(q, m, e);
    if (!rc)
        rc = model_read_ledger(q, m, e);
    if (!rc)
        rc = model_read_recoveries(q, m, e);
    if (!rc)
        rc = model_read_scores(q, m, e);
    if (!rc)
        rc = query_invalids(q, &m->campaign, take_invalid, &r, e);
    if (!rc)
        rc = query_damages(q, &m->campaign, take_damage, &r, e);
    if (!rc)
        rc = query_facts(q, &m->campaign, take_fact, &r, e);
    if (!rc)
        label_programs(m);
    if (rc)
        model_free(m);
    return rc;
}

static void free_cell(struct model_cell *cell)
{
    free(cell->ns);
    free(cell->boot_begin);
    for (int k = 0; k < MODEL_QUANTILES; k++)
        free(cell->boot_ns[k]);
}

void model_free(struct model *m)
{
    while (m->texts) {
        struct model_text *next = m->texts->next;

        free(m->texts);
        m->texts = next;
    }
    for (size_t i = 0; m->cell && i < m->runs * m->platforms; i++)
        free_cell(&m->cell[i]);
    for (size_t i = 0; i < m->tracks; i++) {
        free(m->track[i].true_s);
        free(m->track[i].low_ns);
        free(m->track[i].high_ns);
    }
    for (size_t i = 0; i < m->costs; i++)
        free(m->cost[i].sample);
    for (size_t i = 0; i < m->observers; i++)
        free(m->observer[i].sample);
    free(m->platform);
    free(m->run);
    free(m->cell);
    free(m->boot);
    free(m->summary);
    free(m->clock);
    free(m->certificate);
    free(m->track);
    free(m->observer);
    free(m->time);
    free(m->score);
    free(m->recovery);
    free(m->time_counter);
    free(m->finding);
    free(m->cost);
    free(m->overhead);
    free(m->exit);
    free(m->audit);
    free(m->skip);
    free(m->invalid);
    free(m->damage);
    free(m->fact);
    *m = (struct model){.grades = ""};
}
