/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One gnuplot draws all figures: each is what it would be if it were the first, an error of one is
 * told in gnuplot's words and does not spoil the next, and nothing is left when it has ended.
 */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "reports/gnuplot.h"
#include "reports/plot.h"

static char folder[] = "/tmp/etalon-gnuplot-XXXXXX";

static char *figure(const char *id, int log_x, unsigned colour)
{
    static const double x[] = {1, 10, 100}, y[] = {3, 1, 2};
    const struct plot_series series = {
        .name = "</svg>", .colour = colour, .style = PLOT_LINE, .x = x, .y = y, .n = 3};
    const struct plot plot = {.id = id,
                              .title = id,
                              .x_label = "</svg>\n</svg>",
                              .log_x = log_x,
                              .width = 400,
                              .height = 200,
                              .mark_x = NAN,
                              .x_min = NAN,
                              .x_max = NAN,
                              .y_min = NAN,
                              .y_max = NAN,
                              .series = &series,
                              .series_count = 1};
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    struct err e = {0};

    assert_non_null(f);
    assert_int_equal(plot_write(&plot, f, &e), 0);
    assert_int_equal(fclose(f), 0);
    return text;
}

static void a_figure_is_not_changed_by_others(void **state)
{
    char *alone = figure("a", 0, 0), *other, *again;

    (void)state;
    gnuplot_end();
    other = figure("b", 1, 5);
    again = figure("a", 0, 0);
    assert_string_equal(alone, again);
    assert_string_not_equal(alone, other);
    assert_non_null(strstr(alone, "&lt;/svg>"));
    gnuplot_end();
    free(alone);
    free(other);
    free(again);
}

static void an_error_is_told_and_over(void **state)
{
    struct err e = {0};
    char *svg;

    (void)state;
    free(figure("a", 0, 0));
    assert_int_equal(gnuplot_draw("plot 'no such file'\n", &svg, &e), ERR_IO);
    assert_null(svg);
    assert_non_null(strstr(e.text, "no such file"));
    free(figure("b", 0, 0));
    assert_int_equal(gnuplot_draw("exit\n", &svg, &e), ERR_IO);
    free(figure("c", 0, 0));
    gnuplot_end();
}

static void without_gnuplot_that_is_told(void **state)
{
    char *path = strdup(getenv("PATH"));
    struct err e = {0};
    char *svg;

    (void)state;
    setenv("PATH", folder, 1);
    assert_non_null(gnuplot_unavailable());
    assert_int_equal(gnuplot_draw("plot x\n", &svg, &e), ERR_UNAVAILABLE);
    setenv("PATH", path, 1);
    free(path);
    gnuplot_end();
}

static void nothing_is_left(void **state)
{
    struct dirent *d;
    DIR *dir;

    (void)state;
    free(figure("a", 0, 0));
    gnuplot_end();
    gnuplot_end();
    assert_int_equal(waitpid(-1, NULL, 0), -1);
    assert_int_equal(errno, ECHILD);
    dir = opendir(folder);
    assert_non_null(dir);
    while ((d = readdir(dir)))
        assert_true(d->d_name[0] == '.');
    closedir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_figure_is_not_changed_by_others),
        cmocka_unit_test(an_error_is_told_and_over),
        cmocka_unit_test(without_gnuplot_that_is_told),
        cmocka_unit_test(nothing_is_left),
    };
    int rc;

    if (gnuplot_unavailable()) {
        printf("1..1\nok 1 # SKIP %s\n", gnuplot_unavailable());
        return 0;
    }
    if (!mkdtemp(folder) || setenv("TMPDIR", folder, 1))
        return 1;
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return rc;
}
