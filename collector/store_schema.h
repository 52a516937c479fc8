/* SPDX-License-Identifier: GPL-3.0-or-later */
/* collector/store_schema.h - the text of collector/schema.sql, part of the program. */
#ifndef ETALON_COLLECTOR_STORE_SCHEMA_H
#define ETALON_COLLECTOR_STORE_SCHEMA_H

extern const char store_schema_sql[]; /* NUL-terminated */

#endif
