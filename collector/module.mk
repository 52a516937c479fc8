# SPDX-License-Identifier: GPL-3.0-or-later
# The controller's side: records read, the database. What the target links is in target.mk.
LIB_SRCS += collector/record_read.c collector/store.c collector/store_boot.c \
            collector/store_campaign.c collector/store_distortion.c collector/store_schema.c
# The assembler includes it; the compiler's dependency file does not know.
$(BUILD)/host/collector/store_schema.o: collector/schema.sql
-include collector/target.mk
