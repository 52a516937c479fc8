/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory operand of an instruction, against this computer's own processor: each instruction
 * is executed and emulated on the same memory, registers and flags, and both must leave the
 * same. Addresses and what is refused by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "hv-under-test/vmm/decode/insn_operand.c"
#include "hv-under-test/vmm/soft/soft_decode.c"

static uint64_t rax, rsp, rip, rflags;

uint64_t *vcpu_register(struct vcpu *v, unsigned number)
{
    uint64_t *const registers[16] = {&rax,    &v->rcx, &v->rdx, &v->rbx, &rsp,    &v->rbp,
                                     &v->rsi, &v->rdi, &v->r8,  &v->r9,  &v->r10, &v->r11,
                                     &v->r12, &v->r13, &v->r14, &v->r15};

    return registers[number & 15u];
}

static uint64_t chance = 20110915;

static uint64_t random_word(void)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    /* Small, large and equal values: carries, overflows and zeros. */
    switch (chance >> 60) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX;
    case 2:
        return 0x8080808080808080ull;
    case 3:
        return chance >> 20 & 0xff;
    default:
        return chance * 0x2545f4914f6cdd1dull;
    }
}

/* The operand is at RSI. */
struct encoding {
    const char *name;
    uint8_t code[12];
    uint64_t undefined; /* flags that the manual leaves open */
};

#define LOGIC ADJUST
#define BITS (PARITY | ADJUST | SIGN | OVERFLOW)

static const struct encoding known[] = {
    {"add %dl", {0x00, 0x16}, 0},
    {"add %edx", {0x01, 0x16}, 0},
    {"add %dx", {0x66, 0x01, 0x16}, 0},
    {"add %rdx", {0x48, 0x01, 0x16}, 0},
    {"add %r8", {0x4c, 0x01, 0x06}, 0},
    {"add %ah", {0x00, 0x26}, 0},
    {"add %bpl", {0x40, 0x00, 0x2e}, 0},
    {"or %rdx", {0x48, 0x09, 0x16}, LOGIC},
    {"or %dx", {0x66, 0x09, 0x16}, LOGIC},
    {"adc %edx", {0x11, 0x16}, 0},
    {"adc %rdx", {0x48, 0x11, 0x16}, 0},
    {"adc %dl", {0x10, 0x16}, 0},
    {"sbb %edx", {0x19, 0x16}, 0},
    {"sbb %rdx", {0x48, 0x19, 0x16}, 0},
    {"sbb %dh", {0x18, 0x36}, 0},
    {"and %rdx", {0x48, 0x21, 0x16}, LOGIC},
    {"lock and %rdx", {0xf0, 0x48, 0x21, 0x16}, LOGIC},
    {"and %dl", {0x20, 0x16}, LOGIC},
    {"sub %edx", {0x29, 0x16}, 0},
    {"sub %rdx", {0x48, 0x29, 0x16}, 0},
    {"sub %dx", {0x66, 0x29, 0x16}, 0},
    {"xor %rdx", {0x48, 0x31, 0x16}, LOGIC},
    {"addb imm8", {0x80, 0x06, 0x9c}, 0},
    {"lock andb imm8", {0xf0, 0x80, 0x26, 0xfd}, LOGIC},
    {"orq imm8", {0x48, 0x83, 0x0e, 0x80}, LOGIC},
    {"andl imm32", {0x81, 0x26, 0xff, 0xfe, 0xff, 0x8f}, LOGIC},
    {"andq imm32", {0x48, 0x81, 0x26, 0xff, 0xfe, 0xff, 0x8f}, LOGIC},
    {"subw imm16", {0x66, 0x81, 0x2e, 0xff, 0x8e}, 0},
    {"sbbq imm8", {0x48, 0x83, 0x1e, 0x81}, 0},
    {"xchg %rdx", {0x48, 0x87, 0x16}, 0},
    {"xchg %edx", {0x87, 0x16}, 0},
    {"xchg %dx", {0x66, 0x87, 0x16}, 0},
    {"xchg %dh", {0x86, 0x36}, 0},
    {"mov %rdx", {0x48, 0x89, 0x16}, 0},
    {"mov %r15", {0x4c, 0x89, 0x3e}, 0},
    {"mov %edx", {0x89, 0x16}, 0},
    {"mov %dx", {0x66, 0x89, 0x16}, 0},
    {"mov %ch", {0x88, 0x2e}, 0},
    {"movq imm32", {0x48, 0xc7, 0x06, 0x01, 0x02, 0x03, 0x84}, 0},
    {"movl imm32", {0xc7, 0x06, 0x01, 0x02, 0x03, 0x84}, 0},
    {"movw imm16", {0x66, 0xc7, 0x06, 0x01, 0x82}, 0},
    {"movb imm8", {0xc6, 0x06, 0x85}, 0},
    {"movnti %rdx", {0x48, 0x0f, 0xc3, 0x16}, 0},
    {"movnti %edx", {0x0f, 0xc3, 0x16}, 0},
    {"notq", {0x48, 0xf7, 0x16}, 0},
    {"negq", {0x48, 0xf7, 0x1e}, 0},
    {"negb", {0xf6, 0x1e}, 0},
    {"incl", {0xff, 0x06}, 0},
    {"incq", {0x48, 0xff, 0x06}, 0},
    {"decb", {0xfe, 0x0e}, 0},
    {"decq", {0xf0, 0x48, 0xff, 0x0e}, 0},
    {"btsq imm8", {0x48, 0x0f, 0xba, 0x2e, 0x3f}, BITS},
    {"lock btrq imm8", {0xf0, 0x48, 0x0f, 0xba, 0x36, 0x06}, BITS},
    {"btcl imm8", {0x0f, 0xba, 0x3e, 0x25}, BITS},
    {"btsw imm8", {0x66, 0x0f, 0xba, 0x2e, 0x1f}, BITS},
    {"bts %rdx", {0x48, 0x0f, 0xab, 0x16}, BITS},
    {"btr %edx", {0x0f, 0xb3, 0x16}, BITS},
    {"btc %dx", {0x66, 0x0f, 0xbb, 0x16}, BITS},
    {"cmpxchg %rdx", {0x48, 0x0f, 0xb1, 0x16}, 0},
    {"lock cmpxchg %rdx", {0xf0, 0x48, 0x0f, 0xb1, 0x16}, 0},
    {"cmpxchg %edx", {0x0f, 0xb1, 0x16}, 0},
    {"cmpxchg %dl", {0x0f, 0xb0, 0x16}, 0},
    {"xadd %rdx", {0x48, 0x0f, 0xc1, 0x16}, 0},
    {"xadd %edx", {0x0f, 0xc1, 0x16}, 0},
    {"xadd %dh", {0x0f, 0xc0, 0x36}, 0},
};

struct state {
    uint64_t rax, rcx, rdx, rbp, r8, r15, flags;
};

/* Registers and flags from the state, RSI = memory, call, and back. */
void execute(struct state *s, const void *code, void *memory);
__asm__(".text\n"
        "execute:\n"
        "    push %rbp\n"
        "    push %r15\n"
        "    push %rdi\n"
        "    mov %rsi, %r9\n"
        "    mov %rdx, %rsi\n"
        "    mov 0(%rdi), %rax\n"
        "    mov 8(%rdi), %rcx\n"
        "    mov 16(%rdi), %rdx\n"
        "    mov 24(%rdi), %rbp\n"
        "    mov 32(%rdi), %r8\n"
        "    mov 40(%rdi), %r15\n"
        "    pushq 48(%rdi)\n"
        "    popfq\n"
        "    call *%r9\n"
        "    pushfq\n"
        "    pop %r9\n"
        "    pop %rdi\n"
        "    mov %rax, 0(%rdi)\n"
        "    mov %rcx, 8(%rdi)\n"
        "    mov %rdx, 16(%rdi)\n"
        "    mov %rbp, 24(%rdi)\n"
        "    mov %r8, 32(%rdi)\n"
        "    mov %r15, 40(%rdi)\n"
        "    mov %r9, 48(%rdi)\n"
        "    pop %r15\n"
        "    pop %rbp\n"
        "    ret\n");

static uint8_t *executable;
static struct vcpu vcpu;

static void load(const struct state *s, void *memory)
{
    vcpu = (struct vcpu){.rcx = s->rcx,
                         .rdx = s->rdx,
                         .rbp = s->rbp,
                         .r8 = s->r8,
                         .r15 = s->r15,
                         .rsi = (uint64_t)(uintptr_t)memory,
                         .rax = &rax,
                         .rsp = &rsp,
                         .rip = &rip,
                         .rflags = &rflags};
    rax = s->rax;
    rflags = s->flags;
}

static void run_encoding(const struct encoding *e)
{
    const uint64_t flags = ARITHMETIC & ~e->undefined;
    uint64_t real_memory[8], memory[8];
    struct state real;
    struct soft_insn i;
    uint64_t at;

    assert_int_equal(soft_decode(e->code, sizeof(e->code), 64, &i), 0);
    memcpy(executable, e->code, i.length);
    executable[i.length] = 0xc3;
    real = (struct state){random_word(),
                          random_word(),
                          random_word(),
                          random_word(),
                          random_word(),
                          random_word(),
                          0x202 | (random_word() & ARITHMETIC)};
    if (is_bit_by_register(&i))
        real.rdx = (real.rdx & 0xff) - 128; /* in the operand's neighbours, too */
    for (unsigned k = 0; k < 8; k++)
        real_memory[k] = random_word() & 1 ? real.rax : random_word();
    memcpy(memory, real_memory, sizeof(memory));
    load(&real, &memory[4]);
    at = insn_write_address(&vcpu, &i, 64) - (uint64_t)(uintptr_t)memory;
    assert_true(at < sizeof(memory));
    assert_true(insn_write(&vcpu, &i, (uint8_t *)memory + at, 8) > 0);
    execute(&real, executable, &real_memory[4]);
    if (memcmp(memory, real_memory, sizeof(memory)) || rax != real.rax ||
        vcpu.rcx != real.rcx || vcpu.rdx != real.rdx || vcpu.rbp != real.rbp ||
        vcpu.r8 != real.r8 || vcpu.r15 != real.r15 || (rflags & flags) != (real.flags & flags))
        fail_msg("%s: rax %llx %llx rdx %llx %llx flags %llx %llx memory %llx %llx", e->name,
                 (unsigned long long)rax, (unsigned long long)real.rax,
                 (unsigned long long)vcpu.rdx, (unsigned long long)real.rdx,
                 (unsigned long long)(rflags & flags),
                 (unsigned long long)(real.flags & flags), (unsigned long long)memory[4],
                 (unsigned long long)real_memory[4]);
    assert_true((rflags & ~ARITHMETIC) == 0x202);
}

static void test_as_the_processor(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
        for (unsigned n = 0; n < 2000; n++)
            run_encoding(&known[k]);
}

/* --- STOS --- */

static void test_fill(void **state)
{
    static const uint8_t rep_stosq[] = {0xf3, 0x48, 0xab}, rep_stosb[] = {0xf3, 0xaa},
                         stosl[] = {0xab}, rep_movsq[] = {0xf3, 0x48, 0xa5};
    const struct state s = {.rax = 0x1122334455667788ull, .rcx = 3, .flags = 2};
    uint64_t memory[4] = {0};
    struct soft_insn i;
    int whole;

    (void)state;
    assert_int_equal(soft_decode(rep_stosq, 3, 64, &i), 0);
    load(&s, memory);
    vcpu.rdi = 0x1000;
    /* Room for two of three: the instruction comes again. */
    assert_int_equal(insn_fill(&vcpu, &i, (uint8_t *)memory, 20, &whole), 16);
    assert_false(whole);
    assert_true(vcpu.rcx == 1 && vcpu.rdi == 0x1010);
    assert_true(memory[1] == s.rax && memory[2] == 0);
    assert_int_equal(insn_fill(&vcpu, &i, (uint8_t *)memory + 16, 16, &whole), 8);
    assert_true(whole && vcpu.rcx == 0 && vcpu.rdi == 0x1018 && memory[2] == s.rax);
    assert_int_equal(insn_fill(&vcpu, &i, (uint8_t *)memory, 32, &whole),
                     -1); /* nothing to do */
    assert_int_equal(soft_decode(rep_stosb, 2, 64, &i), 0);
    load(&s, memory);
    assert_int_equal(insn_fill(&vcpu, &i, (uint8_t *)memory, 32, &whole), 3);
    assert_true(memory[0] == 0x1122334455888888ull);
    assert_int_equal(soft_decode(stosl, 1, 64, &i), 0);
    load(&s, memory);
    assert_int_equal(insn_fill(&vcpu, &i, (uint8_t *)memory, 32, &whole), 4);
    assert_true(whole && vcpu.rcx == 3 && vcpu.rdi == 4);
    rflags |= DIRECTION;
    assert_int_equal(insn_fill(&vcpu, &i, (uint8_t *)memory, 32, &whole), -1);
    assert_int_equal(soft_decode(rep_movsq, 3, 64, &i), 0);
    load(&s, memory);
    assert_int_equal(insn_fill(&vcpu, &i, (uint8_t *)memory, 32, &whole), -1);
}

/* --- addresses, and what is no write --- */

static void test_addresses(void **state)
{
    static const struct {
        uint8_t code[12];
        unsigned bits;
        uint64_t address;
    } cases[] = {
        {{0x89, 0x10}, 64, 0x100000000100ull},                          /* (%rax) */
        {{0x89, 0x50, 0xf8}, 64, 0x1000000000f8ull},                    /* -8(%rax) */
        {{0x89, 0x94, 0x48, 0x00, 0x01, 0, 0}, 64, 0x100000000240ull},  /* 100h(%rax,%rcx,2) */
        {{0x89, 0x14, 0x25, 0, 0, 0, 0x80}, 64, 0xffffffff80000000ull}, /* absolute */
        {{0x89, 0x15, 0x10, 0, 0, 0}, 64, 0x401016},                    /* 10h(%rip) */
        {{0x89, 0x15, 0x10, 0, 0, 0}, 32, 0x10},                        /* 10h */
        {{0x41, 0x89, 0x55, 0x04}, 64, 0x7004},                         /* 4(%r13) */
        {{0x67, 0x89, 0x10}, 64, 0x100},                                /* (%eax) */
        {{0xa3, 1, 2, 3, 4, 5, 6, 7, 8}, 64, 0x0807060504030201ull},    /* moffs */
        {{0x48, 0x0f, 0xab, 0x10}, 64, 0x1000000000f8ull},              /* bts %rdx: bit -64 */
        {{0x89, 0x14, 0x24}, 64, 0x8000},                               /* (%rsp) */
    };
    struct soft_insn i;

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        const struct state s = {.rax = 0x100000000100ull, .rcx = 0x20, .rdx = (uint64_t)-64};

        assert_int_equal(soft_decode(cases[k].code, 12, cases[k].bits, &i), 0);
        load(&s, NULL);
        vcpu.r13 = 0x7000;
        rsp = 0x8000;
        rip = 0x401000;
        if (insn_write_address(&vcpu, &i, cases[k].bits) != cases[k].address)
            fail_msg("case %zu: %llx", k,
                     (unsigned long long)insn_write_address(&vcpu, &i, cases[k].bits));
    }
}

static void test_refused(void **state)
{
    static const uint8_t refused[][8] = {
        {0x48, 0x39, 0x16},             /* cmp */
        {0x48, 0x83, 0x3e, 0x01},       /* cmp imm */
        {0x48, 0x8b, 0x16},             /* a load */
        {0x48, 0x89, 0xd6},             /* between registers */
        {0x48, 0x85, 0x16},             /* test */
        {0xf6, 0x06, 0x01},             /* test imm */
        {0xff, 0x36},                   /* push (%rsi) */
        {0xff, 0x16},                   /* call *(%rsi) */
        {0x48, 0x0f, 0xa3, 0x16},       /* bt */
        {0x48, 0x0f, 0xba, 0x26, 0x01}, /* bt imm */
        {0x0f, 0x11, 0x06},             /* movups */
        {0x48, 0x0f, 0xc7, 0x0e},       /* cmpxchg16b */
        {0xd1, 0x26},                   /* shl */
        {0x8f, 0x06},                   /* pop */
    };
    static const uint8_t mov_rdx[] = {0x48, 0x89, 0x16};
    const struct state s = {0};
    uint64_t memory[2] = {5, 6};
    struct soft_insn i;

    (void)state;
    load(&s, memory);
    for (size_t k = 0; k < sizeof(refused) / sizeof(refused[0]); k++) {
        assert_int_equal(soft_decode(refused[k], 8, 64, &i), 0);
        if (insn_write(&vcpu, &i, (uint8_t *)memory, 16) != -1)
            fail_msg("case %zu is taken", k);
    }
    assert_int_equal(soft_decode(mov_rdx, 3, 64, &i), 0);
    assert_int_equal(insn_write(&vcpu, &i, (uint8_t *)memory, 7),
                     -1); /* over the page's end */
    assert_true(memory[0] == 5 && memory[1] == 6);
}

static int make_executable(void **state)
{
    (void)state;
    executable = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return executable == MAP_FAILED ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_the_processor), cmocka_unit_test(test_fill),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_refused)};

    return cmocka_run_group_tests(tests, make_executable, NULL);
}
