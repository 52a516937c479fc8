/* SPDX-License-Identifier: GPL-3.0-or-later */
/* collector/msr/frequency.c - APERF and MPERF: the rate at which a processor really ran. */
#include "collector/msr/pmu.h"
#include "collector/msr/registers.h"
#include "workloads/text.h"

#define TURNS 100000ull

/* Between a 32nd and 16 times the constant rate; further off, one of the two is not what it
 * should be. */
#define RATIO_LOW 32u
#define RATIO_HIGH 16u

static int refuse(char *reason, const char *sentence)
{
    text_set(reason, PMU_REASON_BYTES, sentence);
    return -1;
}

int pmu_frequency_read(const struct msr_access *access, uint64_t *aperf, uint64_t *mperf)
{
    return access->read(access->place, MSR_MPERF, mperf) ||
                   access->read(access->place, MSR_APERF, aperf)
               ? -1
               : 0;
}

int pmu_frequency_prove(const struct msr_access *access, char reason[PMU_REASON_BYTES])
{
    uint64_t aperf[3], mperf[3];

    if (access->cpuid(access->place, 0, 0).eax < CPUID_POWER ||
        !(access->cpuid(access->place, CPUID_POWER, 0).ecx & CPUID_POWER_EFFECTIVE))
        return refuse(reason, "CPUID leaf 6 ECX bit 0 is clear: no APERF and MPERF");
    for (unsigned i = 0; i < 3; i++) {
        if (pmu_frequency_read(access, &aperf[i], &mperf[i]))
            return refuse(reason,
                          "reading APERF or MPERF faults, although CPUID leaf 6 has them");
        if (i < 2)
            access->loop(access->place, TURNS << i);
    }
    for (unsigned i = 0; i < 2; i++) {
        const uint64_t a = aperf[i + 1] - aperf[i], m = mperf[i + 1] - mperf[i];

        if (!a && !aperf[i])
            return refuse(reason, "APERF reads 0 whatever is executed");
        if (!m && !mperf[i])
            return refuse(reason, "MPERF reads 0 whatever is executed");
        if (!a)
            return refuse(reason, "APERF sticks");
        if (!m)
            return refuse(reason, "MPERF sticks");
        if (a / RATIO_HIGH > m || m / RATIO_LOW > a)
            return refuse(reason,
                          "APERF and MPERF differ by more than any clock range: one of "
                          "them jumps or does not count");
    }
    return 0;
}

/* Kept to 31 bits each, so that nothing here needs more than 64. */
uint64_t pmu_effective_hz(uint64_t aperf, uint64_t mperf, uint64_t base_hz)
{
    uint64_t whole, rest;

    while ((aperf | mperf) >> 31) {
        aperf >>= 1;
        mperf >>= 1;
    }
    if (!mperf)
        return 0;
    whole = base_hz / mperf;
    rest = base_hz % mperf;
    if (aperf && whole > UINT64_MAX / aperf)
        return 0;
    whole *= aperf;
    rest = rest * aperf / mperf;
    return whole > UINT64_MAX - rest ? 0 : whole + rest;
}
