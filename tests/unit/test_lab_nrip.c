/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lengths of the instructions that SVM can intercept, in the three sizes of code, against
 * what the assembler makes of them (binutils 2.40), and that nothing behind an instruction is
 * ever read: it may lie on a page that is not there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/lab/nrip_insn.c"

struct code {
    const uint8_t *bytes;
    unsigned asked;
};

static uint8_t give(void *opaque, unsigned i)
{
    struct code *c = opaque;

    assert_int_equal(i, c->asked);
    c->asked++;
    return c->bytes[i];
}

static unsigned length_of(const uint8_t *bytes, unsigned bits, unsigned *asked)
{
    struct code c = {.bytes = bytes};
    unsigned n = nrip_length(give, &c, bits);

    *asked = c.asked;
    return n;
}

static const struct {
    const char *text;
    uint8_t bytes[16];
    unsigned bits, length;
} known[] = {
    {"cpuid", {0x0f, 0xa2}, 64, 2},
    {"cpuid", {0x0f, 0xa2}, 16, 2},
    {"vmmcall", {0x0f, 0x01, 0xd9}, 64, 3},
    {"rex.w vmmcall", {0x48, 0x0f, 0x01, 0xd9}, 64, 4},
    {"data16 vmmcall", {0x66, 0x0f, 0x01, 0xd9}, 32, 4},
    {"rdtsc", {0x0f, 0x31}, 32, 2},
    {"rdtscp", {0x0f, 0x01, 0xf9}, 64, 3},
    {"rdpmc", {0x0f, 0x33}, 64, 2},
    {"rdmsr", {0x0f, 0x32}, 64, 2},
    {"wrmsr", {0x0f, 0x30}, 64, 2},
    {"xsetbv", {0x0f, 0x01, 0xd1}, 64, 3},
    {"monitor", {0x0f, 0x01, 0xc8}, 64, 3},
    {"mov %cr3,%rax", {0x0f, 0x20, 0xd8}, 64, 3},
    {"mov %rax,%cr8", {0x44, 0x0f, 0x22, 0xc0}, 64, 4},
    {"mov %db7,%r9", {0x41, 0x0f, 0x21, 0xf9}, 64, 4},
    /* Of such a move the processor ignores the mode: no displacement follows. */
    {"mov %cr0 with mod 0, rm 5", {0x0f, 0x20, 0x05}, 64, 3},
    {"clts", {0x0f, 0x06}, 32, 2},
    {"lmsw %ax", {0x0f, 0x01, 0xf0}, 16, 3},
    {"invlpg (%rdi)", {0x0f, 0x01, 0x3f}, 64, 3},
    {"invlpg (%r12)", {0x41, 0x0f, 0x01, 0x3c, 0x24}, 64, 5},
    {"invlpg 0x8(%rsp)", {0x0f, 0x01, 0x7c, 0x24, 0x08}, 64, 5},
    {"invlpg 0x12345(%rbx,%rcx,4)", {0x0f, 0x01, 0xbc, 0x8b, 0x45, 0x23, 0x01, 0x00}, 64, 8},
    {"invlpg 0x1000 without a base", {0x0f, 0x01, 0x3c, 0x25, 0, 0x10, 0, 0}, 64, 8},
    {"invlpg 0x0(%rip)", {0x0f, 0x01, 0x3d, 0, 0, 0, 0}, 64, 7},
    {"lgdt 0x1234 in 16-bit code", {0x0f, 0x01, 0x16, 0x34, 0x12}, 16, 5},
    {"lgdtl (%si) in 16-bit code", {0x66, 0x0f, 0x01, 0x14}, 16, 4},
    {"lgdt 0x10(%bx) in 16-bit code", {0x0f, 0x01, 0x57, 0x10}, 16, 4},
    {"lidt 0x1000(%bp) in 16-bit code", {0x0f, 0x01, 0x9e, 0x00, 0x10}, 16, 5},
    {"addr32 lgdt (%esp) in 16-bit code", {0x67, 0x0f, 0x01, 0x14, 0x24}, 16, 5},
    {"addr16 lgdt (%si) in 32-bit code", {0x67, 0x0f, 0x01, 0x14}, 32, 4},
    {"lgdt 0x1000 in 32-bit code", {0x0f, 0x01, 0x15, 0, 0x10, 0, 0}, 32, 7},
    {"ltr (%eax)", {0x67, 0x0f, 0x00, 0x18}, 64, 4},
    {"sidt %fs:(%rdi)", {0x64, 0x0f, 0x01, 0x0f}, 64, 4},
    {"hlt", {0xf4}, 64, 1},
    {"pause", {0xf3, 0x90}, 64, 2},
    {"pushfq", {0x9c}, 64, 1},
    {"popfw", {0x66, 0x9d}, 64, 2},
    {"iretq", {0x48, 0xcf}, 64, 2},
    {"int $0x80", {0xcd, 0x80}, 64, 2},
    {"int3", {0xcc}, 64, 1},
    {"into", {0xce}, 32, 1},
    {"int1", {0xf1}, 64, 1},
    {"out %al,$0x80", {0xe6, 0x80}, 64, 2},
    {"in (%dx),%eax", {0xed}, 64, 1},
    {"in (%dx),%ax", {0x66, 0xed}, 64, 2},
    {"rep outsb", {0xf3, 0x6e}, 64, 2},
    {"wbinvd", {0x0f, 0x09}, 64, 2},
    {"invd", {0x0f, 0x08}, 64, 2},
    {"rsm", {0x0f, 0xaa}, 64, 2},
};

static void known_instructions_have_their_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        unsigned asked, n = length_of(known[i].bytes, known[i].bits, &asked);

        if (n != known[i].length || asked != n)
            fail_msg("%s: %u bytes, %u read; it has %u", known[i].text, n, asked,
                     known[i].length);
    }
}

static void others_have_none(void **state)
{
    static const uint8_t others[][16] = {
        {0x90 - 1}, {0xc3}, {0x0f, 0x05}, {0x0f, 0x0b}, {0x48, 0x89, 0xc3}, {0x40, 0x40}};

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        unsigned asked;

        assert_int_equal(length_of(others[i], 64, &asked), 0);
    }
    /* In 32-bit code 48h is DEC EAX and no prefix. */
    assert_int_equal(length_of((const uint8_t[]){0x48, 0xcf}, 32, &(unsigned){0}), 0);
}

static void no_more_than_fifteen_bytes_are_read(void **state)
{
    uint8_t bytes[16];
    unsigned asked;

    (void)state;
    memset(bytes, 0x66, sizeof(bytes));
    assert_int_equal(length_of(bytes, 64, &asked), 0);
    assert_int_equal(asked, NRIP_MAX_BYTES);
    srand(1);
    for (unsigned i = 0; i < 1000000; i++) {
        for (unsigned k = 0; k < sizeof(bytes); k++)
            bytes[k] = (uint8_t)rand();
        assert_true(length_of(bytes, i % 3 ? 64 : 16, &asked) <= asked);
        assert_true(asked <= NRIP_MAX_BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_instructions_have_their_length),
        cmocka_unit_test(others_have_none),
        cmocka_unit_test(no_more_than_fifteen_bytes_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
