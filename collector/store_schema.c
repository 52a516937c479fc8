/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/store_schema.c - schema.sql as it stands, put into the program by the assembler:
 * one text, readable as SQL, and no generator between it and the database. The path is
 * relative to the top of the tree, where make runs.
 */
#include "collector/store_schema.h"

__asm__(".pushsection .rodata\n"
        ".global store_schema_sql\n"
        ".type store_schema_sql, @object\n"
        "store_schema_sql:\n"
        ".incbin \"collector/schema.sql\"\n"
        ".byte 0\n"
        ".size store_schema_sql, . - store_schema_sql\n"
        ".popsection\n");
