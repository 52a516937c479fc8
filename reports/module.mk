# SPDX-License-Identifier: GPL-3.0-or-later
LIB_SRCS += reports/escape.c reports/format.c reports/plot.c reports/model.c \
            reports/model_exits.c reports/model_clocks.c reports/wording.c reports/export.c \
            reports/terminal.c
