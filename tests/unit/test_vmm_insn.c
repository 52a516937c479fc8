/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hypervisor's decoder: encodings written by hand, every cut, and bytes at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/vmm/decode/insn.c"

struct encoding {
    unsigned bits;
    uint8_t code[16];
    unsigned length;
    enum insn_kind kind;
    unsigned reg;
    uint32_t immediate;
};

static const struct encoding known[] = {
    {64, {0x0f, 0xa2}, 2, INSN_CPUID, 0, 0},
    {32, {0x0f, 0xa2}, 2, INSN_CPUID, 0, 0},
    {64, {0x66, 0xf3, 0x48, 0x0f, 0xa2}, 5, INSN_CPUID, 0, 0},
    {64, {0x48, 0x66, 0x0f, 0xa2}, 4, INSN_CPUID, 0, 0},
    {64, {0x47, 0x65, 0x0f, 0xa2}, 4, INSN_CPUID, 0, 0},
    {64, {0xf4}, 1, INSN_HLT, 0, 0},
    {64, {0x0f, 0x31}, 2, INSN_RDTSC, 0, 0},
    {64, {0x0f, 0x01, 0xf9}, 3, INSN_RDTSCP, 0, 0},
    {64, {0x0f, 0x32}, 2, INSN_RDMSR, 0, 0},
    {64, {0x0f, 0x30}, 2, INSN_WRMSR, 0, 0},
    /* mov %ecx,(%rax); mov %r9d,(%rax); mov %ecx,(%r8) */
    {64, {0x89, 0x08}, 2, INSN_STORE32, 1, 0},
    {64, {0x44, 0x89, 0x08}, 3, INSN_STORE32, 9, 0},
    {64, {0x41, 0x89, 0x08}, 3, INSN_STORE32, 1, 0},
    {64, {0x4c, 0x3e, 0x89, 0x08}, 4, INSN_STORE32, 1, 0}, /* REX voided */
    {64, {0x48, 0x44, 0x89, 0x08}, 4, INSN_STORE32, 9, 0}, /* the last REX counts */
    /* mov 0x10(%rdi),%edx; mov 0x12345678(%rdi),%edx; mov 0x0(%rip),%edx */
    {64, {0x8b, 0x57, 0x10}, 3, INSN_LOAD32, 2, 0},
    {64, {0x8b, 0x97, 0x78, 0x56, 0x34, 0x12}, 6, INSN_LOAD32, 2, 0},
    {64, {0x8b, 0x15, 0, 0, 0, 0}, 6, INSN_LOAD32, 2, 0},
    /* mov (%rax,%rbx,4),%ecx; 8(…); 0x0(,%rbx,4): SIB without base */
    {64, {0x8b, 0x0c, 0x98}, 3, INSN_LOAD32, 1, 0},
    {64, {0x8b, 0x4c, 0x98, 0x08}, 4, INSN_LOAD32, 1, 0},
    {64, {0x8b, 0x0c, 0x9d, 0, 0, 0, 0}, 7, INSN_LOAD32, 1, 0},
    {64, {0x8b, 0x4c, 0x9d, 0x08}, 4, INSN_LOAD32, 1, 0},
    /* movl $0x12345678,(%rax); 4(%rsp) */
    {64, {0xc7, 0x00, 0x78, 0x56, 0x34, 0x12}, 6, INSN_STORE32_IMM, 0, 0x12345678},
    {64, {0xc7, 0x44, 0x24, 0x04, 1, 0, 0, 0}, 8, INSN_STORE32_IMM, 0, 1},
    /* movabs 0x…,%eax and back; the same with 32-bit addresses */
    {64, {0xa1, 1, 2, 3, 4, 5, 6, 7, 8}, 9, INSN_LOAD32, 0, 0},
    {64, {0xa3, 1, 2, 3, 4, 5, 6, 7, 8}, 9, INSN_STORE32, 0, 0},
    {32, {0xa1, 1, 2, 3, 4}, 5, INSN_LOAD32, 0, 0},
    {32, {0x3e, 0x89, 0x08}, 3, INSN_STORE32, 1, 0},
};

static const struct encoding refused[] = {
    {16, {0x0f, 0xa2}, 0, 0, 0, 0},             /* 16-bit code */
    {64, {0xf0, 0x0f, 0xa2}, 0, 0, 0, 0},       /* LOCK */
    {64, {0x66, 0x89, 0x08}, 0, 0, 0, 0},       /* 16-bit store */
    {64, {0x48, 0x89, 0x08}, 0, 0, 0, 0},       /* 64-bit store */
    {64, {0x67, 0x89, 0x08}, 0, 0, 0, 0},       /* 32-bit addresses */
    {64, {0x88, 0x08}, 0, 0, 0, 0},             /* 8-bit store */
    {64, {0x89, 0xc8}, 0, 0, 0, 0},             /* register to register */
    {64, {0xc7, 0x08, 1, 2, 3, 4}, 0, 0, 0, 0}, /* C7 /1 */
    {64, {0x01, 0x08}, 0, 0, 0, 0},             /* add %ecx,(%rax) */
    {64, {0x48, 0x66, 0x89, 0x08}, 0, 0, 0, 0}, /* a prefix voids the REX before it: 16 bits */
    {64, {0x40, 0x48, 0x89, 0x08}, 0, 0, 0, 0}, /* the last REX counts: 64 bits */
    {64, {0x0f, 0x01, 0xd9}, 0, 0, 0, 0},       /* VMMCALL: not decoded */
    {64, {0x0f, 0x0b}, 0, 0, 0, 0},             /* UD2 */
    {64, {0x90}, 0, 0, 0, 0},
};

static void test_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const struct encoding *k = &known[i];
        struct insn insn;

        print_message("# known %zu\n", i);
        assert_int_equal(insn_decode(k->code, sizeof(k->code), k->bits, &insn), 0);
        assert_int_equal(insn.kind, k->kind);
        assert_int_equal(insn.length, k->length);
        assert_int_equal(insn.reg, k->reg);
        assert_int_equal(insn.immediate, k->immediate);
    }
}

static void test_cut_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct insn insn;

        for (size_t n = 0; n < known[i].length; n++) {
            uint8_t *exact = malloc(n ? n : 1); /* a read behind it is seen by ASan */

            memcpy(exact, known[i].code, n);
            assert_int_equal(insn_decode(exact, n, known[i].bits, &insn), -1);
            assert_int_equal(insn.kind, INSN_UNKNOWN);
            free(exact);
        }
    }
}

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct insn insn;

        print_message("# refused %zu\n", i);
        assert_int_equal(insn_decode(refused[i].code, 16, refused[i].bits, &insn), -1);
        assert_int_equal(insn.kind, INSN_UNKNOWN);
    }
}

static void test_fifteen_bytes(void **state)
{
    uint8_t code[20];
    struct insn insn;

    (void)state;
    memset(code, 0x2e, sizeof(code));
    code[13] = 0x0f;
    code[14] = 0xa2;
    assert_int_equal(insn_decode(code, sizeof(code), 64, &insn), 0);
    assert_int_equal(insn.length, 15);
    code[13] = 0x2e;
    code[14] = 0x0f;
    code[15] = 0xa2;
    assert_int_equal(insn_decode(code, sizeof(code), 64, &insn), -1);
}

static void test_random_bytes(void **state)
{
    const unsigned seed = 20110117;
    unsigned accepted = 0;

    (void)state;
    print_message("# seed %u\n", seed);
    srand(seed);
    for (unsigned round = 0; round < 200000; round++) {
        size_t n = (size_t)rand() % 17;
        uint8_t code[16];
        struct insn insn;

        for (size_t i = 0; i < sizeof(code); i++)
            code[i] = (uint8_t)(rand() >> 7);
        if (round % 2) /* half of them close to something known */
            memcpy(code, known[(unsigned)rand() % (sizeof(known) / sizeof(known[0]))].code, 3);
        if (insn_decode(code, n, round % 3 ? 64 : 32, &insn))
            continue;
        accepted++;
        assert_in_range(insn.length, 1, n);
        assert_in_range(insn.length, 1, INSN_MAX_BYTES);
        assert_in_range(insn.reg, 0, 15);
        assert_int_not_equal(insn.kind, INSN_UNKNOWN);
    }
    assert_true(accepted > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_fifteen_bytes),
        cmocka_unit_test(test_random_bytes),
    };

    return cmocka_run_group_tests_name("vmm_insn", tests, NULL, NULL);
}
