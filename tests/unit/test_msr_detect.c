/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is detected of a processor's counters, against a model of the registers, and that event
 * codes are the published ones. What is not known is said, and not guessed.
 */
#include "collector/msr/registers.h"
#include "tests/unit/msr_fixture.h"

/* --- detection ------------------------------------------------------------------------------ */

static void test_detects_amd(void **state)
{
    static const unsigned families[] = {0x17, 0x19, 0x1A};
    struct msr_access access;
    struct pmu p;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct model m = model_amd(families[i], 1, i == 2);

        p = detect(&m, &access);
        assert_int_equal(p.kind, PMU_AMD_CORE);
        assert_int_equal(p.family, families[i]);
        assert_int_equal(p.general, 6);
        assert_int_equal(p.general_bits, 48);
        assert_int_equal(p.version, i == 2 ? 2 : 1);
        assert_int_equal(p.global_msr, i == 2 ? 0xC0000301u : 0);
    }
    struct model old = model_amd(0x0F, 0, 0);
    p = detect(&old, &access);
    assert_int_equal(p.kind, PMU_AMD_LEGACY);
    assert_int_equal(p.general, 4);
}

static void test_detects_intel(void **state)
{
    struct msr_access access;

    (void)state;
    for (unsigned version = 1; version <= 5; version++) {
        struct model m = model_intel(version, version == 1 ? 2 : 4, 40);
        struct pmu p = detect(&m, &access);

        assert_int_equal(p.kind, PMU_INTEL);
        assert_int_equal(p.version, version);
        assert_int_equal(p.general, version == 1 ? 2 : 4);
        assert_int_equal(p.general_bits, 40);
        assert_int_equal(p.fixed_map, version >= 2 ? 7 : 0);
        assert_int_equal(p.global_msr, version >= 2 ? 0x38Fu : 0);
        assert_int_equal(p.full_width, version >= 3);
        assert_string_equal(p.uarch->name, "skl");
        assert_false(p.uarch_architectural);
    }
}

static void test_detects_fixed_counters_by_map(void **state)
{
    struct model m = model_intel(5, 8, 48);
    struct msr_access access;
    struct pmu p;

    (void)state;
    m.fixed_in_map = 1;
    p = detect(&m, &access);
    assert_int_equal(p.fixed_map, 7);
    assert_true(pmu_open(&p, MSR_EVENT_CYCLES, PMU_BOTH, reason) >= 0);
    assert_true(p.counter[0].fixed);
}

/* A vendor that neither manual is of. */
static struct msr_cpuid other_cpuid(void *place, uint32_t leaf, uint32_t subleaf)
{
    struct msr_cpuid r = model_op_cpuid(place, leaf, subleaf);

    if (!leaf)
        r.ecx = 0;
    return r;
}

static void test_no_pmu_is_said(void **state)
{
    /* AMD's name, family 6 and no bit; Intel's name with an empty leaf. */
    struct model athlon = model_amd(6, 0, 0), empty = model_intel(0, 0, 0);
    struct msr_access access = model_access(&athlon);
    struct pmu p;

    (void)state;
    assert_int_equal(pmu_detect(&p, &access, reason), -1);
    assert_says("8000_0001 ECX bit 23");
    assert_says("family 0x06");
    access = model_access(&empty);
    assert_int_equal(pmu_detect(&p, &access, reason), -1);
    assert_says("leaf 0xA tells no");
    empty = model_intel(2, 4, 32);
    assert_int_equal(pmu_detect(&p, &access, reason), -1);
    assert_says("width");
    access.cpuid = other_cpuid;
    assert_int_equal(pmu_detect(&p, &access, reason), -1);
    assert_says("neither AMD's nor Intel's");
    /* Not a register was touched. */
    assert_int_equal(athlon.faults + empty.faults, 0);
}

/* --- event codes ---------------------------------------------------------------------------- */

static uint64_t code_of(const char *uarch, enum msr_event event)
{
    const struct msr_uarch *u = msr_uarch_named(uarch);

    assert_non_null(u);
    assert_non_null(u->event[event].name);
    return u->event[event].select;
}

/*
 * Published codes: event select in bits 7:0, unit mask in 15:8. Each was looked up where its
 * maker publishes it as data (test_pmu_encode.c says where): the perfmon files of the twelve
 * Intel cores; AMD's event files in Linux for Zen 1 to Zen 4 (core, branch, memory, cache; unit
 * mask F0H of 45H are misses of the second TLB, 0FH hits).
 */
static void test_codes_are_the_published_ones(void **state)
{
    static const char *const amd[] = {"amd64_fam17h_zen1", "amd64_fam17h_zen2",
                                      "amd64_fam19h_zen3", "amd64_fam19h_zen4"};
    static const char *const intel[] = {"ivb", "ivb_ep", "hsw", "hsw_ep", "bdw", "bdw_ep",
                                        "skl", "skx",    "clx", "icl",    "icx", "spr"};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(code_of(amd[i], MSR_EVENT_CYCLES), 0x76);
        assert_int_equal(code_of(amd[i], MSR_EVENT_INSTRUCTIONS), 0xC0);
        assert_int_equal(code_of(amd[i], MSR_EVENT_BRANCHES), 0xC2);
        assert_int_equal(code_of(amd[i], MSR_EVENT_BRANCH_MISSES), 0xC3);
        assert_int_equal(code_of(amd[i], MSR_EVENT_PAGE_WALKS), 0xF045);
        assert_int_equal(code_of(amd[i], MSR_EVENT_DTLB_MISSES), 0x0F45);
        if (i)
            assert_int_equal(code_of(amd[i], MSR_EVENT_LLC_MISSES), 0x4843);
    }
    for (unsigned i = 0; i < 12; i++) {
        assert_int_equal(code_of(intel[i], MSR_EVENT_CYCLES), 0x3C);
        assert_int_equal(code_of(intel[i], MSR_EVENT_INSTRUCTIONS), 0xC0);
        assert_int_equal(code_of(intel[i], MSR_EVENT_LLC_MISSES), 0x412E);
        assert_int_equal(code_of(intel[i], MSR_EVENT_BRANCHES), 0xC4);
        assert_int_equal(code_of(intel[i], MSR_EVENT_BRANCH_MISSES), 0xC5);
    }
    /* No maker's data for family 0Fh: amd_perfmon_event_map[] in Linux, arch/x86/events/amd/core.c
     * ("K7 and later, up to and including Family 16h"), has 76H, C0H and 7EH/07H. 45H and 46H
     * stand under these names in public sources other than libpfm4; the guide that they come
     * from (BKDG 32559) could not be looked up. */
    assert_int_equal(code_of("amd64_k8_revg", MSR_EVENT_CYCLES), 0x76);
    assert_int_equal(code_of("amd64_k8_revg", MSR_EVENT_INSTRUCTIONS), 0xC0);
    assert_int_equal(code_of("amd64_k8_revg", MSR_EVENT_DTLB_MISSES), 0x45);
    assert_int_equal(code_of("amd64_k8_revg", MSR_EVENT_PAGE_WALKS), 0x46);
    assert_int_equal(code_of("amd64_k8_revg", MSR_EVENT_LLC_MISSES), 0x77E);
    assert_int_equal(code_of("skl", MSR_EVENT_PAGE_WALKS), 0x0E08);
    assert_int_equal(code_of("skl", MSR_EVENT_DTLB_MISSES), 0x2008);
    assert_int_equal(code_of("icx", MSR_EVENT_PAGE_WALKS), 0x0E08);
    assert_int_equal(code_of("spr", MSR_EVENT_PAGE_WALKS), 0x0E12);
    assert_int_equal(code_of("spr", MSR_EVENT_DTLB_MISSES), 0x2012);
    for (unsigned u = 0; u < msr_uarch_count; u++)
        for (unsigned e = 0; e < MSR_EVENTS; e++)
            assert_int_equal(msr_uarches[u].event[e].select & ~SELECT_OF_EVENT, 0);
}

static void test_models_find_their_table(void **state)
{
    (void)state;
    assert_string_equal(msr_uarch_find(1, 0x0F, 0x6B, 1)->name, "amd64_k8_revg");
    assert_string_equal(msr_uarch_find(1, 0x17, 0x01, 0)->name, "amd64_fam17h_zen1");
    assert_string_equal(msr_uarch_find(1, 0x17, 0x31, 0)->name, "amd64_fam17h_zen2");
    assert_string_equal(msr_uarch_find(1, 0x19, 0x21, 0)->name, "amd64_fam19h_zen3");
    assert_string_equal(msr_uarch_find(1, 0x19, 0x11, 0)->name, "amd64_fam19h_zen4");
    assert_null(msr_uarch_find(1, 0x1A, 0x02, 0));
    assert_string_equal(msr_uarch_find(0, 6, 0x55, 4)->name, "skx");
    assert_string_equal(msr_uarch_find(0, 6, 0x55, 7)->name, "clx");
    assert_string_equal(msr_uarch_find(0, 6, 0x8F, 8)->name, "spr");
    assert_null(msr_uarch_find(0, 6, 0x2A, 7));
}

/* What is not known of a processor is not guessed. */
static void test_unknown_processors(void **state)
{
    struct msr_access access;
    struct model zen5 = model_amd(0x1A, 1, 1), sandy = model_intel(3, 4, 48);
    struct pmu p = detect(&zen5, &access);

    (void)state;
    assert_int_equal(pmu_open(&p, MSR_EVENT_CYCLES, PMU_BOTH, reason), -1);
    assert_says("without codes for family 0x1a");
    sandy.model = 0x2A;
    sandy.absent_events = 1u << 6; /* branch misses */
    p = detect(&sandy, &access);
    assert_true(p.uarch_architectural);
    assert_int_equal(pmu_open(&p, MSR_EVENT_BRANCHES, PMU_BOTH, reason), 0);
    assert_int_equal(pmu_open(&p, MSR_EVENT_PAGE_WALKS, PMU_BOTH, reason), -1);
    assert_says("no code for it on family 0x06 model 0x2a");
    assert_int_equal(pmu_open(&p, MSR_EVENT_BRANCH_MISSES, PMU_BOTH, reason), -1);
    assert_says("EBX says");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detects_amd),
        cmocka_unit_test(test_detects_intel),
        cmocka_unit_test(test_detects_fixed_counters_by_map),
        cmocka_unit_test(test_no_pmu_is_said),
        cmocka_unit_test(test_codes_are_the_published_ones),
        cmocka_unit_test(test_models_find_their_table),
        cmocka_unit_test(test_unknown_processors),
    };

    return cmocka_run_group_tests_name("msr_detect", tests, NULL, NULL);
}
