/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/escape.c - text of unknown origin into HTML, Markdown, CSV, JSON and gnuplot.
 */
#include "reports/escape.h"

#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Length of the well-formed UTF-8 sequence at s (Unicode 15, table 3-7), or 0. */
static size_t utf8_length(const unsigned char *s)
{
    size_t n = s[0] < 0x80                    ? 1
               : s[0] >= 0xC2 && s[0] <= 0xDF ? 2
               : (s[0] & 0xF0) == 0xE0        ? 3
               : s[0] >= 0xF0 && s[0] <= 0xF4 ? 4
                                              : 0;

    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
        (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
        return 0;
    return n;
}

/*
 * Code point of a mark that turns the direction of what follows (Unicode Standard Annex 9), of the
 * three bytes or two at s, or 0. Such a mark makes a name look like another one.
 */
static unsigned direction_mark(const unsigned char *s, size_t n)
{
    if (n == 2 && s[0] == 0xD8 && s[1] == 0x9C)
        return 0x061C;
    if (n != 3 || s[0] != 0xE2)
        return 0;
    if (s[1] == 0x80 && (s[2] == 0x8E || s[2] == 0x8F || (s[2] >= 0xAA && s[2] <= 0xAE)))
        return 0x2000u + (s[2] & 0x3Fu);
    if (s[1] == 0x81 && s[2] >= 0xA6 && s[2] <= 0xA9)
        return 0x2040u + (s[2] & 0x3Fu);
    return 0;
}

/* Write the character at *text, or its replacement, and step over it. */
static void put_character(FILE *f, const char **text)
{
    const unsigned char *s = (const unsigned char *)*text;
    size_t n = utf8_length(s);
    unsigned mark = direction_mark(s, n);

    if (mark)
        fprintf(f, "\xE2\x80\xB9U+%04X\xE2\x80\xBA", mark);
    else if (!n || s[0] == 0x7F || (s[0] < 0x20 && s[0] != '\t' && s[0] != '\n') ||
             (s[0] == 0xC2 && s[1] < 0xA0)) /* C1 controls: 8-bit escape sequences */
        fputs(REPLACEMENT, f);
    else
        fwrite(s, 1, n, f);
    *text += n ? n : 1;
}

void escape_html(FILE *f, const char *text)
{
    while (text && *text) {
        switch (*text) {
        case '&':
            fputs("&amp;", f);
            break;
        case '<':
            fputs("&lt;", f);
            break;
        case '>':
            fputs("&gt;", f);
            break;
        case '"':
            fputs("&quot;", f);
            break;
        case '\'':
            fputs("&#39;", f);
            break;
        case '\n':
        case '\t':
            fputc(' ', f);
            break;
        default:
            put_character(f, &text);
            continue;
        }
        text++;
    }
}

void escape_markdown(FILE *f, const char *text)
{
    while (text && *text) {
        /* '<' and '&' as entities: a backslash before them is not honoured everywhere. */
        if (*text == '<') {
            fputs("&lt;", f);
        } else if (*text == '&') {
            fputs("&amp;", f);
        } else if (strchr("\\`*_{}[]()#>|~!", *text)) {
            fputc('\\', f);
            fputc(*text, f);
        } else if (*text == '\n' || *text == '\t') {
            fputc(' ', f);
        } else {
            put_character(f, &text);
            continue;
        }
        text++;
    }
}

static int is_number(const char *text)
{
    char *end;

    strtod(text, &end);
    return end != text && !*end;
}

void escape_csv(FILE *f, const char *text)
{
    int formula;

    if (!text || !*text)
        return;
    formula = strchr("=+-@\t\r", *text) && !is_number(text);
    if (!formula && !strpbrk(text, "\",\r\n")) {
        fputs(text, f);
        return;
    }
    fputc('"', f);
    if (formula)
        fputc('\'', f);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', f);
        fputc(*text, f);
    }
    fputc('"', f);
}

void escape_json(FILE *f, const char *text)
{
    if (!text) {
        fputs("null", f);
        return;
    }
    fputc('"', f);
    while (*text) {
        const unsigned char c = (unsigned char)*text;
        const size_t n = utf8_length((const unsigned char *)text);
        const unsigned mark = direction_mark((const unsigned char *)text, n);

        if (mark) {
            fprintf(f, "\\u%04x", mark);
            text += n;
            continue;
        }
        if (c == '"' || c == '\\')
            fprintf(f, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", f);
        else if (c < 0x20 || c == 0x7F)
            fprintf(f, "\\u%04x", c);
        else {
            put_character(f, &text);
            continue;
        }
        text++;
    }
    fputc('"', f);
}

void escape_text(FILE *f, const char *text)
{
    while (text && *text) {
        if (*text == '\n' || *text == '\t') {
            fputc(' ', f);
            text++;
        } else {
            put_character(f, &text);
        }
    }
}

void escape_gnuplot(FILE *f, const char *text)
{
    while (text && *text) {
        if (*text == '"' || *text == '\\') {
            fprintf(f, "\\%c", *text++);
        } else if (*text == '\n' || *text == '\t') {
            fputc(' ', f);
            text++;
        } else if (*text == '`') {
            /* gnuplot runs back-quoted text as a shell command even inside double quotes. */
            fputc('\'', f);
            text++;
        } else {
            put_character(f, &text);
        }
    }
}
