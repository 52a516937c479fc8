/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/time/time.c - the guest's TSC: passed, offset, scaled or trapped
 * (vmm/time/time.h).
 */
#include "hv-under-test/vmm/time/time.h"

#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/machine/x86.h"

static int trapped;
static const char *how;
static struct {
    uint64_t origin, base, ratio;
} line;
static uint64_t (*age)(void);

uint64_t time_ratio_of(int64_t ppb)
{
    const int64_t billion = 1000000000, half = ppb < 0 ? -billion / 2 : billion / 2;

    /* |ppb| is below 2^30, so that nothing is lost on the left. */
    return TIME_RATIO_ONE + (uint64_t)((ppb * (int64_t)TIME_RATIO_ONE + half) / billion);
}

void time_start(const struct vmm_config *c, int scales)
{
    static const char *const words[] = {
        [CONFIG_TSC_PASS] = "passed",
        [CONFIG_TSC_TRAP] = "trapped",
        [CONFIG_TSC_OFFSET] = "offset by the processor",
        [CONFIG_TSC_SCALE] = "scaled by trapping",
    };

    trapped = c->tsc == CONFIG_TSC_TRAP || (c->tsc == CONFIG_TSC_SCALE && !scales);
    how = c->tsc == CONFIG_TSC_SCALE && scales ? "scaled by the processor" : words[c->tsc];
    line.origin = 0;
    line.base = c->tsc == CONFIG_TSC_OFFSET ? (uint64_t)c->tsc_offset_ticks : 0;
    line.ratio = c->tsc == CONFIG_TSC_SCALE ? time_ratio_of(c->tsc_scale_ppb) : TIME_RATIO_ONE;
    age = 0;
}

const char *time_how(void)
{
    return how;
}

int time_is_trapped(void)
{
    return trapped;
}

uint64_t time_ratio(void)
{
    return line.ratio;
}

int64_t time_offset_ticks(void)
{
    return (int64_t)line.base;
}

uint64_t time_guest_at(uint64_t hypervisor)
{
    unsigned __int128 product = (unsigned __int128)(hypervisor - line.origin) * line.ratio;

    return line.base + (uint64_t)(product >> 32);
}

uint64_t time_guest_tsc(void)
{
    uint64_t tsc = time_guest_at(x86_rdtsc());

    return age ? tsc - age() : tsc;
}

void time_shift(int64_t ticks)
{
    line.base += (uint64_t)ticks;
}

void time_set_rate(uint64_t hypervisor, int64_t ppb)
{
    line.base = time_guest_at(hypervisor);
    line.origin = hypervisor;
    line.ratio = time_ratio_of(ppb);
}

void time_set_age(uint64_t (*age_ticks)(void))
{
    age = age_ticks;
}
