/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text of unknown origin stays text in every format, and figures show no digit too many.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reports/escape.h"
#include "reports/format.h"

typedef void escape_function(FILE *f, const char *text);

static void assert_escapes(escape_function *escape, const char *in, const char *want)
{
    char *out = NULL;
    size_t size;
    FILE *f = open_memstream(&out, &size);

    assert_non_null(f);
    escape(f, in);
    fclose(f);
    assert_string_equal(out, want);
    free(out);
}

static void html(void **state)
{
    (void)state;
    assert_escapes(escape_html, "<script>alert('a & \"b\"')</script>",
                   "&lt;script&gt;alert(&#39;a &amp; &quot;b&quot;&#39;)&lt;/script&gt;");
    assert_escapes(escape_html, "two\nlines\tand\x01", "two lines and\xEF\xBF\xBD");
    assert_escapes(escape_html, "\xC3\xA9 \xF0\x9F\x98\x80", "\xC3\xA9 \xF0\x9F\x98\x80");
    assert_escapes(escape_html, NULL, "");
}

static void broken_utf8_is_replaced(void **state)
{
    (void)state;
    assert_escapes(escape_html,
                   "a\xFF"
                   "b",
                   "a\xEF\xBF\xBD"
                   "b");
    assert_escapes(escape_html, "\xC3", "\xEF\xBF\xBD");
    /* an overlong '<' and a surrogate are not let through in disguise */
    assert_escapes(escape_html, "\xC0\xBC", "\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_escapes(escape_html, "\xE0\x80\xBC", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_escapes(escape_json, "\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    assert_escapes(escape_json, "\xF5\x80\x80\x80",
                   "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    /* a lead byte before a quote must not swallow the quote */
    assert_escapes(escape_html, "\xE2\"x", "\xEF\xBF\xBD&quot;x");
}

static void markdown(void **state)
{
    (void)state;
    assert_escapes(escape_markdown, "a|b\n# c", "a\\|b \\# c");
    assert_escapes(escape_markdown, "[x](javascript:1) <b> `rm` ![i](u)",
                   "\\[x\\]\\(javascript:1\\) &lt;b\\> \\`rm\\` \\!\\[i\\]\\(u\\)");
    assert_escapes(escape_markdown, "&lt;", "&amp;lt;");
}

static void csv(void **state)
{
    (void)state;
    assert_escapes(escape_csv, "plain", "plain");
    assert_escapes(escape_csv, "say \"hi\", twice\nthen", "\"say \"\"hi\"\", twice\nthen\"");
    assert_escapes(escape_csv, "=HYPERLINK(1)", "\"'=HYPERLINK(1)\"");
    assert_escapes(escape_csv, "-12.5", "-12.5");
    assert_escapes(escape_csv, "-accel", "\"'-accel\"");
    assert_escapes(escape_csv, "", "");
}

static void json(void **state)
{
    (void)state;
    assert_escapes(escape_json, "a\"b\\c\nd\te", "\"a\\\"b\\\\c\\nd\\u0009e\"");
    assert_escapes(escape_json, NULL, "null");
    assert_escapes(escape_json, "", "\"\"");
}

static void gnuplot(void **state)
{
    (void)state;
    assert_escapes(escape_gnuplot, "a\"; system `id` \\n\nEOF",
                   "a\\\"; system 'id' \\\\n EOF");
}

static void terminal(void **state)
{
    (void)state;
    assert_escapes(escape_text,
                   "\x1b[31mred\n\xC2\x9B"
                   "2J\r",
                   "\xEF\xBF\xBD[31mred \xEF\xBF\xBD"
                   "2J\xEF\xBF\xBD");
}

#define THIN "\xE2\x80\x89"

static void numbers(void **state)
{
    char b[FORMAT_BYTES];

    (void)state;
    assert_string_equal(format_number(b, 1234567.891, 1), "1" THIN "234" THIN "567.9");
    assert_string_equal(format_number(b, 1234, 0), "1234");
    assert_string_equal(format_number(b, -0.001, 2), "0.00");
    assert_string_equal(format_number(b, -1.5, 1), "\xE2\x88\x92"
                                                   "1.5");
    assert_string_equal(format_number(b, NAN, 1), FORMAT_NONE);
    assert_string_equal(format_number(b, INFINITY, 1), "\xE2\x88\x9E");
    assert_string_equal(format_count(b, 18446744073709551615u),
                        "18" THIN "446" THIN "744" THIN "073" THIN "709" THIN "551" THIN
                        "615");
    assert_string_equal(format_number(b, 1274, -2), "1300");
    assert_string_equal(format_figure(b, 1274, 300), "1300");
    assert_string_equal(format_figure(b, 117, 0), "117");
    assert_string_equal(format_figure(b, 117.25, 2), "117");
    assert_string_equal(format_figure(b, 117.25, 0.02), "117.25");
    assert_string_equal(format_figure(b, 0.123456789, 0), "0.123457");
    assert_string_equal(format_figure(b, 9876543.21, 0), "9" THIN "876" THIN "543");
}

static void ratios_are_not_finer_than_known(void **state)
{
    char b[FORMAT_BYTES];

    (void)state;
    assert_string_equal(format_ratio(b, 1.23456, 1.2, 1.3), "1.23");
    assert_string_equal(format_ratio(b, 43.2857, 42, 45), "43");
    assert_string_equal(format_ratio(b, 1.01, 0.99, 1.03), FORMAT_INDISTINGUISHABLE);
    assert_string_equal(format_ratio(b, 1, 0, INFINITY), FORMAT_INDISTINGUISHABLE);
    assert_string_equal(format_ratio(b, 1, 1, 1), "1.0000");
    assert_string_equal(format_ratio(b, 1.2345, NAN, NAN), "\xE2\x89\x88"
                                                           "1.2");
    assert_string_equal(format_ratio(b, NAN, 1, 1), FORMAT_NONE);
    assert_string_equal(format_bounds(b, 1.2, 1.3), "1.200 \xE2\x80\xA6 1.300");
    assert_string_equal(format_bounds(b, 0, INFINITY), "0.00 \xE2\x80\xA6 \xE2\x88\x9E");
    assert_string_equal(format_bounds(b, NAN, 1), FORMAT_NONE);
    assert_string_equal(format_ratio(b, 1, 0, NAN), FORMAT_INDISTINGUISHABLE);
    assert_string_equal(format_bounds(b, 2, NAN), "2.00 \xE2\x80\xA6 \xE2\x88\x9E");
}

static void units_of_time(void **state)
{
    (void)state;
    assert_string_equal(format_time_for(999).name, "ns");
    assert_string_equal(format_time_for(1000).name, "\xC2\xB5s");
    assert_string_equal(format_time_for(2.5e6).name, "ms");
    assert_string_equal(format_time_for(-3e9).name, "s");
    assert_string_equal(format_time_for(0).name, "ns");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(html),
        cmocka_unit_test(broken_utf8_is_replaced),
        cmocka_unit_test(markdown),
        cmocka_unit_test(csv),
        cmocka_unit_test(json),
        cmocka_unit_test(gnuplot),
        cmocka_unit_test(terminal),
        cmocka_unit_test(numbers),
        cmocka_unit_test(ratios_are_not_finer_than_known),
        cmocka_unit_test(units_of_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
