/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/xen/counts.c - records of what Xen's trace told (xen/exits.h). */
#include "hv-under-test/target/driver.h"
#include "hv-under-test/xen/exits.h"
#include "hv-under-test/xen/launch.h"

/* Every guest of Xen has null audited and then one of the others. */
int counts_audited(const struct trace *t)
{
    const struct exits *x = trace_exits(t);
    const char *reason;

    return exits_audit_done(x, SENTINEL_NULL, &reason) == 1 &&
           (exits_audit_done(x, SENTINEL_HYPERCALL, &reason) == 1 ||
            exits_audit_done(x, SENTINEL_CPUID, &reason) == 1);
}

static const char *tell_audits(struct outer *o, const struct exits *x)
{
    static const char *const names[] = SENTINEL_AUDIT_NAMES;

    for (unsigned i = 0; i < SENTINEL_AUDITS; i++) {
        const struct exits_audit *a = &x->audit[i];
        const char *reason;
        const int done = exits_audit_done(x, (enum sentinel_audit)i, &reason);

        if (reason)
            return reason;
        if (done)
            outer_audit(o, names[i], TARGET_AUDIT_K, a->exits_k, a->exits_2k);
        else if (i == SENTINEL_NULL)
            return "the guest's audit is nowhere in Xen's trace";
    }
    return NULL;
}

const char *counts_tell(struct outer *o, const struct trace *t, int all)
{
    const struct exits *x = trace_exits(t);
    const char *reason = exits_judge(x);

    for (unsigned i = 0; all && i < EXITS_CAUSES; i++) {
        if (x->count[i] || i == EXITS_OTHER)
            outer_exit_count(o, exits_cause_name((enum exits_cause)i), x->count[i]);
    }
    if (all)
        o->exits = x->total;
    return reason ? reason : tell_audits(o, x);
}
