/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/comparison_data.c - a comparison as CSV and JSON; see comparison.h.
 *
 * Both have the same columns: one table says what they are.
 */
#include <math.h>
#include <stdlib.h>

#include "reports/comparison.h"
#include "reports/escape.h"

enum kind { TEXT, NUMBER, COUNT, FLAG };

struct value { /* of the kind its column says */
    const char *text;
    double number;
    size_t count;
};

struct named_column {
    const char *name;
    enum kind kind;
    struct value (*get)(const struct comparison_row *row);
};

static const struct gather_run *named(const struct comparison_row *row)
{
    return row->first ? row->first : row->second;
}

static struct value of_text(const char *text)
{
    return (struct value){.text = text};
}

static struct value of_number(double number)
{
    return (struct value){.number = number};
}

static struct value of_count(size_t count)
{
    return (struct value){.count = count};
}

static const char *entry_text(const struct gather_run *r, int variant)
{
    return !r ? NULL : variant ? r->variant : r->platform;
}

#define GET(name, make, expression)                                                           \
    static struct value get_##name(const struct comparison_row *row)                          \
    {                                                                                         \
        return make(expression);                                                              \
    }

GET(workload, of_text, named(row)->workload)
GET(param, of_text, named(row)->param)
GET(metric, of_text, named(row)->metric)
GET(unit, of_text, named(row)->unit)
GET(first_platform, of_text, entry_text(row->first, 0))
GET(first_variant, of_text, entry_text(row->first, 1))
GET(second_platform, of_text, entry_text(row->second, 0))
GET(second_variant, of_text, entry_text(row->second, 1))
GET(first_value, of_number,
    row->result.first.n ? gather_value(row->first, row->result.first.median_ns) : NAN)
GET(second_value, of_number,
    row->result.second.n ? gather_value(row->second, row->result.second.median_ns) : NAN)
GET(first_boots, of_count, row->result.first.boots)
GET(second_boots, of_count, row->result.second.boots)
GET(first_n, of_count, row->result.first.n)
GET(second_n, of_count, row->result.second.n)
GET(first_basis, of_text, summary_basis_name(row->result.first.basis))
GET(second_basis, of_text, summary_basis_name(row->result.second.basis))
GET(first_unsettled, of_count, row->result.first.unsettled)
GET(second_unsettled, of_count, row->result.second.unsettled)
GET(first_warm, of_count, row->result.first.warm)
GET(second_warm, of_count, row->result.second.warm)
GET(first_two_modes, of_count, (size_t)row->result.first.modes.two)
GET(second_two_modes, of_count, (size_t)row->result.second.modes.two)
GET(exact, of_count, (size_t)row->result.exact)
GET(ratio, of_number, row->result.ratio.ratio)
GET(ratio_low, of_number, row->result.ratio.low)
GET(ratio_high, of_number, row->result.ratio.high)
GET(medians, of_number, row->result.medians.value)
GET(medians_low, of_number, row->result.medians.low)
GET(medians_high, of_number, row->result.medians.high)
GET(rank_u, of_number, row->result.rank.u)
GET(rank_p, of_number, row->result.rank.p)
GET(p, of_number, row->result.p)
GET(p_holm, of_number, row->result.adjusted)
GET(margin, of_number, row->result.margin)
GET(p_equivalent, of_number, row->result.p_equivalent)
GET(p_equivalent_holm, of_number, row->result.adjusted_equivalent)
GET(verdict, of_text, compare_verdict_name(row->result.verdict))
GET(reason, of_text, row->result.why)
GET(broken, of_count, (size_t)row->result.broken)

#define COLUMN(name, kind)                                                                    \
    {                                                                                         \
#name, kind, get_##name                                                               \
    }

static const struct named_column columns[] = {
    COLUMN(workload, TEXT),
    COLUMN(param, TEXT),
    COLUMN(metric, TEXT),
    COLUMN(unit, TEXT),
    COLUMN(first_platform, TEXT),
    COLUMN(first_variant, TEXT),
    COLUMN(second_platform, TEXT),
    COLUMN(second_variant, TEXT),
    COLUMN(first_value, NUMBER),
    COLUMN(second_value, NUMBER),
    COLUMN(first_boots, COUNT),
    COLUMN(second_boots, COUNT),
    COLUMN(first_n, COUNT),
    COLUMN(second_n, COUNT),
    COLUMN(first_basis, TEXT),
    COLUMN(second_basis, TEXT),
    COLUMN(first_unsettled, COUNT),
    COLUMN(second_unsettled, COUNT),
    COLUMN(first_warm, COUNT),
    COLUMN(second_warm, COUNT),
    COLUMN(first_two_modes, FLAG),
    COLUMN(second_two_modes, FLAG),
    COLUMN(exact, FLAG),
    COLUMN(ratio, NUMBER),
    COLUMN(ratio_low, NUMBER),
    COLUMN(ratio_high, NUMBER),
    COLUMN(medians, NUMBER),
    COLUMN(medians_low, NUMBER),
    COLUMN(medians_high, NUMBER),
    COLUMN(rank_u, NUMBER),
    COLUMN(rank_p, NUMBER),
    COLUMN(p, NUMBER),
    COLUMN(p_holm, NUMBER),
    COLUMN(margin, NUMBER),
    COLUMN(p_equivalent, NUMBER),
    COLUMN(p_equivalent_holm, NUMBER),
    COLUMN(verdict, TEXT),
    COLUMN(reason, TEXT),
    COLUMN(broken, FLAG),
};

#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

/* The fewest digits that read back as the same double; nothing for what is not a number. */
static void put_number(FILE *f, double x, const char *none)
{
    char text[40];

    if (!isfinite(x)) {
        fputs(none, f);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    fputs(text, f);
}

void comparison_write_csv(const struct comparison *c, FILE *f)
{
    for (size_t k = 0; k < COLUMN_COUNT; k++)
        fprintf(f, "%s%s", k ? "," : "", columns[k].name);
    fputc('\n', f);
    for (size_t i = 0; i < c->rows; i++) {
        for (size_t k = 0; k < COLUMN_COUNT; k++) {
            const struct value v = columns[k].get(&c->row[i]);

            fputs(k ? "," : "", f);
            if (columns[k].kind == TEXT)
                escape_csv(f, v.text);
            else if (columns[k].kind == NUMBER)
                put_number(f, v.number, "");
            else
                fprintf(f, "%zu", v.count);
        }
        fputc('\n', f);
    }
}

static void put_row(FILE *f, const struct comparison_row *row)
{
    for (size_t k = 0; k < COLUMN_COUNT; k++) {
        const struct value v = columns[k].get(row);

        fprintf(f, "%s\"%s\": ", k ? ", " : "{", columns[k].name);
        if (columns[k].kind == TEXT)
            escape_json(f, v.text);
        else if (columns[k].kind == NUMBER)
            put_number(f, v.number, "null");
        else if (columns[k].kind == COUNT)
            fprintf(f, "%zu", v.count);
        else
            fputs(v.count ? "true" : "false", f);
    }
    fputc('}', f);
}

static void put_side(FILE *f, const char *name, const struct query_campaign *c)
{
    fprintf(f, "\"%s\": {\"campaign\": ", name);
    escape_json(f, c->name);
    fputs(", \"hash\": ", f);
    escape_json(f, c->hash);
    fputs(", \"bench\": ", f);
    escape_json(f, c->bench);
    fprintf(f, ", \"deterministic\": %s, \"ns_per_instruction\": ",
            c->deterministic ? "true" : "false");
    put_number(f, c->ns_per_instruction, "null");
    fputs("},\n", f);
}

void comparison_write_json(const struct comparison_request *request,
                           const struct comparison *c, double fail_above, FILE *f)
{
    const struct comparison_failures n = comparison_failures(c, fail_above);

    fputs("{", f);
    put_side(f, "first", &request->first->campaign);
    put_side(f, "second", &request->second->campaign);
    fputs("\"alpha\": ", f);
    put_number(f, COMPARE_ALPHA, "null");
    fprintf(f, ", \"steady_only\": %s, \"fail_above\": ",
            request->setting.steady_only ? "true" : "false");
    put_number(f, fail_above, "null");
    fprintf(f, ", \"slower_than_allowed\": %zu, \"broken\": %zu,\n\"rows\": [", n.slower,
            n.broken);
    for (size_t i = 0; i < c->rows; i++) {
        fputs(i ? ",\n " : "\n ", f);
        put_row(f, &c->row[i]);
    }
    fputs("]}\n", f);
}
