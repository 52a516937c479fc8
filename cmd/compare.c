/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/compare.c - `etalon compare`: one campaign, or one entry of it, against another. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare/comparison.h"
#include "cmd/command.h"
#include "reports/comparison.h"

#define PATH_BYTES 4096

enum compare_format { COMPARE_TEXT, COMPARE_JSON, COMPARE_CSV };

struct compare_options {
    const char *db, *side[2], *aa;
    double fail_above, margin; /* NaN: not asked for */
    int steady_only;
    enum compare_format format;
};

/* A ratio on the command line; 0 if it is none of at least 1. */
static int compare_ratio(const char *text, double *out)
{
    char *end;

    *out = strtod(text, &end);
    return *text && !*end && isfinite(*out) && *out >= 1;
}

static int compare_parse(int argc, char **argv, struct compare_options *o)
{
    static const struct option options[] = {
        {"db", required_argument, NULL, 'd'},     {"fail-above", required_argument, NULL, 'f'},
        {"margin", required_argument, NULL, 'm'}, {"aa", required_argument, NULL, 'a'},
        {"steady-only", no_argument, NULL, 's'},  {"json", no_argument, NULL, 'j'},
        {"csv", no_argument, NULL, 'v'},          {0}};
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'd':
            o->db = optarg;
            break;
        case 'f':
        case 'm':
            if (!compare_ratio(optarg, c == 'f' ? &o->fail_above : &o->margin))
                return command_usage(&command_compare,
                                     "%s is a ratio of at least 1, such as 1.05, not \"%s\"",
                                     c == 'f' ? "--fail-above" : "--margin", optarg);
            break;
        case 'a':
            o->aa = optarg;
            break;
        case 's':
            o->steady_only = 1;
            break;
        case 'j':
        case 'v':
            if (o->format != COMPARE_TEXT)
                return command_usage(&command_compare, "--json and --csv exclude each other");
            o->format = c == 'j' ? COMPARE_JSON : COMPARE_CSV;
            break;
        default:
            return command_bad_option(&command_compare, argv);
        }
    }
    if (argc - optind != 2)
        return command_usage(&command_compare, "two sides are wanted, not %d", argc - optind);
    if (o->aa && !isnan(o->margin))
        return command_usage(&command_compare, "--margin and --aa exclude each other");
    o->side[0] = argv[optind];
    o->side[1] = argv[optind + 1];
    return EXIT_STATUS_DONE;
}

struct compare_place { /* a side of the command line, taken apart */
    char text[PATH_BYTES];
    const char *db;
    const char *campaign; /* NULL: the only one */
    const char *entry;    /* NULL: every one */
};

/* Cut `text` at its last `mark`; what follows, or NULL. */
static const char *compare_cut(char *text, char mark)
{
    char *found = strrchr(text, mark);

    if (found)
        *found++ = 0;
    return found;
}

/*
 * [DB][@CAMPAIGN][=ENTRY]. What stands alone is an entry with --db, else a database. The
 * campaign and the entry follow the last '@' and the last '=' behind the last '/' of the path.
 */
static int compare_locate(const char *db, const char *side, struct compare_place *out)
{
    char *name;

    if (db && !strpbrk(side, "@=")) {
        out->db = db;
        out->entry = side;
        return EXIT_STATUS_DONE;
    }
    if (snprintf(out->text, sizeof(out->text), "%s", side) >= (int)sizeof(out->text))
        return command_usage(&command_compare, "too long a name: %.40s…", side);
    name = strrchr(out->text, '/');
    name = name ? name + 1 : out->text;
    out->entry = compare_cut(name, '=');
    out->campaign = compare_cut(name, '@');
    if (db && *out->text)
        return command_usage(&command_compare, "\"%s\" names a database, and --db does, too",
                             side);
    out->db = *out->text ? out->text : db;
    if (!out->db)
        return command_usage(&command_compare, "\"%s\" names no database, and --db is missing",
                             side);
    return EXIT_STATUS_DONE;
}

struct compare_job {
    struct comparison_side side[2], aa_side;
    struct comparison result, aa;
    struct comparison_request request;
};

static int compare_read(const struct compare_options *o, const struct compare_place place[2],
                        const struct compare_place *aa, struct compare_job *job, struct err *e)
{
    struct comparison_request *r = &job->request;
    int rc = 0;

    *r = (struct comparison_request){
        .first = &job->side[0],
        .second = &job->side[1],
        .first_entry = place[0].entry,
        .second_entry = place[1].entry,
        .margin = o->margin,
        .setting = {o->steady_only, bootstrap_default},
    };
    for (int i = 0; !rc && i < 2; i++)
        rc = comparison_side_read(place[i].db, place[i].campaign, &job->side[i], e);
    if (!rc && o->aa) {
        rc = comparison_side_read(aa->db, aa->campaign, &job->aa_side, e);
        if (!rc)
            rc = comparison_against_itself(&job->aa_side, &job->aa, e);
        r->against_itself = &job->aa;
    }
    return rc ? rc : comparison_make(r, &job->result, e);
}

static int compare_write(const struct compare_options *o, const struct compare_job *job,
                         struct err *e)
{
    if (o->format == COMPARE_JSON)
        comparison_write_json(&job->request, &job->result, o->fail_above, stdout);
    else if (o->format == COMPARE_CSV)
        comparison_write_csv(&job->result, stdout);
    else
        comparison_write_text(&job->request, &job->result, stdout);
    if (fflush(stdout) != 0 || ferror(stdout))
        return err_set(e, ERR_IO, "cannot write to standard output");
    return 0;
}

static int compare_judge(const struct compare_options *o, const struct compare_job *job)
{
    const struct comparison_failures n = comparison_failures(&job->result, o->fail_above);

    if (isnan(o->fail_above) || n.slower + n.broken == 0)
        return EXIT_STATUS_DONE;
    fprintf(stderr, "etalon: compare: %zu slower by more than %g, %zu without a figure\n",
            n.slower, o->fail_above, n.broken);
    return EXIT_STATUS_VERDICT;
}

static int compare_run(int argc, char **argv)
{
    struct compare_options o = {.fail_above = NAN, .margin = NAN};
    struct compare_place place[2] = {0}, aa = {0};
    struct compare_job job;
    struct err e = {0};
    int status = compare_parse(argc, argv, &o);

    for (int i = 0; status == EXIT_STATUS_DONE && i < 2; i++)
        status = compare_locate(o.db, o.side[i], &place[i]);
    if (status == EXIT_STATUS_DONE && o.aa) {
        status = compare_locate(NULL, o.aa, &aa);
        if (status == EXIT_STATUS_DONE && aa.entry)
            status = command_usage(&command_compare, "--aa takes a campaign and no entry");
    }
    if (status != EXIT_STATUS_DONE)
        return status;
    memset(&job, 0, sizeof(job));
    if (compare_read(&o, place, &aa, &job, &e) != 0 || compare_write(&o, &job, &e) != 0)
        status = command_fail(&command_compare, &e);
    else
        status = compare_judge(&o, &job);
    comparison_release(&job.result);
    comparison_release(&job.aa);
    for (int i = 0; i < 2; i++)
        comparison_side_release(&job.side[i]);
    comparison_side_release(&job.aa_side);
    return status;
}

const struct command command_compare = {
    .name = "compare",
    .summary = "compare platforms, campaigns or databases; for a CI, too",
    .usage =
        "etalon compare [--db FILE] FIRST SECOND [--fail-above RATIO]\n"
        "       [--margin RATIO | --aa FILE[@CAMPAIGN]] [--steady-only] [--json | --csv]\n\n"
        "A side is [FILE][@CAMPAIGN][=ENTRY]: a database, a campaign in it, a platform of "
        "it.\n"
        "With --db a name alone is an entry:\n\n"
        "  etalon compare --db out/demo.db native kvm\n"
        "  etalon compare base.db new.db --fail-above 1.05\n"
        "  etalon compare base.db=vmm-bare new.db=vmm-bare:patched\n"
        "  etalon compare --db all.db @monday @tuesday\n\n"
        "Per workload: the second's time for the same work over the first's, its interval, "
        "the\n"
        "ratio of medians, rank test, p after Holm over all rows, and a verdict: slower, "
        "faster,\n"
        "equivalent (within the margin), equal (exact), not distinguishable, not comparable\n"
        "(with the reason). Other grades or other work are never compared.\n\n"
        "--fail-above  exit status 1 if a row is slower by more than RATIO, or the second "
        "side\n"
        "              has no figure where the first has one\n"
        "--margin      differences within RATIO do not matter\n"
        "--aa          margins, workload by workload, from a run of one platform against "
        "itself\n"
        "--steady-only leave out what came before each boot's steady state\n",
    .run = compare_run,
};
