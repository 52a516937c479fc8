/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/ingest_distortions.c - the hypervisor's ledger of distortions, from its records to the
 * store. A ledger that does not agree with itself is no evidence: the boot has an error then.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runner/ingest_private.h"

static int get_text(const struct record *r, const char *key, char *out, size_t size)
{
    const char *text = record_get(r, key);

    return !text || (size_t)snprintf(out, size, "%s", text) >= size ? -1 : 0;
}

const char *ingest_take_distortion(struct ingest_console *c, const struct record *r)
{
    struct ingest_distortion add = {.row = {.seq = 0}};
    struct store_distortion *d = &add.row;

    if (record_get_u64(r, "seq", &d->seq) || record_get_u64(r, "lie", &d->lie) ||
        record_get_u64(r, "begin", &d->begin) || record_get_u64(r, "end", &d->end) ||
        record_get_u64(r, "guest", &d->guest) || record_get_u64(r, "count", &d->count) ||
        ingest_get_signed(r, "requested", &d->requested) ||
        ingest_get_signed(r, "delivered", &d->delivered) ||
        ingest_get_signed(r, "visible", &d->visible) ||
        get_text(r, "kind", add.text[0], sizeof add.text[0]) ||
        get_text(r, "unit", add.text[1], sizeof add.text[1]))
        return "a field of the entry is missing or senseless";
    if (c->have_ledger)
        return "an entry behind the ledger's end";
    if (d->seq != c->distortions)
        return "an entry of the ledger is missing, or it comes twice";
    if (ingest_grow((void **)&c->distortion, &c->distortions_room, c->distortions,
                    sizeof *c->distortion)) {
        c->no_memory = 1;
        return NULL;
    }
    c->distortion[c->distortions++] = add;
    return NULL;
}

const char *ingest_take_lie(struct ingest_console *c, const struct record *r)
{
    struct ingest_distortion_request add = {.row = {.lie = 0}};
    struct store_distortion_request *q = &add.row;

    if (record_get_u64(r, "n", &q->lie) || record_get_u64(r, "entries", &q->entries) ||
        record_get_u64(r, "count", &q->count) ||
        ingest_get_signed(r, "requested", &q->requested) ||
        ingest_get_signed(r, "delivered", &q->delivered) ||
        ingest_get_signed(r, "visible", &q->visible) ||
        get_text(r, "kind", add.text[0], sizeof add.text[0]) ||
        get_text(r, "unit", add.text[1], sizeof add.text[1]) ||
        get_text(r, "form", add.form, sizeof add.form))
        return "a field of the request is missing or senseless";
    if (c->have_ledger || q->lie != c->requests)
        return "a request is missing, or it comes twice";
    if (ingest_grow((void **)&c->request, &c->requests_room, c->requests,
                    sizeof *c->request)) {
        c->no_memory = 1;
        return NULL;
    }
    c->request[c->requests++] = add;
    return NULL;
}

/* Entries and sums of request `lie` as the entries are, against what its record says. */
static int sums_agree(const struct ingest_console *c, const struct store_distortion_request *q)
{
    struct store_distortion_request sum = {.entries = 0};

    for (size_t i = 0; i < c->distortions; i++) {
        const struct store_distortion *d = &c->distortion[i].row;

        if (d->lie != q->lie)
            continue;
        sum.entries++;
        sum.count += d->count;
        sum.requested += d->requested;
        sum.delivered += d->delivered;
        sum.visible += d->visible;
    }
    return sum.entries == q->entries && sum.count == q->count &&
           sum.requested == q->requested && sum.delivered == q->delivered &&
           sum.visible == q->visible;
}

const char *ingest_take_ledger(struct ingest_console *c, const struct record *r,
                               struct ingest_faults *faults)
{
    uint64_t lies, entries, dropped, told = 0;

    if (c->have_ledger)
        return "a second end of the ledger";
    c->have_ledger = 1;
    if (record_get_u64(r, "lies", &lies) || record_get_u64(r, "entries", &entries) ||
        record_get_u64(r, "dropped", &dropped))
        return "lies, entries or dropped missing or senseless";
    if (lies != c->requests || entries != c->distortions)
        return "the ledger is not as long as it says";
    for (size_t i = 0; i < c->requests; i++) {
        told += c->request[i].row.entries;
        if (!dropped && !sums_agree(c, &c->request[i].row))
            return "the sums of a request are not those of its entries";
    }
    if (told != entries + dropped)
        return "requests, entries and dropped entries do not add up";
    if (dropped)
        ingest_fault(faults, VERDICT_OK, INGEST_CONSOLE2, "distortion ledger full", STORE_NONE,
                     "%" PRIu64 " entries found no room and are in the sums of their requests "
                     "only",
                     dropped);
    return NULL;
}

int ingest_put_distortions(struct store *s, int64_t boot, const struct ingest_console *c,
                           struct err *e)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < c->requests; i++) {
        struct store_distortion_request row = c->request[i].row;

        row.kind = c->request[i].text[0];
        row.unit = c->request[i].text[1];
        row.form = c->request[i].form;
        rc = store_add_distortion_request(s, boot, &row, e);
    }
    for (size_t i = 0; !rc && i < c->distortions; i++) {
        struct store_distortion row = c->distortion[i].row;

        row.kind = c->distortion[i].text[0];
        row.unit = c->distortion[i].text[1];
        rc = store_add_distortion(s, boot, &row, e);
    }
    return rc;
}
