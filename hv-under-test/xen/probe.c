/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/xen/probe.c - what this Xen host offers the launcher: asked of Xen, nothing is
 * changed. As the command `etalon-outer --probe` on any computer, and as facts of every boot.
 */
#define LIBXL_API_VERSION 0x041400

#include <errno.h>
#include <inttypes.h>
#include <libxl.h>
#include <stdio.h>
#include <string.h>

#include <xenctrl.h>

#include "hv-under-test/host.h"
#include "hv-under-test/xen/launch.h"

#define PAGE_SHIFT 12

static void put_number(const struct probe_sink *s, const char *key, uint64_t n)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRIu64, n);
    s->put(s->opaque, key, text);
}

static void put_flag(const struct probe_sink *s, const char *key, int flag)
{
    s->put(s->opaque, key, flag ? "yes" : "no");
}

static const char *put_machine(const struct probe_sink *s, libxl_ctx *ctx)
{
    libxl_physinfo p;
    int rc;

    libxl_physinfo_init(&p);
    rc = libxl_get_physinfo(ctx, &p);
    if (rc == 0) {
        put_flag(s, "pv", p.cap_pv);
        put_flag(s, "pvh", p.cap_hvm);
        put_flag(s, "hvm", p.cap_hvm);
        put_flag(s, "nested_paging", p.cap_hap);
        put_flag(s, "iommu", p.cap_hvm_directio);
        put_number(s, "processors", p.nr_cpus);
    }
    libxl_physinfo_dispose(&p);
    return rc ? outer_say("Xen does not describe its machine (libxl %d)", rc) : NULL;
}

/* Xen refuses to let dom0 give away what is not dom0's. Giving it to dom0 itself changes
 * nothing. */
static void put_card(const struct probe_sink *s, xc_interface *xc)
{
    uint64_t address;
    const char *reason = dom0_find_card(&address);

    if (reason) {
        s->put(s->opaque, "card", reason);
        return;
    }
    s->put(s->opaque, "card", "found");
    if (xc_domain_iomem_permission(xc, 0, address >> PAGE_SHIFT, 1, 1))
        s->put(s->opaque, "card_iomem", strerror(errno));
    else
        s->put(s->opaque, "card_iomem", "permitted");
}

/* libxc answers EINVAL where Xen would trace but has set up no buffer yet: it cannot map an empty
 * list. A refusal is another error. */
static const char *find_trace_buffers(xc_interface *xc)
{
    unsigned long bytes;

    if (xc_tbuf_get_size(xc, &bytes) == 0)
        return "set up";
    return errno == EINVAL ? "available" : strerror(errno);
}

static const char *ask_control(const struct probe_sink *s)
{
    xc_interface *xc = xc_interface_open(NULL, NULL, 0);

    if (!xc)
        return outer_reason("connecting to Xen", errno);
    s->put(s->opaque, "trace_buffers", find_trace_buffers(xc));
    put_card(s, xc);
    xc_interface_close(xc);
    return NULL;
}

const char *probe_xen(const struct probe_sink *s)
{
    libxl_ctx *ctx = NULL;
    const char *reason = dom0_check();
    int rc;

    put_flag(s, "control_domain", reason == NULL);
    if (reason)
        return reason;
    put_flag(s, "xenstored", dom0_store_answers());
    reason = ask_control(s);
    if (reason)
        return reason;
    rc = libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, NULL);
    if (rc)
        return outer_say("libxl does not start (libxl %d)", rc);
    reason = put_machine(s, ctx);
    libxl_ctx_free(ctx);
    return reason;
}

/* --- the command --- */

static void print(void *opaque, const char *key, const char *value)
{
    (void)opaque;
    printf("%s=%s\n", key, value);
}

int outer_probe(void)
{
    const struct probe_sink sink = {.put = print};
    char missing[2048];
    const char *reason = host_xen_missing("", missing, sizeof missing);

    printf("hypervisor=%s\n", dom0_is_xen() ? "xen" : "none");
    if (dom0_is_xen()) {
        const char *why = probe_xen(&sink);

        reason = why ? why : reason;
    }
    if (!reason)
        return 0;
    fprintf(stderr, "etalon-outer: %s\n", reason);
    return 1;
}
