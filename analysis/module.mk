# SPDX-License-Identifier: GPL-3.0-or-later
LIB_SRCS += analysis/stats.c analysis/timebase.c analysis/stability.c analysis/stability_edf.c analysis/uncertainty.c analysis/clock.c analysis/clock_rate.c analysis/clock_events.c analysis/clock_steps.c analysis/summary.c \
            analysis/query.c analysis/query_rows.c analysis/query_samples.c analysis/query_readings.c analysis/query_costs.c analysis/query_export.c \
            analysis/gather.c analysis/summarise.c analysis/summarise_clocks.c analysis/clock_series.c analysis/pairs.c analysis/drift.c analysis/drift_matrix.c \
            analysis/detection.c analysis/detection_clock.c analysis/detection_steal.c analysis/drift_power.c \
            analysis/times.c analysis/summarise_times.c analysis/query_times.c \
            analysis/ledger.c analysis/summarise_ledger.c analysis/query_ledger.c \
            analysis/recover.c analysis/recover_ledger.c analysis/summarise_recovery.c \
            analysis/summarise_pads.c analysis/summarise_ticks.c \
            analysis/query_recovery.c analysis/trial.c analysis/trial_read.c \
            analysis/significance.c analysis/bootstrap.c analysis/steady.c \
            analysis/compare.c analysis/comparison.c \
            analysis/score.c analysis/summarise_scores.c analysis/query_scores.c
-include analysis/interval.mk
