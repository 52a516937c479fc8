/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/schedule.h"

#include "runner/campaign.h"

/* SplitMix64 (Steele, Lea, Flood 2014): neighbouring plan indices give unrelated seeds. So do
 * neighbouring campaigns: were their seeds not mixed before the index is added, boot i of one
 * would be boot i - 1 of the next. */
static uint64_t schedule_mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

size_t schedule_count(const struct campaign *c)
{
    return c->boots * c->platforms;
}

struct schedule_boot schedule_get(const struct campaign *c, size_t i)
{
    size_t block = i / c->platforms, place = i % c->platforms;
    struct schedule_boot b = {
        .plan_index = (uint32_t)i,
        .block = (unsigned)block,
        .platform = (unsigned)place,
        .seed = c->seed,
    };

    if (c->order == CAMPAIGN_ABBA && block % 2 == 1)
        b.platform = (unsigned)(c->platforms - 1 - place);
    /* qemu's -seed and etl.seed are both 64-bit decimals; keep clear of 0, which reads as
     * "none". */
    if (c->seeds == CAMPAIGN_SEEDS_EACH)
        b.seed = schedule_mix(schedule_mix(c->seed) + i) | 1u;
    return b;
}
