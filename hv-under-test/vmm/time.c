/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/time.c - the guest's TSC: passed, offset or trapped (vmm/time.h). */
#include "hv-under-test/vmm/time.h"

#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/x86.h"

static int trapped;
static int64_t offset_ticks;

void time_start(const struct vmm_config *c)
{
    trapped = c->tsc == CONFIG_TSC_TRAP;
    offset_ticks = c->tsc == CONFIG_TSC_OFFSET ? c->tsc_offset_ticks : 0;
}

int time_is_trapped(void)
{
    return trapped;
}

int64_t time_offset_ticks(void)
{
    return offset_ticks;
}

uint64_t time_guest_tsc(void)
{
    return x86_rdtsc() + (uint64_t)offset_ticks;
}
