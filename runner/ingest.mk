# SPDX-License-Identifier: GPL-3.0-or-later
# From raw files to rows: part of the input side. runner/module.mk includes this file.
LIB_SRCS += runner/ingest.c runner/ingest_frames.c runner/ingest_console.c runner/ingest_runs.c runner/ingest_check.c \
            runner/ingest_fault.c runner/ingest_distortions.c runner/ingest_seal.c \
            runner/open.c
