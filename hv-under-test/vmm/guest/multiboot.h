/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/guest/multiboot.h - what the boot loader leaves (Multiboot Specification
 * 0.6.96, section 3.3), as far as it is read here. All addresses are physical.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_GUEST_MULTIBOOT_H
#define ETALON_HV_UNDER_TEST_VMM_GUEST_MULTIBOOT_H

#include <stdint.h>

#define MULTIBOOT_BOOT_MAGIC 0x2BADB002u
#define MULTIBOOT_HAS_COMMAND_LINE (1u << 2)
#define MULTIBOOT_HAS_MODULES (1u << 3)
#define MULTIBOOT_HAS_MEMORY_MAP (1u << 6)
#define MULTIBOOT_MEMORY_RAM 1u

struct multiboot_info {
    uint32_t flags, memory_lower, memory_upper, boot_device, command_line;
    uint32_t module_count, modules, symbols[4];
    uint32_t map_bytes, map;
};

struct multiboot_module {
    uint32_t start, end, arguments, zero;
};

struct multiboot_region {
    uint32_t size; /* of the rest; the next region follows it */
    uint64_t base, bytes;
    uint32_t type;
} __attribute__((packed));

#endif
