/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/vmm_memory_fixture.h - a guest's memory, the hypervisor's sources on it included.
 * Pointers stand for physical addresses, as in the hypervisor.
 */
#ifndef ETALON_TESTS_VMM_MEMORY_FIXTURE_H
#define ETALON_TESTS_VMM_MEMORY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/guest/guest.c"
#include "hv-under-test/vmm/guest/guest_bzimage.c"
#include "hv-under-test/vmm/guest/guest_elf.c"
#include "hv-under-test/vmm/machine/x86.h"

#define RAM_BYTES (4ull << 20)

static uint8_t *ram;

static int open_ram(void **state)
{
    (void)state;
    ram = calloc(1, RAM_BYTES);
    guest_memory = (struct guest_memory){ram, RAM_BYTES};
    return ram ? 0 : -1;
}

static int close_ram(void **state)
{
    (void)state;
    free(ram);
    return 0;
}

#endif
