/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/ingest_seal.c - a boot that is scored blind: what its hypervisor says is read, judged
 * sound or not, and stored sealed (docs/adr/0023).
 */
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "collector/store.h"
#include "runner/ingest_private.h"

/* Rows of table damage that come with the opening are numbered from here. */
#define OPENED_ORDINAL 1000000u

/* The hypervisor tells its lies at the end, in records of their own; its facts are the same with
 * and without. What ingest makes of those records are no facts of its. */
static int is_open_fact(const char *key)
{
    return strncmp(key, "vmm.", 4) == 0;
}

void ingest_read_sealed(struct ingest_boot_data *d, const char *log, size_t n)
{
    struct ingest_console hidden = {.facts = 0};
    struct ingest_faults faults = {.count = 0};

    ingest_read_console(&hidden, log, n, 1, d->boot->plan_index, &faults);
    d->console.stream_end[1] = hidden.stream_end[1];
    d->console.no_memory |= hidden.no_memory | faults.no_memory;
    for (size_t i = 0; i < hidden.facts; i++) {
        const char *key = hidden.fact[i].text;

        if (is_open_fact(key))
            ingest_put_fact(&d->console, "", key, key + strlen(key) + 1);
    }
    if (faults.worst >= VERDICT_ERROR ||
        ((hidden.requests || hidden.distortions) && !hidden.have_ledger))
        ingest_fault(&d->faults, VERDICT_ERROR, INGEST_CONSOLE2, "sealed console not sound",
                     STORE_NONE, "what is wrong with it is sealed, too");
    free(faults.fault);
    ingest_free_console(&hidden);
}

int ingest_put_sealed(struct store *s, int64_t boot, const struct ingest_boot_data *d,
                      const char *log, size_t n, struct err *e)
{
    char id[HASH_HEX_BYTES], commitment[HASH_HEX_BYTES];
    const uint32_t number = d->boot->plan_index;
    uint8_t *sealed = malloc(seal_bytes(n));
    struct seal_key key;
    int rc =
        sealed ? seal_read_key(d->boot->seal, &key, e) : err_set(e, ERR_IO, "out of memory");

    if (!rc) {
        log = log ? log : "";
        seal_key_id(&key, id);
        seal_commit(&key, number, log, n, commitment);
        seal_close(&key, number, log, n, sealed);
        rc = store_add_seal(s, boot, id, commitment, sealed, seal_bytes(n), e);
    }
    free(sealed);
    return rc;
}

int ingest_opened(struct store *s, int64_t boot, uint32_t plan_index, const char *log,
                  size_t n, struct err *e)
{
    struct ingest_faults faults = {.count = 0};
    struct ingest_console c = {.facts = 0};
    int rc;

    ingest_read_console(&c, log, n, 1, plan_index, &faults);
    rc = c.no_memory || faults.no_memory ? err_set(e, ERR_IO, "out of memory")
                                         : store_add_console(s, boot, 1, log, n, e);
    for (size_t i = 0; !rc && i < c.facts; i++) {
        const char *key = c.fact[i].text;

        if (!is_open_fact(key))
            rc = store_add_fact(s, boot, key, key + strlen(key) + 1, e);
    }
    if (!rc)
        rc = ingest_put_counts(s, boot, &c, e);
    for (size_t i = 0; !rc && i < faults.count; i++)
        rc = store_add_damage(s, boot, OPENED_ORDINAL + (uint32_t)i,
                              ingest_source_name(faults.fault[i].source), faults.fault[i].kind,
                              faults.fault[i].byte_offset, faults.fault[i].detail, e);
    free(faults.fault);
    ingest_free_console(&c);
    return rc;
}
