/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/gnuplot.c - gnuplot at the other end of a socket; see gnuplot.h.
 *
 * It is told to load a program (from a file: of its standard input it reads byte by byte) and writes
 * the drawing to its standard output, then a line that says so. What it says of an error goes to a
 * file, for the error's text.
 */
#include "reports/gnuplot.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/process.h"

/* Printed behind each program: no drawing has a line like it, XML having no such character. */
#define DONE "\001"

static struct {
    pid_t pid; /* 0: it does not run */
    int talk;
    FILE *from;
    char dir[512], log[600], program[600];
} drawer;

const char *gnuplot_unavailable(void)
{
    const char *path = getenv("PATH");
    char file[PATH_MAX];

    while (path && *path) {
        size_t n = strcspn(path, ":");

        snprintf(file, sizeof(file), "%.*s/gnuplot", (int)n, path);
        if (!access(file, X_OK))
            return NULL;
        path += n + (path[n] == ':');
    }
    return "gnuplot is not here: apt-get install gnuplot-nox";
}

static int start(struct err *e)
{
    char *argv[] = {(char *)"gnuplot", (char *)"-", NULL};
    int rc = paths_make_temporary(drawer.dir, sizeof(drawer.dir), e);

    if (rc)
        return rc;
    snprintf(drawer.log, sizeof(drawer.log), "%s/log", drawer.dir);
    snprintf(drawer.program, sizeof(drawer.program), "%s/plot.gp", drawer.dir);
    rc = process_start_talking(argv, drawer.log, &drawer.pid, &drawer.talk, e);
    if (rc) {
        drawer.pid = 0;
        paths_remove_tree(drawer.dir, NULL);
        return rc;
    }
    drawer.from = fdopen(drawer.talk, "r");
    if (drawer.from)
        return 0;
    close(drawer.talk);
    gnuplot_end();
    return err_set(e, ERR_IO, "out of memory");
}

void gnuplot_end(void)
{
    if (!drawer.pid)
        return;
    if (drawer.from)
        fclose(drawer.from); /* the socket with it, at whose end it leaves */
    drawer.from = NULL;
    process_stop(drawer.pid, 1000);
    drawer.pid = 0;
    paths_remove_tree(drawer.dir, NULL);
}

/* Without the signal that a write to a gnuplot that has ended would raise. */
static int say(const char *text)
{
    size_t left = strlen(text);

    while (left) {
        const ssize_t n = send(drawer.talk, text, left, MSG_NOSIGNAL);

        if (n <= 0)
            return -1;
        text += n;
        left -= (size_t)n;
    }
    return 0;
}

/* 0 when it has said that it is done, and has drawn something. */
static int listen_to(FILE *out)
{
    char *line = NULL;
    size_t size = 0;
    int done = 0, drawn = 0;

    while (!done && getline(&line, &size, drawer.from) > 0) {
        done = !strcmp(line, DONE "\n");
        drawn |= !strcmp(line, "</svg>\n");
        if (!done)
            fputs(line, out);
    }
    free(line);
    return done && drawn ? 0 : -1;
}

/* In plain C: durable, as file_write() makes it, it need not be. */
static int leave_program(const char *program, struct err *e)
{
    FILE *f = fopen(drawer.program, "we");
    const int failed = !f || fputs(program, f) < 0;

    if ((f && fclose(f)) || failed)
        return err_set_errno(e, ERR_IO, errno, "cannot write %s", drawer.program);
    return 0;
}

static int have_it_drawn(FILE *out)
{
    char line[700];

    /* `unset output` closes the drawing */
    snprintf(line, sizeof(line),
             "reset session\nload '%s'\nunset output\nset print '-'\nprint \"" DONE "\"\n"
             "unset print\n",
             drawer.program);
    return say(line) || listen_to(out) ? -1 : 0;
}

int gnuplot_draw(const char *program, char **svg, struct err *e)
{
    size_t size = 0;
    FILE *out;
    char why[320];
    int rc = drawer.pid ? 0 : start(e);

    *svg = NULL;
    if (!rc)
        rc = leave_program(program, e);
    out = rc ? NULL : open_memstream(svg, &size);
    if (!rc && !out)
        rc = err_set(e, ERR_IO, "out of memory");
    if (!rc && have_it_drawn(out))
        rc = 1;
    if (out && fclose(out))
        rc = err_set(e, ERR_IO, "out of memory");
    if (!rc)
        return 0;
    free(*svg);
    *svg = NULL;
    if (rc > 0) {
        process_stop(drawer.pid, 1000); /* so that all it said is there */
        process_quote_log(drawer.log, why, sizeof(why));
        rc = err_set(e, ERR_IO, "gnuplot failed: %s", why);
    }
    gnuplot_end();
    return rc;
}
