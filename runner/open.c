/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/open.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/query.h"
#include "analysis/summarise.h"
#include "base/seal.h"
#include "collector/store.h"
#include "runner/ingest.h"

struct sealed {
    int64_t boot, row;
    char key_id[HASH_HEX_BYTES], commitment[HASH_HEX_BYTES];
    uint8_t *bytes; /* owned */
    size_t size;
};

struct opening {
    struct sealed *seal; /* those that are not open */
    size_t count, seals;
    char *text; /* of the findings */
    size_t used, room;
    struct err *e;
};

static int take_seal(void *opaque, const struct query_seal *q)
{
    struct opening *o = opaque;
    struct sealed *more;

    o->seals++;
    if (q->opened)
        return 0;
    more = reallocarray(o->seal, o->count + 1, sizeof(*more));
    if (!more)
        return err_set(o->e, ERR_IO, "out of memory");
    o->seal = more;
    more += o->count++;
    *more = (struct sealed){
        .boot = q->boot, .row = q->boot_row, .bytes = malloc(q->size + 1), .size = q->size};
    snprintf(more->key_id, sizeof(more->key_id), "%s", q->key_id);
    snprintf(more->commitment, sizeof(more->commitment), "%s", q->commitment);
    if (!more->bytes)
        return err_set(o->e, ERR_IO, "out of memory");
    memcpy(more->bytes, q->sealed, q->size);
    return 0;
}

/* `n`: length of the line, as snprintf() says. */
static int add_line(struct opening *o, const char *line, size_t room, int n, int64_t boot)
{
    if (n < 0 || (size_t)n >= room)
        return err_set(o->e, ERR_DATA, "boot %" PRId64 ": a finding's name is too long: %.60s",
                       boot, line);
    if (o->used + (size_t)n > o->room) {
        char *more = realloc(o->text, 2 * (o->used + (size_t)n));

        if (!more)
            return err_set(o->e, ERR_IO, "out of memory");
        o->text = more;
        o->room = 2 * (o->used + (size_t)n);
    }
    memcpy(o->text + o->used, line, (size_t)n);
    o->used += (size_t)n;
    return 0;
}

/* What is found, and nothing of what it is compared with. */
static int take_finding(void *opaque, const struct query_recovery *r)
{
    struct opening *o = opaque;
    char line[512];

    if (isnan(r->recovered)) /* there because a ledger has it, and nothing else does */
        return 0;
    return add_line(o, line, sizeof(line),
                    snprintf(line, sizeof(line),
                             "%" PRId64 "|%s|%s|%s|%" PRId64 "|%.17g|%.17g|%.17g\n", r->boot,
                             r->kind, r->detail, r->unit, r->events, r->recovered, r->low,
                             r->high),
                    r->boot);
}

static int take_clock(void *opaque, const struct query_clock *k)
{
    char line[512];

    return add_line(opaque, line, sizeof(line),
                    snprintf(line, sizeof(line),
                             "%" PRId64 "|clock %s|%.17g|%.17g|%.17g|%" PRId64 "|%" PRId64
                             "|%s\n",
                             k->boot, k->clock, k->skew_ppm, k->skew_low, k->skew_high,
                             k->jumps, k->backsteps, k->verdict),
                    k->boot);
}

static int hash_findings(struct store *store, const char *campaign, struct opening *o,
                         struct query_campaign *c, char hex[HASH_HEX_BYTES], struct err *e)
{
    struct query *q = NULL;
    int rc = summarise_campaign(store, campaign, e);

    o->used = 0;
    if (!rc)
        rc = query_attach(store, &q, e);
    if (!rc)
        rc = query_find_campaign(q, campaign, c, e);
    if (!rc)
        rc = query_recoveries(q, c, take_finding, o, e);
    if (!rc)
        rc = query_clocks(q, c, take_clock, o, e);
    if (!rc)
        hash_bytes(o->text ? o->text : "", o->used, hex);
    query_close(q);
    return rc;
}

static int read_seals(struct store *store, const struct query_campaign *c, struct opening *o,
                      struct err *e)
{
    struct query *q = NULL;
    int rc = query_attach(store, &q, e);

    if (!rc)
        rc = query_seals(q, c, take_seal, o, e);
    query_close(q);
    if (rc)
        return rc;
    if (!o->seals)
        return err_set(e, ERR_USAGE, "campaign \"%s\" has nothing sealed", c->name);
    if (c->boots_stored != c->boots_planned)
        return err_set(e, ERR_USAGE,
                       "campaign \"%s\" is not finished: %" PRId64 " of %" PRId64
                       " boots; what is opened now would not be blind for the rest",
                       c->name, c->boots_stored, c->boots_planned);
    return 0;
}

static int open_one(struct store *store, const struct sealed *s, const struct seal_key *key,
                    const char *id, struct err *e)
{
    const uint32_t number = (uint32_t)s->boot;
    char commitment[HASH_HEX_BYTES];
    char *text;
    size_t n;
    int rc;

    if (strcmp(id, s->key_id) != 0)
        return err_set(e, ERR_USAGE,
                       "boot %" PRIu32
                       " was sealed with another key: its id is %s, this one's "
                       "%s",
                       number, s->key_id, id);
    text = malloc(s->size + 1);
    if (!text)
        return err_set(e, ERR_IO, "out of memory");
    if (seal_open(key, number, s->bytes, s->size, text, &n)) {
        rc = err_set(e, ERR_DATA, "the seal of boot %" PRIu32 " is damaged", number);
    } else {
        seal_commit(key, number, text, n, commitment);
        rc = strcmp(commitment, s->commitment) == 0
                 ? ingest_opened(store, s->row, number, text, n, e)
                 : err_set(e, ERR_DATA,
                           "boot %" PRIu32 ": what is sealed is not what was committed to",
                           number);
    }
    free(text);
    return rc;
}

static int open_all(struct store *store, const struct opening *o, const char *key_path,
                    struct err *e)
{
    char id[HASH_HEX_BYTES];
    struct seal_key key;
    int rc = seal_read_key(key_path, &key, e);

    if (rc)
        return rc;
    seal_key_id(&key, id);
    rc = store_begin_opening(store, e);
    for (size_t i = 0; !rc && i < o->count; i++)
        rc = open_one(store, &o->seal[i], &key, id, e);
    if (!rc)
        rc = store_commit_boot(store, e);
    if (rc)
        store_rollback_boot(store);
    return rc;
}

int open_campaign(struct store *store, const char *campaign, const char *key_path,
                  struct open_report *report, struct err *e)
{
    struct opening o = {.e = e};
    struct query_campaign c;
    char after[HASH_HEX_BYTES];
    int rc = hash_findings(store, campaign, &o, &c, report->findings, e);

    if (!rc)
        rc = read_seals(store, &c, &o, e);
    if (!rc)
        rc = store_put_fact(store, c.id, "seal.findings", report->findings, e);
    if (!rc)
        rc = open_all(store, &o, key_path, e);
    if (!rc)
        rc = hash_findings(store, campaign, &o, &c, after, e);
    if (!rc && strcmp(after, report->findings) != 0)
        rc = err_set(e, ERR_BUG,
                     "what was found before opening (%s) is not what is found now (%s): the "
                     "analysis has used the truth",
                     report->findings, after);
    report->seals = o.seals;
    report->opened = o.count;
    for (size_t i = 0; i < o.count; i++)
        free(o.seal[i].bytes);
    free(o.seal);
    free(o.text);
    return rc;
}
