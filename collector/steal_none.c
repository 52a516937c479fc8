/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/steal_none.c - the collector where no Linux keeps what the hypervisor told it: in the
 * payload, and in the controller, which lists collectors and runs none. Freestanding.
 */
#include "collector/steal.h"

static const char *steal_unavailable(void)
{
    return "no operating system takes the hypervisor's word for stolen time here: steal needs "
           "Linux on the machine under test";
}

const struct collector collector_steal = {
    .name = "steal",
    .summary = "time that Xen or KVM says it kept the processor from the guest, in ns; under "
               "Xen, how long the guest waited of its own accord, too",
    .runs_on = COLLECTOR_ON_LINUX,
    .needs = "a guest of Xen or KVM, root, and a kernel that is not locked down",
    .unavailable = steal_unavailable,
};
