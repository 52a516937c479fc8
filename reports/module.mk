# SPDX-License-Identifier: GPL-3.0-or-later
LIB_SRCS += $(addprefix reports/,budget.c comparison.c comparison_data.c csv.c differences.c \
               escape.c export.c format.c gnuplot.c heads.c hyperfine.c json.c markdown.c \
               markdown_clocks.c markdown_trust.c pdf.c plot.c scores.c table.c tails.c \
               terminal.c trial.c wording.c)
LIB_SRCS += $(addprefix reports/drift/,drift_json.c drift_markdown.c drift_page.c \
               drift_power.c drift_rows.c drift_text.c)
LIB_SRCS += $(addprefix reports/html/,html.c html_certificates.c html_clocks.c html_exits.c \
               html_figure.c html_figures.c html_ledger.c html_plots.c html_recovery.c \
               html_scores.c html_summary.c html_tails.c html_uncertainty.c html_validity.c \
               style.c)
LIB_SRCS += $(addprefix reports/model/,model.c model_cells.c model_certificates.c \
               model_clocks.c model_exits.c model_ledger.c model_recovery.c model_scores.c \
               model_times.c)
# The assembler includes it; the compiler's dependency file does not know.
$(BUILD)/host/reports/html/style.o: reports/html/templates/page.css reports/html/templates/sort.js
