/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe/wire_encode.h - bytes of wire v1: commands of the observer, and whole device frames
 * for tests, benches and simulated devices.
 */
#ifndef ETALON_PROBE_WIRE_ENCODE_H
#define ETALON_PROBE_WIRE_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "probe/wire.h"

/* SLIP can double every byte; two ENDs. */
#define WIRE_ENCODED_MAX_BYTES (2u * WIRE_MAX_FRAME_BYTES + 2u)

/* Host to device. Returns the number of bytes in out. */
size_t wire_encode_command(uint8_t type, uint8_t addr, uint64_t value,
                           uint8_t out[WIRE_ENCODED_MAX_BYTES]);

/* Device to host, any payload of at most WIRE_MAX_FRAME_BYTES - 18 bytes (more: returns 0). */
size_t wire_encode_frame(uint8_t type, uint32_t seq, uint8_t epoch, uint64_t t_ticks,
                         const void *payload, size_t n, uint8_t out[WIRE_ENCODED_MAX_BYTES]);

size_t wire_encode_hello(uint32_t seq, uint8_t epoch, uint64_t t_ticks,
                         const struct wire_hello *hello, uint8_t out[WIRE_ENCODED_MAX_BYTES]);
size_t wire_encode_event(uint32_t seq, uint8_t epoch, uint64_t t_ticks,
                         const struct wire_event *event, uint8_t out[WIRE_ENCODED_MAX_BYTES]);
size_t wire_encode_lost(uint32_t seq, uint8_t epoch, uint64_t t_ticks,
                        const struct wire_lost *lost, uint8_t out[WIRE_ENCODED_MAX_BYTES]);
size_t wire_encode_heartbeat(uint32_t seq, uint8_t epoch, uint64_t t_ticks,
                             const struct wire_heartbeat *heartbeat,
                             uint8_t out[WIRE_ENCODED_MAX_BYTES]);
size_t wire_encode_reply(uint32_t seq, uint8_t epoch, uint64_t t_ticks,
                         const struct wire_reply *reply, uint8_t out[WIRE_ENCODED_MAX_BYTES]);

#endif
