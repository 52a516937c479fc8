# SPDX-License-Identifier: GPL-3.0-or-later
LIB_SRCS += $(addprefix analysis/,gather.c ledger.c score.c stats.c summary.c timebase.c \
               times.c uncertainty.c)
LIB_SRCS += $(addprefix analysis/clock/,clock.c clock_events.c clock_rate.c clock_series.c \
               clock_steps.c detection.c detection_clock.c detection_noise.c \
               detection_steal.c drift.c drift_matrix.c drift_power.c pairs.c stability.c \
               stability_edf.c)
LIB_SRCS += $(addprefix analysis/compare/,bootstrap.c compare.c comparison.c significance.c \
               steady.c)
LIB_SRCS += $(addprefix analysis/query/,query.c query_costs.c query_export.c query_ledger.c \
               query_readings.c query_recovery.c query_rows.c query_samples.c query_scores.c \
               query_times.c)
LIB_SRCS += $(addprefix analysis/recover/,recover.c recover_ledger.c trial.c trial_read.c)
LIB_SRCS += $(addprefix analysis/summarise/,summarise.c summarise_clocks.c \
               summarise_ledger.c summarise_pads.c summarise_recovery.c summarise_scores.c \
               summarise_ticks.c summarise_times.c)
-include analysis/interval.mk
