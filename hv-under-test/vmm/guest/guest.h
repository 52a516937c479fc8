/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/guest/guest.h - the guest's memory and what is put into it before it
 * starts.
 *
 * Guest-physical layout (docs/vmm.md): RAM from 0 to ram_bytes, of which 0xA0000-0xFFFFF is
 * not announced; what the guest is told at its start below 0x8000; an initramfs at the top of
 * RAM; the ABI pages high up, where no device is placed.
 *
 * Three kinds of image: 32-bit and 64-bit ELF with a PVH note (Xen docs/misc/pvh.pandoc), and
 * Linux's bzImage (Linux Documentation/x86/boot.rst, 32-bit boot protocol).
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_GUEST_GUEST_H
#define ETALON_HV_UNDER_TEST_VMM_GUEST_GUEST_H

#include <stddef.h>
#include <stdint.h>

struct guest_start;

#define GUEST_BOOT_GDT 0x5000u /* of a bzImage */
#define GUEST_BOOT_GDT_ENTRIES 4u
#define GUEST_START_INFO 0x6000u /* a page of start_info and map, or boot_params; … */
#define GUEST_START_BYTES 0x2000u
#define GUEST_COMMAND_LINE 0x7000u /* … and one of command line */
#define GUEST_COMMAND_LINE_BYTES 4096u
#define GUEST_ACCOUNTS_PAGE 0xFEF00000u /* between the local APIC and the firmware */
#define GUEST_REGISTER_PAGE 0xFEF01000u
#define GUEST_RING_PAGE 0xFEF02000u   /* io=ring */
#define GUEST_RAM_LIMIT 0xC0000000ull /* below PCI's window */
#define GUEST_LEGACY_HOLE 0xA0000u
#define GUEST_LEGACY_END 0x100000u

struct guest_memory {
    uint8_t *base; /* of guest-physical 0 */
    uint64_t bytes;
};

extern struct guest_memory guest_memory; /* set once, before the guest is loaded */

/* Where guest-physical [address, address + bytes) lies; NULL if not wholly RAM. */
static inline uint8_t *guest_pointer(uint64_t address, uint64_t bytes)
{
    if (address > guest_memory.bytes || bytes > guest_memory.bytes - address)
        return NULL;
    return guest_memory.base + address;
}

struct guest_files { /* borrowed; outside the guest's memory */
    const uint8_t *image, *initramfs;
    uint64_t image_bytes, initramfs_bytes; /* 0: no initramfs */
    const char *command_line;
};

/* Put them into the guest's memory, with what its start protocol wants. 0 with *start, or -1
 * with a sentence in *reason. Nothing of the files is believed. */
int guest_load(const struct guest_files *files, struct guest_start *start,
               const char **reason);

/* The first four bytes of a note of an image that guest_load() has taken. 0, or -1: it is not
 * there. */
int guest_find_note(const uint8_t *image, uint64_t image_bytes, const char *owner,
                    uint32_t type, uint32_t *value);

#endif
