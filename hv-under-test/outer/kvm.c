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
    pid_t qemu;
    int pidfd, ask, answer; /* of the counter; -1: none */
    char card[256];
    const char *net[4]; /* QEMU's words for a network; NULL: none */
    int64_t limit_ms;   /* of this system's uptime */
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
    static char append[2 * OUTER_WORDS_BYTES], device[300];
    struct words w = {.argc = 0};
    const char *reason;

    snprintf(append, sizeof append, "%s%s%s%s", g->form->bare ? "" : LINUX_WORDS " ",
             g->o->guest_words, g->form->kvm ? COUNTER_WORD : "", g->net[0] ? NET_WORD : "");
    if (!g->form->bare && strlen(append) >= LINUX_COMMAND_LINE_BYTES)
        return "the guest's command line is longer than Linux takes; use fewer runs in a boot";
    snprintf(device, sizeof device, "vfio-pci,host=%.255s", g->card);
    put(&w, KVM_QEMU);
    put_pair(&w, "-accel", g->form->kvm ? "kvm" : "tcg");
    put_pair(&w, "-cpu", g->form->kvm ? "host" : "max");
    put_pair(&w, "-M", "q35");
    put_pair(&w, "-m", outer_setting(g->o, "memory", DEFAULT_MEMORY));
    put_pair(&w, "-smp", "1");
    put_pair(&w, "-display", "none");
    put(&w, "-nodefaults");
    put(&w, "-no-user-config");
    put(&w, "-no-reboot");
    put_pair(&w, "-serial", "file:" CONSOLE);
    if (g->form->kvm) {
        put_pair(&w, "-chardev", "pipe,id=counter,path=" COUNTER);
        put_pair(&w, "-serial", "chardev:counter");
    }
    put_pair(&w, "-device", device);
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

/* How QEMU ended, as a sentence if that is not how this guest should end. */
static const char *judge(const struct guest *g, int status, int in_time)
{
    /* isa-debug-exit of 0 or 1: (value << 1) | 1. A Linux that powers off: 0. */
    const int wanted = g->form->bare ? 1 : 0, failed = g->form->bare ? 3 : 0;
    char said[400];

    outer_quote(LOG, said, sizeof said);
    if (said[0])
        outer_fact(g->o, "outer.qemu_said", said);
    if (!in_time)
        return outer_say("the guest did not end within %lld s and was ended",
                         (long long)(g->limit_ms / 1000));
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ)
        return outer_say("the guest wrote more than %u MiB to its console and was ended",
                         OUTER_CONSOLE_MAX_BYTES >> 20);
    if (WIFSIGNALED(status))
        return outer_say("QEMU was ended by signal %d%s%s", WTERMSIG(status),
                         said[0] ? ": " : "", said);
    if (access(CONSOLE, F_OK) || (g->form->kvm && !kvm_exits_seen(&g->exits)))
        return outer_say("QEMU did not start the guest: %s", said);
    if (WEXITSTATUS(status) == wanted || WEXITSTATUS(status) == failed)
        return NULL; /* that it failed it has told itself */
    if (WEXITSTATUS(status) == 0)
        return outer_say("the guest reset or switched off its machine before its end. %s",
                         said);
    return outer_say("QEMU ended with status %d: %s", WEXITSTATUS(status), said);
}

static void tell_time(struct outer *o, const char *key)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", (long long)outer_uptime_ms());
    outer_fact(o, key, text);
}

static const char *attend(struct guest *g)
{
    const char *reason = NULL, *later;
    int status = 0, in_time;

    if (g->form->kvm)
        reason = kvm_exits_attach(&g->exits, g->qemu, g->limit_ms);
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
    if (!reason)
        reason = tell_versions(o);
    if (!reason)
        reason = kvm_card_take(g.card, sizeof g.card);
    if (reason)
        return reason;
    outer_fact(o, "outer.card_route", "vfio");
    reason = make_counter(&g);
    if (!reason && outer_peer_wanted(o))
        reason = kvm_net_begin(o, form->kvm, g.net);
    if (!reason && form->kvm)
        reason = kvm_exits_begin(&g.exits, trace);
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
