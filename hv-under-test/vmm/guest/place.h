/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/guest/place.h - where the guest's memory lies in the machine's. Pure: over
 * the boot loader's memory map and a list of what is taken, wherever the loader has put it.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_GUEST_PLACE_H
#define ETALON_HV_UNDER_TEST_VMM_GUEST_PLACE_H

#include <stdint.h>

#include "hv-under-test/vmm/guest/multiboot.h"

/* The hypervisor reaches so far (boot.S). */
#define PLACE_LIMIT (4ull << 30)

struct place_range { /* [start, end) */
    uint64_t start, end;
};

/*
 * The largest piece of RAM below PLACE_LIMIT that touches none of taken[0..count), in whole
 * multiples of `align`; of several the lowest. The memory map is `bytes` bytes of multiboot
 * regions. start == end if there is none.
 */
struct place_range place_guest(const uint8_t *map, uint32_t bytes,
                               const struct place_range *taken, unsigned count,
                               uint64_t align);

#endif
