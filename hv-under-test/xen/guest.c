/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/xen/guest.c - one guest by libxl (Xen 4.17, libxl.h, libxl_event.h).
 */
#define LIBXL_API_VERSION 0x041400

#include <inttypes.h>
#include <limits.h>
#include <libxl.h>
#include <libxl_event.h>
#include <libxl_utils.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "hv-under-test/net/net.h"
#include "hv-under-test/xen/guest_files.h"
#include "hv-under-test/xen/launch.h"

#define NAME "etalon-guest"
#define PAGE_SHIFT 12
#define FDS 32

struct guest {
    xentoollog_logger logger; /* first: libxl hands back a pointer to it */
    char said[512];           /* its last error */
    libxl_ctx *ctx;
    uint32_t domain;
    int exists;
};

static void take_message(xentoollog_logger *logger, xentoollog_level level, int errnoval,
                         const char *context, const char *format, va_list ap)
{
    struct guest *g = (struct guest *)logger;
    int n;

    (void)context;
    /* The first error is the cause, the others its consequences. */
    if (level < XTL_ERROR || g->said[0])
        return;
    n = vsnprintf(g->said, sizeof g->said, format, ap);
    if (errnoval > 0 && n > 0 && (size_t)n < sizeof g->said)
        snprintf(g->said + n, sizeof g->said - (size_t)n, ": %s", strerror(errnoval));
}

static void destroy_logger(xentoollog_logger *logger)
{
    (void)logger;
}

static const char *refuse(struct guest *g, const char *what, int rc)
{
    return outer_say("%s failed (libxl %d): %s", what, rc,
                     g->said[0] ? g->said : "no reason told");
}

static void report_xen(struct outer *o, struct guest *g)
{
    const libxl_version_info *v = libxl_get_version_info(g->ctx);
    char version[128];

    if (!v)
        return;
    snprintf(version, sizeof version, "%d.%d%s", v->xen_version_major, v->xen_version_minor,
             v->xen_version_extra ? v->xen_version_extra : "");
    outer_fact(o, "xen.version", version);
    outer_fact(o, "xen.changeset", v->changeset ? v->changeset : "");
    outer_fact(o, "xen.build_id", v->build_id ? v->build_id : "");
    outer_fact(o, "xen.compiler", v->compiler ? v->compiler : "");
    outer_fact(o, "xen.capabilities", v->capabilities ? v->capabilities : "");
    outer_fact(o, "xen.command_line", v->commandline ? v->commandline : "");
}

const char *guest_connect(struct outer *o, struct guest **out)
{
    static const libxl_childproc_hooks hooks = {.chldowner = libxl_sigchld_owner_libxl};
    struct guest *g = calloc(1, sizeof *g);
    int rc;

    if (!g)
        return "out of memory";
    g->logger = (xentoollog_logger){.vmessage = take_message, .destroy = destroy_logger};
    rc = libxl_ctx_alloc(&g->ctx, LIBXL_VERSION, 0, &g->logger);
    if (rc) {
        const char *reason = refuse(g, "connecting to Xen", rc);

        free(g);
        return reason;
    }
    libxl_childproc_setmode(g->ctx, &hooks, NULL);
    report_xen(o, g);
    *out = g;
    return NULL;
}

/* Sleep until something happened, at most timeout ms (-1: for ever), and let libxl see to its
 * part. *ready: `fd` may be read, or `other`, which may be -1. */
static const char *wait_events(struct guest *g, int fd, int other, int timeout, int *ready)
{
    struct pollfd fds[FDS + 2];
    struct timeval now;
    int n = FDS, rc;

    *ready = 0;
    gettimeofday(&now, NULL);
    rc = libxl_osevent_beforepoll(g->ctx, &n, fds, &timeout, now);
    if (rc)
        return refuse(g, "waiting for Xen", rc);
    fds[n] = (struct pollfd){.fd = fd, .events = POLLIN};
    fds[n + 1] = (struct pollfd){.fd = other, .events = POLLIN};
    rc = poll(fds, (nfds_t)n + 2, timeout);
    if (rc < 0)
        return NULL; /* a signal: look again */
    gettimeofday(&now, NULL);
    libxl_osevent_afterpoll(g->ctx, n, fds, now);
    *ready = fds[n].revents || fds[n + 1].revents;
    return NULL;
}

/* --- creation --- */

static char *copy(const char *text)
{
    char *p = strdup(text);

    if (!p)
        abort(); /* a handful of bytes in a program that has just begun */
    return p;
}

static const libxl_domain_type types[] = {
    [LAUNCH_PVH] = LIBXL_DOMAIN_TYPE_PVH,
    [LAUNCH_PV] = LIBXL_DOMAIN_TYPE_PV,
    [LAUNCH_HVM] = LIBXL_DOMAIN_TYPE_HVM,
};

static const libxl_tsc_mode tsc_modes[] = {
    [LAUNCH_TSC_DEFAULT] = LIBXL_TSC_MODE_DEFAULT,
    [LAUNCH_TSC_NATIVE] = LIBXL_TSC_MODE_NATIVE,
    [LAUNCH_TSC_EMULATE] = LIBXL_TSC_MODE_ALWAYS_EMULATE,
};

static void describe_name(libxl_domain_create_info *c, const struct launch *l)
{
    c->type = types[l->type];
    c->name = copy(NAME);
    /* Always the same: the boot must not depend on chance. */
    libxl_uuid_from_string(&c->uuid, "e7a10e7a-0000-4000-8000-000000000001");
    libxl_defbool_set(&c->run_hotplug_scripts, false);
}

/* A PC without a screen, a disk or a network: its firmware loads the kernel that QEMU holds. */
static void describe_pc(libxl_domain_build_info *b)
{
    b->device_model_version = LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN;
    b->u.hvm.bios = LIBXL_BIOS_TYPE_SEABIOS;
    b->u.hvm.vga.kind = LIBXL_VGA_INTERFACE_TYPE_NONE;
    libxl_defbool_set(&b->u.hvm.nographic, true);
    libxl_defbool_set(&b->u.hvm.vnc.enable, false);
    libxl_defbool_set(&b->u.hvm.sdl.enable, false);
    libxl_defbool_set(&b->u.hvm.spice.enable, false);
    libxl_defbool_set(&b->u.hvm.usb, false);
}

static void describe_build(struct guest *g, libxl_domain_build_info *b, const struct launch *l)
{
    libxl_domain_build_info_init_type(b, types[l->type]);
    b->max_vcpus = (int)l->vcpus;
    libxl_cpu_bitmap_alloc(g->ctx, &b->avail_vcpus, (int)l->vcpus);
    for (unsigned i = 0; i < l->vcpus; i++)
        libxl_bitmap_set(&b->avail_vcpus, (int)i);
    b->max_memkb = b->target_memkb = (uint64_t)l->memory_mb << 10;
    b->tsc_mode = tsc_modes[l->tsc];
    b->kernel = copy(GUEST_KERNEL);
    if (l->linux_guest)
        b->ramdisk = copy(GUEST_INITRAMFS);
    b->cmdline = copy(l->line);
    if (l->type == LAUNCH_PVH)
        libxl_defbool_set(&b->apic, true);
    if (l->type == LAUNCH_HVM)
        describe_pc(b);
    b->iomem = calloc(1, sizeof *b->iomem);
    if (!b->iomem)
        abort();
    b->num_iomem = 1;
    b->iomem[0] = (libxl_iomem_range){
        .start = l->card >> PAGE_SHIFT, .number = 1, .gfn = l->card >> PAGE_SHIFT};
}

/* Its other end is connected later (net.c). xen-init-dom0 has told libxl to run hotplug
 * scripts, whatever run_hotplug_scripts says: this one has nothing to do. */
static void describe_net(libxl_domain_config *config)
{
    unsigned mac[6] = {0};

    config->nics = calloc(1, sizeof *config->nics);
    if (!config->nics)
        abort();
    config->num_nics = 1;
    libxl_device_nic_init(config->nics);
    config->nics->nictype = LIBXL_NIC_TYPE_VIF;
    config->nics->script = copy(GUEST_NET_SCRIPT);
    sscanf(NET_MAC_GUEST, "%x:%x:%x:%x:%x:%x", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
           &mac[5]);
    for (unsigned i = 0; i < 6; i++)
        config->nics->mac[i] = (uint8_t)mac[i];
}

/* Has the creation come to its end? */
static const char *take_created(struct guest *g)
{
    libxl_event *event;
    int rc = 0;

    while (libxl_event_check(g->ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL) == 0) {
        if (event->type == LIBXL_EVENT_TYPE_OPERATION_COMPLETE) {
            rc = event->u.operation_complete.rc;
            g->exists = rc == 0;
        }
        libxl_event_free(g->ctx, event);
    }
    return rc ? refuse(g, "creating the guest", rc) : NULL;
}

/* What the device model said, which libxl does not pass on. */
static const char *quote_model(const char *reason)
{
    char said[300];

    outer_quote("/var/log/xen/qemu-dm-" NAME ".log", said, sizeof said);
    return said[0] ? outer_say("%s. QEMU: %s", reason, said) : reason;
}

const char *guest_create(struct guest *g, const struct launch *l, struct ring *r)
{
    static const libxl_asyncop_how how = {.callback = NULL}; /* an event tells the end */
    libxl_domain_config config;
    const char *reason;
    int rc, offer;

    libxl_domain_config_init(&config);
    describe_name(&config.c_info, l);
    describe_build(g, &config.b_info, l);
    if (l->net)
        describe_net(&config);
    rc = libxl_domain_create_new(g->ctx, &config, &g->domain, &how, NULL);
    reason = rc ? refuse(g, "creating the guest", rc) : NULL;
    while (!reason && !g->exists) {
        reason = wait_events(g, ring_store_fd(r), -1, -1, &offer);
        if (!reason && offer)
            reason = ring_offer(r, NAME);
        if (!reason)
            reason = take_created(g);
    }
    libxl_domain_config_dispose(&config);
    return reason && l->type == LAUNCH_HVM ? quote_model(reason) : reason;
}

const char *guest_pin(struct outer *o, struct guest *g, const struct launch *l)
{
    const unsigned processor = (unsigned)l->pin;
    const int processors = libxl_get_max_cpus(g->ctx);
    libxl_bitmap one;
    const char *reason = NULL;
    char text[16];
    int rc;

    if (processors <= 0)
        return refuse(g, "asking Xen for its processors", processors);
    if (processor >= (unsigned)processors)
        return outer_say("pin=%u: Xen has the processors 0 to %d here", processor,
                         processors - 1);
    libxl_bitmap_init(&one);
    rc = libxl_cpu_bitmap_alloc(g->ctx, &one, processors);
    if (rc == 0) {
        libxl_bitmap_set(&one, (int)processor);
        rc = libxl_set_vcpuaffinity_all(g->ctx, g->domain, l->vcpus, &one, NULL);
    }
    if (rc)
        reason = refuse(g, "pinning the guest's processors", rc);
    libxl_bitmap_dispose(&one);
    snprintf(text, sizeof text, "%u", processor);
    if (!reason)
        outer_fact(o, "xen.guest.pinned_to", text);
    return reason;
}

uint32_t guest_domain(const struct guest *g)
{
    return g->domain;
}

/* --- life --- */

/* 1 with *reason when the guest's end was among the events; others are dropped. */
static int take_events(struct guest *g, libxl_shutdown_reason *reason)
{
    libxl_event *event;
    int ended = 0;

    while (libxl_event_check(g->ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL) == 0) {
        if (event->domid == g->domain && event->type == LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN) {
            *reason = event->u.domain_shutdown.shutdown_reason;
            ended = 1;
        } else if (event->domid == g->domain && event->type == LIBXL_EVENT_TYPE_DOMAIN_DEATH) {
            *reason = LIBXL_SHUTDOWN_REASON_UNKNOWN;
            ended = 1;
        }
        libxl_event_free(g->ctx, event);
    }
    return ended;
}

/* The trace first: once its bytes are taken the guest goes on, and nothing of this should then
 * be left to do. */
static const char *serve_both(const struct launch *l, struct ring *r, struct trace *t)
{
    const char *reason = trace_drain(t);

    if (!reason && t && l->exits == LAUNCH_EXITS_AUDIT && counts_audited(t))
        reason = trace_stop(t);
    return reason ? reason : ring_serve(r);
}

static const char *serve(struct guest *g, const struct launch *l, struct ring *r,
                         struct trace *t, int64_t end_ms)
{
    const int64_t left_ms = end_ms - outer_uptime_ms();
    const char *reason;
    int ready;

    if (left_ms <= 0)
        return "the guest was ended: it ran longer than it may";
    reason = wait_events(g, ring_fd(r), trace_fd(t),
                         left_ms > INT_MAX ? INT_MAX : (int)left_ms, &ready);
    return !reason && ready ? serve_both(l, r, t) : reason;
}

const char *guest_run(struct guest *g, const struct launch *l, struct ring *r, struct trace *t,
                      const char **shutdown)
{
    const int64_t end_ms = l->limit_ms;
    libxl_shutdown_reason why = LIBXL_SHUTDOWN_REASON_UNKNOWN;
    libxl_evgen_domain_death *death = NULL;
    const char *reason = NULL;
    int rc = libxl_evenable_domain_death(g->ctx, g->domain, 0, &death);

    if (rc)
        return refuse(g, "watching the guest", rc);
    rc = libxl_domain_unpause(g->ctx, g->domain, NULL);
    if (rc)
        return refuse(g, "starting the guest", rc);
    while (!reason && !take_events(g, &why))
        reason = serve(g, l, r, t, end_ms);
    if (!reason)
        reason = ring_serve(r); /* its last words */
    *shutdown = libxl_shutdown_reason_to_string(why);
    return reason;
}

/* --- accounts --- */

static void tell_number(struct outer *o, const char *key, uint64_t n)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRIu64, n);
    outer_fact(o, key, text);
}

static void report_vcpus(struct outer *o, struct guest *g)
{
    int n = 0, processors = 0;
    libxl_vcpuinfo *v = libxl_list_vcpu(g->ctx, g->domain, &n, &processors);

    for (int i = 0; v && i < n; i++) {
        char key[64];

        if (!v[i].online)
            continue;
        snprintf(key, sizeof key, "xen.guest.vcpu.%" PRIu32 ".time_ns", v[i].vcpuid);
        tell_number(o, key, v[i].vcpu_time);
    }
    if (v)
        libxl_vcpuinfo_list_free(v, n);
}

static void report_domain(struct outer *o, struct guest *g, uint32_t domain, const char *key)
{
    libxl_dominfo info;

    libxl_dominfo_init(&info);
    if (libxl_domain_info(g->ctx, &info, domain) == 0)
        tell_number(o, key, info.cpu_time);
    libxl_dominfo_dispose(&info);
}

void guest_report(struct outer *o, struct guest *g)
{
    if (!g->exists)
        return;
    report_domain(o, g, g->domain, "xen.guest.cpu_time_ns");
    report_domain(o, g, 0, "xen.dom0.cpu_time_ns");
    report_vcpus(o, g);
}

/* Nobody but dom0 should be left. */
static void report_domains(struct outer *o, struct guest *g)
{
    int n = 0;
    libxl_dominfo *all = libxl_list_domain(g->ctx, &n);

    if (!all)
        return;
    libxl_dominfo_list_free(all, n);
    tell_number(o, "xen.domains_left", (uint64_t)n);
}

void guest_close(struct outer *o, struct guest *g)
{
    if (!g)
        return;
    if (g->exists)
        libxl_domain_destroy(g->ctx, g->domain, NULL);
    report_domains(o, g);
    libxl_ctx_free(g->ctx);
    free(g);
}
