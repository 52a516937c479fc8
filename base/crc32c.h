/* SPDX-License-Identifier: GPL-3.0-or-later OR MIT */
/*
 * base/crc32c.h - CRC-32C (Castagnoli), freestanding: linked into the controller, the agent,
 * the payload and the hypervisor.
 *
 * Polynomial 0x1EDC6F41 reflected, initial value and final xor 0xFFFFFFFF (RFC 3720,
 * appendix B.4; check value of "123456789" is 0xE3069283).
 */
#ifndef ETALON_BASE_CRC32C_H
#define ETALON_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* CRC of `n` bytes. To continue over several buffers pass the last result as `crc`; start
 * with 0. */
uint32_t crc32c(uint32_t crc, const void *data, size_t n);

#endif
