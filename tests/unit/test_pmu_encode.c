/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hypothesis: an event's name becomes what the processor's manual says, on any machine, with
 * or without a PMU; and who is counted is exactly who was asked for, on the attr.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/paths.h"
#include "collector/pmu/encode.h"

#include <perfmon/pfmlib_perf_event.h>

/*
 * Published encodings. config as perf_event_open(2) takes it on x86: event select in bits 7:0
 * and, AMD, 35:32; unit mask 15:8; edge 18; invert 23; counter mask 31:24 (SDM vol. 3B, figure
 * of IA32_PERFEVTSELx; APM vol. 2, "Performance Event-Select Registers").
 *
 * None of them was taken from libpfm4. Each was looked up where its maker publishes it as data,
 * in the file and under the name that stand beside it:
 *     perfmon   Intel's own event files, perfmon-events.intel.com (github.com/intel/perfmon of
 *               2026-08-13), version of the file in brackets
 *     linux     AMD's event files in Linux, tools/perf/pmu-events/arch/x86/, which give the
 *               numbers PMCxNNN of the Processor Programming Reference of that family
 */
static const struct {
    const char *event;
    uint64_t config;
    const char *source;
} published[] = {
    {"amd64_fam17h_zen1::RETIRED_INSTRUCTIONS", 0x00c0,
     "linux amdzen1/core.json ex_ret_instr"},
    {"amd64_fam17h_zen1::CYCLES_NOT_IN_HALT", 0x0076,
     "linux amdzen1/memory.json ls_not_halted_cyc"},
    {"amd64_fam17h_zen2::RETIRED_INSTRUCTIONS", 0x00c0,
     "linux amdzen2/core.json ex_ret_instr"},
    {"amd64_fam17h_zen2::RETIRED_BRANCH_INSTRUCTIONS_MISPREDICTED", 0x00c3,
     "linux amdzen2/core.json ex_ret_brn_misp"},
    {"amd64_fam17h_zen2::L1_DTLB_MISS:TLB_RELOAD_4K_L2_MISS", 0x1045,
     "linux amdzen2/memory.json ls_l1_d_tlb_miss.tlb_reload_4k_l2_miss"},
    {"amd64_fam19h_zen3::CYCLES_NOT_IN_HALT", 0x0076,
     "linux amdzen3/memory.json ls_not_halted_cyc"},
    {"amd64_fam19h_zen3::RETIRED_BRANCH_INSTRUCTIONS", 0x00c2,
     "linux amdzen3/core.json ex_ret_brn"},
    {"amd64_fam19h_zen3::L1_ITLB_MISS_L2_ITLB_HIT", 0x0084,
     "linux amdzen3/cache.json bp_l1_tlb_miss_l2_tlb_hit"},
    {"amd64_fam19h_zen4::RETIRED_INSTRUCTIONS", 0x00c0,
     "linux amdzen4/core.json ex_ret_instr"},
    {"amd64_fam19h_zen4::P0_FREQ_CYCLES_NOT_IN_HALT:P0_FREQ_CYCLES", 0x100000120,
     "linux amdzen4/core.json ls_not_halted_p0_cyc.p0_freq_cyc: select 120H, its bits 11:8 in "
     "35:32"},
    {"hsw::INST_RETIRED:ANY_P", 0x00c0,
     "perfmon HSW/haswell_core.json [36] INST_RETIRED.ANY_P"},
    {"hsw::LONGEST_LAT_CACHE:MISS", 0x412e,
     "perfmon HSW/haswell_core.json [36] LONGEST_LAT_CACHE.MISS"},
    {"skl::INST_RETIRED:ANY_P", 0x00c0,
     "perfmon SKL/skylake_core.json [59] INST_RETIRED.ANY_P"},
    {"skl::CPU_CLK_UNHALTED:THREAD_P", 0x003c,
     "perfmon SKL/skylake_core.json [59] CPU_CLK_UNHALTED.THREAD_P"},
    {"skl::DTLB_LOAD_MISSES:WALK_COMPLETED", 0x0e08,
     "perfmon SKL/skylake_core.json [59] DTLB_LOAD_MISSES.WALK_COMPLETED"},
    {"skl::EPT:WALK_PENDING", 0x104f, "perfmon SKL/skylake_core.json [59] EPT.WALK_PENDING"},
    {"skx::LONGEST_LAT_CACHE:MISS", 0x412e,
     "perfmon SKX/skylakex_core.json [1.37] LONGEST_LAT_CACHE.MISS"},
    {"clx::BR_MISP_RETIRED:ALL_BRANCHES", 0x00c5,
     "perfmon CLX/cascadelakex_core.json [1.25] BR_MISP_RETIRED.ALL_BRANCHES"},
    {"icx::CYCLE_ACTIVITY:STALLS_TOTAL", 0x40004a3,
     "perfmon ICX/icelakex_core.json [1.30] CYCLE_ACTIVITY.STALLS_TOTAL"},
    {"icx::ITLB_MISSES:WALK_COMPLETED", 0x0e85,
     "perfmon ICX/icelakex_core.json [1.30] ITLB_MISSES.WALK_COMPLETED"},
    {"icl::BR_INST_RETIRED:ALL_BRANCHES", 0x00c4,
     "perfmon ICL/icelake_core.json [1.24] BR_INST_RETIRED.ALL_BRANCHES"},
    {"spr::DTLB_LOAD_MISSES:WALK_COMPLETED", 0x0e12,
     "perfmon SPR/sapphirerapids_core.json [1.39] DTLB_LOAD_MISSES.WALK_COMPLETED"},
    {"spr::LONGEST_LAT_CACHE:MISS", 0x412e,
     "perfmon SPR/sapphirerapids_core.json [1.39] LONGEST_LAT_CACHE.MISS"},
    {"spr::ITLB_MISSES:WALK_COMPLETED", 0x0e11,
     "perfmon SPR/sapphirerapids_core.json [1.39] ITLB_MISSES.WALK_COMPLETED"},
};

static void published_encodings(void **state)
{
    struct pmu_event event;
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
        if (pmu_encode(published[i].event, PMU_LEVEL_USER, PMU_SIDE_BOTH, &event, &e) != 0)
            fail_msg("%s: %s", published[i].event, e.text);
        if (event.attr.type != PERF_TYPE_RAW || event.attr.config != published[i].config)
            fail_msg("%s is type %u config %#llx and should be %#llx (%s)", published[i].event,
                     event.attr.type, (unsigned long long)event.attr.config,
                     (unsigned long long)published[i].config, published[i].source);
    }
}

/* How many processors the rows above speak of. */
static void eight_architectures_at_least(void **state)
{
    unsigned architectures = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
        const char *name = published[i].event;
        size_t n = (size_t)(strstr(name, "::") - name), j = 0;

        while (j < i && (strncmp(published[j].event, name, n + 2) != 0))
            j++;
        architectures += j == i;
    }
    assert_true(architectures >= 8);
}

static void who_is_counted_is_on_the_attr(void **state)
{
    static const char *const events[] = {"amd64_fam19h_zen4::RETIRED_INSTRUCTIONS",
                                         "skl::INST_RETIRED:ANY_P", "perf::PAGE-FAULTS"};
    struct pmu_event event;

    (void)state;
    for (size_t k = 0; k < 3; k++)
        for (unsigned levels = 1; levels < 8; levels++)
            for (int side = PMU_SIDE_BOTH; side <= PMU_SIDE_HOST; side++) {
                assert_int_equal(pmu_encode(events[k], levels, side, &event, NULL), 0);
                assert_int_equal(event.attr.exclude_user, !(levels & PMU_LEVEL_USER));
                assert_int_equal(event.attr.exclude_kernel, !(levels & PMU_LEVEL_KERNEL));
                assert_int_equal(event.attr.exclude_hv, !(levels & PMU_LEVEL_HV));
                assert_int_equal(event.attr.exclude_host, side == PMU_SIDE_GUEST);
                assert_int_equal(event.attr.exclude_guest, side == PMU_SIDE_HOST);
                assert_int_equal(event.attr.size, sizeof(event.attr));
            }
    assert_int_equal(pmu_encode(events[0], 0, PMU_SIDE_BOTH, &event, NULL), ERR_USAGE);
}

/* The default of libpfm4 leaves the guest out; ours never lets that through unasked. */
static void trap_exclude_guest_by_default(void **state)
{
    struct perf_event_attr attr = {.size = sizeof(attr)};
    pfm_perf_encode_arg_t arg = {.size = sizeof(arg), .attr = &attr};
    struct pmu_event event;

    (void)state;
    assert_int_equal(pmu_encode_init(NULL), 0);
    assert_int_equal(pfm_get_os_event_encoding("skl::INST_RETIRED:ANY_P", PFM_PLM3,
                                               PFM_OS_PERF_EVENT, &arg),
                     PFM_SUCCESS);
    assert_int_equal(attr.exclude_guest, 1); /* the trap is there */
    assert_int_equal(
        pmu_encode("skl::INST_RETIRED:ANY_P", PMU_LEVEL_USER, PMU_SIDE_BOTH, &event, NULL), 0);
    assert_int_equal(event.attr.exclude_guest, 0);
}

/* ":mg=1:mh=0" looks like guest only and counts both. */
static void trap_modifiers_in_the_name(void **state)
{
    static const char *const names[] = {
        "amd64_fam19h_zen4::RETIRED_INSTRUCTIONS:mg=1:mh=0",
        "amd64_fam19h_zen4::RETIRED_INSTRUCTIONS:mg",
        "amd64_fam19h_zen4::RETIRED_INSTRUCTIONS:u",
        "skl::INST_RETIRED:ANY_P:k=1",
        "skl::INST_RETIRED:K",
        "amd64_fam19h_zen4::RETIRED_INSTRUCTIONS:h",
    };
    struct perf_event_attr attr = {.size = sizeof(attr)};
    pfm_perf_encode_arg_t arg = {.size = sizeof(arg), .attr = &attr};
    struct pmu_event event;
    struct err e;

    (void)state;
    assert_int_equal(pmu_encode_init(NULL), 0);
    assert_int_equal(pfm_get_os_event_encoding(names[0], PFM_PLM3, PFM_OS_PERF_EVENT, &arg),
                     PFM_SUCCESS);
    assert_int_equal(attr.exclude_host, 0); /* the trap is there */
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(pmu_encode(names[i], PMU_LEVEL_USER, PMU_SIDE_GUEST, &event, &e),
                         ERR_USAGE);
        assert_non_null(strstr(e.text, "says who is counted"));
    }
    /* Modifiers of what is counted stay: edge, invert, counter mask. */
    assert_int_equal(pmu_encode("skl::CYCLE_ACTIVITY:STALLS_TOTAL:e=1", PMU_LEVEL_USER,
                                PMU_SIDE_BOTH, &event, &e),
                     0);
    assert_true(event.attr.config & 1u << 18);
}

static void check_finds_every_bit(void **state)
{
    struct pmu_event good, bad;
    struct err e;

    (void)state;
    assert_int_equal(
        pmu_encode("skl::INST_RETIRED:ANY_P", PMU_LEVEL_USER, PMU_SIDE_GUEST, &good, NULL), 0);
    assert_int_equal(pmu_encode_check(&good, &e), 0);
#define FLIP(bit)                                                                             \
    do {                                                                                      \
        bad = good;                                                                           \
        bad.attr.bit = !bad.attr.bit;                                                         \
        assert_int_equal(pmu_encode_check(&bad, &e), ERR_BUG);                                \
        assert_non_null(strstr(e.text, #bit));                                                \
    } while (0)
    FLIP(exclude_user);
    FLIP(exclude_kernel);
    FLIP(exclude_hv);
    FLIP(exclude_host);
    FLIP(exclude_guest);
}

static void names_that_are_none(void **state)
{
    static const struct {
        const char *name, *says;
    } bad[] = {
        {"INST_RETIRED:ANY_P", "does not name its PMU"},
        {"::INST_RETIRED", "does not name its PMU"},
        {"skl::NO_SUCH_EVENT", "event not found"},
        {"skl::INST_RETIRED:NO_SUCH_MASK", "libpfm4"},
        {"nosuchpmu::INST_RETIRED", "libpfm4"},
        {"", "does not name its PMU"},
    };
    struct pmu_event event;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(pmu_encode(bad[i].name, PMU_LEVEL_USER, PMU_SIDE_BOTH, &event, &e),
                         ERR_USAGE);
        if (!strstr(e.text, bad[i].says))
            fail_msg("%s: %s", bad[i].name, e.text);
    }
}

/* libpfm4 goes on without a word; we do not. */
static int init_with(const char *forced, int raw)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        setenv("LIBPFM_FORCE_PMU", forced, 1);
        _exit(raw ? pfm_initialize() != PFM_SUCCESS : -pmu_encode_init(NULL));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void trap_unknown_forced_pmu(void **state)
{
    (void)state;
    assert_int_equal(init_with("nosuchpmu", 1), 0); /* the trap is there */
    assert_int_equal(init_with("nosuchpmu", 0), -ERR_USAGE);
    assert_int_equal(init_with("skl", 0), 0);
}

static void tracepoints(void **state)
{
    char dir[512], path[640];
    struct pmu_event event;
    struct err e;

    (void)state;
    assert_int_equal(paths_make_temporary(dir, sizeof(dir), NULL), 0);
    assert_int_equal(pmu_encode_tracepoint(dir, "tracepoint::a:b", &event, &e),
                     ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "mount -t tracefs"));
    snprintf(path, sizeof(path), "%s/events/a/b", dir);
    assert_int_equal(paths_make_dirs(path, NULL), 0);
    assert_int_equal(pmu_encode_tracepoint(dir, "tracepoint::a:c", &event, &e),
                     ERR_UNAVAILABLE);
    strcat(path, "/id");
    assert_int_equal(file_write(path, "rubbish\n", 8, NULL), 0);
    assert_int_equal(pmu_encode_tracepoint(dir, "tracepoint::a:b", &event, &e), ERR_DATA);
    assert_int_equal(file_write(path, "421\n", 4, NULL), 0);
    assert_int_equal(pmu_encode_tracepoint(dir, "tracepoint::a:b", &event, &e), 0);
    assert_int_equal(event.attr.type, PERF_TYPE_TRACEPOINT);
    assert_int_equal(event.attr.config, 421);
    assert_int_equal(pmu_encode_check(&event, &e), 0);
    assert_int_equal(pmu_encode_tracepoint(dir, "tracepoint::a", &event, &e), ERR_USAGE);
    assert_int_equal(pmu_encode_tracepoint(dir, "tracepoint::../a:b", &event, &e), ERR_USAGE);
    assert_int_equal(pmu_encode_tracepoint(dir, "a:b", &event, &e), ERR_USAGE);
    paths_remove_tree(dir, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trap_unknown_forced_pmu), /* first: libpfm4 starts once a process */
        cmocka_unit_test(published_encodings),
        cmocka_unit_test(eight_architectures_at_least),
        cmocka_unit_test(who_is_counted_is_on_the_attr),
        cmocka_unit_test(trap_exclude_guest_by_default),
        cmocka_unit_test(trap_modifiers_in_the_name),
        cmocka_unit_test(check_finds_every_bit),
        cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(tracepoints),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
