/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/style.c - templates/page.css as it stands, put into the program by the assembler, so
 * that it can be edited as a style sheet and needs no file at run time.
 */
#include "reports/style.h"

__asm__(".pushsection .rodata\n"
        ".global style_css\n"
        ".type style_css, @object\n"
        "style_css:\n"
        ".incbin \"reports/templates/page.css\"\n"
        ".byte 0\n"
        ".size style_css, . - style_css\n"
        ".popsection\n");
