/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock/pairs.c - a clock from a file of pairs; see pairs.h.
 */
#include "analysis/clock/pairs.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS 3u

struct number { /* whole + part, part in [0, 1) */
    int64_t whole;
    double part;
};

struct parser {
    struct clock_series *out;
    struct err *e;
    size_t line, begun;
    size_t fields; /* of the first line of numbers; 0: none yet */
    struct number origin, last;
};

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* From *s to the end of the number; 0, or what is wrong. */
static const char *take_number(const char **s, const char *end, struct number *out)
{
    const char *p = *s;
    const int negative = p < end && *p == '-';
    double scale = 0.1;

    *out = (struct number){0, 0};
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end || !isdigit((unsigned char)*p))
        return "is no number: write decimal nanoseconds";
    for (; p < end && isdigit((unsigned char)*p); p++) {
        if (__builtin_mul_overflow(out->whole, (int64_t)10, &out->whole) ||
            __builtin_add_overflow(out->whole, (int64_t)(*p - '0'), &out->whole))
            return "is too large for nanoseconds of 64 bits: take an origin nearer by";
    }
    if (p < end && *p == '.')
        for (p++; p < end && isdigit((unsigned char)*p); p++, scale /= 10)
            out->part += scale * (*p - '0');
    if (p < end && (*p == 'e' || *p == 'E'))
        return "has an exponent: write whole nanoseconds, so that none gets lost";
    if (p < end && !is_space(*p) && *p != ',' && *p != ';')
        return "has something behind its digits: write decimal nanoseconds";
    if (negative) {
        out->whole = -out->whole - (out->part > 0);
        out->part = out->part > 0 ? 1 - out->part : 0;
    }
    *s = p;
    return NULL;
}

/* Spaces and at most one comma or semicolon. */
static void skip_divider(const char **s, const char *end)
{
    while (*s < end && is_space(**s))
        (*s)++;
    if (*s < end && (**s == ',' || **s == ';'))
        (*s)++;
    while (*s < end && is_space(**s))
        (*s)++;
}

static double difference(struct number a, struct number b)
{
    return (double)(a.whole - b.whole) + (a.part - b.part);
}

static int grow(struct parser *p)
{
    struct clock_series *s = p->out;
    const size_t capacity = s->capacity ? 2 * s->capacity : 1024;
    struct clock_bracket *more;

    if (s->n < s->capacity)
        return 0;
    more = realloc(s->bracket, capacity * sizeof(*more));
    if (!more)
        return err_set(p->e, ERR_IO, "out of memory");
    s->bracket = more;
    s->capacity = capacity;
    return 0;
}

static int add(struct parser *p, const struct number *field, size_t n)
{
    struct clock_series *s = p->out;
    const double half = n > 2 ? ((double)field[2].whole + field[2].part) / 2 : 0;
    const uint64_t clock = (uint64_t)field[1].whole + (field[1].part >= 0.5);
    double at;

    if (p->fields && n != p->fields)
        return err_set(p->e, ERR_DATA,
                       "line %zu has %zu columns and the first one %zu: give bracket_ns on "
                       "every line or on none",
                       p->line, n, p->fields);
    if (half < 0)
        return err_set(
            p->e, ERR_DATA,
            "line %zu: bracket_ns is negative: it is the width of the time in which "
            "the clock was read",
            p->line);
    if (!p->fields)
        p->origin = field[0];
    else if (difference(field[0], p->last) <= 0)
        return err_set(
            p->e, ERR_DATA,
            "line %zu: reference_ns does not ascend: sort the lines by it, and give "
            "one line a time",
            p->line);
    p->fields = n;
    p->last = field[0];
    at = difference(field[0], p->origin);
    if (grow(p))
        return ERR_IO;
    /* Read inside: the edges change places (clock.h). */
    s->bracket[s->n++] = (struct clock_bracket){at + half, at - half, clock, clock};
    return 0;
}

static int token(const char *s, const char *end)
{
    int n = 0;

    while (s + n < end && n < 40 && !is_space(s[n]) && s[n] != ',' && s[n] != ';')
        n++;
    return n;
}

static int take_line(struct parser *p, const char *s, const char *end)
{
    struct number field[FIELDS];
    size_t n = 0;

    while (s < end && is_space(*s))
        s++;
    while (end > s && is_space(end[-1]))
        end--;
    if (s == end || *s == '#')
        return 0;
    if (!p->begun++ && isalpha((unsigned char)*s))
        return 0; /* names of columns */
    while (s < end) {
        const char *from = s, *wrong;

        if (n == FIELDS)
            return err_set(
                p->e, ERR_DATA,
                "line %zu has more than three columns: reference_ns, clock_ns and, if "
                "known, bracket_ns",
                p->line);
        wrong = take_number(&s, end, &field[n]);
        if (wrong)
            return err_set(p->e, ERR_DATA, "line %zu: \"%.*s\" %s", p->line, token(from, end),
                           from, wrong);
        n++;
        skip_divider(&s, end);
    }
    if (n < 2)
        return err_set(p->e, ERR_DATA,
                       "line %zu has one column: reference_ns and clock_ns are needed",
                       p->line);
    return add(p, field, n);
}

int pairs_read(const char *text, size_t size, struct clock_series *out, int *bounded,
               struct err *e)
{
    struct parser p = {.out = out, .e = e};
    const char *s = text, *end = text + size;
    int rc = 0;

    if (size > 2 && !memcmp(s, "\xEF\xBB\xBF", 3))
        s += 3;
    while (!rc && s < end) {
        const char *stop = memchr(s, '\n', (size_t)(end - s));

        p.line++;
        rc = take_line(&p, s, stop ? stop : end);
        s = stop ? stop + 1 : end;
    }
    if (!rc && out->n < PAIRS_MIN)
        rc = err_set(e, ERR_DATA,
                     "line %zu is the last and there are %zu pairs: a clock needs %u to be "
                     "judged",
                     p.line, out->n, PAIRS_MIN);
    out->unit_ns = 1;
    out->step_ns = out->timebase_ppm = 0;
    *bounded = p.fields == FIELDS;
    return rc;
}
