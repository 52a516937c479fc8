/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drawn distribution of a million iterations: thinned, and nothing of its tail missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "reports/html_plots.c"

#define SAMPLES 1000000
#define TAIL 60 /* iterations of the tail, one here and one there */
#define BULK_NS 100.0

/* Ascending: all but a few within a tenth, the rest up to a hundred times as long. */
static struct model_cell make_cell(int log_x)
{
    struct model_cell cell = {.n = SAMPLES, .ns = malloc(SAMPLES * sizeof(double))};

    assert_non_null(cell.ns);
    for (size_t i = 0; i < SAMPLES; i++)
        cell.ns[i] = BULK_NS + 10.0 * (double)i / SAMPLES;
    for (size_t i = 0; i < TAIL; i++) {
        const double part = (double)(i + 1) / TAIL;

        cell.ns[SAMPLES - TAIL + i] =
            log_x ? BULK_NS * pow(100, 0.05 + 0.95 * part) : BULK_NS * (2 + 98 * part);
    }
    return cell;
}

/* Whatever was left out lies a line's width from a step that is drawn. */
static void check(int log_x)
{
    struct model_cell cell = make_cell(log_x);
    const double low = cell.ns[0], high = cell.ns[SAMPLES - 1];
    const double width = (place(high, log_x) - place(low, log_x)) / HTML_ECDF_POINTS;
    struct line *line = malloc(sizeof(*line));
    size_t n, at = 1, tail = 0;

    assert_non_null(line);
    n = ecdf_line(&cell, 1, 2 * high, low, high, log_x, line);
    assert_true(n > 300 && n <= sizeof(line->x) / sizeof(line->x[0]));
    assert_true(line->x[0] == low && line->y[0] == 0);
    assert_true(line->x[n - 2] == high && line->y[n - 2] == 1 && line->y[n - 1] == 1);
    for (size_t i = 0; i < SAMPLES; i++) {
        while (at + 2 < n && line->x[at + 1] <= cell.ns[i])
            at++;
        assert_true(line->x[at] <= cell.ns[i]);
        assert_true(line->x[at] == cell.ns[i] ||
                    (place(cell.ns[i], log_x) - place(line->x[at], log_x) < width &&
                     (double)(i + 1) / SAMPLES - line->y[at] < 1.0 / HTML_ECDF_POINTS));
    }
    for (size_t i = 1; i + 1 < n; i++)
        tail += line->x[i] > 1.2 * BULK_NS;
    assert_int_equal(tail, TAIL); /* they stand apart, so each of them is drawn */
    free(line);
    free(cell.ns);
}

static void tail_stays_on_a_plain_axis(void **state)
{
    (void)state;
    check(0);
}

static void tail_stays_on_a_logarithmic_axis(void **state)
{
    (void)state;
    check(1);
}

/* A million equal iterations, and one. */
static void few_steps_are_all_drawn(void **state)
{
    struct model_cell cell = make_cell(0);
    struct line *line = malloc(sizeof(*line));

    (void)state;
    assert_non_null(line);
    for (size_t i = 0; i < SAMPLES; i++)
        cell.ns[i] = BULK_NS;
    assert_int_equal(ecdf_line(&cell, 1, 2 * BULK_NS, BULK_NS, BULK_NS, 0, line), 3);
    assert_true(line->x[1] == BULK_NS && line->y[1] == 1);
    cell.n = 1;
    assert_int_equal(ecdf_line(&cell, 1, 2 * BULK_NS, BULK_NS, BULK_NS, 0, line), 3);
    free(line);
    free(cell.ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tail_stays_on_a_plain_axis),
        cmocka_unit_test(tail_stays_on_a_logarithmic_axis),
        cmocka_unit_test(few_steps_are_all_drawn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
