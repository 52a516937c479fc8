/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/msr_payload.c - the counters of msr/pmu.h and the effective frequency, read by the
 * payload around each interval.
 *
 * Every event that has a counter which passed its proof is a reading; every other is a fact
 * with its sentence. So which readings there are is found out on the processor.
 */
#include "collector/collector.h"
#include "collector/msr/pmu.h"
#include "workloads/text.h"

enum { APERF = MSR_EVENTS, MPERF, NAMES };

/* No other collector's readings are called so. Facts drop the prefix. */
#define PREFIX "msr."
static const char *const names[NAMES] = {
    PREFIX "cycles",     PREFIX "instructions", PREFIX "dtlb_misses",
    PREFIX "page_walks", PREFIX "llc_misses",   PREFIX "branch_misses",
    PREFIX "branches",   PREFIX "aperf",        PREFIX "mperf",
};

#define VALUE_BYTES (PMU_REASON_BYTES + 16)
#define FACTS (NAMES + 2) /* the PMU, the source of the codes, one for each name */

static struct {
    struct pmu pmu;
    unsigned counters;
    int frequency;
    int failed;
    char reason[PMU_REASON_BYTES]; /* there is no PMU, or no reading at all */
    char pmu_text[VALUE_BYTES];
    char value[NAMES][VALUE_BYTES];
    struct collector_reading reading[NAMES];
    struct collector here;
} state;

static void add_reading(unsigned name)
{
    state.reading[state.here.readings].name = names[name];
    state.reading[state.here.readings].unit = "count";
    state.here.readings++;
}

static void set_value(unsigned name, const char *first, const char *second)
{
    struct text t = text_begin(state.value[name], VALUE_BYTES);

    text_put(&t, first);
    text_put(&t, second);
}

static void describe_pmu(const struct pmu *p)
{
    static const char *const kinds[] = {"none", "AMD legacy counters", "AMD core counters",
                                        "Intel architectural"};
    struct text t = text_begin(state.pmu_text, sizeof state.pmu_text);

    text_put(&t, kinds[p->kind]);
    text_put(&t, ", version ");
    text_put_u64(&t, p->version);
    text_put(&t, ", ");
    text_put_u64(&t, p->general);
    text_put(&t, " of ");
    text_put_u64(&t, p->general_bits);
    text_put(&t, " bits, events of ");
    text_put(&t, p->uarch ? p->uarch->name : "no known processor");
}

static void open_events(void)
{
    char reason[PMU_REASON_BYTES];

    for (unsigned event = 0; event < MSR_EVENTS; event++) {
        if (pmu_open(&state.pmu, (enum msr_event)event, PMU_BOTH, reason) < 0)
            set_value(event, "unavailable: ", reason);
        else
            set_value(event, "read: ", state.pmu.uarch->event[event].name);
    }
    if (state.pmu.counters && pmu_start(&state.pmu, reason)) {
        for (unsigned i = 0; i < state.pmu.counters; i++)
            set_value(state.pmu.counter[i].event, "unavailable: ", reason);
        pmu_close(&state.pmu);
    }
    state.counters = state.pmu.counters;
    for (unsigned i = 0; i < state.counters; i++)
        add_reading(state.pmu.counter[i].event);
}

/* No event counts: the first one's sentence stands for all; the others are facts. */
static void describe_failure(void)
{
    struct text t = text_begin(state.reason, sizeof state.reason);

    text_put(&t, "no counter counts: ");
    text_put(&t, names[MSR_EVENT_CYCLES] + sizeof PREFIX - 1);
    text_put(&t, " is ");
    text_put(&t, state.value[MSR_EVENT_CYCLES]);
}

static const char *msr_unavailable(void)
{
    char no_frequency[PMU_REASON_BYTES];

    state.here = collector_msr;
    state.here.reading = state.reading;
    state.here.readings = 0;
    if (pmu_detect(&state.pmu, &msr_access_processor, state.reason)) {
        text_set(state.pmu_text, sizeof state.pmu_text, "none");
        for (unsigned event = 0; event < MSR_EVENTS; event++)
            set_value(event, "unavailable: ", state.reason);
    } else {
        describe_pmu(&state.pmu);
        open_events();
        if (!state.counters)
            describe_failure();
    }
    state.frequency = !pmu_frequency_prove(&msr_access_processor, no_frequency);
    for (unsigned i = APERF; i <= MPERF; i++) {
        if (state.frequency)
            add_reading(i);
        set_value(i, state.frequency ? "read" : "unavailable: ",
                  state.frequency ? "" : no_frequency);
    }
    return state.here.readings ? NULL : state.reason;
}

static const struct collector *msr_here(void)
{
    return &state.here;
}

static int msr_fact(unsigned i, const char **key, const char **value)
{
    if (i >= FACTS)
        return 0;
    *key = i == 0 ? "pmu" : i == 1 ? "codes" : names[i - 2] + sizeof PREFIX - 1;
    *value = i == 0 ? state.pmu_text : i == 1 ? msr_events_source : state.value[i - 2];
    return 1;
}

static void read_frequency(uint64_t *slot)
{
    if (state.frequency && pmu_frequency_read(&msr_access_processor, &slot[0], &slot[1]))
        state.failed = 1;
}

/* The frequency first, the counters in their order; backwards after STOP. */
static void msr_before(uint64_t *slot)
{
    read_frequency(slot + state.counters);
    for (unsigned i = 0; i < state.counters; i++)
        slot[i] = pmu_read(&state.pmu, i);
}

static void msr_after(uint64_t *slot)
{
    for (unsigned i = state.counters; i-- > 0;)
        slot[i] = pmu_read(&state.pmu, i);
    read_frequency(slot + state.counters);
}

static const char *msr_failed(void)
{
    return state.failed || state.pmu.faulted
               ? "a performance counter faulted when it was read, after it had been proven"
               : NULL;
}

static void msr_prepare(uint64_t tsc_hz)
{
    uint64_t slot[NAMES];

    (void)tsc_hz;
    msr_before(slot);
    msr_after(slot);
}

const struct collector collector_msr = {
    .name = "msr",
    .summary = "performance counters by their registers; APERF and MPERF",
    .unavailable = msr_unavailable,
    .prepare = msr_prepare,
    .here = msr_here,
    .fact = msr_fact,
    .before = msr_before,
    .after = msr_after,
    .failed = msr_failed,
};
