/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/outer/kvm_sides.c - what the PMU says of the guest's processors: instructions of
 * guest, host and both on each one's thread (collector/pmu/watch.h), told as facts. A number
 * that cannot be had, or does not add up, is a sentence in its place and no error of the boot.
 */
#include <stdio.h>

#include "hv-under-test/outer/kvm.h"

void kvm_sides_begin(struct kvm_sides *s)
{
    s->why = (struct err){.code = 0};
    pmu_watch_begin(&s->watch, "/sys", &s->why);
}

void kvm_sides_attach(struct kvm_sides *s, pid_t qemu, unsigned vcpus)
{
    for (unsigned i = 0; i < vcpus && s->why.code == 0; i++) {
        pid_t thread = kvm_process_vcpu(qemu, i);

        if (thread)
            pmu_watch_thread(&s->watch, thread, &s->why);
    }
}

static void tell_vcpu(struct kvm_sides *s, struct outer *o, unsigned i)
{
    struct pmu_reading r;
    struct err e = {0};
    char key[32];

    snprintf(key, sizeof key, "kvm.pmu.vcpu%u", i);
    if (pmu_watch_value(&s->watch, i, &r, &e))
        outer_fact(o, key, outer_say("refused: %s", e.text));
    else
        outer_fact(o, key,
                   outer_say("guest %llu host %llu both %llu enabled_ns %llu running_ns %llu",
                             (unsigned long long)r.raw[PMU_SIDES_GUEST],
                             (unsigned long long)r.raw[PMU_SIDES_HOST],
                             (unsigned long long)r.raw[PMU_SIDES_BOTH],
                             (unsigned long long)r.enabled_ns,
                             (unsigned long long)r.running_ns));
}

void kvm_sides_tell(struct kvm_sides *s, struct outer *o)
{
    outer_fact(o, "kvm.pmu",
               s->why.code ? outer_say("unavailable: %s", s->why.text) : s->watch.event);
    for (unsigned i = 0; i < s->watch.threads; i++)
        tell_vcpu(s, o, i);
    pmu_watch_end(&s->watch);
}
