/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/outer/kvm.c - guests under QEMU: with KVM (payload or Linux) and, for the
 * emulation rung, with QEMU's own translator.
 */
#include "hv-under-test/outer/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hv-under-test/linux_words.h"
#include "hv-under-test/outer/peer.h"

#define CONSOLE "/run/guest.console"
#define LOG "/run/qemu.log"
#define COUNTER "/run/counter" /* .in and .out, as QEMU names the ends of its pipe */
#define COUNTER_WORD " etl.counter=2f8"
#define NET_WORD " etl.net=virtio"
#define DEFAULT_MEMORY "256"
#define DEFAULT_LIMIT_MS "600000"

struct form {
    int kvm; /* else QEMU's translator */
    int bare;
};

struct guest {
    const struct form *form;
    struct outer *o;
    struct kvm_exits exits;
    struct kvm_sides sides;
    pid_t qemu;
    int pidfd, ask, answer; /* of the counter; -1: none */
    struct kvm_card card;
    const char *net[4]; /* QEMU's words for a network; NULL: none */
    char monitor[64];   /* option -chardev */
    unsigned vcpus;
    int64_t limit_ms; /* of this system's uptime */
};

struct words {
    char *argv[64];
    unsigned argc;
};

static void put(struct words *w, const char *word)
{
    if (w->argc + 1 < sizeof w->argv / sizeof w->argv[0])
        w->argv[w->argc++] = (char *)(uintptr_t)word;
    w->argv[w->argc] = NULL;
}

static void put_pair(struct words *w, const char *option, const char *value)
{
    put(w, option);
    put(w, value);
}

static const char *make_counter(struct guest *g)
{
    if (!g->form->kvm)
        return NULL;
    if (mkfifo(COUNTER ".in", 0600) || mkfifo(COUNTER ".out", 0600))
        return outer_reason(COUNTER, errno);
    /* Both ways, so that neither open waits for the other side. */
    g->ask = open(COUNTER ".out", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    g->answer = open(COUNTER ".in", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    return g->ask < 0 || g->answer < 0 ? outer_reason(COUNTER, errno) : NULL;
}

static const char *start(struct guest *g)
{
    static char append[2 * OUTER_WORDS_BYTES];
    struct words w = {.argc = 0};
    const char *reason;

    snprintf(append, sizeof append, "%s%s%s%s", g->form->bare ? "" : LINUX_WORDS " ",
             g->o->guest_words, g->form->kvm ? COUNTER_WORD : "", g->net[0] ? NET_WORD : "");
    if (!g->form->bare && strlen(append) >= LINUX_COMMAND_LINE_BYTES)
        return "the guest's command line is longer than Linux takes; use fewer runs in a boot";
    put(&w, KVM_QEMU);
    put_pair(&w, "-accel", g->form->kvm ? "kvm" : "tcg");
    put_pair(&w, "-cpu", g->form->kvm ? "host" : "max");
    put_pair(&w, "-M", "q35");
    put_pair(&w, "-m", outer_setting(g->o, "memory", DEFAULT_MEMORY));
    put_pair(&w, "-smp", outer_setting(g->o, "vcpus", "1"));
    put_pair(&w, "-name", "debug-threads=on"); /* so that threads can be told apart */
    put_pair(&w, "-display", "none");
    put(&w, "-nodefaults");
    put(&w, "-no-user-config");
    put(&w, "-no-reboot");
    put_pair(&w, "-serial", "file:" CONSOLE);
    if (g->form->kvm) {
        put_pair(&w, "-chardev", "pipe,id=counter,path=" COUNTER);
        put_pair(&w, "-serial", "chardev:counter");
    }
    put_pair(&w, "-chardev", g->monitor);
    put_pair(&w, "-mon", "chardev=monitor,mode=control");
    if (g->card.option[0][0])
        put_pair(&w, "-object", g->card.option[0]);
    put_pair(&w, "-device", g->card.option[1]);
    for (unsigned i = 0; g->net[0] && i < 4; i++)
        put(&w, g->net[i]);
    if (g->form->bare) {
        put_pair(&w, "-device", "isa-debug-exit,iobase=0xf4,iosize=4");
        put_pair(&w, "-kernel", KVM_PAYLOAD);
    } else {
        put_pair(&w, "-kernel", KVM_KERNEL);
        put_pair(&w, "-initrd", KVM_INITRAMFS);
    }
    put_pair(&w, "-append", append);
    reason = outer_start(w.argv, LOG, &g->qemu);
    if (reason)
        return reason;
    g->pidfd = (int)syscall(SYS_pidfd_open, g->qemu, 0);
    return g->pidfd < 0 ? outer_reason("pidfd_open", errno) : NULL;
}

/* The guest asks with a byte and gets eight, little-endian: its exits so far, port I/O left
 * out because the asking is made of it. */
static void answer(const struct guest *g)
{
    char byte;

    while (read(g->ask, &byte, 1) == 1) {
        const uint64_t count = kvm_exits_count(&g->exits);

        if (write(g->answer, &count, sizeof count) != (ssize_t)sizeof count)
            return; /* the guest does not listen and will say so */
    }
}

/* Until QEMU ends. 1 it did, 0 the bound was reached. */
static int wait_for_end(struct guest *g)
{
    struct pollfd p[2] = {{.fd = g->pidfd, .events = POLLIN},
                          {.fd = g->ask, .events = POLLIN}};

    for (;;) {
        const int64_t left = g->limit_ms - outer_uptime_ms();

        if (left <= 0)
            return 0;
        if (poll(p, 2, (int)left) <= 0)
            continue;
        if (p[1].revents & POLLIN)
            answer(g);
        if (p[0].revents)
            return 1;
    }
}

/* What the guest's console said last, for the reason of an end that it did not tell itself. */
static const char *last_words(void)
{
    static char text[200];
    char said[120];
    size_t n;

    outer_quote(CONSOLE, said, sizeof said);
    for (n = 0; said[n]; n++) {
        if (said[n] < ' ' || said[n] > '~')
            said[n] = '.';
    }
    if (n)
        snprintf(text, sizeof text, "; the last on its console: \"%s\"", said);
    return n ? text : "; its console is empty";
}

/* QEMU ended in order, with status 0: so may a Linux guest, and no other. */
static const char *judge_shutdown(const struct guest *g)
{
    const char *how = kvm_monitor_end();

    if (strcmp(how, "guest-reset") == 0)
        return outer_say(
            "the guest reset its machine before its end (a kernel panic, a triple "
            "fault or a reboot)%s",
            last_words());
    if (!g->form->bare && strcmp(how, "guest-shutdown") == 0)
        return NULL; /* that it failed it has told itself */
    return outer_say("the guest's machine ended before the guest did (QEMU says: %s)%s",
                     how[0] ? how : "nothing", last_words());
}

/* How QEMU ended, as a sentence if that is not how this guest should end. */
static const char *judge(const struct guest *g, int status, int in_time)
{
    char said[400];

    outer_quote(LOG, said, sizeof said);
    if (said[0])
        outer_fact(g->o, "outer.qemu_said", said);
    if (!in_time)
        return outer_say(
            "the guest did not end within %lld s of the outer system's time (%u %% "
            "of the campaign's limit) and was ended%s",
            (long long)(g->limit_ms / 1000), KVM_GUEST_SHARE_PERCENT, last_words());
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ)
        return outer_say("the guest wrote more than %u MiB to its console and was ended",
                         OUTER_CONSOLE_MAX_BYTES >> 20);
    if (WIFSIGNALED(status))
        return outer_say("QEMU was ended by signal %d%s%s", WTERMSIG(status),
                         said[0] ? ": " : "", said);
    if (access(CONSOLE, F_OK) || (g->form->kvm && !kvm_exits_seen(&g->exits)))
        return outer_say("QEMU did not start the guest: %s", said);
    if (WEXITSTATUS(status) == 0)
        return judge_shutdown(g);
    /* isa-debug-exit of 0 or 1: (value << 1) | 1. That it failed it has told itself. */
    if (g->form->bare && (WEXITSTATUS(status) == 1 || WEXITSTATUS(status) == 3))
        return NULL;
    return outer_say("QEMU ended with status %d: %s", WEXITSTATUS(status), said);
}

static void tell_time(struct outer *o, const char *key)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", (long long)outer_uptime_ms());
    outer_fact(o, key, text);
}

static const char *pin(struct guest *g)
{
    const char *cpu = outer_setting(g->o, "pin", NULL);
    const char *reason = NULL;

    if (cpu)
        reason = kvm_process_pin(g->qemu, g->vcpus, (unsigned)atoi(cpu), g->limit_ms);
    if (!reason)
        outer_fact(g->o, "outer.pin",
                   cpu ? outer_say("every thread of a guest's processor on processor %s", cpu)
                       : "none");
    return reason;
}

static void tell_guest(const struct guest *g)
{
    outer_fact(g->o, "outer.card_route", g->card.mapped ? "mapped" : "vfio");
    outer_fact(g->o, "outer.card_route_why", g->card.why);
    outer_fact(g->o, "outer.vcpus", outer_setting(g->o, "vcpus", "1"));
    outer_fact(g->o, "outer.exits",
               g->form->kvm
                   ? "counted by KVM's binary statistics"
                   : "not counted: QEMU's translator is no hypervisor and has no exits, "
                     "so the marker is not audited here");
}

static const char *attend(struct guest *g)
{
    const char *reason = pin(g), *later;
    int status = 0, in_time;

    if (!reason && g->form->kvm)
        reason = kvm_exits_attach(&g->exits, g->qemu, g->vcpus, g->limit_ms);
    if (!reason && g->form->kvm)
        kvm_sides_attach(&g->sides, g->qemu, g->vcpus);
    in_time = !reason && wait_for_end(g);
    if (!in_time)
        kill(g->qemu, SIGKILL);
    if (waitpid(g->qemu, &status, 0) < 0)
        return outer_reason("waitpid", errno);
    tell_time(g->o, "outer.guest_end_ms");
    if (!reason)
        reason = judge(g, status, in_time);
    /* What the guest said and what was counted is told in any case. */
    if (reason)
        outer_error(g->o, reason);
    reason = access(CONSOLE, F_OK) ? NULL : outer_relay(g->o, CONSOLE);
    if (g->form->kvm)
        kvm_sides_tell(&g->sides, g->o);
    later = g->form->kvm ? kvm_exits_tell(&g->exits, g->o) : NULL;
    return reason ? reason : later;
}

static const char *tell_versions(struct outer *o)
{
    char *argv[] = {KVM_QEMU, "--version", NULL}, line[256];
    const char *reason;
    pid_t pid;

    reason = outer_start(argv, "/run/version", &pid);
    if (reason)
        return reason;
    waitpid(pid, NULL, 0);
    reason = outer_read("/run/version", line, sizeof line);
    line[strcspn(line, "\n")] = '\0';
    if (!reason)
        outer_fact(o, "outer.qemu", line);
    return reason;
}

static const char *launch(struct outer *o, const struct form *form)
{
    static struct guest g;
    const int trace = strcmp(outer_setting(o, "trace", "0"), "1") == 0;
    const char *reason = outer_load_modules();

    g = (struct guest){.form = form, .o = o, .pidfd = -1, .ask = -1, .answer = -1};
    g.limit_ms = atoll(outer_setting(o, "limit", DEFAULT_LIMIT_MS));
    g.vcpus = (unsigned)atoi(outer_setting(o, "vcpus", "1"));
    if (!reason && (g.vcpus < 1 || g.vcpus > KVM_VCPUS_MAX))
        reason = "vcpus= is out of range";
    if (!reason)
        reason = tell_versions(o);
    if (!reason)
        reason = kvm_card_take(outer_setting(o, "card", "auto"), &g.card);
    if (reason)
        return reason;
    tell_guest(&g);
    reason = make_counter(&g);
    if (!reason && outer_peer_wanted(o))
        reason = kvm_net_begin(o, form->kvm, g.net);
    if (!reason)
        reason = kvm_monitor_open(g.monitor, sizeof g.monitor);
    if (!reason && form->kvm)
        reason = kvm_exits_begin(&g.exits, trace);
    if (!reason && form->kvm)
        kvm_sides_begin(&g.sides);
    tell_time(o, "outer.guest_start_ms");
    if (!reason)
        reason = start(&g);
    if (!reason)
        reason = attend(&g);
    outer_peer_stop(o);
    return reason;
}

static const char *launch_kvm_bare(struct outer *o)
{
    return launch(o, &(const struct form){.kvm = 1, .bare = 1});
}

static const char *launch_kvm(struct outer *o)
{
    return launch(o, &(const struct form){.kvm = 1, .bare = 0});
}

static const char *launch_tcg(struct outer *o)
{
    return launch(o, &(const struct form){.kvm = 0, .bare = 0});
}

const struct launcher launcher_kvm_bare = {.platform = "kvm-bare", .launch = launch_kvm_bare};
const struct launcher launcher_kvm = {.platform = "kvm", .launch = launch_kvm};
const struct launcher launcher_tcg = {.platform = "tcg", .launch = launch_tcg};
