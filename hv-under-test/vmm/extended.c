/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/extended.c - by XSAVE, or FXSAVE where that is off (vmm/extended.h). */
#include "hv-under-test/vmm/extended.h"

#include "hv-under-test/vmm/x86.h"

#define STATES_LEAF 0x0du
#define STATES 7u /* x87, SSE, AVX: bits of XCR0 */

static int has_xsave(void)
{
    return (x86_read_cr4() & X86_CR4_OSXSAVE) != 0;
}

/* Asked once: CPUID is slow on processors, and guests that take turns need this at each. */
static uint32_t states(void)
{
    static uint32_t known;

    if (!known)
        known = x86_cpuid(STATES_LEAF, 0).eax & STATES;
    return known;
}

/* Of the legacy area, APM vol. 1 section 11.4.4. */
#define CONTROL_AT 0u
#define CONTROL_RESET 0x37fu
#define MXCSR_AT 24u
#define MXCSR_RESET 0x1f80u

void extended_reset(struct extended_state *s)
{
    const uint16_t control = CONTROL_RESET;
    const uint32_t mxcsr = MXCSR_RESET;

    *s = (struct extended_state){.xcr0 = 1};
    __builtin_memcpy(s->area + CONTROL_AT, &control, sizeof(control));
    __builtin_memcpy(s->area + MXCSR_AT, &mxcsr, sizeof(mxcsr));
}

void extended_save(struct extended_state *s)
{
    if (has_xsave()) {
        s->xcr0 = x86_xgetbv(0);
        x86_xsetbv(0, states()); /* what XCR0 leaves out is kept, too */
        __asm__ volatile("xsave64 %0" : "=m"(s->area) : "a"(STATES), "d"(0));
        x86_xsetbv(0, s->xcr0);
    } else {
        __asm__ volatile("fxsave64 %0" : "=m"(s->area));
    }
}

void extended_restore(const struct extended_state *s)
{
    if (has_xsave()) {
        x86_xsetbv(0, states());
        __asm__ volatile("xrstor64 %0" : : "m"(s->area), "a"(STATES), "d"(0));
        x86_xsetbv(0, s->xcr0);
    } else {
        __asm__ volatile("fxrstor64 %0" : : "m"(s->area));
    }
}
