/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Xen's trace records into exits by cause: hand-made records, damaged ones, rings that wrap,
 * records lost, domains that take turns, audits by sentinels.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/target/driver.h"
#include "hv-under-test/xen/exits.h"

#define GUEST 3u
#define RUNNING 0u
#define RUNNABLE 1u
#define BLOCKED 2u

#define SVM_CPUID 0x72u
#define SVM_VMMCALL 0x81u
#define SVM_INTR 0x60u
#define USER 0x405000u

static struct {
    uint8_t bytes[1 << 20];
    uint32_t size;
} log_;
static struct exits x;
static struct exits_cpu cpu;

static int begin(void **state)
{
    (void)state;
    log_.size = 0;
    x = (struct exits){.domain = GUEST, .processor = EXITS_SVM};
    cpu = (struct exits_cpu){0};
    return 0;
}

static void put(uint32_t event, int with_time, unsigned words, const uint32_t *data)
{
    const uint32_t head = event | words << 28 | (with_time ? 1u << 31 : 0);
    const uint64_t time = 0x1122334455667788u;

    memcpy(log_.bytes + log_.size, &head, sizeof head);
    log_.size += sizeof head;
    if (with_time) {
        memcpy(log_.bytes + log_.size, &time, sizeof time);
        log_.size += sizeof time;
    }
    if (words)
        memcpy(log_.bytes + log_.size, data, words * sizeof *data);
    log_.size += words * (uint32_t)sizeof *data;
}

static void runstate(unsigned domain, unsigned vcpu, unsigned old, unsigned new)
{
    put(0x21001u | old << 8 | new << 4, 1, 1, (const uint32_t[]){domain << 16 | vcpu});
}

static void vmexit(uint32_t code, uint64_t rip)
{
    put(0x81102u, 1, 3, (const uint32_t[]){code, (uint32_t)rip, (uint32_t)(rip >> 32)});
    put(0x81001u, 1, 0, NULL); /* and back in */
}

static const char *take(void)
{
    return exits_take(&x, &cpu, log_.bytes, log_.size);
}

static void test_only_the_domain_counts(void **state)
{
    (void)state;
    vmexit(SVM_CPUID, USER); /* nobody knows whose */
    runstate(0, 0, RUNNABLE, RUNNING);
    vmexit(SVM_CPUID, USER);
    runstate(0, 0, RUNNING, BLOCKED);
    runstate(GUEST, 0, RUNNABLE, RUNNING);
    vmexit(SVM_CPUID, USER);
    vmexit(SVM_VMMCALL, USER);
    runstate(0, 0, BLOCKED, RUNNABLE); /* woken here, does not run yet */
    vmexit(SVM_VMMCALL, USER);
    put(0x21002u, 1, 1, (const uint32_t[]){GUEST << 16}); /* goes on */
    vmexit(SVM_VMMCALL, USER);
    runstate(GUEST, 0, RUNNING, RUNNABLE);
    vmexit(SVM_VMMCALL, USER);
    runstate(GUEST + 1, 0, RUNNABLE, RUNNING);
    vmexit(SVM_VMMCALL, USER);
    assert_null(take());
    assert_int_equal(x.count[EXITS_CPUID], 1);
    assert_int_equal(x.count[EXITS_HYPERCALL], 3);
    assert_int_equal(x.total, 4);
    assert_null(exits_judge(&x));
}

static void test_codes(void **state)
{
    static const struct {
        enum exits_processor processor;
        uint32_t code;
        enum exits_cause cause;
    } cases[] = {
        {EXITS_SVM, 0x00, EXITS_CONTROL_REGISTER},
        {EXITS_SVM, 0x10, EXITS_CONTROL_REGISTER},
        {EXITS_SVM, 0x41, EXITS_EXCEPTION},
        {EXITS_SVM, 0x4E, EXITS_PAGE_FAULT},
        {EXITS_SVM, 0x60, EXITS_INTERRUPT},
        {EXITS_SVM, 0x64, EXITS_INTERRUPT_WINDOW},
        {EXITS_SVM, 0x6E, EXITS_RDTSC},
        {EXITS_SVM, 0x78, EXITS_HLT},
        {EXITS_SVM, 0x79, EXITS_INVLPG},
        {EXITS_SVM, 0x7B, EXITS_PORT_IO},
        {EXITS_SVM, 0x7C, EXITS_MSR},
        {EXITS_SVM, 0x7F, EXITS_SHUTDOWN},
        {EXITS_SVM, 0x400, EXITS_NESTED_FAULT},
        {EXITS_SVM, 0x3FF, EXITS_OTHER},
        {EXITS_SVM, 0xFFFFFFFF, EXITS_OTHER},
        {EXITS_VMX, 0, EXITS_EXCEPTION},
        {EXITS_VMX, 1, EXITS_INTERRUPT},
        {EXITS_VMX, 10, EXITS_CPUID},
        {EXITS_VMX, 0x8000000A, EXITS_CPUID}, /* flags above */
        {EXITS_VMX, 12, EXITS_HLT},
        {EXITS_VMX, 18, EXITS_HYPERCALL},
        {EXITS_VMX, 30, EXITS_PORT_IO},
        {EXITS_VMX, 31, EXITS_MSR_READ},
        {EXITS_VMX, 32, EXITS_MSR_WRITE},
        {EXITS_VMX, 48, EXITS_NESTED_FAULT},
        {EXITS_VMX, 70, EXITS_OTHER},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(state);
        x.processor = cases[i].processor;
        runstate(GUEST, 0, RUNNABLE, RUNNING);
        vmexit(cases[i].code, USER);
        assert_null(take());
        assert_int_equal(x.count[cases[i].cause], 1);
        assert_int_equal(x.total, 1);
    }
    for (int i = 0; i < EXITS_CAUSES; i++)
        assert_non_null(exits_cause_name((enum exits_cause)i));
}

static void test_pv(void **state)
{
    static const struct {
        uint32_t event;
        enum exits_cause cause;
    } cases[] = {
        {0x20100D, EXITS_HYPERCALL}, {0x201003, EXITS_EXCEPTION},
        {0x201103, EXITS_EXCEPTION}, {0x201104, EXITS_PAGE_FAULT},
        {0x201105, EXITS_CPUID},     {0x201106, EXITS_PRIVILEGED},
        {0x201108, EXITS_EXCEPTION}, {0x20110B, EXITS_PAGE_FAULT},
        {0x2010FF, EXITS_OTHER},
    };
    const uint32_t address[2] = {USER, 0};

    (void)state;
    runstate(GUEST, 0, RUNNABLE, RUNNING);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        put(cases[i].event, 1, 2, address);
    /* A call within a multicall is no entry of its own. */
    put(0x20200E, 0, 1, address);
    assert_null(take());
    assert_int_equal(x.total, sizeof cases / sizeof cases[0]);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_true(x.count[cases[i].cause] > 0);
    assert_int_equal(x.count[EXITS_PAGE_FAULT], 2);
}

static void test_lost(void **state)
{
    (void)state;
    put(0x1F001, 1, 4, (const uint32_t[]){17, 0, 0, 0});
    put(0x1F001, 1, 4, (const uint32_t[]){5, 0, 0, 0});
    assert_null(take());
    assert_int_equal(x.lost, 22);
    assert_non_null(exits_judge(&x));
    assert_non_null(strstr(exits_judge(&x), "22"));
}

static void test_damaged(void **state)
{
    runstate(GUEST, 0, RUNNABLE, RUNNING);
    vmexit(SVM_CPUID, USER);
    /* Wherever the bytes are cut but between records. */
    for (uint32_t n = 1; n < log_.size; n++) {
        struct exits fresh = {.domain = GUEST};
        struct exits_cpu c = {0};
        const int whole = n == 16 || n == 40;

        assert_int_equal(exits_take(&fresh, &c, log_.bytes, n) == NULL, whole);
    }
    begin(state);
    put(0, 0, 0, NULL);
    assert_non_null(take());
    begin(state);
    put(0x81002, 0, 0, NULL); /* an exit of no code */
    assert_non_null(take());
    begin(state);
    put(0x21001, 0, 0, NULL);
    assert_non_null(take());
    begin(state);
    put(0x1F001, 0, 0, NULL);
    assert_non_null(take());
    begin(state);
    put(0xFFFFFFF, 1, 7, (const uint32_t[7]){0}); /* an event that nobody knows */
    assert_null(take());
}

/* Records laid into a ring so that each possible start is tried; its end is filled as Xen does. */
static void test_ring(void **state)
{
    static uint8_t ring[4096 - 8];
    const uint32_t size = sizeof ring;

    (void)state;
    for (uint32_t start = 0; start < 2 * size; start += 4) {
        uint32_t at = start, end;
        const uint32_t filling = 0x1F002;

        begin(NULL);
        memset(ring, 0, sizeof ring);
        runstate(GUEST, 0, RUNNABLE, RUNNING); /* 16 bytes */
        memcpy(ring + at % size, log_.bytes, 16 < size - at % size ? 16 : size - at % size);
        if (size - at % size < 16) {
            for (; at % size; at += 4)
                memcpy(ring + at % size, &filling, 4);
            memcpy(ring + at % size, log_.bytes, 16);
        }
        at += 16;
        log_.size = 0;
        vmexit(SVM_CPUID, USER); /* 24 and 12 */
        if (size - at % size < 24) {
            for (; at % size; at += 4)
                memcpy(ring + at % size, &filling, 4);
        }
        memcpy(ring + at % size, log_.bytes, 24);
        at += 24;
        end = at % (2 * size);
        assert_null(exits_take_ring(&x, &cpu, ring, size, start, end));
        assert_int_equal(x.count[EXITS_CPUID], 1);
        assert_int_equal(x.total, 1);
        /* Nothing new, nothing counted. */
        assert_null(exits_take_ring(&x, &cpu, ring, size, end, end));
        assert_int_equal(x.total, 1);
    }
    assert_non_null(exits_take_ring(&x, &cpu, ring, size, 2 * size, 0));
    assert_non_null(exits_take_ring(&x, &cpu, ring, size, 0, 2 * size));
    assert_non_null(exits_take_ring(&x, &cpu, ring, size, 0, size + 4));
    assert_non_null(exits_take_ring(&x, &cpu, ring, 0, 0, 0));
}

/* --- audits --- */

static void sentinel(unsigned site)
{
    vmexit(SVM_CPUID, USER + SENTINEL_OFFSET + SENTINEL_PITCH * site + SENTINEL_AT_PLAIN);
}

static void round_of(enum sentinel_audit what, int twice, unsigned exits, unsigned noise)
{
    sentinel(sentinel_begin_site(what, twice));
    for (unsigned i = 0; i < exits; i++)
        vmexit(SVM_VMMCALL, USER);
    for (unsigned i = 0; i < noise; i++)
        vmexit(SVM_INTR, USER);
    sentinel(SENTINEL_END);
}

static void test_audit(void **state)
{
    const char *reason;

    (void)state;
    runstate(GUEST, 0, RUNNABLE, RUNNING);
    for (unsigned i = 0; i < TARGET_AUDIT_ROUNDS; i++) {
        round_of(SENTINEL_HYPERCALL, 0, 100, i % 3);
        round_of(SENTINEL_HYPERCALL, 1, 200, (i + 1) % 3);
    }
    assert_null(take());
    assert_int_equal(exits_audit_done(&x, SENTINEL_NULL, &reason), 0);
    assert_int_equal(exits_audit_done(&x, SENTINEL_HYPERCALL, &reason), 1);
    assert_int_equal(x.audit[SENTINEL_HYPERCALL].exits_k, 100);
    assert_int_equal(x.audit[SENTINEL_HYPERCALL].exits_2k, 200);
    assert_int_equal(x.count[EXITS_CPUID], 4 * TARGET_AUDIT_ROUNDS);
}

/* A marker that exits must be seen: that is what audits are for. */
static void test_audit_shows_an_exit(void **state)
{
    const char *reason;

    (void)state;
    runstate(GUEST, 0, RUNNABLE, RUNNING);
    for (unsigned i = 0; i < TARGET_AUDIT_ROUNDS; i++) {
        round_of(SENTINEL_NULL, 0, 1, 0);
        round_of(SENTINEL_NULL, 1, 2, 0);
    }
    assert_null(take());
    assert_int_equal(exits_audit_done(&x, SENTINEL_NULL, &reason), 1);
    assert_int_equal(x.audit[SENTINEL_NULL].exits_2k - x.audit[SENTINEL_NULL].exits_k, 1);
}

static void test_audit_broken(void **state)
{
    const char *reason;

    /* A round is missing. */
    runstate(GUEST, 0, RUNNABLE, RUNNING);
    for (unsigned i = 0; i + 1 < TARGET_AUDIT_ROUNDS; i++) {
        round_of(SENTINEL_NULL, 0, 0, 0);
        round_of(SENTINEL_NULL, 1, 0, 0);
    }
    assert_null(take());
    assert_int_equal(exits_audit_done(&x, SENTINEL_NULL, &reason), -1);
    assert_non_null(reason);
    /* A group ended on another vCPU. */
    begin(state);
    runstate(GUEST, 0, RUNNABLE, RUNNING);
    sentinel(sentinel_begin_site(SENTINEL_NULL, 0));
    runstate(GUEST, 0, RUNNING, RUNNABLE);
    runstate(GUEST, 1, RUNNABLE, RUNNING);
    sentinel(SENTINEL_END);
    assert_null(take());
    assert_int_equal(x.broken, 1);
    assert_int_equal(x.audit[SENTINEL_NULL].rounds_k, 0);
    /* An end without a beginning, a beginning twice. */
    begin(state);
    runstate(GUEST, 0, RUNNABLE, RUNNING);
    sentinel(SENTINEL_END);
    sentinel(sentinel_begin_site(SENTINEL_NULL, 0));
    sentinel(sentinel_begin_site(SENTINEL_NULL, 0));
    assert_null(take());
    assert_int_equal(x.broken, 2);
}

/* Another vCPU's exits on this processor are not the group's; the kernel's CPUIDs and those of
 * another place in the page are exits like others. */
static void test_audit_bystanders(void **state)
{
    (void)state;
    runstate(GUEST, 0, RUNNABLE, RUNNING);
    sentinel(sentinel_begin_site(SENTINEL_NULL, 0));
    vmexit(SVM_CPUID, 0xFFFFFFFF81000000u + SENTINEL_OFFSET + SENTINEL_AT_PLAIN);
    vmexit(SVM_CPUID, USER + SENTINEL_OFFSET + SENTINEL_AT_PLAIN + 1);
    vmexit(SVM_VMMCALL, USER + SENTINEL_OFFSET + SENTINEL_AT_PLAIN);
    runstate(GUEST, 0, RUNNING, RUNNABLE);
    runstate(GUEST, 1, RUNNABLE, RUNNING);
    vmexit(SVM_VMMCALL, USER);
    runstate(GUEST, 1, RUNNING, RUNNABLE);
    runstate(0, 0, RUNNABLE, RUNNING);
    vmexit(SVM_VMMCALL, USER);
    runstate(0, 0, RUNNING, BLOCKED);
    runstate(GUEST, 0, RUNNABLE, RUNNING);
    sentinel(SENTINEL_END);
    assert_null(take());
    assert_int_equal(x.audit[SENTINEL_NULL].exits_k, 3);
    assert_int_equal(x.broken, 0);
}

static void test_forced_sentinels(void **state)
{
    const uint64_t rip = USER + SENTINEL_OFFSET + SENTINEL_AT_FORCED;

    (void)state;
    runstate(GUEST, 0, RUNNABLE, RUNNING);
    for (unsigned site = 0; site <= SENTINEL_END; site += SENTINEL_END) {
        put(0x201105u, 1, 2, (const uint32_t[]){(uint32_t)rip + site * SENTINEL_PITCH, 0});
        put(0x201105u, 1, 2, (const uint32_t[]){0x401000, 0});
    }
    assert_null(take());
    assert_int_equal(x.audit[SENTINEL_NULL].rounds_k, 1);
    assert_int_equal(x.audit[SENTINEL_NULL].exits_k, 1);
}

/* The sites are where the header says: sentinel.S was built into this program. */
static void test_sites(void **state)
{
    static const uint8_t plain[] = {0x0F, 0xA2}; /* CPUID */
    static const uint8_t forced[] = {0x0F, 0x0B, 'x', 'e', 'n', 0x0F, 0xA2};
    const uint8_t *far = (const uint8_t *)(uintptr_t)sentinel_cpuid_forced;
    const uint8_t *page = (const uint8_t *)((uintptr_t)far & ~(uintptr_t)SENTINEL_PAGE_MASK);

    (void)state;
    assert_ptr_equal(page, far);
    for (unsigned i = 0; i < SENTINEL_SITES; i++) {
        const uint8_t *site = page + SENTINEL_OFFSET + i * SENTINEL_PITCH;

        assert_memory_equal(site + SENTINEL_AT_FORCED - sizeof forced, forced, sizeof forced);
        assert_memory_equal(site - 4096 + SENTINEL_AT_PLAIN, plain, sizeof plain);
        sentinel_plain(i); /* comes back */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_only_the_domain_counts, begin),
        cmocka_unit_test_setup(test_codes, begin),
        cmocka_unit_test_setup(test_pv, begin),
        cmocka_unit_test_setup(test_lost, begin),
        cmocka_unit_test_setup(test_damaged, begin),
        cmocka_unit_test_setup(test_ring, begin),
        cmocka_unit_test_setup(test_audit, begin),
        cmocka_unit_test_setup(test_audit_shows_an_exit, begin),
        cmocka_unit_test_setup(test_audit_broken, begin),
        cmocka_unit_test_setup(test_audit_bystanders, begin),
        cmocka_unit_test_setup(test_forced_sentinels, begin),
        cmocka_unit_test_setup(test_sites, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
