/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/soft/soft_snapshot.c - what the backends soft and pv keep of their guest,
 * copied and put back. What the scanner replaced is in the guest's memory, and its list never
 * changes; the shadow is made anew.
 */
#include "hv-under-test/vmm/guest/extended.h"
#include "hv-under-test/vmm/soft/soft.h"
#include "hv-under-test/vmm/machine/x86.h"

static struct soft_state state;
static struct soft_frame frame;
static struct extended_state extended;
static uint16_t ds, es, fs, gs;
static uint64_t fs_base, gs_base;

void soft_save(struct vcpu *v)
{
    (void)v;
    state = soft_state;
    frame = soft_frame;
    __asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
                     : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
    fs_base = x86_rdmsr(X86_MSR_FS_BASE);
    gs_base = x86_rdmsr(X86_MSR_GS_BASE);
    extended_save(&extended);
}

void soft_restore(struct vcpu *v)
{
    (void)v;
    soft_state = state;
    soft_frame = frame;
    __asm__ volatile("mov %0, %%ds; mov %1, %%es; mov %2, %%fs; mov %3, %%gs"
                     :
                     : "r"(ds), "r"(es), "r"(fs), "r"(gs));
    x86_wrmsr(X86_MSR_FS_BASE, fs_base);
    x86_wrmsr(X86_MSR_GS_BASE, gs_base);
    extended_restore(&extended);
    soft_shadow_flush();
}
