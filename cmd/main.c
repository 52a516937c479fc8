/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/main.c - `etalon`: finds the subcommand and hands over. */
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "cmd/command.h"

static const struct command *const commands[] = {
    &command_doctor,    &command_list,  &command_run,    &command_status,
    &command_summarise, &command_drift, &command_report, &command_compare,
    &command_export,    &command_open,  &command_lab,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static int exit_status_of(int code)
{
    switch (code) {
    case ERR_OK:
        return EXIT_STATUS_DONE;
    case ERR_UNAVAILABLE:
        return EXIT_STATUS_UNAVAILABLE;
    case ERR_INTERRUPTED:
        return EXIT_STATUS_INTERRUPTED;
    case ERR_USAGE:
        return EXIT_STATUS_USAGE;
    default:
        /* A full disk, a damaged database: the user's place to mend, so the status of a
         * configuration that cannot work. */
        return EXIT_STATUS_USAGE;
    }
}

int command_fail(const struct command *c, const struct err *e)
{
    fprintf(stderr, "etalon: %s: %s\n", c->name, e->text);
    return exit_status_of(e->code);
}

int command_usage(const struct command *c, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "etalon: %s: ", c->name);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "; see `etalon %s --help`\n", c->name);
    return EXIT_STATUS_USAGE;
}

int command_bad_option(const struct command *c, char **argv)
{
    return command_usage(c, "unknown option or missing argument: %s", argv[optind - 1]);
}

static void help(FILE *out)
{
    fprintf(out, "usage: etalon COMMAND [ARGUMENTS]\n\n"
                 "Etalon measures what a hypervisor costs, with a clock the hypervisor cannot "
                 "touch.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-9s  %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out,
            "\n`etalon COMMAND --help` and the manual page etalon-COMMAND(1) say more.\n"
            "Exit status: 0 done, 1 done with a fail verdict, 2 usage or configuration,\n"
            "3 something needed is unavailable (it is named), 4 interrupted and resumable.\n");
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a closed pager or link is an error of write(), not death */
    if (argc < 2) {
        help(stderr);
        return EXIT_STATUS_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        help(stdout);
        return fflush(stdout) == 0 ? EXIT_STATUS_DONE : EXIT_STATUS_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("etalon %s\n", ETALON_VERSION);
        return EXIT_STATUS_DONE;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i]->name) != 0)
            continue;
        if (argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0)) {
            printf("usage: %s", commands[i]->usage);
            return fflush(stdout) == 0 ? EXIT_STATUS_DONE : EXIT_STATUS_USAGE;
        }
        return commands[i]->run(argc - 1, argv + 1);
    }
    fprintf(stderr, "etalon: no command \"%s\"; see `etalon --help`\n", argv[1]);
    return EXIT_STATUS_USAGE;
}
