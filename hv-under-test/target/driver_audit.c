/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/target/driver_audit.c - no exit between markers, shown by differences (driver.h). */
#include "hv-under-test/target/driver_private.h"
#include "hv-under-test/target/interval.h"
#include "hv-under-test/target/sentinel.h"

static void do_nulls(struct target *t, unsigned count)
{
    /* The value that is on the pins already: the same two instructions as an interval, but
     * no edge, so the grammar of the markers does not see them. */
    for (unsigned i = 0; i < count; i++)
        interval_null(t->pins, t->pins_now, t->pins_now);
}

static void do_hypercalls(struct target *t, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        t->ops->hypercall_nop();
}

static void do_cpuids(struct target *t, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        t->ops->cpuid_nop();
}

static uint64_t exits_of(struct target *t, void (*group)(struct target *, unsigned),
                         unsigned count)
{
    uint64_t before = t->ops->exits_total();

    group(t, count);
    return t->ops->exits_total() - before;
}

/* Somebody else counts. */
static void audit_traced(struct target *t, enum sentinel_audit what,
                         void (*group)(struct target *, unsigned))
{
    for (unsigned i = 0; i < TARGET_AUDIT_ROUNDS; i++) {
        for (unsigned twice = 0; twice < 2; twice++) {
            t->ops->sentinel(sentinel_begin_site(what, (int)twice));
            group(t, TARGET_AUDIT_K << twice);
            t->ops->sentinel(SENTINEL_END);
        }
    }
}

static void audit_counted(struct target *t, enum sentinel_audit what,
                          void (*group)(struct target *, unsigned))
{
    static const char *const names[] = SENTINEL_AUDIT_NAMES;
    uint64_t best_k = UINT64_MAX, best_2k = UINT64_MAX;
    struct record_writer *w;

    /* The fewest of several rounds: an exit that the machine itself causes (a host interrupt)
     * falls into some rounds, an exit caused by the store into all of them. */
    for (unsigned i = 0; i < TARGET_AUDIT_ROUNDS; i++) {
        uint64_t k = exits_of(t, group, TARGET_AUDIT_K);
        uint64_t k2 = exits_of(t, group, 2 * TARGET_AUDIT_K);

        best_k = k < best_k ? k : best_k;
        best_2k = k2 < best_2k ? k2 : best_2k;
    }
    w = driver_begin(t, "audit");
    record_text(w, "what", names[what]);
    record_u64(w, "k", TARGET_AUDIT_K);
    record_u64(w, "exits_k", best_k);
    record_u64(w, "exits_2k", best_2k);
    driver_end(t);
}

void driver_audit(struct target *t)
{
    void (*audit)(struct target *, enum sentinel_audit, void (*)(struct target *, unsigned)) =
        t->ops->exits_total ? audit_counted : audit_traced;

    if (!t->ops->exits_total && !t->ops->sentinel)
        return;
    audit(t, SENTINEL_NULL, do_nulls);
    if (t->ops->hypercall_nop)
        audit(t, SENTINEL_HYPERCALL, do_hypercalls);
    else if (t->ops->cpuid_nop)
        audit(t, SENTINEL_CPUID, do_cpuids);
    driver_flush(t);
}
