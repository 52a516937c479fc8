# SPDX-License-Identifier: GPL-3.0-or-later
# The controller's side: records read, the database. What the target links is in target.mk.
LIB_SRCS += collector/record_read.c
-include collector/target.mk
