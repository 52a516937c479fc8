/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/lab/run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/sys.h"
#include "bench/lab/machine.h"
#include "probe/probe.h"

#define RUN_DIR "lab"
#define RUN_LINK "timer"
#define RUN_START_MS 20000 /* host time a process may take to start, on a busy computer */
#define RUN_END_MS 10000   /* and to end once it has been told to */
#define RUN_GRACE_MS 2000

struct run {
    const struct bench_boot *boot;
    char work[PATH_MAX];      /* absolute */
    char dir[PATH_MAX + 16];  /* work/RUN_DIR */
    char link[PATH_MAX + 32]; /* the timer's line */
    char log[PATH_MAX + 32];
    pid_t timer, qemu; /* 0: not running */
    int timer_status, qemu_status;
    int frames;
    const struct probe_ops *probe_ops;
    struct probe *probe;
    struct probe_sink sink;
    struct err sink_error;
    struct machine_command command;
};

static int64_t run_now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int run_take_bytes(void *opaque, const uint8_t *data, size_t n)
{
    struct run *r = opaque;

    return file_write_all(r->frames, data, n, BENCH_FRAMES_FILE, &r->sink_error);
}

/* --- setting up --- */

static int run_link(const struct run *r, const char *target, const char *name, struct err *e)
{
    char real[PATH_MAX], path[PATH_MAX + 64];

    if (!realpath(target, real))
        return err_set_errno(e, ERR_UNAVAILABLE, errno, "%s", target);
    snprintf(path, sizeof(path), "%s/%s", r->dir, name);
    if (symlink(real, path) != 0)
        return err_set_errno(e, ERR_IO, errno, "cannot create %s", path);
    return 0;
}

static int run_lay_out(struct run *r, struct err *e)
{
    const struct machine_spec *m = r->boot->machine;
    char part[PATH_MAX], name[32];
    int rc;

    if (!realpath(r->boot->work_dir, r->work))
        return err_set_errno(e, ERR_IO, errno, "%s", r->boot->work_dir);
    snprintf(r->dir, sizeof(r->dir), "%s/" RUN_DIR, r->work);
    snprintf(r->link, sizeof(r->link), "%s/" RUN_LINK, r->dir);
    snprintf(r->log, sizeof(r->log), "%s/" BENCH_MACHINE_FILE, r->work);
    rc = paths_make_dirs(r->dir, e);
    if (rc == 0)
        rc = paths_find("etalon-card.so", part, sizeof(part), e);
    if (rc == 0)
        rc = run_link(r, part, MACHINE_CARD, e);
    if (rc == 0)
        rc = run_link(r, m->kernel, MACHINE_KERNEL, e);
    for (unsigned i = 0; rc == 0 && i < m->modules; i++) {
        snprintf(name, sizeof(name), MACHINE_MODULE, i);
        rc = run_link(r, m->module[i].path, name, e);
    }
    if (rc == 0 && r->boot->plan_text) {
        snprintf(part, sizeof(part), "%.4000s/" MACHINE_PLAN, r->dir);
        rc = file_write(part, r->boot->plan_text, strlen(r->boot->plan_text), e);
    }
    if (rc != 0)
        return rc;
    snprintf(part, sizeof(part), "%.4000s/" BENCH_FRAMES_FILE, r->work);
    r->frames = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (r->frames < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot create %s", part);
    return 0;
}

/* Start argv in the boot's folder. The shell only changes folder: it is replaced. */
static int run_start(const struct run *r, char *const argv[], pid_t *pid, struct err *e)
{
    char *words[96] = {"sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh",
                       (char *)(uintptr_t)r->dir};
    unsigned n = 5;

    for (unsigned i = 0; argv[i]; i++) {
        if (n + 1 >= sizeof(words) / sizeof(words[0]))
            return err_set(e, ERR_BUG, "too many words for %s", argv[0]);
        words[n++] = argv[i];
    }
    return process_start(words, r->log, pid, e);
}

static void run_quote_log(const struct run *r, char *out, size_t size)
{
    char *text;
    size_t n, used = 0;

    out[0] = '\0';
    if (file_read(r->log, &text, &n, NULL) != 0)
        return;
    for (size_t i = n > 300 ? n - 300 : 0; i < n && used + 1 < size; i++)
        out[used++] = text[i] == '\n' ? ' ' : text[i];
    while (used && out[used - 1] == ' ')
        used--;
    out[used] = '\0';
    free(text);
}

static int run_start_timer(struct run *r, struct err *e)
{
    char found[PATH_MAX], part[PATH_MAX], said[320];
    char error[32], phase[32], jitter[32], seed[32], reference[32];
    char *argv[] = {part,     "--socket",       MACHINE_SOCKET, "--link",
                    RUN_LINK, "--skew-ppb",     error,          "--phase-ps",
                    phase,    "--jitter-ps",    jitter,         "--seed",
                    seed,     "--reference-hz", reference,      NULL};
    const struct bench_timer *timer = &r->boot->timer;
    const struct timespec nap = {0, 2000000};
    int64_t deadline;
    int rc;

    snprintf(error, sizeof(error), "%" PRId64, timer->error_ppb);
    snprintf(jitter, sizeof(jitter), "%" PRIu64, timer->jitter_ps);
    snprintf(reference, sizeof(reference), "%" PRIu32, timer->reference_hz);
    snprintf(seed, sizeof(seed), "%" PRIu64, r->boot->seed);
    snprintf(phase, sizeof(phase), "%" PRIu64,
             timer->realistic ? r->boot->seed * 0x9E3779B97F4A7C15u >> 44 : 0);
    if (!timer->realistic)
        argv[5] = NULL;
    rc = paths_find("etalon-timer-sim", found, sizeof(found), e);
    if (rc == 0 && !realpath(found, part))
        rc = err_set_errno(e, ERR_UNAVAILABLE, errno, "%s", found);
    if (rc == 0)
        rc = run_start(r, argv, &r->timer, e);
    if (rc != 0)
        return rc;
    /* It makes the link last: when that is there, everything is ready. */
    deadline = run_now_ms() + RUN_START_MS;
    while (access(r->link, F_OK) != 0) {
        if (process_wait(r->timer, 0, &r->timer_status, NULL) != 0) {
            r->timer = 0;
            run_quote_log(r, said, sizeof(said));
            return err_set(e, ERR_IO, "the timer simulation ended at once: %s", said);
        }
        if (run_now_ms() > deadline)
            return err_set(e, ERR_IO, "the timer simulation was not ready within %d s",
                           RUN_START_MS / 1000);
        nanosleep(&nap, NULL);
    }
    return 0;
}

static int run_arm(struct run *r, struct err *e)
{
    char line[64]; /* the pseudo-terminal itself: its name is short whatever ours is */
    ssize_t n = readlink(r->link, line, sizeof(line) - 1);
    int rc;

    if (n <= 0)
        return err_set_errno(e, ERR_IO, errno, "%s", r->link);
    line[n] = '\0';
    r->probe_ops = probe_find("fpga-uart");
    if (!r->probe_ops)
        return err_set(e, ERR_BUG, "no probe fpga-uart");
    r->sink = (struct probe_sink){.bytes = run_take_bytes, .opaque = r};
    rc = r->probe_ops->open(line, &r->probe, e);
    if (rc == 0)
        rc = r->probe_ops->arm(r->probe, r->boot->nonce, &r->sink, e);
    return rc;
}

static int run_start_machine(struct run *r, struct err *e)
{
    char console[PATH_MAX + 32], console2[PATH_MAX + 32];
    int rc;

    snprintf(console, sizeof(console), "%s/" BENCH_CONSOLE_FILE, r->work);
    snprintf(console2, sizeof(console2), "%s/" BENCH_HYPERVISOR_FILE, r->work);
    rc = machine_build_command(r->boot, console, console2, &r->command, e);
    if (rc == 0)
        rc = run_start(r, r->command.argv, &r->qemu, e);
    return rc;
}

/* --- while it runs --- */

static int run_end(struct bench_outcome *o, enum bench_end end, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Returns 1: the boot has ended, and so it says. */
static int run_end(struct bench_outcome *o, enum bench_end end, const char *fmt, ...)
{
    va_list ap;

    o->end = end;
    va_start(ap, fmt);
    vsnprintf(o->reason, sizeof(o->reason), fmt, ap);
    va_end(ap);
    return 1;
}

static const char *run_describe_status(int status, char *out, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(out, size, "was ended by signal %d", WTERMSIG(status));
    else
        snprintf(out, size, "ended with status %d", WEXITSTATUS(status));
    return out;
}

/* One look at the link and both processes; 1 when the boot has ended. */
static int run_step(struct run *r, const int pidfd[2], int wait_ms, struct bench_outcome *o)
{
    int probe_fd = r->probe_ops->fd(r->probe), rc;
    struct pollfd p[3] = {{.fd = probe_fd, .events = POLLIN},
                          {.fd = pidfd[0], .events = POLLIN},
                          {.fd = pidfd[1], .events = POLLIN}};
    struct err why = {0};
    char text[64];

    if (sys->poll(p, 3, wait_ms) < 0 && errno != EINTR)
        return run_end(o, BENCH_END_PROBE, "poll: %s", strerror(errno));
    if (p[0].revents) {
        rc = r->probe_ops->pump(r->probe, 0, &r->sink, &why);
        if (rc < 0 && r->sink_error.code)
            return run_end(o, BENCH_END_PROBE, "%s", r->sink_error.text);
        if (rc <= 0 && !p[1].revents) {
            process_wait(r->timer, RUN_GRACE_MS, &r->timer_status, NULL);
            return run_end(o, BENCH_END_PROBE, "the timer's link ended: %s", why.text);
        }
    }
    if (p[1].revents && process_wait(r->timer, 0, &r->timer_status, NULL) == 1) {
        r->timer = 0;
        run_describe_status(r->timer_status, text, sizeof(text));
        return run_end(o, BENCH_END_PROBE, "the timer simulation %s", text);
    }
    return p[2].revents && process_wait(r->qemu, 0, &r->qemu_status, NULL) == 1;
}

/* Until the machine is gone. o->end stays POWERED_OFF if QEMU ended by itself. */
static void run_watch(struct run *r, struct bench_outcome *o)
{
    int64_t deadline = run_now_ms() + 1000LL * r->boot->host_limit_s;
    int pidfd[2] = {pidfd_open(r->timer, 0), pidfd_open(r->qemu, 0)};
    int ended = 0;

    while (!ended) {
        int64_t left = deadline - run_now_ms();

        if (left <= 0)
            ended = run_end(o, BENCH_END_STALLED,
                            "the machine was stopped after %u s of host time, the campaign's "
                            "host_limit",
                            r->boot->host_limit_s);
        else
            ended = run_step(r, pidfd, left > 1000 ? 1000 : (int)left, o);
    }
    if (o->end == BENCH_END_POWERED_OFF)
        r->qemu = 0;
    close(pidfd[0]);
    close(pidfd[1]);
}

/* --- the end --- */

/* What the card wrote last (bench/lab/card_qemu.c). cause is "" and *t_ns 0 if it never came
 * to that: the machine did not start. */
static void run_read_end(const struct run *r, char cause[32], uint64_t *t_ns)
{
    char path[PATH_MAX + 32], *text;
    size_t size;

    cause[0] = '\0';
    *t_ns = 0;
    snprintf(path, sizeof(path), "%s/" MACHINE_END, r->dir);
    if (access(path, R_OK) != 0 || file_read(path, &text, &size, NULL) != 0)
        return;
    if (sscanf(text, "end cause=%31s t_ns=%" SCNu64, cause, t_ns) != 2)
        cause[0] = '\0';
    free(text);
}

/*
 * QEMU ended by itself: what did the guest do? An error is returned only when there was no
 * machine: ERR_UNAVAILABLE when QEMU refused (the next boot would fare alike), ERR_IO when it
 * was killed before it began.
 */
static int run_judge(const struct run *r, struct bench_outcome *o, struct err *e)
{
    char cause[32], said[320], text[64];
    int signaled = WIFSIGNALED(r->qemu_status);

    run_read_end(r, cause, &o->machine_time_ns);
    run_describe_status(r->qemu_status, text, sizeof(text));
    run_quote_log(r, said, sizeof(said));
    if (!cause[0] || (strcmp(cause, "error") == 0 && o->machine_time_ns == 0))
        return err_set(e, signaled ? ERR_IO : ERR_UNAVAILABLE,
                       "the machine did not start: QEMU %s: %s", text, said);
    if (strcmp(cause, "power-off") == 0 || strcmp(cause, "debug-exit") == 0)
        return 0;
    if (strcmp(cause, "limit") == 0)
        run_end(o, BENCH_END_LIMIT,
                "the machine still ran after %" PRIu64 " ms of its time, the campaign's limit",
                r->boot->limit_ns / 1000000);
    else if (strcmp(cause, "reset") == 0)
        run_end(o, BENCH_END_DIED,
                "the machine reset itself (triple fault, kernel panic or reboot)");
    else if (strcmp(cause, "panic") == 0)
        run_end(o, BENCH_END_DIED, "the machine reported a panic");
    else if (signaled || strcmp(cause, "host") == 0)
        run_end(o, BENCH_END_DIED, "QEMU %s", text);
    else
        run_end(o, BENCH_END_DIED, "QEMU %s: %s", text, said);
    return 0;
}

/* The timer failed at the very end. That it ended badly before weighs more. */
static void __attribute__((format(printf, 2, 3)))
run_fail_timer(struct bench_outcome *o, const char *fmt, ...)
{
    va_list ap;

    if (o->end != BENCH_END_POWERED_OFF)
        return;
    o->end = BENCH_END_PROBE;
    va_start(ap, fmt);
    vsnprintf(o->reason, sizeof(o->reason), fmt, ap);
    va_end(ap);
}

/* Let the timer drain and disarm it, so that the stored stream has its end. */
static void run_disarm(struct run *r, struct bench_outcome *o)
{
    struct err why = {0};
    char text[64];

    if (r->probe_ops->disarm(r->probe, &r->sink, &why) != 0) {
        run_fail_timer(o, "the timer could not be disarmed: %s",
                       r->sink_error.code ? r->sink_error.text : why.text);
        return;
    }
    r->probe_ops->close(r->probe);
    r->probe = NULL;
    if (process_wait(r->timer, RUN_END_MS, &r->timer_status, NULL) != 1) {
        run_fail_timer(o, "the timer simulation did not end");
        return;
    }
    r->timer = 0;
    /* 1: the machine went without END; that is judged where it belongs. */
    if (!WIFEXITED(r->timer_status) || WEXITSTATUS(r->timer_status) > 1)
        run_fail_timer(o, "the timer simulation %s",
                       run_describe_status(r->timer_status, text, sizeof(text)));
}

static void run_clean_up(struct run *r)
{
    process_stop(r->qemu, RUN_GRACE_MS);
    if (r->probe)
        r->probe_ops->close(r->probe);
    process_stop(r->timer, RUN_GRACE_MS);
    if (r->frames >= 0)
        close(r->frames);
    paths_remove_tree(r->dir, NULL);
}

int run_boot(const struct bench_boot *boot, struct bench_outcome *outcome, struct err *e)
{
    struct run *r = calloc(1, sizeof(*r));
    char cause[32];
    int rc;

    memset(outcome, 0, sizeof(*outcome));
    if (!r)
        return err_set(e, ERR_IO, "out of memory");
    r->boot = boot;
    r->frames = -1;
    rc = run_lay_out(r, e);
    if (rc == 0)
        rc = run_start_timer(r, e);
    if (rc == 0)
        rc = run_arm(r, e);
    if (rc == 0)
        rc = run_start_machine(r, e);
    if (rc != 0)
        goto out;
    run_watch(r, outcome);
    if (outcome->end == BENCH_END_POWERED_OFF)
        rc = run_judge(r, outcome, e);
    if (outcome->end == BENCH_END_STALLED) {
        process_stop(r->qemu, RUN_GRACE_MS);
        r->qemu = 0;
        run_read_end(r, cause, &outcome->machine_time_ns);
    }
    if (rc == 0 && outcome->end != BENCH_END_PROBE)
        run_disarm(r, outcome);
out:
    run_clean_up(r);
    free(r);
    return rc;
}
