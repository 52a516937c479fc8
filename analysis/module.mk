# SPDX-License-Identifier: GPL-3.0-or-later
LIB_SRCS += analysis/stats.c analysis/uncertainty.c
-include analysis/interval.mk
