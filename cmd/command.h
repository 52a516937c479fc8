/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd/command.h - the seam of subcommands. Only cmd/ prints and decides exit statuses.
 *
 * One file is one subcommand; cmd/main.c holds the table. Help goes to standard output, errors
 * to standard error as "etalon: COMMAND: sentence".
 */
#ifndef ETALON_CMD_COMMAND_H
#define ETALON_CMD_COMMAND_H

#include "base/err.h"

enum exit_status {
    EXIT_STATUS_DONE = 0,
    EXIT_STATUS_VERDICT = 1,     /* done, and something has the verdict fail */
    EXIT_STATUS_USAGE = 2,       /* command line or campaign file */
    EXIT_STATUS_UNAVAILABLE = 3, /* something needed is missing; it is named */
    EXIT_STATUS_INTERRUPTED = 4, /* resumable with --resume */
};

struct command {
    const char *name;
    const char *summary;               /* one line of `etalon --help` */
    const char *usage;                 /* whole help text; the first line is the synopsis */
    int (*run)(int argc, char **argv); /* argv[0] is the subcommand; returns exit_status */
};

extern const struct command command_doctor, command_list, command_run, command_status,
    command_summarise, command_drift, command_report, command_compare, command_export,
    command_open, command_lab;

/* Print "etalon: NAME: text" and turn the code into an exit status. */
int command_fail(const struct command *c, const struct err *e);

/* Wrong use: prints the sentence and where help is; EXIT_STATUS_USAGE. */
int command_usage(const struct command *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* For getopt_long()'s '?' and ':'; prints what was wrong with argv[optind-1]. */
int command_bad_option(const struct command *c, char **argv);

#endif
