/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/sim/timer_process.c - etalon-timer-sim as a process: plays the card on its socket and the
 * observer on its terminal.
 *
 *   timer_process PROGRAM [SEED]
 *
 * What the timer says is checked in timer_check.c and timer_edges.c. Here: nothing is dropped
 * with a slow reader, the bytes do not depend on how they were sent or on another simulation
 * running, the observer is not served while the machine runs, every end ends as timer_sim.c
 * says.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "bench/lab/card.h"
#include "bench/lab/timer_run.h"
#include "tests/sim/frames.h"
#include "tests/sim/model.h"
#include "tests/sim/tap.h"

#define MAX_CHANGES 6000u
#define NONCE 0x1122334455667788ull

static const char *program;
static char base_dir[] = "/tmp/etalon-timer-XXXXXX";
static uint64_t seed = 1;

struct sim {
    pid_t pid;
    char link[64], socket[64], log[64];
    int tty, card;
    struct frames got;
};

struct stream {
    struct change list[MAX_CHANGES];
    size_t n;
};

static struct record records[MAX_CHANGES];

static void nap(void)
{
    poll(NULL, 0, 2);
}

/* `extra` may be NULL. Waits until the link is there or the process is gone (0 then). */
static int start(struct sim *s, const char *name, const char *extra, const char *value)
{
    struct stat st;

    memset(s, 0, sizeof(*s));
    s->tty = s->card = -1;
    snprintf(s->link, sizeof(s->link), "%s/%s.tty", base_dir, name);
    snprintf(s->socket, sizeof(s->socket), "%s/%s.sock", base_dir, name);
    snprintf(s->log, sizeof(s->log), "%s/%s.log", base_dir, name);
    s->pid = fork();
    if (!s->pid) {
        execl(program, program, "--socket", s->socket, "--link", s->link, "--log", s->log,
              extra, value, (char *)NULL);
        _exit(127);
    }
    while (lstat(s->link, &st)) {
        if (waitpid(s->pid, NULL, WNOHANG) != 0)
            return 0;
        nap();
    }
    return 1;
}

static void open_tty(struct sim *s)
{
    s->tty = open(s->link, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    tap_check(s->tty >= 0);
}

static void open_card(struct sim *s)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    strcpy(a.sun_path, s->socket);
    s->card = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    tap_check(!connect(s->card, (struct sockaddr *)&a, sizeof(a)));
    fcntl(s->card, F_SETFL, O_NONBLOCK);
}

/* Take what is there; 0 when nothing was. */
static int hear(struct sim *s, int timeout_ms)
{
    struct pollfd p = {.fd = s->tty, .events = POLLIN};
    uint8_t bytes[512];
    ssize_t n;

    if (poll(&p, 1, timeout_ms) <= 0)
        return 0;
    n = read(s->tty, bytes, sizeof(bytes));
    for (ssize_t i = 0; i < n; i++)
        frames_byte(&s->got, bytes[i]);
    return n > 0;
}

/* Says a command, `chunk` bytes at a time, and waits for one more frame of `answer`. */
static int ask(struct sim *s, uint8_t type, uint8_t addr, uint64_t value, uint8_t answer,
               size_t chunk)
{
    uint8_t bytes[COMMAND_ROOM];
    const size_t n = frames_command(bytes, type, addr, value);
    size_t from = s->got.n;

    for (size_t at = 0; at < n; at += chunk) {
        if (write(s->tty, bytes + at, n - at < chunk ? n - at : chunk) < 0)
            return 0;
        if (chunk < n)
            nap();
    }
    for (;;) {
        from = frames_find(&s->got, answer, from);
        if (from < s->got.n)
            return 1;
        if (!hear(s, 20000))
            return 0;
    }
}

/* Sends a message; when the simulation does not take it because nobody reads the terminal,
 * reads the terminal. Returns how often that was needed. */
static unsigned tell(struct sim *s, uint8_t kind, uint64_t t_ns, uint8_t pins)
{
    const struct card_message m = {.t_ns = t_ns, .kind = kind, .pins = pins};
    const uint8_t *p = (const uint8_t *)&m;
    size_t left = sizeof(m);
    unsigned blocked = 0;

    while (left) {
        const ssize_t n = send(s->card, p, left, MSG_NOSIGNAL);
        struct pollfd f = {.fd = s->card, .events = POLLOUT};

        if (n > 0) {
            p += n;
            left -= (size_t)n;
        } else if (errno != EAGAIN) {
            return blocked;
        } else if (poll(&f, 1, 100) == 0) {
            blocked++;
            while (hear(s, 20))
                ;
        }
    }
    return blocked;
}

/* Reads until the PONG of a PING that is answered only after END. */
static int hear_out(struct sim *s)
{
    const int answered = ask(s, WIRE_PING, 0, 1, WIRE_PONG, COMMAND_ROOM);

    return answered && frames_whole(&s->got);
}

static int finished(struct sim *s)
{
    struct stat st;
    int status;

    if (s->card >= 0)
        close(s->card);
    if (s->tty >= 0)
        close(s->tty);
    s->card = s->tty = -1;
    if (waitpid(s->pid, &status, 0) != s->pid || !WIFEXITED(status))
        return -1;
    tap_check(lstat(s->link, &st) && lstat(s->socket, &st));
    return WEXITSTATUS(status);
}

static int logged(const struct sim *s, const char *text)
{
    char line[512];
    int found = 0;
    FILE *f = fopen(s->log, "r");

    while (f && fgets(line, sizeof(line), f))
        found |= strstr(line, text) != NULL;
    if (f)
        fclose(f);
    return found;
}

static void arm(struct sim *s, size_t chunk)
{
    open_tty(s);
    tap_check(ask(s, WIRE_HELLO_REQUEST, 0, 0, WIRE_HELLO, chunk));
    tap_check(ask(s, WIRE_WRITE, WIRE_REG_HEARTBEAT, 500000, WIRE_REPLY, chunk));
    tap_check(ask(s, WIRE_ARM, 0, NONCE, WIRE_REPLY, chunk));
}

static void make_stream(struct stream *stream, size_t n, unsigned gap_ns)
{
    uint64_t t = 0;

    stream->n = n < MAX_CHANGES ? n : MAX_CHANGES;
    for (size_t i = 0; i < stream->n; i++) {
        t += 2 + 2 * (model_random(&seed) % gap_ns);
        stream->list[i].t_ns = t;
        stream->list[i].pins = model_random(&seed) & 0xBF;
    }
}

/* The same stream through the engine without a process around it. */
static void play_here(const struct stream *stream, struct frames *f)
{
    const struct timer_run_config config = {.jump = 1, .byte = frames_byte, .opaque = f};
    struct timer_run *run = timer_run_new(&config);
    uint8_t bytes[4][COMMAND_ROOM];
    const size_t n[4] = {
        frames_command(bytes[0], WIRE_HELLO_REQUEST, 0, 0),
        frames_command(bytes[1], WIRE_WRITE, WIRE_REG_HEARTBEAT, 500000),
        frames_command(bytes[2], WIRE_ARM, 0, NONCE),
        frames_command(bytes[3], WIRE_PING, 0, 1),
    };
    uint64_t end = 0;

    for (unsigned k = 0; k < 4; k++) {
        if (k == 3) {
            timer_run_start(run);
            for (size_t i = 0; i < stream->n; i++)
                timer_run_pins(run, end = stream->list[i].t_ns, stream->list[i].pins);
            timer_run_time(run, end);
            timer_run_finish(run);
        }
        for (size_t i = 0; i < n[k]; i++)
            timer_run_host_byte(run, bytes[k][i]);
    }
    timer_run_free(run);
}

static int same(const struct frames *a, const struct frames *b)
{
    return a->n_bytes == b->n_bytes && !memcmp(a->bytes, b->bytes, a->n_bytes);
}

static unsigned play(struct sim *s, const struct stream *stream)
{
    unsigned blocked = 0;
    uint64_t end = 0;

    open_card(s);
    tell(s, CARD_START, 0, 0);
    for (size_t i = 0; i < stream->n; i++)
        blocked += tell(s, CARD_PINS, end = stream->list[i].t_ns, stream->list[i].pins);
    tell(s, CARD_END, end, 0);
    return blocked;
}

static void check_whole(void)
{
    static struct stream stream;
    struct model_result result;
    struct frames here = {0};
    struct sim s;
    unsigned blocked;

    tap_case("a reader that stalls loses nothing; the bytes are those of the engine alone");
    make_stream(&stream, MAX_CHANGES, 20000);
    tap_check(start(&s, "whole", NULL, NULL));
    arm(&s, 3);
    blocked = play(&s, &stream);
    tap_check(blocked > 0);
    tap_check(hear_out(&s));
    tap_check(model_compare(&s.got, records,
                            model_records(stream.list, stream.n, 0xFF, records), &result));
    play_here(&stream, &here);
    tap_check(same(&s.got, &here));
    tap_check(ask(&s, WIRE_DISARM, 0, NONCE, WIRE_REPLY, COMMAND_ROOM));
    tap_check(finished(&s) == 0);
    printf("# the simulation waited for the reader %u times, %zu bytes\n", blocked,
           here.n_bytes);
    frames_clear(&s.got);
    frames_clear(&here);
    tap_case_end();
}

static void check_two(void)
{
    static struct stream stream[2];
    struct frames here[2] = {{0}};
    struct sim s[2];
    uint64_t end[2] = {0};

    tap_case("two at once, one without jumps, do not disturb each other");
    for (unsigned k = 0; k < 2; k++) {
        make_stream(&stream[k], 150, 40000);
        tap_check(start(&s[k], k ? "two-b" : "two-a", k ? "--no-jump" : NULL, NULL));
    }
    arm(&s[0], 1);
    arm(&s[1], COMMAND_ROOM);
    for (unsigned k = 0; k < 2; k++) {
        open_card(&s[k]);
        tell(&s[k], CARD_START, 0, 0);
    }
    for (size_t i = 0; i < stream[0].n; i++)
        for (unsigned k = 0; k < 2; k++) {
            end[k] = stream[k].list[i].t_ns;
            tell(&s[k], CARD_PINS, end[k], stream[k].list[i].pins);
        }
    for (unsigned k = 0; k < 2; k++)
        tell(&s[k], CARD_END, end[k], 0);
    for (unsigned k = 0; k < 2; k++) {
        tap_check(hear_out(&s[k]));
        play_here(&stream[k], &here[k]);
        tap_check(same(&s[k].got, &here[k]));
    }
    tap_check(!same(&here[0], &here[1]));
    for (unsigned k = 0; k < 2; k++) {
        tap_check(finished(&s[k]) == 0);
        frames_clear(&s[k].got);
        frames_clear(&here[k]);
    }
    tap_case_end();
}

static void check_served(void)
{
    uint8_t ping[COMMAND_ROOM];
    const size_t n = frames_command(ping, WIRE_PING, 0, 7);
    struct sim s;
    size_t pong;

    tap_case("the observer is not served between START and END; it may leave before");
    tap_check(start(&s, "served", NULL, NULL));
    open_tty(&s);
    close(s.tty);
    arm(&s, COMMAND_ROOM);
    open_card(&s);
    tell(&s, CARD_START, 0, 0);
    tell(&s, CARD_TIME, 10000000, 0);
    while (frames_find(&s.got, WIRE_HEARTBEAT, 0) == s.got.n && hear(&s, 20000))
        ; /* START has been taken */
    tap_check(write(s.tty, ping, n) == (ssize_t)n);
    for (unsigned i = 1; i <= 20; i++)
        tell(&s, CARD_PINS, 10000000 + i * 100000, i & 1);
    tell(&s, CARD_END, 50000000, 0);
    while ((pong = frames_find(&s.got, WIRE_PONG, 0)) == s.got.n && hear(&s, 20000))
        ;
    tap_check(pong + 1 == s.got.n && frame_u64(&s.got.list[pong], 0, 8) == 7);
    tap_check(frames_whole(&s.got));
    tap_check(finished(&s) == 0);
    frames_clear(&s.got);
    tap_case_end();
}

static void check_vanished(void)
{
    static struct stream stream;
    struct sim s;

    tap_case("a card that vanishes: everything is drained, status 1, the log says so");
    make_stream(&stream, 100, 2000);
    tap_check(start(&s, "vanish", NULL, NULL));
    arm(&s, COMMAND_ROOM);
    open_card(&s);
    tell(&s, CARD_START, 0, 0);
    for (size_t i = 0; i < stream.n; i++)
        tell(&s, CARD_PINS, stream.list[i].t_ns, stream.list[i].pins);
    close(s.card);
    s.card = -1;
    tap_check(hear_out(&s)); /* served as after END */
    {
        struct model_result result;

        /* The last pin message may be of a clock that was not over when the card vanished. */
        tap_check(model_compare(&s.got, records,
                                model_records(stream.list, stream.n, 0xFF, records), &result));
        if (result.wrong)
            printf("# %s after %zu events\n", result.wrong, result.events);
    }
    tap_check(finished(&s) == 1);
    tap_check(logged(&s, "card vanished"));
    frames_clear(&s.got);
    /* Before START, and an observer that keeps the terminal open without a word. */
    tap_check(start(&s, "vanish2", NULL, NULL));
    arm(&s, COMMAND_ROOM);
    open_card(&s);
    close(s.card);
    s.card = -1;
    tap_check(waitpid(s.pid, NULL, 0) == s.pid);
    tap_check(logged(&s, "card vanished before START"));
    close(s.tty);
    frames_clear(&s.got);
    tap_case_end();
}

static void check_contract(void)
{
    struct sim s;

    tap_case("a card or an observer that breaks the contract ends it with status 4");
    tap_check(start(&s, "early", NULL, NULL));
    open_tty(&s);
    open_card(&s);
    tell(&s, CARD_PINS, 0, 1);
    tap_check(finished(&s) == 4 && logged(&s, "does not belong here"));
    tap_check(start(&s, "twice", NULL, NULL));
    open_tty(&s);
    open_card(&s);
    tell(&s, CARD_START, 0, 0);
    tell(&s, CARD_START, 0, 0);
    tap_check(finished(&s) == 4 && logged(&s, "does not belong here"));
    tap_check(start(&s, "back", NULL, NULL));
    open_tty(&s);
    open_card(&s);
    tell(&s, CARD_START, 0, 0);
    tell(&s, CARD_PINS, 100, 1);
    tell(&s, CARD_TIME, 98, 0);
    tap_check(finished(&s) == 4 && logged(&s, "time went backwards"));
    tap_check(start(&s, "late", NULL, NULL));
    open_tty(&s);
    for (unsigned i = 0; i < 400; i++)
        tap_check(ask(&s, WIRE_PING, 0, i, WIRE_PONG, COMMAND_ROOM));
    open_card(&s);
    tell(&s, CARD_START, 0, 0);
    tap_check(finished(&s) == 4 && logged(&s, "before START than fits"));
    frames_clear(&s.got);
    tap_case_end();
}

static int usage_status(const char *a, const char *b, const char *c, const char *d,
                        const char *e)
{
    const pid_t pid = fork();
    int status = 0;

    if (!pid) {
        close(STDERR_FILENO);
        execl(program, program, a, b, c, d, e, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_usage(void)
{
    char path[256];

    tap_case("wrong usage is status 2, a place that cannot be written status 3");
    tap_check(usage_status("--socket", "x", NULL, NULL, NULL) == 2);
    tap_check(usage_status("--nonsense", NULL, NULL, NULL, NULL) == 2);
    tap_check(usage_status("--skew-ppb", "1x", NULL, NULL, NULL) == 2);
    tap_check(usage_status("--skew-ppb", "100000001", NULL, NULL, NULL) == 2);
    tap_check(usage_status("--link", "a", "--socket", "b", "c") == 2);
    memset(path, 'p', 200);
    path[200] = 0;
    tap_check(usage_status("--link", "a", "--socket", path, NULL) == 2);
    snprintf(path, sizeof(path), "%s/none/s", base_dir);
    tap_check(usage_status("--link", "a", "--socket", path, NULL) == 3);
    tap_case_end();
}

static void check_orphan(void)
{
    struct stat st;
    struct sim s;
    pid_t parent;
    int pipe_fd[2];
    char byte;

    tap_case("it dies with its parent and removes what it made");
    snprintf(s.link, sizeof(s.link), "%s/orphan.tty", base_dir);
    tap_check(!pipe(pipe_fd));
    parent = fork();
    if (!parent) {
        close(pipe_fd[0]);
        byte = (char)start(&s, "orphan", NULL, NULL);
        if (write(pipe_fd[1], &byte, 1) != 1)
            _exit(1);
        pause();
        _exit(0);
    }
    close(pipe_fd[1]);
    tap_check(read(pipe_fd[0], &byte, 1) == 1 && byte);
    tap_check(!lstat(s.link, &st));
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    /* The pipe's other end was the parent's and, inherited, the simulation's. */
    tap_check(read(pipe_fd[0], &byte, 1) == 0);
    close(pipe_fd[0]);
    tap_check(lstat(s.link, &st) && errno == ENOENT);
    tap_case_end();
}

static void remove_logs(void)
{
    static const char *const names[] = {"whole",  "two-a",   "two-b", "served",
                                        "vanish", "vanish2", "early", "twice",
                                        "back",   "late",    "orphan"};
    char path[96];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s.log", base_dir, names[i]);
        unlink(path);
    }
    rmdir(base_dir);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: timer_process PROGRAM [SEED]\n", stderr);
        return 2;
    }
    program = argv[1];
    seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 20250101;
    printf("# seed %" PRIu64 "\n", seed);
    seed = seed * 2 + 1;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (!mkdtemp(base_dir)) {
        printf("Bail out! %s: %s\n", base_dir, strerror(errno));
        return 1;
    }
    check_whole();
    check_two();
    check_served();
    check_vanished();
    check_contract();
    check_usage();
    check_orphan();
    remove_logs();
    return tap_done();
}
