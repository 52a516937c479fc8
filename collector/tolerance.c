/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/tolerance.c - the tolerances there are, and the one that holds; see tolerance.h.
 */
#include "collector/tolerance.h"

const struct pmu_tolerance pmu_tolerance_exact = {
    .name = "exact",
    .source = "one instruction is one count of the emulated processor, and nothing is counted "
              "that the known work does not do",
};

/* The self-test runs for some milliseconds, in which 1000 timer interrupts a second are about
 * ten. */
const struct pmu_tolerance pmu_tolerance_metal = {
    .name = "metal",
    .counts = 200,
    .ppm = 100,
    .source =
        "declared and not measured: an interrupt adds a few counts to those of user level "
        "(Weaver, Terpstra and Moore, Non-determinism and overcount on modern hardware "
        "performance counter implementations, ISPASS 2013), and some ten come in the test",
};

static struct pmu_tolerance now;
static int is_set;

static int parse_number(const char **at, const char *end, uint64_t max, uint64_t *value)
{
    const char *p = *at;
    uint64_t v = 0;

    while (p < end && *p >= '0' && *p <= '9') {
        v = v * 10 + (uint64_t)(*p++ - '0');
        if (v > max)
            return -1;
    }
    if (p == *at)
        return -1;
    *at = p;
    *value = v;
    return 0;
}

int tolerance_parse(const char *text, size_t n, struct pmu_tolerance *out)
{
    const char *at = text, *end = text + n;

    *out = (struct pmu_tolerance){.name = "plan", .source = "the plan of the boot"};
    if (parse_number(&at, end, TOLERANCE_MAX_COUNTS, &out->counts) || at == end ||
        *at++ != ',')
        return -1;
    return parse_number(&at, end, TOLERANCE_MAX_PPM, &out->ppm) || at != end ? -1 : 0;
}

uint64_t tolerance_of(const struct pmu_tolerance *t, uint64_t known)
{
    return t->counts + known / 1000000 * t->ppm + known % 1000000 * t->ppm / 1000000;
}

void tolerance_set(const struct pmu_tolerance *t)
{
    now = *t;
    is_set = 1;
}

const struct pmu_tolerance *tolerance_now(void)
{
    return is_set ? &now : &pmu_tolerance_exact;
}
