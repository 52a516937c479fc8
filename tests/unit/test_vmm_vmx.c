/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VT-x by its capability registers: what is needed, what is told where it is missing, and that no
 * register is read that a processor may lack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/vmx/vmx_capability.c"

#define VMX_LEAF1_ECX (1u << 5)
#define ALL_MAY_BE_1 0xffffffff00000000ull

/* A processor made up: its registers, and whether it has them. */
static struct {
    uint64_t feature_control, basic, primary, secondary, ept_vpid, pin, exit, entry;
    int vmx;
    unsigned reads;
} cpu;

static uint64_t read_register(uint32_t msr)
{
    const int true_controls = (cpu.basic & BASIC_TRUE_CONTROLS) != 0;

    cpu.reads++;
    assert_true(cpu.vmx); /* without VT-x each of them is a general-protection fault */
    switch (msr) {
    case VMX_MSR_FEATURE_CONTROL:
        return cpu.feature_control;
    case VMX_MSR_BASIC:
        return cpu.basic;
    case MSR_TRUE_PIN:
        assert_true(true_controls);
        return cpu.pin;
    case MSR_TRUE_PRIMARY:
        assert_true(true_controls);
        return cpu.primary;
    case MSR_TRUE_EXIT:
        assert_true(true_controls);
        return cpu.exit;
    case MSR_TRUE_ENTRY:
        assert_true(true_controls);
        return cpu.entry;
    case MSR_SECONDARY:
        assert_true(cpu.primary >> 63);
        return cpu.secondary;
    case MSR_EPT_VPID:
        assert_true((cpu.secondary >> 32 & (VMX_SECONDARY_EPT | VMX_SECONDARY_VPID)) != 0);
        return cpu.ept_vpid;
    default:
        fail_msg("register %x is read", msr);
        return 0;
    }
}

static int make_whole_cpu(void **state)
{
    (void)state;
    cpu.vmx = 1;
    cpu.feature_control = VMX_FEATURE_LOCKED | VMX_FEATURE_ON;
    cpu.basic = BASIC_TRUE_CONTROLS | 4;
    cpu.pin = ALL_MAY_BE_1 | 0x16; /* appendix A.3.1: what is always 1 */
    cpu.primary = ALL_MAY_BE_1 | 0x04006172;
    cpu.exit = ALL_MAY_BE_1 | 0x36dfb;
    cpu.entry = ALL_MAY_BE_1 | 0x11fb;
    cpu.secondary = ALL_MAY_BE_1;
    cpu.ept_vpid = EPT_NEEDED | VPID_INVVPID;
    cpu.reads = 0;
    return 0;
}

static const char *missing(const char *line)
{
    struct vmm_config c = {.cpu = CONFIG_CPU_VMX, .asid = CONFIG_ASID_ON};
    struct vmx_capabilities p;

    if (line[0])
        c.asid = CONFIG_ASID_OFF;
    vmx_find_capabilities(cpu.vmx ? VMX_LEAF1_ECX : 0, read_register, &p);
    return vmx_missing(&p, &c);
}

static void test_whole_processor(void **state)
{
    struct vmx_capabilities p;

    (void)state;
    assert_null(missing(""));
    assert_int_equal(cpu.reads, 8);
    vmx_find_capabilities(VMX_LEAF1_ECX, read_register, &p);
    assert_false(vmx_needs_enabling(&p));
    assert_true(vmx_can_scale_tsc(&p));
    cpu.feature_control = 0; /* not locked: the hypervisor's to switch on */
    assert_null(missing(""));
    vmx_find_capabilities(VMX_LEAF1_ECX, read_register, &p);
    assert_true(vmx_needs_enabling(&p));
    cpu.secondary &= ~((uint64_t)VMX_SECONDARY_TSC_SCALING << 32);
    vmx_find_capabilities(VMX_LEAF1_ECX, read_register, &p);
    assert_false(vmx_can_scale_tsc(&p));
}

static void test_each_lack_has_its_sentence(void **state)
{
    (void)state;
    cpu.vmx = 0;
    assert_string_equal(missing(""), "cpu=vmx: this processor has no VT-x");
    assert_int_equal(cpu.reads, 0);
    make_whole_cpu(NULL);
    cpu.feature_control = VMX_FEATURE_LOCKED;
    assert_string_equal(missing(""),
                        "cpu=vmx: the firmware has locked VT-x off (IA32_FEATURE_CONTROL)");
    make_whole_cpu(NULL);
    cpu.secondary &= ~((uint64_t)VMX_SECONDARY_EPT << 32);
    assert_string_equal(missing(""), "paging=nested: this processor's VT-x has no EPT");
    make_whole_cpu(NULL);
    cpu.primary &= ~((uint64_t)VMX_PRIMARY_SECONDARY << 32); /* older than EPT */
    assert_string_equal(missing(""), "paging=nested: this processor's VT-x has no EPT");
    make_whole_cpu(NULL);
    cpu.basic = 4; /* older still */
    assert_string_equal(missing(""), "paging=nested: this processor's VT-x has no EPT");
    assert_int_equal(cpu.reads, 2);
    make_whole_cpu(NULL);
    cpu.secondary &= ~((uint64_t)VMX_SECONDARY_UNRESTRICTED << 32);
    assert_string_equal(missing(""), "cpu=vmx: this processor has no unrestricted guest, and "
                                     "the guest starts without paging");
    make_whole_cpu(NULL);
    cpu.secondary &= ~((uint64_t)VMX_SECONDARY_VPID << 32);
    assert_string_equal(missing(""),
                        "asid=on: this processor's VT-x has no VPID; ask for asid=off");
    assert_null(missing("asid=off"));
}

/* Every bit of every set that is needed, taken away alone, is missed. */
static void test_every_needed_bit(void **state)
{
    static const struct {
        uint64_t *pair;
        uint32_t needed;
    } sets[] = {{&cpu.pin, PIN_NEEDED},
                {&cpu.primary, PRIMARY_NEEDED},
                {&cpu.exit, EXIT_NEEDED},
                {&cpu.entry, ENTRY_NEEDED}};

    (void)state;
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        for (unsigned bit = 0; bit < 32; bit++) {
            make_whole_cpu(NULL);
            *sets[i].pair &= ~(1ull << (32 + bit));
            if (sets[i].needed >> bit & 1)
                assert_non_null(missing(""));
            else if (!(sets[i].pair == &cpu.primary && bit == 31))
                assert_null(missing(""));
        }
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        make_whole_cpu(NULL);
        cpu.ept_vpid &= ~(1ull << bit);
        if ((EPT_NEEDED | VPID_INVVPID) >> bit & 1)
            assert_non_null(missing(""));
        else
            assert_null(missing(""));
    }
    make_whole_cpu(NULL);
    cpu.primary |= VMX_PRIMARY_CR3_LOAD; /* must be 1: each MOV to CR3 would exit */
    assert_non_null(missing(""));
}

static void test_requests_that_only_svm_carries(void **state)
{
    static const struct vmm_config requests[] = {
        {.popf_requested = 1},
        {.paging = CONFIG_PAGING_SHADOW_LAZY},
        {.paging = CONFIG_PAGING_SHADOW_EAGER},
        {.hypercall = CONFIG_HYPERCALL_FAST},
        {.pmu = CONFIG_PMU_GUEST},
    };
    struct vmx_capabilities p;

    (void)state;
    vmx_find_capabilities(VMX_LEAF1_ECX, read_register, &p);
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
        assert_non_null(vmx_missing(&p, &requests[i]));
}

static void test_controls(void **state)
{
    (void)state;
    /* Must be 1: 0x16. May be 1: 0x1f. */
    assert_int_equal(vmx_controls(0x1f00000016ull, 0), 0x16);
    assert_int_equal(vmx_controls(0x1f00000016ull, 0x09), 0x1f);
    assert_int_equal(vmx_controls(0x1f00000016ull, 0xe0), 0x16); /* cannot be had */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_whole_processor, make_whole_cpu),
        cmocka_unit_test_setup(test_each_lack_has_its_sentence, make_whole_cpu),
        cmocka_unit_test_setup(test_every_needed_bit, make_whole_cpu),
        cmocka_unit_test_setup(test_requests_that_only_svm_carries, make_whole_cpu),
        cmocka_unit_test(test_controls),
    };

    return cmocka_run_group_tests_name("vmm_vmx", tests, NULL, NULL);
}
