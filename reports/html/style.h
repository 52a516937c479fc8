/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reports/html/style.h - texts of reports/html/templates/ as parts of the program. */
#ifndef ETALON_REPORTS_HTML_STYLE_H
#define ETALON_REPORTS_HTML_STYLE_H

#include <stddef.h>

/* NUL-terminated; the script's length without it. */
extern const char style_css[], style_sort[];
extern const size_t style_sort_size;

#endif
