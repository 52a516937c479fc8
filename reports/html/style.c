/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/html/style.c - templates/page.css and sort.js as they stand, put into the program by
 * the assembler, so that they can be edited as what they are and need no file at run time.
 */
#include "reports/html/style.h"

__asm__(".pushsection .rodata\n"
        ".global style_css\n"
        ".type style_css, @object\n"
        "style_css:\n"
        ".incbin \"reports/html/templates/page.css\"\n"
        ".byte 0\n"
        ".size style_css, . - style_css\n"
        ".global style_sort\n"
        ".type style_sort, @object\n"
        "style_sort:\n"
        ".incbin \"reports/html/templates/sort.js\"\n"
        "1:\n"
        ".byte 0\n"
        ".size style_sort, . - style_sort\n"
        ".balign 8\n"
        ".global style_sort_size\n"
        ".type style_sort_size, @object\n"
        "style_sort_size:\n"
        ".quad 1b - style_sort\n"
        ".size style_sort_size, 8\n"
        ".popsection\n");
