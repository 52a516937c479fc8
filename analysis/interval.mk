# SPDX-License-Identifier: GPL-3.0-or-later
# From edges to intervals: part of the input side. analysis/module.mk includes this file.
LIB_SRCS += analysis/interval.c analysis/interval_text.c
