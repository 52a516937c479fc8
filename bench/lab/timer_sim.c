/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab/timer_sim.c - etalon-timer-sim: the timer of the lab as a process.
 *
 *   etalon-timer-sim --socket PATH --link PATH [--no-jump] [--skew-ppb N] [--phase-ps N]
 *                    [--jitter-ps N] [--seed N] [--reference-hz N]
 *                    [--log PATH]
 *
 * One side is the card model inside QEMU, which connects to the Unix stream socket --socket and
 * sends bench/lab/card.h messages. The other side is the observer, which opens --link, a symbolic
 * link to a pseudo-terminal that carries wire v1 exactly as a serial port would. --link is made
 * last: when it is there, everything is ready. Both paths are removed at the end.
 *
 * Before the card connects and after END (or after the socket closed) bytes of the observer are
 * served; in between they wait. So what the observer says after the machine ended comes after
 * everything the machine did, however late this process gets to run, and what it says before it
 * starts the machine comes before if it waits for the answers. Nothing here depends on the
 * host's time; see timer_run.h. The terminal never drops a byte: with a slow reader the
 * simulation waits, and the machine with it.
 *
 * Ends: with status 0 when after END nobody holds the terminal open any more. With status 1 when
 * the card vanished without END, after the drain, once nobody holds the terminal open or
 * everything has been read and the observer has been silent for GRACE_MS. 2 usage, 3 the system
 * refused something, 4 the card or the design broke its contract. It dies with its parent.
 *
 * Not handled here: a second card connection; line speed and other settings of the terminal
 * (a pseudo-terminal ignores them).
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "bench/lab/card.h"
#include "bench/lab/timer_run.h"

enum { EXIT_DONE = 0, EXIT_VANISHED = 1, EXIT_USAGE = 2, EXIT_SYSTEM = 3, EXIT_CONTRACT = 4 };

#define GRACE_MS 2000
#define OUT_BYTES 4096u
#define SKEW_LIMIT_PPB 100000000L
#define PHASE_LIMIT_PS 1000000000u

enum phase { CONFIGURING, RUNNING, AFTER };

struct sim {
    const char *socket_path;
    const char *link_path;
    FILE *log;
    int listener, card, master, slave;
    struct timer_run *run;
    enum phase phase;
    int vanished;
    uint64_t machine_ns;
    uint64_t pins_seen;

    uint8_t in[64 * sizeof(struct card_message)];
    size_t in_bytes;
    uint8_t out[OUT_BYTES];
    size_t out_bytes;
};

/* For the signal handler, which may only unlink and leave. */
static const char *volatile remove_socket, *volatile remove_link;

static void on_signal(int number)
{
    if (remove_link)
        unlink(remove_link);
    if (remove_socket)
        unlink(remove_socket);
    _exit(128 + number);
}

__attribute__((format(printf, 2, 3))) static void say(struct sim *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("timer-sim: ", s->log);
    vfprintf(s->log, format, args);
    fputc('\n', s->log);
    fflush(s->log);
    va_end(args);
}

__attribute__((noreturn)) static void leave(struct sim *s, int status)
{
    if (remove_link)
        unlink(remove_link);
    if (remove_socket)
        unlink(remove_socket);
    timer_run_free(s->run);
    exit(status);
}

__attribute__((noreturn)) static void refuse(struct sim *s, const char *what)
{
    say(s, "%s: %s", what, strerror(errno));
    leave(s, EXIT_SYSTEM);
}

/* Everything the RTL said goes to the terminal before anything else happens. Nobody holding it
 * open any more (EIO, only after END) means that nobody wants the rest. */
static void flush_out(struct sim *s)
{
    size_t done = 0;

    while (done < s->out_bytes) {
        const ssize_t n = write(s->master, s->out + done, s->out_bytes - done);

        if (n > 0) {
            done += (size_t)n;
        } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            struct pollfd p = {.fd = s->master, .events = POLLOUT};

            if (poll(&p, 1, -1) < 0 && errno != EINTR)
                refuse(s, "poll on the terminal");
            /* With nobody at the other end POLLOUT may never come. */
            if (p.revents & POLLHUP && !(p.revents & POLLOUT))
                break;
        } else if (n < 0 && errno == EIO) {
            break;
        } else if (n < 0 && errno != EINTR) {
            refuse(s, "write to the terminal");
        }
    }
    s->out_bytes = 0;
}

static void take_byte(void *opaque, uint8_t byte)
{
    struct sim *s = opaque;

    s->out[s->out_bytes++] = byte;
    if (s->out_bytes == OUT_BYTES)
        flush_out(s);
}

static void open_terminal(struct sim *s)
{
    struct termios t;
    const char *name;

    s->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (s->master < 0 || grantpt(s->master) || unlockpt(s->master))
        refuse(s, "cannot make a pseudo-terminal");
    name = ptsname(s->master);
    if (!name)
        refuse(s, "ptsname");
    /* Held open here, so that an observer may come and go before END. */
    s->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (s->slave < 0 || tcgetattr(s->slave, &t))
        refuse(s, name);
    cfmakeraw(&t);
    if (tcsetattr(s->slave, TCSANOW, &t))
        refuse(s, "cannot make the terminal raw");
    if (fcntl(s->master, F_SETFL, O_NONBLOCK) < 0)
        refuse(s, "fcntl");
}

static void make_link(struct sim *s)
{
    const char *name = ptsname(s->master);

    if (unlink(s->link_path) && errno != ENOENT)
        refuse(s, s->link_path);
    if (!name || symlink(name, s->link_path))
        refuse(s, s->link_path);
    remove_link = s->link_path;
}

static void open_socket(struct sim *s)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    if (strlen(s->socket_path) >= sizeof(a.sun_path)) {
        say(s, "%s: longer than a socket's path may be (%zu)", s->socket_path,
            sizeof(a.sun_path) - 1);
        leave(s, EXIT_USAGE);
    }
    strcpy(a.sun_path, s->socket_path);
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0)
        refuse(s, "socket");
    if (unlink(s->socket_path) && errno != ENOENT)
        refuse(s, s->socket_path);
    if (bind(s->listener, (struct sockaddr *)&a, sizeof(a)) || listen(s->listener, 1))
        refuse(s, s->socket_path);
    remove_socket = s->socket_path;
}

static void check(struct sim *s, int status)
{
    static const char *const text[] = {
        [-TIMER_RUN_LATE] = "the observer said more before START than fits before the anchor",
        [-TIMER_RUN_ORDER] = "the card's time went backwards",
        [-TIMER_RUN_ENDLESS] = "the timer did not come to rest after END (self-test running?)",
    };

    flush_out(s);
    if (status == TIMER_RUN_OK)
        return;
    say(s, "%s", text[-status]);
    leave(s, EXIT_CONTRACT);
}

static void finish(struct sim *s)
{
    struct timer_run_stats stats;

    check(s, timer_run_finish(s->run));
    timer_run_stats(s->run, &stats);
    say(s,
        "end at %" PRIu64 " ns: %" PRIu64 " pin messages, %" PRIu64
        " bytes to the observer, %" PRIu64 " clocks simulated, %" PRIu64 " jumped over",
        s->machine_ns, s->pins_seen, stats.bytes_out, stats.clocks_stepped,
        stats.clocks_jumped);
    if (stats.line_errors) {
        say(s, "%" PRIu64 " damaged bytes on the line", stats.line_errors);
        leave(s, EXIT_CONTRACT);
    }
    s->phase = AFTER;
    close(s->card);
    s->card = -1;
    /* From now on the observer's closing shows. */
    close(s->slave);
    s->slave = -1;
}

static void take_message(struct sim *s, const struct card_message *m)
{
    if ((m->kind == CARD_START) != (s->phase == CONFIGURING) || m->kind > CARD_END) {
        say(s, "message %u of the card does not belong here", m->kind);
        leave(s, EXIT_CONTRACT);
    }
    s->machine_ns = m->t_ns;
    switch (m->kind) {
    case CARD_START:
        check(s, timer_run_start(s->run));
        s->phase = RUNNING;
        break;
    case CARD_PINS:
        s->pins_seen++;
        check(s, timer_run_pins(s->run, m->t_ns, m->pins));
        break;
    case CARD_TIME:
        check(s, timer_run_time(s->run, m->t_ns));
        break;
    case CARD_END:
        check(s, timer_run_time(s->run, m->t_ns));
        finish(s);
        break;
    default:
        break;
    }
}

static void serve_card(struct sim *s)
{
    const ssize_t n = read(s->card, s->in + s->in_bytes, sizeof(s->in) - s->in_bytes);
    size_t at = 0;

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        say(s, "card vanished%s at %" PRIu64 " ns",
            s->phase == CONFIGURING ? " before START" : "", s->machine_ns);
        s->vanished = 1;
        finish(s);
        return;
    }
    s->in_bytes += (size_t)n;
    for (; s->in_bytes - at >= sizeof(struct card_message) && s->phase != AFTER;
         at += sizeof(struct card_message)) {
        struct card_message m;

        memcpy(&m, s->in + at, sizeof(m));
        take_message(s, &m);
    }
    memmove(s->in, s->in + at, s->in_bytes - at);
    s->in_bytes -= at;
}

/* 0 when nobody is at the other end. */
static int serve_observer(struct sim *s)
{
    uint8_t bytes[256];
    const ssize_t n = read(s->master, bytes, sizeof(bytes));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 1;
    if (n <= 0)
        return 0;
    for (ssize_t i = 0; i < n; i++)
        timer_run_host_byte(s->run, bytes[i]);
    flush_out(s);
    return 1;
}

/* Bytes the observer has not read yet. Only its end of the terminal knows. */
static int unread(const struct sim *s)
{
    const int fd = open(ptsname(s->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    int n = 0;

    if (fd < 0)
        return 0;
    if (ioctl(fd, FIONREAD, &n))
        n = 0;
    close(fd);
    return n;
}

static void let_card_in(struct sim *s)
{
    s->card = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
    if (s->card < 0 && errno != EINTR && errno != ECONNABORTED)
        refuse(s, "accept");
    if (s->card < 0)
        return;
    close(s->listener);
    s->listener = -1;
}

static int serve(struct sim *s)
{
    for (;;) {
        struct pollfd p[2] = {
            {.fd = s->phase != AFTER && s->card >= 0 ? -1 : s->master, .events = POLLIN},
            {.fd = s->phase == AFTER ? -1
                   : s->card >= 0    ? s->card
                                     : s->listener,
             .events = POLLIN},
        };
        const int ready = poll(p, 2, s->vanished ? GRACE_MS : -1);

        if (ready < 0 && errno != EINTR)
            refuse(s, "poll");
        if (ready < 0)
            continue;
        if (ready == 0 && !unread(s))
            return EXIT_VANISHED;
        if (p[1].revents) {
            if (s->card >= 0)
                serve_card(s);
            else
                let_card_in(s);
        } else if (p[0].revents && !serve_observer(s) && s->phase == AFTER) {
            return s->vanished ? EXIT_VANISHED : EXIT_DONE;
        }
    }
}

static void die_with_parent(void)
{
    const pid_t parent = getppid();
    struct sigaction end = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGINT, &end, NULL);
    sigaction(SIGHUP, &end, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* it died before the line above */
        _exit(EXIT_SYSTEM);
}

static int usage(const char *what)
{
    fprintf(stderr,
            "etalon-timer-sim: %s\n"
            "usage: etalon-timer-sim --socket PATH --link PATH [--no-jump] [--skew-ppb N] "
            "[--phase-ps N] [--jitter-ps N] [--seed N] "
            "[--reference-hz N] [--log PATH]\n",
            what);
    return EXIT_USAGE;
}

static int count(const char *text, uint64_t limit, uint64_t *out)
{
    char *rest;

    errno = 0;
    *out = strtoull(text, &rest, 10);
    return errno || rest == text || *rest || *text == '-' || *out > limit ? -1 : 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"socket", required_argument, NULL, 's'},
        {"link", required_argument, NULL, 'l'},
        {"no-jump", no_argument, NULL, 'n'},
        {"skew-ppb", required_argument, NULL, 'k'},
        {"phase-ps", required_argument, NULL, 'p'},
        {"jitter-ps", required_argument, NULL, 'j'},
        {"seed", required_argument, NULL, 'e'},
        {"reference-hz", required_argument, NULL, 'r'},
        {"log", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0},
    };
    static struct sim s = {.listener = -1, .card = -1, .master = -1, .slave = -1};
    struct timer_run_config config = {.jump = 1, .byte = take_byte, .opaque = &s};
    const char *log_path = NULL;
    uint64_t hz;
    char *rest;
    int option, status;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
            s.socket_path = optarg;
            break;
        case 'l':
            s.link_path = optarg;
            break;
        case 'n':
            config.jump = 0;
            break;
        case 'k':
            errno = 0;
            config.skew_ppb = strtol(optarg, &rest, 10);
            if (errno || rest == optarg || *rest || labs(config.skew_ppb) > SKEW_LIMIT_PPB)
                return usage("--skew-ppb wants a whole number within 100000000 of 0");
            break;
        case 'p':
            if (count(optarg, PHASE_LIMIT_PS, &config.phase_ps))
                return usage("--phase-ps wants a whole number up to 1000000000");
            break;
        case 'j':
            if (count(optarg, TIMER_JITTER_MAX_PS, &config.jitter_ps))
                return usage("--jitter-ps wants a whole number up to 100000");
            break;
        case 'e':
            if (count(optarg, UINT64_MAX, &config.seed))
                return usage("--seed wants a whole number");
            break;
        case 'r':
            if (count(optarg, TIMER_REFERENCE_MAX_HZ, &hz) || !hz || 100000000 % hz)
                return usage("--reference-hz wants a divisor of 10^8 up to 1000");
            config.reference_hz = (uint32_t)hz;
            break;
        case 'o':
            log_path = optarg;
            break;
        default:
            return usage("unknown option");
        }
    }
    if (optind != argc || !s.socket_path || !s.link_path)
        return usage("--socket and --link are needed, and nothing else may follow");
    s.log = log_path ? fopen(log_path, "ae") : stderr;
    if (!s.log) {
        fprintf(stderr, "etalon-timer-sim: %s: %s\n", log_path, strerror(errno));
        return EXIT_SYSTEM;
    }
    die_with_parent();
    open_terminal(&s);
    s.run = timer_run_new(&config);
    if (!s.run)
        refuse(&s, "no memory for the timer");
    flush_out(&s);
    open_socket(&s);
    make_link(&s);
    status = serve(&s);
    if (status == EXIT_VANISHED)
        say(&s, "card vanished: ended without END");
    leave(&s, status);
}
