/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/ingest_frames.c - from the timer's bytes to the tape of a boot.
 *
 * Only what lies between the replies to ARM and DISARM is on the tape. Bytes before the first
 * good frame are noted and forgiven: an observer may begin to listen in the middle of a frame.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collector/store.h"
#include "analysis/timebase.h"
#include "runner/ingest_private.h"

static int on_tape(const struct ingest_wire *w)
{
    return w->armed && !w->disarmed;
}

static void put_item(struct ingest_wire *w, const struct interval_item *item)
{
    if (ingest_grow((void **)&w->tape, &w->room, w->items, sizeof *w->tape)) {
        w->no_memory = 1;
        return;
    }
    w->tape[w->items++] = *item;
}

static void put_break(struct ingest_wire *w, enum interval_violation kind, uint64_t offset,
                      uint64_t t_ticks, uint64_t missing)
{
    put_item(w, &(struct interval_item){
                    .t_ticks = t_ticks * w->tick_scale,
                    .byte_offset = offset,
                    .missing = missing,
                    .break_kind = (uint8_t)kind,
                });
}

/* Field by field: the struct has padding. */
static int same_hello(const struct wire_hello *a, const struct wire_hello *b)
{
    return a->channels == b->channels && a->phases == b->phases && a->fclk_hz == b->fclk_hz &&
           a->baud == b->baud && a->source_id == b->source_id && a->build_id == b->build_id;
}

static void take_hello(struct ingest_wire *w, const struct wire_frame *f)
{
    const struct wire_hello *h = &f->u.hello;

    if (w->have_hello) {
        if (!same_hello(h, &w->hello))
            ingest_fault(w->faults, VERDICT_ERROR, INGEST_FRAMES, "HELLO changed",
                         (int64_t)f->offset,
                         "the timer says something else of itself than before");
        return;
    }
    if (h->channels != WIRE_CHANNELS || !h->fclk_hz ||
        (h->phases != 1 && h->phases != 2 && h->phases != 4)) {
        ingest_fault(w->faults, VERDICT_ERROR, INGEST_FRAMES, "unusable HELLO",
                     (int64_t)f->offset, "%u channels, %u samples a clock, %" PRIu32 " Hz",
                     h->channels, h->phases, h->fclk_hz);
        return;
    }
    w->hello = *h;
    w->have_hello = 1;
    /* Ticks on the wire are half clocks. Four samples a clock are a quarter apart, so ticks of
     * the store are quarters then. */
    w->tick_scale = h->phases == 4 ? 2 : 1;
    w->step_ticks = h->phases == 1 ? 2 : 1;
    w->tick_hz = 2ull * w->tick_scale * h->fclk_hz;
}

static void take_reply(struct ingest_wire *w, const struct wire_frame *f)
{
    const struct wire_reply *r = &f->u.reply;

    if (r->status != WIRE_STATUS_OK) {
        ingest_fault(w->faults, VERDICT_ERROR, INGEST_FRAMES, "command refused",
                     (int64_t)f->offset, "%s: %s", wire_type_name(r->request),
                     wire_status_text(r->status));
        return;
    }
    if (r->request == WIRE_ARM && !w->armed) {
        if (r->value != w->nonce)
            ingest_fault(w->faults, VERDICT_ERROR, INGEST_FRAMES, "wrong nonce",
                         (int64_t)f->offset,
                         "frames of another boot: armed with %016" PRIx64 ", not %016" PRIx64,
                         r->value, w->nonce);
        w->armed = 1;
        /* What came before, on a timer that never stopped, belongs to nobody. */
        w->items = 0;
        w->lost = 0;
        w->reference_edges = 0;
        w->reference_first_tick = w->reference_last_tick = STORE_NONE;
    } else if (r->request == WIRE_DISARM && r->value == w->nonce) {
        w->disarmed = 1;
    }
}

static void put_reference(struct ingest_wire *w, uint64_t tick)
{
    if (w->reference_edges == w->reference_room) {
        const size_t room = w->reference_room ? 2 * w->reference_room : 64;
        uint64_t *more = w->no_memory ? NULL : realloc(w->reference, room * sizeof *more);

        if (!more) {
            w->no_memory = 1;
            return;
        }
        w->reference = more;
        w->reference_room = room;
    }
    w->reference[w->reference_edges] = tick;
    if (!w->reference_edges++)
        w->reference_first_tick = (int64_t)tick;
    w->reference_last_tick = (int64_t)tick;
}

static void take_event(struct ingest_wire *w, const struct wire_frame *f)
{
    const struct wire_event *v = &f->u.event;
    struct interval_item item = {
        .t_ticks = f->t_ticks * w->tick_scale,
        .byte_offset = f->offset,
        .levels_before = v->levels_before,
        .n = v->n,
    };
    uint8_t before = v->levels_before;

    memcpy(item.samples, v->samples, sizeof item.samples);
    put_item(w, &item);
    for (unsigned i = 0; i < v->n; i++) {
        const uint8_t rising = (uint8_t)(~before & v->samples[i]);

        if (rising >> WIRE_CHANNEL_REFERENCE & 1u)
            put_reference(w, item.t_ticks + i * w->step_ticks);
        before = v->samples[i];
    }
}

static void take_frame(void *opaque, const struct wire_frame *f)
{
    struct ingest_wire *w = opaque;

    w->synced = 1;
    switch (f->type) {
    case WIRE_HELLO:
        take_hello(w, f);
        break;
    case WIRE_REPLY:
        take_reply(w, f);
        break;
    case WIRE_EVENT:
        if (!w->disarmed)
            take_event(w, f);
        break;
    case WIRE_LOST:
        if (w->disarmed)
            break;
        w->lost += f->u.lost.count;
        put_break(w, INTERVAL_BREAK_LOST, f->offset, f->t_ticks, f->u.lost.count);
        /* Before ARM it is nobody's loss. */
        ingest_fault(w->faults, w->armed ? VERDICT_ERROR : VERDICT_OK, INGEST_FRAMES,
                     "records lost", (int64_t)f->offset,
                     "the timer lost %" PRIu32 " events between ticks %" PRIu64
                     " and %" PRIu64,
                     f->u.lost.count, f->u.lost.t_first, f->u.lost.t_last);
        break;
    case WIRE_HEARTBEAT:
        if (!on_tape(w) || !(f->u.heartbeat.status & WIRE_STATUS_BIT_ARMED))
            break;
        w->last_heartbeat = w->items;
        w->high_water = f->u.heartbeat.high_water;
        w->refused = f->u.heartbeat.refused;
        w->watchdog |= (f->u.heartbeat.status & WIRE_STATUS_BIT_WATCHDOG) != 0;
        if (f->u.heartbeat.lost_total > w->lost_counted)
            w->lost_counted = f->u.heartbeat.lost_total;
        break;
    default:
        break;
    }
}

static void take_damage(void *opaque, const struct wire_damage *d)
{
    struct ingest_wire *w = opaque;
    enum interval_violation kind = INTERVAL_BREAK_DAMAGE;
    /* Before the first good frame: the observer began to listen inside one. */
    const enum verdict verdict = w->synced ? VERDICT_ERROR : VERDICT_OK;

    if (d->kind == WIRE_DAMAGE_HOLE)
        ingest_fault(w->faults, verdict, INGEST_FRAMES, wire_damage_name(d->kind),
                     (int64_t)d->offset, "%" PRIu64 " frames are missing before this one",
                     d->missing);
    else if (d->kind == WIRE_DAMAGE_EPOCH)
        ingest_fault(w->faults, verdict, INGEST_FRAMES, wire_damage_name(d->kind),
                     (int64_t)d->offset, "the timer was reset or lost its clock");
    else
        ingest_fault(w->faults, verdict, INGEST_FRAMES, wire_damage_name(d->kind),
                     (int64_t)d->offset, "%" PRIu64 " bytes", d->bytes);
    if (w->disarmed)
        return;
    if (d->kind == WIRE_DAMAGE_HOLE)
        kind = INTERVAL_BREAK_HOLE;
    else if (d->kind == WIRE_DAMAGE_EPOCH)
        kind = INTERVAL_BREAK_EPOCH;
    put_break(w, kind, d->offset, d->t_ticks,
              d->missing == WIRE_MISSING_UNKNOWN ? INTERVAL_UNKNOWN : d->missing);
}

/* A hole behind the last heartbeat may have swallowed a LOST, whose count nothing repeats. */
static void doubt_tail(struct ingest_wire *w)
{
    for (size_t i = w->last_heartbeat; i < w->items; i++) {
        if (w->tape[i].break_kind == INTERVAL_BREAK_HOLE)
            w->tape[i].missing = INTERVAL_UNKNOWN;
    }
}

/* Counted by the timer, reported by LOST: a LOST that was itself damaged shows here. */
static void check_lost(struct ingest_wire *w)
{
    if (w->lost_counted <= w->lost)
        return;
    ingest_fault(w->faults, VERDICT_ERROR, INGEST_FRAMES, "records lost", STORE_NONE,
                 "the timer counts %" PRIu64 " lost events, %" PRIu64 " were reported",
                 w->lost_counted, w->lost);
    w->lost = w->lost_counted;
}

static void check_ends(struct ingest_wire *w)
{
    if (!w->stats.frames) {
        ingest_fault(w->faults, VERDICT_ERROR, INGEST_FRAMES, "no frames", STORE_NONE,
                     "the timer said nothing");
        return;
    }
    if (!w->have_hello)
        ingest_fault(w->faults, VERDICT_ERROR, INGEST_FRAMES, "no HELLO", STORE_NONE,
                     "the timer's frequency is not known");
    if (!w->armed)
        ingest_fault(w->faults, VERDICT_ERROR, INGEST_FRAMES, "no ARM", STORE_NONE,
                     "no reply to ARM: which boot these frames belong to is not proven");
    if (!w->disarmed) {
        ingest_fault(w->faults, VERDICT_ERROR, INGEST_FRAMES, "no DISARM",
                     (int64_t)w->stats.bytes,
                     "no reply to DISARM: the stream was cut off, its end is missing");
        put_break(w, INTERVAL_BREAK_DAMAGE, w->stats.bytes, 0, INTERVAL_UNKNOWN);
    }
    if (w->watchdog)
        ingest_fault(w->faults, VERDICT_OK, INGEST_FRAMES, "watchdog", STORE_NONE,
                     "a STOP did not come by the timer's deadline");
}

void ingest_read_frames(struct ingest_wire *w, const uint8_t *data, size_t n, uint64_t nonce,
                        struct ingest_faults *faults)
{
    const struct wire_handler handler = {
        .frame = take_frame, .damage = take_damage, .opaque = w};
    struct wire_decoder decoder;

    memset(w, 0, sizeof *w);
    w->tick_scale = 1;
    w->step_ticks = 1;
    w->nonce = nonce;
    w->faults = faults;
    w->reference_first_tick = w->reference_last_tick = STORE_NONE;
    wire_decoder_init(&decoder);
    wire_decode(&decoder, data, n, &handler);
    wire_decode_end(&decoder, &handler);
    w->stats = decoder.stats;
    doubt_tail(w);
    check_lost(w);
    check_ends(w);
}

void ingest_release_frames(struct ingest_wire *w)
{
    free(w->tape);
    free(w->reference);
}

void ingest_discipline(struct ingest_wire *w, const struct bench_timer *timer)
{
    struct timebase t;
    int rc;

    w->timebase_ppb = timer->stated_ppb;
    if (!timer->disciplined || !w->tick_hz || w->no_memory)
        return;
    rc = timebase_fit(w->reference, w->reference_edges, w->tick_hz, w->step_ticks,
                      timer->reference_hz, timer->stated_ppb, &t);
    if (rc < 0) {
        ingest_fault(w->faults, VERDICT_ERROR, INGEST_FRAMES, "no reference", STORE_NONE,
                     "%" PRIu64 " edges of the reference do not come at %" PRIu32
                     " Hz by a clock "
                     "known to %" PRIu64 " ppb",
                     w->reference_edges, timer->reference_hz, timer->stated_ppb);
        return;
    }
    if (rc > 0 || t.u_ppb >= timer->stated_ppb)
        return;
    w->tick_hz = t.tick_hz;
    w->timebase_ppb = t.u_ppb;
}
