# SPDX-License-Identifier: GPL-3.0-or-later
LIB_SRCS += reports/escape.c reports/format.c reports/plot.c reports/drift_text.c reports/drift_json.c \
            reports/drift_page.c reports/drift_markdown.c reports/drift_rows.c reports/drift_power.c reports/model.c \
            reports/model_cells.c reports/model_exits.c reports/model_clocks.c reports/model_times.c \
            reports/model_ledger.c reports/html_ledger.c \
            reports/model_recovery.c reports/html_recovery.c \
            reports/wording.c reports/differences.c reports/export.c \
            reports/terminal.c reports/table.c reports/style.c reports/html.c \
            reports/html_figures.c reports/html_plots.c reports/html_exits.c \
            reports/html_clocks.c reports/html_figure.c reports/html_summary.c reports/html_tails.c reports/html_uncertainty.c \
            reports/html_validity.c reports/markdown.c reports/markdown_clocks.c reports/markdown_trust.c reports/budget.c reports/heads.c \
            reports/model_certificates.c reports/html_certificates.c reports/tails.c reports/csv.c \
            reports/json.c reports/hyperfine.c reports/pdf.c \
            reports/comparison.c reports/comparison_data.c reports/trial.c \
            reports/model_scores.c reports/scores.c reports/html_scores.c
# The assembler includes it; the compiler's dependency file does not know.
$(BUILD)/host/reports/style.o: reports/templates/page.css reports/templates/sort.js
