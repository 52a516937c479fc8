/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/ops_ring3.c - a guest's program: what it may ask, what it is refused,
 * and code that is nothing but chance. And the processor's other modes.
 */
#include "tests/system/vmm_fuzz/fuzz.h"
#include "tests/system/vmm_fuzz/paging.h"
#include "tests/system/vmm_fuzz/svm.h"

#define WILD_BYTES 40u
#define WILD_CYCLES 120u /* of 838 ns */

static uint64_t pae_root[4] __attribute__((aligned(4096)));
static uint64_t pae_low[512] __attribute__((aligned(4096)));
static uint64_t pae_high[512] __attribute__((aligned(4096)));
extern volatile uint32_t visit_seen[]; /* vmm_guest/legacy.S */
void visit_legacy(uint32_t root_of_pae);

void paging_user_access(int is_store)
{
    static const uint8_t load[] = {0x48, 0x8b, 0x1e}, store[] = {0x48, 0x89, 0x0f};

    make_user_code(is_store ? store : load, 3);
    run_user();
    if (exec_vector == RING3_DONE)
        exec_vector = NO_FAULT;
}

#define FIRST_OF_SVM 13u /* VMRUN, CLGI */

/* What ring 3 is refused by the processor costs no exit. */
static const struct {
    uint8_t code[4], bytes;
} refused[] = {{{0xf4}, 1},             /* HLT */
               {{0xfa}, 1},             /* CLI */
               {{0xec}, 1},             /* IN AL, DX */
               {{0xee}, 1},             /* OUT DX, AL */
               {{0x0f, 0x32}, 2},       /* RDMSR */
               {{0x0f, 0x30}, 2},       /* WRMSR */
               {{0x0f, 0x20, 0xc3}, 3}, /* MOV RBX, CR0 */
               {{0x0f, 0x22, 0xd9}, 3}, /* MOV CR3, RCX */
               {{0x0f, 0x21, 0xc3}, 3}, /* MOV RBX, DR0 */
               {{0x0f, 0x01, 0x3f}, 3}, /* INVLPG */
               {{0x0f, 0x01, 0x1f}, 3}, /* LIDT */
               {{0x0f, 0x06}, 2},       /* CLTS */
               {{0x0f, 0x08}, 2},       /* INVD */
               {{0x0f, 0x01, 0xd8}, 3}, /* VMRUN */
               {{0x0f, 0x01, 0xdd}, 3}, /* CLGI */
               {{0x0f, 0x33}, 2}};      /* RDPMC */

/* In place of SVM's two, which Intel's processors have not: VMXOFF exits, whoever executes it (SDM
 * vol. 3 section 31.3). */
static void leave_vmx(void)
{
    static const uint8_t vmxoff[] = {0x0f, 0x01, 0xc4};

    make_user_code(vmxoff, 3);
    run_user();
    expect_exits(VMM_CAUSE_OTHER, 1);
    must_fault_injected(6, 0);
    must("the instruction hidden", exec_rip, USER_AREA);
}

/* A program may look at the machine status word (SMSW to memory), where it may write. */
static void store_status_word(void)
{
    static const uint8_t smsw[] = {0x0f, 0x01, 0x27}; /* [RDI] */
    const int allowed = (int)below(4);
    volatile uint16_t *word = (volatile uint16_t *)(PLAIN + 0xff0 + below(0x20));

    *word = 0;
    exec_in[RDI] = allowed ? (uint64_t)word : (uint64_t)idt;
    make_user_code(smsw, 3);
    run_user();
    if (mode == LAZY || mode == EAGER)
        expect_exits(VMM_CAUSE_CONTROL_REGISTER, !(guest_cr0 & CR0_WP));
    if (!allowed) {
        must_fault(14, USER | WRITE | P);
        return;
    }
    user_must_keep(0);
    must("SMSW in ring 3", *word, guest_cr0 & 0xffff);
}

static void let_programs_use_register_page(uint64_t user)
{
    volatile uint64_t *const entries[] = {&pointers[REGISTER_PAGE >> 30],
                                          &directories[REGISTER_PAGE >> 21]};

    for (unsigned i = 0; i < 2; i++) {
        const uint64_t value = *entries[i];

        *entries[i] = (value & ~(uint64_t)U) | user;
    }
    __asm__ volatile("invlpg (%0)" : : "r"(REGISTER_PAGE) : "memory");
    expect_exits(VMM_CAUSE_INVLPG, mode == LAZY);
}

/* A store there that is not emulated is the program's own #UD, and does not end the machine. */
static void store_what_is_not_decoded(void)
{
    static const uint8_t store64[] = {0x48, 0x89, 0x0f};

    let_programs_use_register_page(U);
    exec_in[RDI] = REGISTER_PAGE;
    make_user_code(store64, 3);
    run_user();
    expect_exits(VMM_CAUSE_MMIO, 1);
    must_fault_injected(6, 0);
    must("the store refused", exec_rip, USER_AREA);
    let_programs_use_register_page(0);
}

void op_ring3(void)
{
    static const uint8_t twice[] = {0x48, 0x48, 0x0f, 0x01, 0xe3}; /* SMSW, REX twice */
    static const uint8_t vmmcall[] = {0x0f, 0x01, 0xd9}, vmcall[] = {0x0f, 0x01, 0xc1},
                         cpuid[] = {0x0f, 0xa2}, load[] = {0x8b, 0x1e},
                         prefixed[] = {0x48, 0x66, 0x47, 0x65, 0x40, 0x0f, 0xa2};
    const unsigned n = (unsigned)below(sizeof(refused) / sizeof(refused[0]));

    randomize();
    switch (below(9)) {
    case 8: /* what cannot be decoded is #UD, where it exits */
        expect_loose();
        make_user_code(twice, sizeof(twice));
        run_user();
        must("behind SMSW", exec_vector == 6 || exec_vector == RING3_DONE, 1);
        return;
    case 6:
        make_user_code(prefixed, 7);
        run_user();
        user_must_keep(BIT(RAX) | BIT(RBX) | BIT(RCX) | BIT(RDX));
        check_cpuid((uint32_t)exec_in[RAX], (uint32_t)exec_in[RCX], exec_out);
        expect_exits(VMM_CAUSE_CPUID, 1);
        return;
    case 7:
        store_status_word();
        return;
    case 0:
        exec_in[RAX] = below(4) ? below(3) : odd_value();
        make_user_code(by_vmx ? vmcall : vmmcall, 3);
        run_user();
        user_must_keep(BIT(RAX));
        must("result in ring 3", exec_out[RAX], exec_in[RAX] ? UINT64_MAX : 0);
        expect_exits(VMM_CAUSE_HYPERCALL, 1);
        return;
    case 1:
        make_user_code(cpuid, 2);
        run_user();
        user_must_keep(BIT(RAX) | BIT(RBX) | BIT(RCX) | BIT(RDX));
        check_cpuid((uint32_t)exec_in[RAX], (uint32_t)exec_in[RCX], exec_out);
        expect_exits(VMM_CAUSE_CPUID, 1);
        return;
    case 2: /* the hypervisor's pages, and ring 0's */
        exec_in[RSI] = below(2) ? REGISTER_PAGE : (uint64_t)accounts + below(4000);
        make_user_code(load, 2);
        run_user();
        must_fault(14, USER | P);
        store_what_is_not_decoded();
        return;
    default:
        if (by_vmx && n >= FIRST_OF_SVM && n < FIRST_OF_SVM + 2) {
            leave_vmx();
            return;
        }
        make_user_code(refused[n].code, refused[n].bytes);
        run_user();
        must_fault(13, 0);
        must("the instruction refused", exec_rip, USER_AREA);
    }
}

/* One in three looks like something privileged. */
static uint8_t wild_byte(uint8_t previous)
{
    static const uint8_t likely[] = {0x0f, 0x66, 0xf3, 0x48, 0xcd, 0xe4, 0x0f, 0xd9};
    static const uint8_t second[] = {0x01, 0xa2, 0x05, 0x20, 0x31, 0x0b, 0xc7, 0xae};

    if (previous == 0x0f && below(2))
        return second[below(8)];
    return below(3) ? (uint8_t)random64() : likely[below(8)];
}

/* IRET and far RET: QEMU 7.2 reads their frame with ring 0's rights, whoever executes them, and
 * so lets a program reach for what is ring 0's. Bochs does not. */
static int reads_a_frame(uint8_t opcode)
{
    return !by_vmx && (opcode == 0xcf || opcode == 0xca || opcode == 0xcb);
}

void op_wild(void)
{
    uint8_t code[WILD_BYTES], previous = 0;

    for (unsigned i = 0; i < WILD_BYTES; i++) {
        do
            code[i] = wild_byte(previous);
        while (reads_a_frame(code[i]));
        previous = code[i];
    }
    make_user_code(code, WILD_BYTES);
    msr_set_syscall();
    randomize();
    for (unsigned i = 0; i < 16; i++)
        if (below(2))
            exec_in[i] = USER_AREA + 0x1000 + below(0x1000);
    watchdog_start(WILD_CYCLES);
    run_user();
    watchdog_stop();
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" : : "r"(0x10));
    msr_forget_bases();
    expect_loose();
}

/* Protected mode without paging, real mode, PAE, and back (vmm_guest/legacy.S). */
void op_legacy(void)
{
    volatile uint32_t *target = (volatile uint32_t *)LARGE_TARGET;
    const uint32_t second = target[1];

    expect_loose();
    for (unsigned i = 0; i < 512; i++)
        pae_low[i] = (uint64_t)i << 21 | P | W | PS;
    pae_root[0] = (uint64_t)pae_low | P;
    pae_root[1] = (uint64_t)pae_high | P;
    pae_high[0] = LARGE_TARGET | P | W | PS;
    visit_legacy((uint32_t)(uint64_t)pae_root);
    guest_cr4 = 0x620;
    guest_root = root;
    must("without paging", visit_seen[2], (uint32_t)guest_cr0 & 0x7fffffff);
    must("a word without paging", visit_seen[4], 0x11111111);
    must("a word in real mode", visit_seen[5], 0x33333333);
    must("real mode", visit_seen[6], (uint32_t)guest_cr0 & 0x7ffffffe);
    must("a word through PAE", visit_seen[7], target[0]);
    must("one written through PAE", visit_seen[8], 0x22222222);
    must("… is there", target[1], 0x22222222);
    must("PAE's bits", pae_high[0] & (A | D), A | D);
    target[1] = second;
    randomize();
    exec_run((uint64_t)s_mov_cr0);
    must_keep(BIT(RBX));
    must("CR0 behind it", exec_out[RBX], guest_cr0);
}
