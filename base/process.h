/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * base/process.h - child processes that never outlive us.
 *
 * A child gets SIGKILL when its parent dies (prctl PR_SET_PDEATHSIG, checked against the race
 * of a parent that died before) and its own process group, so that a terminal's ^C reaches us
 * alone and we end it in order.
 */
#ifndef ETALON_BASE_PROCESS_H
#define ETALON_BASE_PROCESS_H

#include <sys/types.h>

#include "base/err.h"

/* Start argv[0] (searched in PATH), standard input from /dev/null, standard output and error
 * appended to `log` (NULL: inherited). */
int process_start(char *const argv[], const char *log, pid_t *pid, struct err *e);

/* As process_start(), but standard input and output are *talk, a socket that is the caller's to close;
 * closing it is how such a child is told to end. Standard error goes to `log`. */
int process_start_talking(char *const argv[], const char *log, pid_t *pid, int *talk,
                          struct err *e);

/* The end of a log, for the text of an error; "" where there is none. */
void process_quote_log(const char *log, char *out, size_t size);

/* Fork without exec under the same rules; the child runs child(arg) and _exits with it. */
int process_fork(int (*child)(void *arg), void *arg, pid_t *pid, struct err *e);

/* Wait at most timeout_ms (-1: for ever, 0: look only). 1 ended (*status as waitpid()), 0 still
 * running, negative error. */
int process_wait(pid_t pid, int timeout_ms, int *status, struct err *e);

/* SIGTERM to the group, after grace_ms SIGKILL; reaps. Fine with a child already gone. */
void process_stop(pid_t pid, int grace_ms);

/* Start and wait; an exit status other than 0 is an error that quotes the end of its output. */
int process_run(char *const argv[], const char *log, struct err *e);

#endif
