# SPDX-License-Identifier: GPL-3.0-or-later
LIB_SRCS += reports/escape.c reports/format.c reports/plot.c
