/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/xen/launch.c - one boot on the Xen rungs, from dom0's side (xen/launch.h). */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hv-under-test/linux_words.h"
#include "hv-under-test/outer/peer.h"
#include "hv-under-test/xen/launch.h"

#define DEFAULT_MEMORY_MB "256"
#define DEFAULT_LIMIT_MS "600000"

static const char *get_number(const struct outer *o, const char *key, const char *fallback,
                              unsigned min, unsigned max, unsigned *out)
{
    const char *text = outer_setting(o, key, fallback);
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || n < min || n > max)
        return outer_say("%s=%s: must be a number from %u to %u", key, text, min, max);
    *out = (unsigned)n;
    return NULL;
}

static const char *get_choice(const struct outer *o, const char *key,
                              const char *const *choices, unsigned *out)
{
    const char *text = outer_setting(o, key, choices[0]);

    for (unsigned i = 0; choices[i]; i++) {
        if (strcmp(text, choices[i]) == 0) {
            *out = i;
            return NULL;
        }
    }
    return outer_say("%s=%s is not known", key, text);
}

/* %XX to the byte it stands for. */
static void decode(const char *text, char *out, size_t size)
{
    size_t n = 0;

    while (*text && n + 1 < size) {
        char hex[3] = {0};

        if (text[0] != '%' || !text[1] || !text[2]) {
            out[n++] = *text++;
            continue;
        }
        memcpy(hex, text + 1, 2);
        out[n++] = (char)strtoul(hex, NULL, 16);
        text += 3;
    }
    out[n] = '\0';
}

static const char *make_line(const struct outer *o, struct launch *l)
{
    char append[OUTER_WORDS_BYTES];
    int n;

    decode(outer_setting(o, "append", ""), append, sizeof append);
    n = snprintf(l->line, sizeof l->line, "%s%s%s%s%s etl.card=0x%" PRIx64 "%s%s",
                 l->linux_guest ? "console=hvc0 " LINUX_COMMON_WORDS : "",
                 l->linux_guest ? " " : "", append, append[0] ? " " : "", o->guest_words,
                 l->card, l->exits == LAUNCH_EXITS_NONE ? "" : " etl.counter=trace",
                 l->net ? " etl.net=xen" : "");
    return n < LAUNCH_LINE_BYTES ? NULL
                                 : "the guest's command line is longer than Xen takes; use "
                                   "fewer words in append=";
}

static const char *read_settings(const struct outer *o, struct launch *l)
{
    static const char *const tsc[] = {"default", "native", "emulate", NULL};
    static const char *const exits[] = {"audit", "trace", "none", NULL};
    unsigned chosen_tsc = 0, chosen_exits = 0, pin = 0;
    const char *reason =
        get_number(o, "memory", DEFAULT_MEMORY_MB, 1, 1u << 20, &l->memory_mb);

    if (!reason)
        reason = get_number(o, "vcpus", "1", 1, 64, &l->vcpus);
    if (!reason)
        reason = get_number(o, "limit", DEFAULT_LIMIT_MS, 1, INT_MAX, &l->limit_ms);
    if (!reason)
        reason = get_number(o, "pin", "0", 0, 4095, &pin);
    if (!reason)
        reason = get_number(o, "busy", "0", 0, LAUNCH_BUSY_MAX, &l->busy);
    l->pin = outer_setting(o, "pin", NULL) ? (int)pin : -1;
    if (!reason)
        reason = get_choice(o, "tsc", tsc, &chosen_tsc);
    if (!reason)
        reason = get_choice(o, "exits", exits, &chosen_exits);
    l->tsc = (enum launch_tsc)chosen_tsc;
    l->exits = (enum launch_exits)chosen_exits;
    l->net = outer_peer_wanted(o);
    return reason;
}

static const char *run_guest(struct outer *o, struct guest *g, const struct launch *l)
{
    struct ring *ring = NULL;
    struct trace *trace = NULL;
    const char *shutdown = "none", *reason = ring_open(o->console, &ring);

    if (!reason)
        reason = guest_create(g, l, ring);
    if (!reason)
        reason = ring_attach(ring, guest_domain(g));
    if (!reason && l->net)
        reason = net_connect(o, guest_domain(g));
    if (!reason && l->pin >= 0)
        reason = guest_pin(o, g, l);
    if (!reason && l->exits != LAUNCH_EXITS_NONE)
        reason = trace_begin(guest_domain(g), &trace);
    if (!reason)
        reason = busy_begin(l);
    if (!reason)
        reason = guest_run(g, l, ring, trace, &shutdown);
    busy_end();
    if (!reason)
        reason = trace_stop(trace);
    guest_report(o, g);
    outer_fact(o, "xen.guest.shutdown", shutdown);
    if (!reason && strcmp(shutdown, "poweroff") != 0)
        reason = outer_say("the guest did not switch itself off: %s", shutdown);
    if (!reason && trace)
        reason = counts_tell(o, trace, l->exits == LAUNCH_EXITS_TRACE);
    trace_close(trace);
    ring_close(ring);
    return reason;
}

static void report_settings(struct outer *o)
{
    for (const char *p = o->settings; *p; p += strlen(p) + 1) {
        char key[64];
        const size_t n = strcspn(p, "=");

        snprintf(key, sizeof key, "launch.%.*s", (int)n, p);
        outer_fact(o, key, p + n + (p[n] == '='));
    }
}

static void put_host_fact(void *opaque, const char *key, const char *value)
{
    char whole[64];

    snprintf(whole, sizeof whole, "xen.host.%s", key);
    outer_fact(opaque, whole, value);
}

static const char *launch(struct outer *o, enum launch_type type, int linux_guest)
{
    static struct launch l; /* its line makes it large */
    const struct probe_sink facts = {.put = put_host_fact, .opaque = o};
    struct guest *g = NULL;
    const char *reason = read_settings(o, &l);

    l.type = type;
    l.linux_guest = linux_guest;
    o->exits = UINT64_MAX;
    report_settings(o);
    if (!reason)
        reason = outer_load_modules();
    if (!reason)
        reason = dom0_bring_up();
    if (!reason)
        reason = probe_xen(&facts);
    if (!reason)
        reason = dom0_find_card(&l.card);
    if (!reason)
        reason = make_line(o, &l);
    if (!reason)
        reason = guest_connect(o, &g);
    if (!reason)
        reason = run_guest(o, g, &l);
    guest_close(o, g);
    outer_peer_stop(o);
    return reason;
}

static const char *launch_pvh_bare(struct outer *o)
{
    return launch(o, LAUNCH_PVH, 0);
}

static const char *launch_pvh(struct outer *o)
{
    return launch(o, LAUNCH_PVH, 1);
}

static const char *launch_pv(struct outer *o)
{
    return launch(o, LAUNCH_PV, 1);
}

static const char *launch_hvm(struct outer *o)
{
    return launch(o, LAUNCH_HVM, 1);
}

static const char *launch_dom0(struct outer *o)
{
    static struct launch l;
    const char *reason = get_number(o, "limit", DEFAULT_LIMIT_MS, 1, INT_MAX, &l.limit_ms);

    o->exits = UINT64_MAX;
    report_settings(o);
    if (!reason)
        reason = outer_load_modules();
    if (!reason)
        reason = dom0_check();
    return reason ? reason : self_run(o, &l);
}

static const struct launcher dom0 = {.platform = "xen-dom0", .launch = launch_dom0};
static const struct launcher pvh_bare = {.platform = "xen-pvh-bare",
                                         .launch = launch_pvh_bare};
static const struct launcher pvh = {.platform = "xen-pvh", .launch = launch_pvh};
static const struct launcher hvm = {.platform = "xen-hvm", .launch = launch_hvm};
static const struct launcher pv = {.platform = "xen-pv", .launch = launch_pv};

const struct launcher *const *outer_table(size_t *count)
{
    static const struct launcher *const table[] = {&dom0, &pvh_bare, &pvh, &pv, &hvm};

    *count = sizeof table / sizeof table[0];
    return table;
}
