/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/console.h - the hypervisor's own console: second serial port (16550 at
 * 0x2f8), 115200 8n1, polled. The first port belongs to the guest.
 *
 * A transmitter that never becomes ready is waited for a bounded number of polls; the byte is
 * then written anyway: a report with a hole (the reader sees it by its CRC) is better than a
 * machine that never ends.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_CONSOLE_H
#define ETALON_HV_UNDER_TEST_VMM_CONSOLE_H

#include <stddef.h>

#define CONSOLE_PORT 0x2f8u

void console_start(void);
void console_write(const char *bytes, size_t n);
/* Wait until all of it has left, bounded likewise. */
void console_finish(void);

#endif
