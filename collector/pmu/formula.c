/* SPDX-License-Identifier: GPL-3.0-or-later */
/* collector/pmu/formula.c - recursive descent over formula.h's grammar. */
#include "collector/pmu/formula.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMULA_DEPTH 32

struct formula {
    const char *text, *at;
    const struct formula_value *value;
    unsigned values;
    int depth, dry; /* dry: a division by zero gives 0 instead of an error */
    struct err *e;
};

static int formula_bad(struct formula *f, const char *what)
{
    return err_set(f->e, ERR_DATA, "formula \"%.200s\", column %d: %s", f->text,
                   (int)(f->at - f->text) + 1, what);
}

static char formula_peek(struct formula *f)
{
    while (*f->at == ' ' || *f->at == '\t')
        f->at++;
    return *f->at;
}

static int formula_sum(struct formula *f, double *result);

static int formula_name(struct formula *f, double *result)
{
    const char *start = f->at;
    char what[96];
    size_t n;

    while (isalnum((unsigned char)*f->at) || *f->at == '_')
        f->at++;
    n = (size_t)(f->at - start);
    for (unsigned i = 0; i < f->values; i++)
        if (strlen(f->value[i].name) == n && strncmp(f->value[i].name, start, n) == 0) {
            *result = (double)f->value[i].count;
            return 0;
        }
    f->at = start;
    snprintf(what, sizeof(what), "no event is called %.*s", n > 60 ? 60 : (int)n, start);
    return formula_bad(f, what);
}

/* Digits with at most one point: strtod() alone would take "inf", "0x1p3" and "1e5" too. */
static int formula_number(struct formula *f, double *result)
{
    size_t n = strspn(f->at, "0123456789.");
    char digits[64], *end;

    if (n >= sizeof(digits))
        return formula_bad(f, "a number of that length");
    snprintf(digits, sizeof(digits), "%.*s", (int)n, f->at);
    *result = strtod(digits, &end);
    if (*end || isalpha((unsigned char)f->at[n]) || f->at[n] == '_')
        return formula_bad(f, "not a number");
    f->at += n;
    return 0;
}

static int formula_factor(struct formula *f, double *result)
{
    char c = formula_peek(f);
    int rc;

    if (isdigit((unsigned char)c) || c == '.')
        return formula_number(f, result);
    if (isalpha((unsigned char)c) || c == '_')
        return formula_name(f, result);
    if (c != '(' && c != '-')
        return formula_bad(f, c ? "expected a number, a name or (" : "something is missing");
    if (++f->depth > FORMULA_DEPTH)
        return formula_bad(f, "nested too deep");
    f->at++;
    rc = c == '-' ? formula_factor(f, result) : formula_sum(f, result);
    f->depth--;
    if (rc != 0)
        return rc;
    if (c == '-') {
        *result = -*result;
        return 0;
    }
    if (formula_peek(f) != ')')
        return formula_bad(f, "expected )");
    f->at++;
    return 0;
}

static int formula_product(struct formula *f, double *result)
{
    int rc = formula_factor(f, result);
    char op;

    while (rc == 0 && ((op = formula_peek(f)) == '*' || op == '/')) {
        double right = 0;

        f->at++;
        rc = formula_factor(f, &right);
        if (rc != 0)
            break;
        if (op == '*')
            *result *= right;
        else if (fpclassify(right) != FP_ZERO)
            *result /= right;
        else if (f->dry)
            *result = 0;
        else
            rc = err_set(f->e, ERR_UNAVAILABLE,
                         "formula \"%.200s\" divides by zero for these counts", f->text);
    }
    return rc;
}

static int formula_sum(struct formula *f, double *result)
{
    int rc = formula_product(f, result);
    char op;

    while (rc == 0 && ((op = formula_peek(f)) == '+' || op == '-')) {
        double right = 0;

        f->at++;
        rc = formula_product(f, &right);
        *result += op == '+' ? right : -right;
    }
    return rc;
}

static int formula_run(struct formula *f, double *result)
{
    int rc = formula_sum(f, result);

    if (rc == 0 && formula_peek(f))
        rc = formula_bad(f, "expected an operator or the end");
    return rc;
}

int formula_evaluate(const char *text, const struct formula_value *value, unsigned values,
                     double *result, struct err *e)
{
    struct formula f = {.text = text, .at = text, .value = value, .values = values, .e = e};

    return formula_run(&f, result);
}

int formula_check(const char *text, const struct formula_value *value, unsigned values,
                  struct err *e)
{
    struct formula f = {
        .text = text, .at = text, .value = value, .values = values, .dry = 1, .e = e};
    double ignored;

    return formula_run(&f, &ignored);
}
