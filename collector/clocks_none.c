/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/clocks_none.c - the controller lists collectors and runs none.
 */
#include "collector/collector.h"

static const char *clocks_unavailable(void)
{
    return "guest clocks are read on the machine under test, not by the controller";
}

const struct collector collector_clocks = {
    .name = "clocks",
    .summary = "the clocks a guest can read: TSC everywhere; monotonic, raw, real, user and "
               "system time on Linux",
    .runs_on = COLLECTOR_ON_LINUX | COLLECTOR_ON_PAYLOAD,
    .unavailable = clocks_unavailable,
};
