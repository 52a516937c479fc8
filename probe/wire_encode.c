/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/wire_encode.h"

#include <string.h>

#include "base/crc32c.h"

static uint8_t *put_u(uint8_t *p, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *p++ = (uint8_t)(value >> (8u * i));
    return p;
}

/* Append the CRC to raw[0 .. n-1] (room for 4 more) and put the whole into SLIP. */
static size_t seal(uint8_t *raw, size_t n, uint8_t *out)
{
    size_t used = 0;

    put_u(raw + n, crc32c(0, raw, n), WIRE_CRC_BYTES);
    n += WIRE_CRC_BYTES;
    out[used++] = WIRE_SLIP_END;
    for (size_t i = 0; i < n; i++) {
        if (raw[i] == WIRE_SLIP_END || raw[i] == WIRE_SLIP_ESC) {
            out[used++] = WIRE_SLIP_ESC;
            out[used++] = raw[i] == WIRE_SLIP_END ? WIRE_SLIP_ESC_END : WIRE_SLIP_ESC_ESC;
        } else {
            out[used++] = raw[i];
        }
    }
    out[used++] = WIRE_SLIP_END;
    return used;
}

size_t wire_encode_command(uint8_t type, uint8_t addr, uint64_t value,
                           uint8_t out[WIRE_ENCODED_MAX_BYTES])
{
    uint8_t raw[WIRE_COMMAND_BYTES];
    uint8_t *p = raw;

    *p++ = type;
    *p++ = addr;
    p = put_u(p, value, 8);
    return seal(raw, (size_t)(p - raw), out);
}

size_t wire_encode_frame(uint8_t type, uint32_t seq, uint8_t epoch, uint64_t t_ticks,
                         const void *payload, size_t n, uint8_t out[WIRE_ENCODED_MAX_BYTES])
{
    uint8_t raw[WIRE_MAX_FRAME_BYTES];
    uint8_t *p = raw;

    if (n > sizeof raw - WIRE_HEADER_BYTES - WIRE_CRC_BYTES)
        return 0;
    *p++ = type;
    p = put_u(p, seq, 4);
    *p++ = epoch;
    p = put_u(p, t_ticks, 8);
    if (n)
        memcpy(p, payload, n);
    return seal(raw, WIRE_HEADER_BYTES + n, out);
}

size_t wire_encode_hello(uint32_t seq, uint8_t epoch, uint64_t t_ticks,
                         const struct wire_hello *hello, uint8_t out[WIRE_ENCODED_MAX_BYTES])
{
    uint8_t payload[WIRE_HELLO_BYTES];
    uint8_t *p = payload;

    *p++ = hello->protocol;
    *p++ = hello->channels;
    *p++ = hello->phases;
    *p++ = hello->reserved;
    p = put_u(p, hello->fclk_hz, 4);
    p = put_u(p, hello->baud, 4);
    p = put_u(p, hello->source_id, 8);
    put_u(p, hello->build_id, 8);
    return wire_encode_frame(WIRE_HELLO, seq, epoch, t_ticks, payload, sizeof payload, out);
}

size_t wire_encode_event(uint32_t seq, uint8_t epoch, uint64_t t_ticks,
                         const struct wire_event *event, uint8_t out[WIRE_ENCODED_MAX_BYTES])
{
    uint8_t payload[WIRE_EVENT_FIXED_BYTES + sizeof event->samples];

    if (event->n > sizeof event->samples)
        return 0;
    payload[0] = event->levels_before;
    payload[1] = event->n;
    memcpy(payload + WIRE_EVENT_FIXED_BYTES, event->samples, event->n);
    return wire_encode_frame(WIRE_EVENT, seq, epoch, t_ticks, payload,
                             WIRE_EVENT_FIXED_BYTES + event->n, out);
}

size_t wire_encode_lost(uint32_t seq, uint8_t epoch, uint64_t t_ticks,
                        const struct wire_lost *lost, uint8_t out[WIRE_ENCODED_MAX_BYTES])
{
    uint8_t payload[WIRE_LOST_BYTES];

    put_u(payload, lost->count, 4);
    put_u(payload + 4, lost->t_first, 8);
    put_u(payload + 12, lost->t_last, 8);
    return wire_encode_frame(WIRE_LOST, seq, epoch, t_ticks, payload, sizeof payload, out);
}

size_t wire_encode_heartbeat(uint32_t seq, uint8_t epoch, uint64_t t_ticks,
                             const struct wire_heartbeat *heartbeat,
                             uint8_t out[WIRE_ENCODED_MAX_BYTES])
{
    uint8_t payload[WIRE_HEARTBEAT_BYTES];

    put_u(payload, heartbeat->lost_total, 4);
    put_u(payload + 4, heartbeat->high_water, 2);
    payload[6] = heartbeat->levels;
    payload[7] = heartbeat->status;
    put_u(payload + 8, heartbeat->refused, 2);
    return wire_encode_frame(WIRE_HEARTBEAT, seq, epoch, t_ticks, payload, sizeof payload,
                             out);
}

size_t wire_encode_reply(uint32_t seq, uint8_t epoch, uint64_t t_ticks,
                         const struct wire_reply *reply, uint8_t out[WIRE_ENCODED_MAX_BYTES])
{
    uint8_t payload[WIRE_REPLY_BYTES];

    payload[0] = reply->request;
    payload[1] = reply->addr;
    payload[2] = reply->status;
    put_u(payload + 3, reply->value, 8);
    return wire_encode_frame(WIRE_REPLY, seq, epoch, t_ticks, payload, sizeof payload, out);
}
