/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/config_guests.c - several guests, as asked for (vmm/config_guests.h). */
#include "hv-under-test/vmm/config_guests.h"

#include <stdint.h>

#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/text.h"

#define WEIGHT_MOST 100u
#define SLICE_LEAST_US 20u /* a switch takes one or two */
#define SLICE_MOST_US 1000000u
#define SLICE_US 1000u /* where nothing is said */

const char *const config_load_names[CONFIG_LOADS] = {"spin", "yield", "tick", "fill", "probe"};

void config_guests_start(struct vmm_config *c)
{
    c->guests = 1;
    c->weight[0] = 1;
    c->slice_us = SLICE_US;
}

/* The next of the values that ':' joins, from *at on; its length. Returns 0 after the last. */
static int next_value(const char **at, const char *end, const char **value, size_t *n)
{
    if (*at > end)
        return 0;
    *value = *at;
    while (*at < end && **at != ':')
        ++*at;
    *n = (size_t)(*at - *value);
    ++*at;
    return 1;
}

const char *config_weights_parse(const char *s, size_t n, struct vmm_config *c)
{
    const char *end = s + n, *value;
    uint64_t weight;
    size_t length;

    c->weights = 0;
    while (next_value(&s, end, &value, &length)) {
        if (c->weights == CONFIG_GUESTS_MOST || vmm_text_parse_u64(value, length, &weight) ||
            !weight || weight > WEIGHT_MOST)
            return "up to four numbers from 1 to 100, joined by ':'";
        c->weight[c->weights++] = (unsigned)weight;
    }
    return NULL;
}

const char *config_loads_parse(const char *s, size_t n, struct vmm_config *c)
{
    const char *end = s + n, *value;
    unsigned load;
    size_t length;

    c->loads = 0;
    while (next_value(&s, end, &value, &length)) {
        for (load = 0; load < CONFIG_LOADS; load++)
            if (vmm_text_equal(value, length, config_load_names[load]))
                break;
        if (load == CONFIG_LOADS || c->loads == CONFIG_GUESTS_MOST - 1)
            return "up to three of spin, yield, tick, fill, probe, joined by ':'";
        c->load[c->loads++] = load;
    }
    return NULL;
}

void config_weights_describe(const struct vmm_config *c, struct vmm_text *t)
{
    for (unsigned i = 0; i < c->guests; i++) {
        vmm_text_put(t, i ? ":" : "");
        vmm_text_put_u64(t, c->weight[i]);
    }
}

void config_loads_describe(const struct vmm_config *c, struct vmm_text *t)
{
    if (c->guests == 1)
        vmm_text_put(t, "none");
    for (unsigned i = 0; i + 1 < c->guests; i++) {
        vmm_text_put(t, i ? ":" : "");
        vmm_text_put(t, config_load_names[c->load[i]]);
    }
}

/* Several guests beside all else that is asked for. */
static const char *conflict(const struct vmm_config *c)
{
    if (c->cpu != CONFIG_CPU_SVM)
        return "needs cpu=svm: the other backends hold one guest";
    if (c->paging != CONFIG_PAGING_NESTED)
        return "needs paging=nested: the shadow's identifiers are one guest's";
    if (c->pmu == CONFIG_PMU_GUEST)
        return "needs pmu=none: the counters would count all guests";
    if (c->tsc == CONFIG_TSC_SCALE)
        return "cannot stand beside tsc=scale: the processor's ratio would be every guest's";
    for (unsigned i = 0; i < c->lies; i++)
        if (lie_is_timed(&c->lie[i]) || c->lie[i].kind == LIE_RESTORE)
            return "cannot stand beside a lie that comes by the clock, or that puts the guest "
                   "back: it might come while another guest runs";
    if (c->lies == LIE_MAX)
        return "needs room in the ledger: seven lies at once, not eight";
    return NULL;
}

static void tell_of_guests(struct vmm_config *c)
{
    struct lie *l = &c->lie[c->lies++];
    struct vmm_text t;

    *l = (struct lie){.kind = LIE_GUESTS, .shape = LIE_PLAIN};
    vmm_text_start(&t, l->form, sizeof(l->form));
    vmm_text_put(&t, "guests=");
    vmm_text_put_u64(&t, c->guests);
    vmm_text_put(&t, ",weights=");
    config_weights_describe(c, &t);
    vmm_text_put(&t, ",slice=");
    vmm_text_put_u64(&t, c->slice_us);
    vmm_text_put(&t, ",loads=");
    config_loads_describe(c, &t);
}

const char *config_guests_finish(struct vmm_config *c, const char **word)
{
    *word = "guests";
    if (!c->guests || c->guests > CONFIG_GUESTS_MOST)
        return "from 1 to 4 guests";
    if (c->guests == 1) {
        *word = c->weights ? "weights" : "loads";
        return c->weights || c->loads ? "needs guests=2, 3 or 4" : NULL;
    }
    *word = "slice";
    if (c->slice_us < SLICE_LEAST_US || c->slice_us > SLICE_MOST_US)
        return "from 20 to 1000000 microseconds";
    *word = "weights";
    if (c->weights && c->weights != c->guests)
        return "one for each guest, or none";
    for (unsigned i = c->weights; i < c->guests; i++)
        c->weight[i] = 1;
    *word = "loads";
    if (c->loads > 1 && c->loads != c->guests - 1)
        return "one for all guests but the first, or one for each of them";
    for (unsigned i = c->loads; i + 1 < c->guests; i++) /* the default is the first there is */
        c->load[i] = c->load[0];
    *word = "guests";
    if (conflict(c))
        return conflict(c);
    tell_of_guests(c);
    return NULL;
}
