/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe/wire_decode.h - from bytes of wire v1 to frames: a pure streaming function.
 *
 * Bytes may come in pieces of any size; the result is the same. A frame is handed out only if
 * framing, length, type and CRC-32C are right and its sequence number is new. Everything else
 * is reported, each stretch once, with the offset of its first byte: nothing is dropped
 * silently and nothing is repaired.
 *
 * Strict framing: the device sends END before and after every frame, so that a doubled or a
 * missing END is damage, too, even where the frame beside it survives.
 *
 * Numbers: `offset` counts bytes since wire_decoder_init(). Times are the device's ticks.
 *
 * Not handled here: a cut of the stream exactly between two frames (the caller knows which
 * frame must be the last), what events mean (analysis/interval.h).
 */
#ifndef ETALON_PROBE_WIRE_DECODE_H
#define ETALON_PROBE_WIRE_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "probe/wire.h"

struct wire_frame {
    uint8_t type; /* enum wire_type, device to host */
    uint8_t epoch;
    uint32_t seq;
    uint64_t t_ticks;
    uint64_t offset; /* of the frame's first byte */
    union {
        struct wire_hello hello;
        struct wire_event event;
        struct wire_lost lost;
        struct wire_heartbeat heartbeat;
        struct wire_reply reply;
        uint64_t cookie; /* PONG */
    } u;
};

enum wire_damage_kind {
    WIRE_DAMAGE_FRAMING = 0, /* END missing or doubled, bytes between frames */
    WIRE_DAMAGE_ESCAPE,      /* ESC followed by neither of its two partners */
    WIRE_DAMAGE_OVERSIZE,    /* longer than WIRE_MAX_FRAME_BYTES */
    WIRE_DAMAGE_SHORT,       /* shorter than header and CRC */
    WIRE_DAMAGE_CRC,         /* CRC-32C does not fit */
    WIRE_DAMAGE_TYPE,        /* CRC fits, but the type is unknown */
    WIRE_DAMAGE_LENGTH,      /* CRC fits, but the payload is not of its type's length */
    WIRE_DAMAGE_PROTOCOL,    /* HELLO of another protocol version */
    WIRE_DAMAGE_TRUNCATED,   /* the stream ends inside a frame */
    WIRE_DAMAGE_HOLE,        /* `missing` sequence numbers were skipped */
    WIRE_DAMAGE_REPEATED, /* a sequence number that was there before; frame not handed out */
    WIRE_DAMAGE_EPOCH,    /* reset or loss of clock lock */
    WIRE_DAMAGE_KINDS,
};

#define WIRE_MISSING_UNKNOWN UINT64_MAX

struct wire_damage {
    enum wire_damage_kind kind;
    uint64_t offset;  /* first byte of the stretch, or of the frame that revealed it */
    uint64_t bytes;   /* length of the stretch; 0 for HOLE and EPOCH */
    uint64_t missing; /* frames proven missing before `offset`; WIRE_MISSING_UNKNOWN */
    uint64_t t_ticks; /* time of the last good frame before it; 0 if none */
};

const char *wire_damage_name(enum wire_damage_kind kind);
const char *wire_type_name(unsigned type);     /* "EVENT" …, "?" */
const char *wire_status_text(unsigned status); /* of a REPLY, for people */

struct wire_handler {
    void (*frame)(void *opaque, const struct wire_frame *f);
    void (*damage)(void *opaque, const struct wire_damage *d);
    void *opaque;
};

struct wire_stats {
    uint64_t bytes, frames, missing, first_seq;
    uint64_t events, losts, lost, heartbeats; /* lost: sum of the counts in LOST */
    uint64_t damage[WIRE_DAMAGE_KINDS];
};

struct wire_decoder { /* private but for `stats` */
    struct wire_stats stats;
    uint64_t start; /* offset of the stretch being read */
    uint64_t last_t_ticks;
    uint32_t next_seq;
    uint8_t epoch;
    uint8_t state;
    uint8_t synced; /* a frame was accepted before */
    uint8_t length;
    uint8_t buf[WIRE_MAX_FRAME_BYTES];
};

void wire_decoder_init(struct wire_decoder *d);
void wire_decode(struct wire_decoder *d, const uint8_t *data, size_t n,
                 const struct wire_handler *h);
/* No more bytes will come. */
void wire_decode_end(struct wire_decoder *d, const struct wire_handler *h);
/* Sum of all stretches that were no acceptable frame (not holes and epochs). */
uint64_t wire_stats_damaged(const struct wire_stats *s);

#endif
