/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/escape.h - the one place where text of unknown origin becomes part of a page.
 *
 * Names and reasons come from campaign files, guests and hypervisors under test, so a report
 * may meet any byte in them. Each function writes `text` so that a reader of that format sees
 * it as text: no tag, no attribute, no table cell, no field and no line can be opened or closed
 * by it. NULL is written as nothing. Bytes that are not UTF-8, and control characters other
 * than newline and tab, come out as U+FFFD (CSV and quoted JSON keep what their grammar can
 * hold; see below). Marks that turn the direction of text come out by name (U+202E in angle
 * quotes), so that no name can look like another one; JSON has them as \u202e, CSV as they are.
 */
#ifndef ETALON_REPORTS_ESCAPE_H
#define ETALON_REPORTS_ESCAPE_H

#include <stdio.h>

/* Content of an element or of a quoted attribute. Newlines become spaces. */
void escape_html(FILE *f, const char *text);

/* Text inside a Markdown paragraph or table cell (CommonMark and GitHub tables): every
 * punctuation with a meaning is escaped, newlines become spaces. */
void escape_markdown(FILE *f, const char *text);

/* One CSV field (RFC 4180): quoted when it has to be. Newlines stay, inside quotes. A field
 * that a spreadsheet would take for a formula (= + - @ first, and not a number) gets a leading
 * apostrophe. */
void escape_csv(FILE *f, const char *text);

/* A JSON string with its quotes (RFC 8259), ASCII control characters as \u00XX; "null" for
 * NULL. */
void escape_json(FILE *f, const char *text);

/* For a terminal: one line, nothing that a terminal would act upon. */
void escape_text(FILE *f, const char *text);

/* Inside a double-quoted string of a gnuplot program, to be shown with `noenhanced`. */
void escape_gnuplot(FILE *f, const char *text);

#endif
