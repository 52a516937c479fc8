/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/payload/start.h - numbers shared by start.S and the C of the payload. */
#ifndef ETALON_HV_UNDER_TEST_PAYLOAD_START_H
#define ETALON_HV_UNDER_TEST_PAYLOAD_START_H

#define MULTIBOOT_LOADER_MAGIC 0x2BADB002

/* Who loaded us: first argument of payload_main(). */
#define START_MULTIBOOT 1
#define START_PVH 2
#define START_PV 3 /* paravirtual, under the in-tree hypervisor (payload/pv.h) */

#define SELECTOR_CODE 0x08
#define SELECTOR_DATA 0x10
#define SELECTOR_TSS 0x18

#define EXCEPTION_VECTORS 32
#define EXCEPTION_STUB_BYTES 16

#endif
