# SPDX-License-Identifier: GPL-3.0-or-later
LIB_SRCS += analysis/stats.c analysis/uncertainty.c analysis/clock.c analysis/summary.c \
            analysis/query.c analysis/query_rows.c analysis/query_export.c \
            analysis/gather.c analysis/summarise.c analysis/summarise_clocks.c \
            analysis/times.c analysis/summarise_times.c analysis/query_times.c \
            analysis/ledger.c analysis/summarise_ledger.c analysis/query_ledger.c \
            analysis/recover.c analysis/recover_ledger.c analysis/summarise_recovery.c \
            analysis/summarise_pads.c analysis/summarise_ticks.c \
            analysis/query_recovery.c \
            analysis/significance.c analysis/bootstrap.c analysis/steady.c \
            analysis/compare.c analysis/comparison.c \
            analysis/score.c analysis/summarise_scores.c analysis/query_scores.c
-include analysis/interval.mk
