/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/drift.c - `etalon drift`: what clocks are worth, of a campaign or of a file of pairs. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/clock/drift.h"
#include "analysis/query/query.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/paths.h"
#include "cmd/command.h"
#include "reports/drift/drift.h"
#include "reports/gnuplot.h"

struct drift_options {
    const char *db, *input, *campaign, *certificate;
    struct drift_filter filter;
    int json, samples, power;
    struct detection_setting setting;
    double length_s;
};

static int drift_parse_boot(struct drift_options *o, const char *text)
{
    char *end;

    o->filter.boot = strtoll(text, &end, 10);
    if (end == text || *end || o->filter.boot < 0)
        return command_usage(&command_drift, "--boot is the number of a boot, not \"%s\"",
                             text);
    return EXIT_STATUS_DONE;
}

/* A number from `least` to `most`, all of the text. */
static int drift_parse_number(const char *option, const char *text, double least, double most,
                              double *out)
{
    char *end;

    *out = strtod(text, &end);
    if (end == text || *end || !(*out >= least && *out <= most))
        return command_usage(&command_drift, "--%s is a number from %g to %g, not \"%s\"",
                             option, least, most, text);
    return EXIT_STATUS_DONE;
}

static int drift_parse_trials(struct drift_options *o, const char *text)
{
    double trials;
    int status = drift_parse_number("trials", text, DETECTION_SCOUTS, 100000, &trials);

    if (!status)
        o->setting.trials = (unsigned)trials;
    return status;
}

static int drift_check(const struct drift_options *o)
{
    if (!o->db == !o->input)
        return command_usage(&command_drift, "either --db FILE or --input FILE is wanted");
    if (o->input &&
        (o->campaign || o->filter.boot >= 0 || o->filter.platform || o->filter.clock))
        return command_usage(&command_drift, "--input has one clock: --campaign, --boot, "
                                             "--platform and --clock go with --db");
    if (o->json && o->samples)
        return command_usage(&command_drift, "either --json or --samples");
    if (!o->power && (o->length_s > 0 || o->setting.trials != detection_default.trials))
        return command_usage(&command_drift, "--trials and --length go with --power");
    if (o->power && o->samples)
        return command_usage(&command_drift,
                             "--samples has no place for --power: take --json");
    return EXIT_STATUS_DONE;
}

static int drift_parse(int argc, char **argv, struct drift_options *o)
{
    static const struct option options[] = {{"db", required_argument, NULL, 'd'},
                                            {"input", required_argument, NULL, 'i'},
                                            {"campaign", required_argument, NULL, 'c'},
                                            {"certificate", required_argument, NULL, 'r'},
                                            {"boot", required_argument, NULL, 'b'},
                                            {"platform", required_argument, NULL, 'p'},
                                            {"clock", required_argument, NULL, 'k'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"samples", no_argument, NULL, 's'},
                                            {"power", no_argument, NULL, 'w'},
                                            {"trials", required_argument, NULL, 't'},
                                            {"length", required_argument, NULL, 'l'},
                                            {0}};
    int c, status = EXIT_STATUS_DONE;

    opterr = 0;
    while (!status && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'd':
            o->db = optarg;
            break;
        case 'i':
            o->input = optarg;
            break;
        case 'c':
            o->campaign = optarg;
            break;
        case 'r':
            o->certificate = optarg;
            break;
        case 'b':
            status = drift_parse_boot(o, optarg);
            break;
        case 'p':
            o->filter.platform = optarg;
            break;
        case 'k':
            o->filter.clock = optarg;
            break;
        case 'j':
            o->json = 1;
            break;
        case 's':
            o->samples = 1;
            break;
        case 'w':
            o->power = 1;
            break;
        case 't':
            status = drift_parse_trials(o, optarg);
            break;
        case 'l':
            status = drift_parse_number("length", optarg, 1e-9, 1e9, &o->length_s);
            break;
        default:
            return command_bad_option(&command_drift, argv);
        }
    }
    if (!status && optind < argc)
        return command_usage(&command_drift, "unexpected argument \"%s\"", argv[optind]);
    return status ? status : drift_check(o);
}

static int drift_put(const char *dir, const char *name, const char *ending, const char *text,
                     size_t size, struct err *e)
{
    char path[4096];
    int rc;

    if ((size_t)snprintf(path, sizeof(path), "%s/%s.%s", dir, name, ending) >= sizeof(path))
        return err_set(e, ERR_USAGE, "the folder's name is too long: %s", dir);
    rc = file_write(path, text, size, e);
    if (rc == 0)
        fprintf(stderr, "%s\n", path);
    return rc;
}

static int drift_certify(const char *dir, const struct drift_head *head,
                         const struct drift_set *set, size_t i, int page, struct err *e)
{
    char name[DRIFT_NAME_BYTES], *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    int rc = 0;

    if (!f)
        return err_set(e, ERR_IO, "out of memory");
    if (page)
        rc = drift_write_page(f, head, set, i, NULL, e);
    else
        drift_write_markdown(f, head, set, i);
    if (fclose(f) != 0 && rc == 0)
        rc = err_set(e, ERR_IO, "out of memory");
    drift_certificate_name(&set->clock[i], name);
    if (rc == 0)
        rc = drift_put(dir, name, page ? "html" : "md", text, size, e);
    free(text);
    return rc;
}

static int drift_certificates(const char *dir, const struct drift_head *head,
                              const struct drift_set *set, struct err *e)
{
    const char *why = gnuplot_unavailable();
    int rc = why ? err_set(e, ERR_UNAVAILABLE, "%s", why) : paths_make_dirs(dir, e);

    for (size_t i = 0; rc == 0 && i < set->n; i++) {
        rc = drift_certify(dir, head, set, i, 1, e);
        if (rc == 0)
            rc = drift_certify(dir, head, set, i, 0, e);
    }
    gnuplot_end();
    return rc;
}

static int drift_show(const struct drift_options *o, const struct drift_head *head,
                      const struct drift_set *set, struct err *e)
{
    int rc = o->certificate ? drift_certificates(o->certificate, head, set, e) : 0;

    if (rc != 0)
        return rc;
    if (o->json)
        drift_write_json(stdout, head, set);
    else if (o->samples)
        drift_write_samples(stdout, set);
    else
        drift_write_text(stdout, head, set);
    if (fflush(stdout) != 0 || ferror(stdout))
        return err_set(e, ERR_IO, "cannot write to standard output");
    return 0;
}

static int drift_campaign(const struct drift_options *o, struct drift_set *set, struct err *e)
{
    struct query_campaign c;
    struct query *query = NULL;
    int rc = query_open(o->db, &query, e);

    if (rc == 0)
        rc = query_find_campaign(query, o->campaign, &c, e);
    if (rc == 0)
        rc = drift_read_campaign(query, &c, &o->filter, set, e);
    if (rc == 0 && set->n == 0 &&
        (o->filter.boot >= 0 || o->filter.platform || o->filter.clock))
        rc = err_set(e, ERR_USAGE, "no clock of campaign %s is that one", c.name);
    if (rc == 0 && o->power)
        rc = drift_find_power(set, &o->setting, o->length_s, e);
    if (rc == 0 && o->power && !o->filter.clock)
        rc = drift_find_steal_power(query, &c, set, &o->setting, e);
    if (rc == 0) {
        const struct drift_head head = {.campaign = c.name,
                                        .bench = c.bench,
                                        .hash = c.hash,
                                        .source = "",
                                        .evidence = "",
                                        .lab = c.ns_per_instruction > 0};

        rc = drift_show(o, &head, set, e);
    }
    query_close(query);
    return rc;
}

static int drift_file(const struct drift_options *o, struct drift_set *set, struct err *e)
{
    const char *slash = strrchr(o->input, '/');
    char hash[HASH_HEX_BYTES];
    int rc = hash_file(o->input, hash, e);

    if (rc == 0)
        rc = drift_read_pairs(o->input, set, e);
    if (rc == 0 && o->power)
        rc = drift_find_power(set, &o->setting, o->length_s, e);
    if (rc == 0) {
        const struct drift_head head = {.campaign = "",
                                        .bench = "",
                                        .hash = "",
                                        .source = slash ? slash + 1 : o->input,
                                        .evidence = hash};

        rc = drift_show(o, &head, set, e);
    }
    return rc;
}

static int drift_run(int argc, char **argv)
{
    struct drift_options o = {.filter = {.boot = -1}, .setting = detection_default};
    struct drift_set set = {0};
    struct err e = {0};
    int status = drift_parse(argc, argv, &o), rc, lies = 0;

    if (status != EXIT_STATUS_DONE)
        return status;
    rc = o.db ? drift_campaign(&o, &set, &e) : drift_file(&o, &set, &e);
    for (size_t i = 0; i < set.n; i++)
        lies |= set.clock[i].a.verdict == CLOCK_ABERRANT;
    for (size_t i = 0; i < set.closures; i++)
        lies |= !set.closure[i].closes;
    drift_free(&set);
    if (rc != 0)
        return command_fail(&command_drift, &e);
    return lies ? EXIT_STATUS_VERDICT : EXIT_STATUS_DONE;
}

const struct command command_drift = {
    .name = "drift",
    .summary = "what clocks are worth: offset, skew, stability, events, verdict",
    .usage =
        "etalon drift --db FILE [--campaign NAME] [--boot N] [--platform NAME]\n"
        "                    [--clock NAME] [--json | --samples] [--certificate DIR]\n"
        "                    [--power [--trials N] [--length SECONDS]]\n"
        "       etalon drift --input PAIRS.csv [--json | --samples] [--certificate DIR]\n"
        "                    [--power [--trials N] [--length SECONDS]]\n\n"
        "Judges every guest clock of a campaign, or the clock of any file of lines\n"
        "reference_ns,clock_ns[,bracket_ns], against true time: skew with its interval,\n"
        "jumps, steps back and freezes with time and size, stability (ADEV to MTIE), a\n"
        "verdict a clock and a reading, and whether the clocks of a boot agree with each\n"
        "other. --json has the columns of the view clocks and all the rest; --samples a line\n"
        "of CSV a reading. --certificate writes a page (HTML and Markdown) for each clock.\n"
        "--power says how small a rate, step, step back, freeze or steal would be found, by\n"
        "injecting them into clean readings; it takes seconds a clock, minutes a campaign.\n"
        "Exit status 1 if a clock is aberrant or the clocks do not agree.\n",
    .run = drift_run,
};
