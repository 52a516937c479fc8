/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/wire_decode.h"

#include <string.h>

#include "base/crc32c.h"

enum decoder_state {
    BETWEEN, /* a frame was closed; its successor's opening END is due */
    INSIDE,  /* behind an opening END */
    INSIDE_ESCAPE,
    SKIPPING, /* the stretch is already reported; wait for END */
};

static const char *const damage_names[WIRE_DAMAGE_KINDS] = {
    [WIRE_DAMAGE_FRAMING] = "framing",
    [WIRE_DAMAGE_ESCAPE] = "bad escape",
    [WIRE_DAMAGE_OVERSIZE] = "oversize frame",
    [WIRE_DAMAGE_SHORT] = "short frame",
    [WIRE_DAMAGE_CRC] = "wrong CRC",
    [WIRE_DAMAGE_TYPE] = "unknown type",
    [WIRE_DAMAGE_LENGTH] = "wrong length",
    [WIRE_DAMAGE_PROTOCOL] = "unknown protocol",
    [WIRE_DAMAGE_TRUNCATED] = "stream ends inside a frame",
    [WIRE_DAMAGE_HOLE] = "sequence hole",
    [WIRE_DAMAGE_REPEATED] = "repeated frame",
    [WIRE_DAMAGE_EPOCH] = "epoch change",
};

const char *wire_damage_name(enum wire_damage_kind kind)
{
    return (unsigned)kind < WIRE_DAMAGE_KINDS ? damage_names[kind] : "?";
}

const char *wire_type_name(unsigned type)
{
    switch (type) {
    case WIRE_HELLO:
        return "HELLO";
    case WIRE_EVENT:
        return "EVENT";
    case WIRE_LOST:
        return "LOST";
    case WIRE_HEARTBEAT:
        return "HEARTBEAT";
    case WIRE_REPLY:
        return "REPLY";
    case WIRE_PONG:
        return "PONG";
    case WIRE_HELLO_REQUEST:
        return "HELLO_REQUEST";
    case WIRE_READ:
        return "READ";
    case WIRE_WRITE:
        return "WRITE";
    case WIRE_ARM:
        return "ARM";
    case WIRE_DISARM:
        return "DISARM";
    case WIRE_PING:
        return "PING";
    case WIRE_SELFTEST:
        return "SELFTEST";
    default:
        return "?";
    }
}

const char *wire_status_text(unsigned status)
{
    switch (status) {
    case WIRE_STATUS_OK:
        return "ok";
    case WIRE_STATUS_LOCKED:
        return "refused while armed";
    case WIRE_STATUS_NO_REGISTER:
        return "no such register";
    case WIRE_STATUS_READ_ONLY:
        return "register is read-only";
    case WIRE_STATUS_BAD_NONCE:
        return "armed with another nonce";
    default:
        return "unknown status";
    }
}

static uint16_t get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | (uint16_t)p[1] << 8);
}

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get_u64(const uint8_t *p)
{
    return get_u32(p) | (uint64_t)get_u32(p + 4) << 32;
}

static void report(struct wire_decoder *d, const struct wire_handler *h,
                   enum wire_damage_kind kind, uint64_t offset, uint64_t bytes,
                   uint64_t missing)
{
    const struct wire_damage damage = {
        .kind = kind,
        .offset = offset,
        .bytes = bytes,
        .missing = missing,
        .t_ticks = d->last_t_ticks,
    };

    d->stats.damage[kind]++;
    h->damage(h->opaque, &damage);
}

/* Payload of `n` bytes into *f. Returns the damage, or -1 for none. */
static int parse_payload(const uint8_t *p, size_t n, struct wire_frame *f)
{
    switch (f->type) {
    case WIRE_EVENT:
        if (n < WIRE_EVENT_FIXED_BYTES + 1 || p[1] < 1 || p[1] > sizeof f->u.event.samples ||
            n != WIRE_EVENT_FIXED_BYTES + p[1])
            return WIRE_DAMAGE_LENGTH;
        f->u.event.levels_before = p[0];
        f->u.event.n = p[1];
        memset(f->u.event.samples, 0, sizeof f->u.event.samples);
        memcpy(f->u.event.samples, p + WIRE_EVENT_FIXED_BYTES, p[1]);
        return -1;
    case WIRE_HELLO:
        if (n < 1)
            return WIRE_DAMAGE_LENGTH;
        if (p[0] != WIRE_PROTOCOL)
            return WIRE_DAMAGE_PROTOCOL;
        if (n != WIRE_HELLO_BYTES)
            return WIRE_DAMAGE_LENGTH;
        f->u.hello.protocol = p[0];
        f->u.hello.channels = p[1];
        f->u.hello.phases = p[2];
        f->u.hello.reserved = p[3];
        f->u.hello.fclk_hz = get_u32(p + 4);
        f->u.hello.baud = get_u32(p + 8);
        f->u.hello.source_id = get_u64(p + 12);
        f->u.hello.build_id = get_u64(p + 20);
        return -1;
    case WIRE_LOST:
        if (n != WIRE_LOST_BYTES)
            return WIRE_DAMAGE_LENGTH;
        f->u.lost.count = get_u32(p);
        f->u.lost.t_first = get_u64(p + 4);
        f->u.lost.t_last = get_u64(p + 12);
        return -1;
    case WIRE_HEARTBEAT:
        if (n != WIRE_HEARTBEAT_BYTES)
            return WIRE_DAMAGE_LENGTH;
        f->u.heartbeat.lost_total = get_u32(p);
        f->u.heartbeat.high_water = get_u16(p + 4);
        f->u.heartbeat.levels = p[6];
        f->u.heartbeat.status = p[7];
        f->u.heartbeat.refused = get_u16(p + 8);
        return -1;
    case WIRE_REPLY:
        if (n != WIRE_REPLY_BYTES)
            return WIRE_DAMAGE_LENGTH;
        f->u.reply.request = p[0];
        f->u.reply.addr = p[1];
        f->u.reply.status = p[2];
        f->u.reply.value = get_u64(p + 3);
        return -1;
    case WIRE_PONG:
        if (n != WIRE_PONG_BYTES)
            return WIRE_DAMAGE_LENGTH;
        f->u.cookie = get_u64(p);
        return -1;
    default:
        return WIRE_DAMAGE_TYPE;
    }
}

/* Sequence and epoch of a frame whose CRC fits. Returns 0 if the frame is to be dropped. */
static int account(struct wire_decoder *d, const struct wire_handler *h,
                   const struct wire_frame *f, uint64_t bytes)
{
    uint32_t ahead = f->seq - d->next_seq;

    if (!d->synced) {
        d->synced = 1;
        d->stats.first_seq = f->seq;
    } else if (f->epoch != d->epoch) {
        /* A reset starts seq afresh, so what is missing can be told only if the number goes
         * straight on (then it was a loss of clock lock). */
        report(d, h, WIRE_DAMAGE_EPOCH, f->offset, 0, ahead ? WIRE_MISSING_UNKNOWN : 0);
    } else if (ahead >= 0x80000000u) {
        report(d, h, WIRE_DAMAGE_REPEATED, f->offset, bytes, 0);
        return 0;
    } else if (ahead) {
        d->stats.missing += ahead;
        report(d, h, WIRE_DAMAGE_HOLE, f->offset, 0, ahead);
    }
    d->epoch = f->epoch;
    d->next_seq = f->seq + 1u;
    return 1;
}

static void close_frame(struct wire_decoder *d, const struct wire_handler *h, uint64_t end)
{
    const uint64_t bytes = end - d->start;
    struct wire_frame f;
    size_t n;
    int bad;

    if (d->length < WIRE_HEADER_BYTES + WIRE_CRC_BYTES) {
        report(d, h, WIRE_DAMAGE_SHORT, d->start, bytes, 0);
        return;
    }
    n = d->length - WIRE_CRC_BYTES;
    if (crc32c(0, d->buf, n) != get_u32(d->buf + n)) {
        report(d, h, WIRE_DAMAGE_CRC, d->start, bytes, 0);
        return;
    }
    f.type = d->buf[0];
    f.seq = get_u32(d->buf + 1);
    f.epoch = d->buf[5];
    f.t_ticks = get_u64(d->buf + 6);
    f.offset = d->start;
    if (!account(d, h, &f, bytes))
        return;
    bad = parse_payload(d->buf + WIRE_HEADER_BYTES, n - WIRE_HEADER_BYTES, &f);
    if (bad >= 0) {
        /* The number was there, the content is not understood: an event may be in it. */
        report(d, h, (enum wire_damage_kind)bad, d->start, bytes, 1);
        return;
    }
    d->stats.frames++;
    d->stats.events += f.type == WIRE_EVENT;
    d->stats.heartbeats += f.type == WIRE_HEARTBEAT;
    if (f.type == WIRE_LOST) {
        d->stats.losts++;
        d->stats.lost += f.u.lost.count;
    }
    d->last_t_ticks = f.t_ticks;
    h->frame(h->opaque, &f);
}

void wire_decoder_init(struct wire_decoder *d)
{
    memset(d, 0, sizeof *d);
    d->state = BETWEEN;
}

/* One unescaped byte of a frame. */
static void put(struct wire_decoder *d, const struct wire_handler *h, uint8_t byte,
                uint64_t at)
{
    if (d->length == sizeof d->buf) {
        report(d, h, WIRE_DAMAGE_OVERSIZE, d->start, at - d->start, 0);
        d->state = SKIPPING;
        return;
    }
    d->buf[d->length++] = byte;
}

static void take_end(struct wire_decoder *d, const struct wire_handler *h, uint64_t at)
{
    switch (d->state) {
    case BETWEEN:
        d->state = INSIDE;
        d->length = 0;
        d->start = at;
        return;
    case INSIDE:
        if (d->length == 0) { /* END END END: one too many; this one may open a frame */
            report(d, h, WIRE_DAMAGE_FRAMING, d->start, 1, 0);
            d->start = at;
            return;
        }
        close_frame(d, h, at + 1);
        break;
    case INSIDE_ESCAPE:
        report(d, h, WIRE_DAMAGE_ESCAPE, d->start, at + 1 - d->start, 0);
        break;
    default: /* SKIPPING: reported already */
        break;
    }
    d->state = BETWEEN;
}

void wire_decode(struct wire_decoder *d, const uint8_t *data, size_t n,
                 const struct wire_handler *h)
{
    const uint64_t base = d->stats.bytes;

    for (size_t i = 0; i < n; i++) {
        const uint8_t byte = data[i];
        const uint64_t at = base + i;

        if (byte == WIRE_SLIP_END) {
            take_end(d, h, at);
            continue;
        }
        if (d->state == SKIPPING)
            continue;
        if (d->state == BETWEEN) {
            /* The opening END is gone; the frame may be whole all the same. */
            report(d, h, WIRE_DAMAGE_FRAMING, at, 0, 0);
            d->state = INSIDE;
            d->length = 0;
            d->start = at;
        }
        if (d->state == INSIDE_ESCAPE) {
            d->state = INSIDE;
            if (byte == WIRE_SLIP_ESC_END) {
                put(d, h, WIRE_SLIP_END, at);
            } else if (byte == WIRE_SLIP_ESC_ESC) {
                put(d, h, WIRE_SLIP_ESC, at);
            } else {
                report(d, h, WIRE_DAMAGE_ESCAPE, d->start, at - d->start, 0);
                d->state = SKIPPING;
            }
        } else if (byte == WIRE_SLIP_ESC) {
            d->state = INSIDE_ESCAPE;
        } else {
            put(d, h, byte, at);
        }
    }
    d->stats.bytes = base + n;
}

void wire_decode_end(struct wire_decoder *d, const struct wire_handler *h)
{
    if (d->state != BETWEEN)
        report(d, h, WIRE_DAMAGE_TRUNCATED, d->start, d->stats.bytes - d->start, 0);
    d->state = BETWEEN;
}

uint64_t wire_stats_damaged(const struct wire_stats *s)
{
    uint64_t sum = 0;

    for (int k = WIRE_DAMAGE_FRAMING; k <= WIRE_DAMAGE_TRUNCATED; k++)
        sum += s->damage[k];
    return sum;
}
