/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_guest/forget.c - a hypervisor that forgets a part of its guest when it puts it
 * back; which one is chosen at link time by --wrap (tests/system/vmm_restore.sh).
 */
#include <stdint.h>

struct devices_state;
struct extended_state;
struct pit;
struct svm_vmcb;
struct vcpu;

void __wrap_extended_restore(const struct extended_state *s);
void __wrap_devices_restore(struct vcpu *v, const struct devices_state *s, int stopped);
void __wrap_pit_shift(struct pit *p, uint64_t cycles);
void __wrap_exits_set_emulated_register(uint32_t value);
void __wrap_svm_restore(struct vcpu *v);
int __wrap_svm_shadow_restore(struct svm_vmcb *b);
void __wrap_soft_restore(struct vcpu *v);
void __wrap_distort_shift(struct vcpu *v, int64_t ticks);

void __wrap_extended_restore(const struct extended_state *s)
{
    (void)s;
}

void __wrap_devices_restore(struct vcpu *v, const struct devices_state *s, int stopped)
{
    (void)v;
    (void)s;
    (void)stopped;
}

void __wrap_pit_shift(struct pit *p, uint64_t cycles)
{
    (void)p;
    (void)cycles;
}

void __wrap_exits_set_emulated_register(uint32_t value)
{
    (void)value;
}

void __wrap_svm_restore(struct vcpu *v)
{
    (void)v;
}

int __wrap_svm_shadow_restore(struct svm_vmcb *b)
{
    (void)b;
    return 1;
}

void __wrap_soft_restore(struct vcpu *v)
{
    (void)v;
}

void __wrap_distort_shift(struct vcpu *v, int64_t ticks)
{
    (void)v;
    (void)ticks;
}
