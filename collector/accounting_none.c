/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/accounting_none.c - the collector where no Linux keeps books: in the payload, and in
 * the controller, which lists collectors and runs none. Freestanding.
 */
#include "collector/accounting.h"

static const char *accounting_unavailable(void)
{
    return "no operating system keeps accounts here: accounting needs Linux on the machine "
           "under test";
}

const struct collector collector_accounting = {
    .name = "accounting",
    .summary =
        "the Linux kernel's books: processor times, steal, faults, switches, interrupts",
    .runs_on = COLLECTOR_ON_LINUX,
    .needs = "a kernel with CONFIG_SCHED_INFO and CONFIG_TASK_IO_ACCOUNTING",
    .unavailable = accounting_unavailable,
};
