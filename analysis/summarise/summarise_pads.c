/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise/summarise_pads.c - exits made longer on purpose, found as what an
 * operation costs more than in the campaign's baseline, beside the ledger's.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/recover/recovery_rows.h"

/* A hypervisor that pads looks at every exit whether it is one of those: so many instructions,
 * or ns where there is no fixed time of one, are not told from a pad. */
#define PAD_ALLOWANCE 64.0

#define PAD_FORM "exit_pad:"

/* Exits by what the workload calls the operation, and the ledger the cause. */
static const struct {
    const char *operation, *cause;
} pads[] = {{"hypercall", "hypercall"},
            {"cpuid", "cpuid"},
            {"port-out", "port-out"},
            {"mmio-store", "mmio"},
            {"rdtsc", "rdtsc"}};

#define PADS (sizeof(pads) / sizeof(pads[0]))

static int is_padded(const char *operation)
{
    for (size_t i = 0; i < PADS; i++)
        if (strcmp(pads[i].operation, operation) == 0)
            return 1;
    return 0;
}

static int is_pad(const struct recovery_request *r)
{
    return strncmp(r->form, PAD_FORM, strlen(PAD_FORM)) == 0;
}

/* The operation that a request of form "exit_pad:CAUSE:…" makes longer; where the workload has
 * none of that cause, the cause. */
static void name_pad(const struct recovery_request *r, char *out, size_t size)
{
    const char *cause = r->form + strlen(PAD_FORM);
    const size_t n = strcspn(cause, ":");

    snprintf(out, size, "%.*s", (int)n, cause);
    for (size_t i = 0; i < PADS; i++)
        if (strcmp(pads[i].cause, out) == 0)
            snprintf(out, size, "%s", pads[i].operation);
}

/* Is the ledger of this boot there to be seen? Any row of it says so. */
static int is_told(const struct recovery *v, int64_t boot)
{
    for (size_t i = 0; i < v->rows; i++)
        if (v->row[i].r.plan_index == (uint32_t)boot)
            return v->row[i].told;
    return 0;
}

static int take_pad(void *opaque, const struct query_pad *p)
{
    struct recovery *v = opaque;
    const int told = is_told(v, p->boot), found = p->cost > PAD_ALLOWANCE;
    double requested = 0, delivered = 0;
    struct recovery_row *row;
    struct store_recovery *r;
    char name[32];

    if (!is_padded(p->operation))
        return 0;
    row = recovery_add_row(v, p->boot, "exit_pad");
    if (!row)
        return ERR_IO;
    row->told = told;
    snprintf(row->detail, sizeof(row->detail), "%s", p->operation);
    snprintf(row->unit, sizeof(row->unit), "%s", p->unit);
    r = &row->r;
    r->recovered = p->cost;
    r->low = p->cost - PAD_ALLOWANCE;
    r->high = p->cost + p->resolution;
    r->events = found;
    if (told)
        r->injected = r->missed = 0;
    for (size_t i = 0; told && i < v->requests; i++) {
        const struct recovery_request *q = &v->request[i];

        if (q->boot != p->boot || !is_pad(q) || !q->count)
            continue;
        name_pad(q, name, sizeof(name));
        if (strcmp(name, p->operation) != 0)
            continue;
        r->injected++;
        requested += (double)q->requested / (double)q->count;
        delivered += (double)q->delivered / (double)q->count * p->units_per_tick;
    }
    if (r->injected > 0) {
        r->requested = strcmp(p->unit, "instructions") == 0 ? requested : NAN;
        r->delivered = delivered;
        r->per_event = (p->cost - delivered) / (double)r->injected;
    }
    r->verdict = recovery_judge(r, found, r->delivered >= r->low && r->delivered <= r->high);
    return 0;
}

static int is_there(const struct recovery *v, int64_t boot, const char *name)
{
    for (size_t i = 0; i < v->rows; i++) {
        const struct recovery_row *row = &v->row[i];

        if (row->r.plan_index == (uint32_t)boot && strcmp(row->r.kind, "exit_pad") == 0 &&
            strcmp(row->detail, name) == 0)
            return 1;
    }
    return 0;
}

/* Pads in the ledger of operations that were not timed, or have nothing to be compared with. */
static int add_unseen(struct recovery *v)
{
    for (size_t i = 0; i < v->requests; i++) {
        const struct recovery_request *q = &v->request[i];
        struct recovery_row *row;
        char name[32];

        if (!is_pad(q) || !q->count || !is_told(v, q->boot))
            continue;
        name_pad(q, name, sizeof(name));
        if (is_there(v, q->boot, name))
            continue;
        row = recovery_add_row(v, q->boot, "exit_pad");
        if (!row)
            return ERR_IO;
        row->told = 1;
        snprintf(row->detail, sizeof(row->detail), "%s", name);
        snprintf(row->unit, sizeof(row->unit), "instructions");
        snprintf(
            row->reason, sizeof(row->reason),
            "no operation of this cause was timed here and in a baseline entry of the same "
            "build and backend");
        row->r.recovered = NAN;
        row->r.injected = 0;
        row->r.missed = q->count;
        row->r.verdict = recovery_judge(&row->r, 0, 0);
    }
    return 0;
}

int recovery_find_pads(struct recovery *v, struct query *q, const struct query_campaign *c)
{
    const int rc = query_pads(q, c, take_pad, v, v->e);

    return rc ? rc : add_unseen(v);
}
