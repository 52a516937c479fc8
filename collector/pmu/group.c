/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/pmu/group.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/pmu/formula.h"

struct parser {
    const char *file;
    int line;
    struct group_family *f;
    struct group *group; /* the one that is being read; NULL before the first */
    char **text;         /* what a continuation line is added to */
    struct err *e;
};

static int parse_bad(struct parser *p, const char *fmt, const char *what)
{
    char text[256];

    snprintf(text, sizeof(text), fmt, what);
    return err_set(p->e, ERR_DATA, "%s:%d: %s", p->file, p->line, text);
}

static int no_memory(struct parser *p)
{
    return err_set(p->e, ERR_IO, "no memory for %s", p->file);
}

/* Cut the first word off *rest; both then have no blanks around. */
static char *parse_word(char **rest)
{
    char *word = *rest;

    word += strspn(word, " \t");
    *rest = word + strcspn(word, " \t");
    if (**rest)
        *(*rest)++ = '\0';
    *rest += strspn(*rest, " \t");
    return word;
}

static int parse_keep(struct parser *p, char **field, const char *text, const char *word)
{
    if (*field)
        return parse_bad(p, "%s was said before", word);
    if (!*text)
        return parse_bad(p, "%s says nothing", word);
    *field = strdup(text);
    return *field ? 0 : no_memory(p);
}

static int parse_text(struct parser *p, char **field, const char *text, const char *word)
{
    p->text = field;
    return parse_keep(p, field, text, word);
}

static int parse_continue(struct parser *p, const char *line)
{
    char *longer;

    line += strspn(line, " \t");
    if (!p->text)
        return parse_bad(p, "nothing is continued by \"%.100s\"", line);
    if (asprintf(&longer, "%s %s", *p->text, line) < 0)
        return no_memory(p);
    free(*p->text);
    *p->text = longer;
    return 0;
}

/* Is the group whole? Called before the next one and at the end. */
static int parse_close(struct parser *p)
{
    struct formula_value value[PMU_GROUP_EVENTS + 1];
    struct group *g = p->group;

    if (!g)
        return 0;
    if (g->events == 0 || g->metrics == 0)
        return parse_bad(p, "group %s has no event or no metric", g->name);
    if (!g->explain || !g->why)
        return parse_bad(p, "group %s lacks its explain or its why", g->name);
    for (unsigned i = 0; i < g->events; i++)
        value[i] = (struct formula_value){g->event[i].name, 1};
    value[g->events] = (struct formula_value){GROUP_TIME, 1};
    for (unsigned i = 0; i < g->metrics; i++)
        if (formula_check(g->metric[i].formula, value, g->events + 1, p->e) != 0)
            return err_wrap(p->e, ERR_DATA, "%s:%d: group %s, metric %s", p->file, p->line,
                            g->name, g->metric[i].name);
    return 0;
}

static int parse_group(struct parser *p, char *rest)
{
    char *name = parse_word(&rest);
    int rc = parse_close(p);

    if (rc != 0)
        return rc;
    if (p->f->pmus == 0)
        return parse_bad(p, "group %s comes before the pmu line", name);
    for (unsigned i = 0; i < p->f->groups; i++)
        if (strcmp(p->f->group[i].name, name) == 0)
            return parse_bad(p, "a second group %s", name);
    if (p->f->groups == GROUP_MAX)
        return parse_bad(p, "too many groups at %s", name);
    p->group = &p->f->group[p->f->groups++];
    rc = parse_keep(p, &p->group->name, name, "group");
    return rc == 0 ? parse_keep(p, &p->group->title, rest, "group's title") : rc;
}

static int parse_event(struct parser *p, char *rest)
{
    char *name = parse_word(&rest), *event = parse_word(&rest);
    struct group *g = p->group;
    int rc;

    if (*rest || !*event)
        return parse_bad(p, "event %s takes a name and an event", name);
    if (g->events == PMU_GROUP_EVENTS)
        return parse_bad(p, "more events than a group has room for, at %s", name);
    for (unsigned i = 0; i < g->events; i++)
        if (strcmp(g->event[i].name, name) == 0)
            return parse_bad(p, "a second event %s", name);
    rc = parse_keep(p, &g->event[g->events].name, name, "event");
    if (rc == 0)
        rc = parse_keep(p, &g->event[g->events].event, event, "event");
    g->events++;
    return rc;
}

static int parse_metric(struct parser *p, char *rest)
{
    char *name = parse_word(&rest), *unit = parse_word(&rest), *equals = parse_word(&rest);
    struct group *g = p->group;
    struct group_metric *m;
    int rc;

    if (strcmp(equals, "=") != 0 || !*rest)
        return parse_bad(p, "metric %s is not NAME UNIT = FORMULA", name);
    if (g->metrics == GROUP_METRICS)
        return parse_bad(p, "more metrics than a group has room for, at %s", name);
    m = &g->metric[g->metrics++];
    rc = parse_keep(p, &m->name, name, "metric");
    if (rc == 0)
        rc = parse_keep(p, &m->unit, unit, "unit");
    return rc == 0 ? parse_keep(p, &m->formula, rest, "formula") : rc;
}

/* The events named in the rest of the line, at least one: they must move, or have levels. */
static int parse_marks(struct parser *p, char *rest, int moves, unsigned levels)
{
    do {
        const char *name = parse_word(&rest);
        unsigned i = 0;

        while (i < p->group->events && strcmp(p->group->event[i].name, name) != 0)
            i++;
        if (i == p->group->events)
            return parse_bad(p, "no event is called %.60s", name);
        p->group->event[i].moves |= moves;
        p->group->event[i].levels |= levels;
    } while (*rest);
    return 0;
}

static int parse_levels(struct parser *p, char *rest)
{
    const char *level = parse_word(&rest);

    if (strcmp(level, "user") == 0)
        return parse_marks(p, rest, 0, PMU_LEVEL_USER);
    if (strcmp(level, "kernel") == 0)
        return parse_marks(p, rest, 0, PMU_LEVEL_KERNEL);
    return parse_bad(p, "a level is user or kernel, not %.60s", level);
}

static int parse_pmus(struct parser *p, char *rest)
{
    while (*rest) {
        if (p->f->pmus == GROUP_PMUS)
            return parse_bad(p, "too many PMUs at %s", rest);
        if (parse_keep(p, &p->f->pmu[p->f->pmus++], parse_word(&rest), "pmu") != 0)
            return p->e ? p->e->code : ERR_DATA;
    }
    return p->f->pmus ? 0 : parse_bad(p, "%s names none", "pmu");
}

static int parse_line(struct parser *p, char *line)
{
    char *rest = line, *word;

    if (line[0] == ' ' || line[0] == '\t')
        return parse_continue(p, line);
    word = parse_word(&rest);
    p->text = NULL;
    if (strcmp(word, "family") == 0)
        return parse_text(p, &p->f->family, rest, word);
    if (strcmp(word, "source") == 0)
        return parse_text(p, &p->f->source, rest, word);
    if (strcmp(word, "pmu") == 0)
        return parse_pmus(p, rest);
    if (strcmp(word, "group") == 0)
        return parse_group(p, rest);
    if (strcmp(word, "event") != 0 && strcmp(word, "metric") != 0 &&
        strcmp(word, "moves") != 0 && strcmp(word, "levels") != 0 &&
        strcmp(word, "explain") != 0 && strcmp(word, "why") != 0)
        return parse_bad(p, "no such word: %.60s", word);
    if (!p->group)
        return parse_bad(p, "%s comes before the first group", word);
    if (strcmp(word, "event") == 0)
        return parse_event(p, rest);
    if (strcmp(word, "metric") == 0)
        return parse_metric(p, rest);
    if (strcmp(word, "moves") == 0)
        return parse_marks(p, rest, 1, 0);
    if (strcmp(word, "levels") == 0)
        return parse_levels(p, rest);
    if (strcmp(word, "explain") == 0)
        return parse_text(p, &p->group->explain, rest, word);
    return parse_text(p, &p->group->why, rest, word);
}

/* Comment and blanks at the end go; 0 if nothing is left. */
static size_t line_trim(char *line)
{
    size_t n = strcspn(line, "#");

    while (n > 0 && isspace((unsigned char)line[n - 1]))
        n--;
    line[n] = '\0';
    return n;
}

static int parse_lines(struct parser *p, const char *text, size_t size)
{
    const char *end = text + size;
    int rc = 0;

    while (text < end && rc == 0) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((stop ? stop : end) - text);
        char *line = strndup(text, n);

        if (!line)
            return no_memory(p);
        p->line++;
        if (strlen(line) != n)
            rc = parse_bad(p, "%s", "a zero byte in the line");
        else if (line_trim(line))
            rc = parse_line(p, line);
        free(line);
        text += n + 1;
    }
    return rc;
}

int group_parse(const char *file, const char *text, size_t size, struct group_family **out,
                struct err *e)
{
    struct err own = {.code = 0};
    struct parser p = {
        .file = file, .e = e ? e : &own, .f = calloc(1, sizeof(struct group_family))};
    int rc;

    if (!p.f)
        return no_memory(&p);
    rc = parse_lines(&p, text, size);
    if (rc == 0)
        rc = parse_close(&p);
    if (rc == 0 && (!p.f->family || !p.f->source || p.f->groups == 0))
        rc = parse_bad(&p, "%s", "family, source or every group is missing");
    if (rc != 0)
        group_release(p.f);
    else
        *out = p.f;
    return rc;
}

static void group_release_one(struct group *g)
{
    free(g->name);
    free(g->title);
    free(g->explain);
    free(g->why);
    for (unsigned i = 0; i < g->events; i++) {
        free(g->event[i].name);
        free(g->event[i].event);
    }
    for (unsigned i = 0; i < g->metrics; i++) {
        free(g->metric[i].name);
        free(g->metric[i].unit);
        free(g->metric[i].formula);
    }
}

void group_release(struct group_family *f)
{
    if (!f)
        return;
    for (unsigned i = 0; i < f->groups; i++)
        group_release_one(&f->group[i]);
    for (unsigned i = 0; i < f->pmus; i++)
        free(f->pmu[i]);
    free(f->family);
    free(f->source);
    free(f);
}

void group_event_name(const char *pmu, const char *event, char out[PMU_NAME_BYTES])
{
    if (strstr(event, "::"))
        snprintf(out, PMU_NAME_BYTES, "%s", event);
    else
        snprintf(out, PMU_NAME_BYTES, "%s::%s", pmu, event);
}

int group_for_pmu(const char *pmu, struct group_family **out, struct err *e)
{
    for (unsigned i = 0; i < group_file_count; i++) {
        const struct group_file *file = &group_files[i];
        struct group_family *f;
        int rc = group_parse(file->name, file->text, (size_t)(file->end - file->text), &f, e);

        if (rc != 0)
            return rc;
        for (unsigned j = 0; j < f->pmus; j++)
            if (strcmp(f->pmu[j], pmu) == 0) {
                *out = f;
                return 0;
            }
        group_release(f);
    }
    return err_set(e, ERR_UNAVAILABLE,
                   "there is no file of event groups for %s; add one to collector/pmu/groups",
                   pmu);
}
