/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_guest/paging_none.c - in place of paging.c in the guest that cpu=soft runs,
 * too: its scanner would refuse the 16- and 32-bit code that belongs to that.
 */
#include "tests/system/vmm_guest/guest.h"

int paging(const char *line)
{
    (void)line;
    return 0;
}
