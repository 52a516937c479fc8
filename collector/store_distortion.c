/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/store_distortion.c - the hypervisor's ledger of distortions, told or sealed; part of
 * a boot (store_boot.c has the SQL).
 */
#include "collector/store_private.h"

static const char doing[] = "store a ledger of distortions";

int store_add_distortion(struct store *s, int64_t boot, const struct store_distortion *d,
                         struct err *e)
{
    struct store_binder b;
    const int rc = store_use_for(s, STORE_ADD_DISTORTION, boot, &b, e);

    if (rc)
        return rc;
    store_bind_u64(&b, d->seq);
    store_bind_u64(&b, d->lie);
    store_bind_text(&b, d->kind);
    store_bind_text(&b, d->unit);
    store_bind_u64(&b, d->begin);
    store_bind_u64(&b, d->end);
    store_bind_u64(&b, d->guest);
    store_bind_s64(&b, d->requested);
    store_bind_s64(&b, d->delivered);
    store_bind_s64(&b, d->visible);
    store_bind_u64(&b, d->count);
    return store_step(s, &b, doing, e);
}

int store_add_distortion_request(struct store *s, int64_t boot,
                                 const struct store_distortion_request *r, struct err *e)
{
    struct store_binder b;
    const int rc = store_use_for(s, STORE_ADD_DISTORTION_REQUEST, boot, &b, e);

    if (rc)
        return rc;
    store_bind_u64(&b, r->lie);
    store_bind_text(&b, r->kind);
    store_bind_text(&b, r->unit);
    store_bind_text(&b, r->form);
    store_bind_u64(&b, r->entries);
    store_bind_u64(&b, r->count);
    store_bind_s64(&b, r->requested);
    store_bind_s64(&b, r->delivered);
    store_bind_s64(&b, r->visible);
    return store_step(s, &b, doing, e);
}

int store_add_seal(struct store *s, int64_t boot, const char *key_id, const char *commitment,
                   const void *sealed, size_t n, struct err *e)
{
    struct store_binder b;
    const int rc = store_use_for(s, STORE_ADD_SEAL, boot, &b, e);

    if (rc)
        return rc;
    store_bind_text(&b, key_id);
    store_bind_text(&b, commitment);
    store_bind_blob(&b, sealed, n);
    return store_step(s, &b, doing, e);
}

int store_begin_opening(struct store *s, struct err *e)
{
    return store_exec(s, "BEGIN IMMEDIATE", "open what is sealed", e);
}
