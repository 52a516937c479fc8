/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reports/style.h - the text of reports/templates/page.css, part of the program. */
#ifndef ETALON_REPORTS_STYLE_H
#define ETALON_REPORTS_STYLE_H

extern const char style_css[]; /* NUL-terminated */

#endif
