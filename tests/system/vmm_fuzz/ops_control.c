/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/ops_control.c - control registers, EFER, PAT, debug registers, and the
 * instructions that CPUID hides.
 */
#include "tests/system/vmm_fuzz/fuzz.h"
#include "tests/system/vmm_fuzz/paging.h"
#include "tests/system/vmm_fuzz/svm.h"

#define CR0_TS 8ull
#define CR0_AM (1ull << 18)
#define CR0_NE 0x20ull
#define CR4_PGE 0x80ull
#define CR4_VMXE (1ull << 13)
#define CR4_DE 8ull
#define CR4_OSXSAVE (1ull << 18)
#define EFER_NUMBER 0xc0000080u
#define PAT_NUMBER 0x277u
#define EFER_SCE 1ull

uint64_t guest_cr8;

static int is_shadow(void)
{
    return mode == LAZY || mode == EAGER;
}

static void check_cr0(void)
{
    randomize();
    run(s_mov_cr0);
    must_keep(BIT(RBX));
    must("CR0", exec_out[RBX], guest_cr0);
    if (is_shadow())
        expect_exits(VMM_CAUSE_CONTROL_REGISTER, !(guest_cr0 & CR0_WP));
    randomize();
    run(s_smsw);
    must_keep(BIT(RBX));
    must("SMSW", exec_out[RBX] & 0xffff, guest_cr0 & 0xffff);
    if (is_shadow())
        expect_exits(VMM_CAUSE_CONTROL_REGISTER, !(guest_cr0 & CR0_WP));
}

static void write_cr0(uint64_t value)
{
    randomize();
    exec_in[RCX] = value;
    run(s_set_cr0);
    if (is_shadow())
        expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
}

/* VT-x: NE exits and reads as the guest wants it; LMSW and CLTS do not exit. */
static void drive_cr0_of_vmx(void)
{
    for (unsigned i = 0; i < 2; i++) {
        guest_cr0 ^= CR0_NE;
        write_cr0(guest_cr0);
        must_keep(0);
        expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
        check_cr0();
    }
    randomize();
    exec_in[RCX] = (random64() & ~0xfull) | (guest_cr0 & 7) | (random64() & CR0_TS);
    guest_cr0 = (guest_cr0 & ~CR0_TS) | (exec_in[RCX] & CR0_TS);
    run(s_lmsw);
    must_keep(0);
    check_cr0();
    guest_cr0 &= ~CR0_TS;
    randomize();
    run(s_clts);
    must_keep(0);
    check_cr0();
}

static void drive_cr0(void)
{
    static const uint8_t lmsw[] = {0x0f, 0x01, 0xf1};         /* LMSW CX */
    static const uint8_t lmsw_memory[] = {0x0f, 0x01, 0x37};  /* LMSW [RDI] */
    static const uint8_t smsw16[] = {0x66, 0x0f, 0x01, 0xe3}; /* SMSW BX */
    volatile uint16_t word;

    switch (below(6)) {
    case 0:
        guest_cr0 ^= CR0_TS;
        break;
    case 1:
        guest_cr0 ^= CR0_AM;
        break;
    default:
        guest_cr0 ^= CR0_WP;
    }
    write_cr0(guest_cr0 & ~0x10ull);
    must_keep(0);
    check_cr0();
    if (by_vmx)
        drive_cr0_of_vmx();
    if (!is_shadow())
        return;
    write_cr0(below(3) == 0   ? guest_cr0 | 1ull << (32 + below(32))
              : below(2) == 0 ? guest_cr0 & ~1ull
                              : (guest_cr0 | 1ull << 29) & ~(1ull << 30));
    must_fault(13, 0);
    randomize();
    exec_in[RCX] = (random64() & ~0xfull) | (guest_cr0 & 7) | (random64() & CR0_TS);
    make_code(lmsw, sizeof(lmsw));
    guest_cr0 = (guest_cr0 & ~CR0_TS) | (exec_in[RCX] & CR0_TS);
    exec_run((uint64_t)made_code);
    must_keep(0);
    expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
    randomize();
    word = (uint16_t)((random64() & ~0xfull) | (guest_cr0 & 7) | (random64() & CR0_TS));
    exec_in[RDI] = (uint64_t)&word;
    make_code(lmsw_memory, sizeof(lmsw_memory));
    guest_cr0 = (guest_cr0 & ~CR0_TS) | (word & CR0_TS);
    exec_run((uint64_t)made_code);
    must_keep(0);
    expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
    randomize();
    make_code(smsw16, sizeof(smsw16));
    exec_run((uint64_t)made_code);
    must_keep(BIT(RBX));
    must("SMSW of 16 bits", exec_out[RBX], (exec_in[RBX] & ~0xffffull) | (guest_cr0 & 0xffff));
    expect_exits(VMM_CAUSE_CONTROL_REGISTER, !(guest_cr0 & CR0_WP));
    guest_cr0 &= ~CR0_TS;
    randomize();
    run(s_clts);
    must_keep(0);
    expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
    check_cr0();
}

static void write_cr4(uint64_t value)
{
    randomize();
    exec_in[R11] = value;
    run(s_set_cr4);
    if (is_shadow())
        expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
}

static void drive_cr4(void)
{
    switch (below(3)) {
    case 0:
        guest_cr4 ^= CR4_PGE;
        break;
    case 1:
        guest_cr4 ^= CR4_DE;
        break;
    default:
        guest_cr4 ^= CR4_SMEP;
    }
    write_cr4(guest_cr4);
    must_keep(0);
    randomize();
    run(s_mov_cr4);
    must_keep(BIT(R10));
    must("CR4", exec_out[R10], guest_cr4);
    if (by_vmx) {
        write_cr4(guest_cr4 | CR4_VMXE);
        expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
        must_fault_injected(13, 0);
    }
    if (!is_shadow())
        return;
    write_cr4(below(2) ? guest_cr4 & ~0x20ull : guest_cr4 | 1ull << (12 + below(4) * 12));
    must_fault(13, 0);
}

static void drive_cr8(void)
{
    randomize();
    run(s_mov_cr8);
    must_keep(BIT(RBX));
    must("CR8", exec_out[RBX], guest_cr8);
    randomize();
    guest_cr8 = exec_in[RCX] = random64() & 15;
    run(s_set_cr8);
    must_keep(0);
}

static void drive_cr2(void)
{
    uint64_t value;

    randomize();
    value = exec_in[RCX];
    run(s_set_cr2);
    must_keep(0);
    randomize();
    run(s_mov_cr2);
    must_keep(BIT(RBX));
    must("CR2", exec_out[RBX], value);
}

static void drive_cr3(void)
{
    randomize();
    exec_in[RCX] = (uint64_t)guest_root | 1ull << (52 + below(11));
    run(s_set_cr3);
    must_fault(13, 0);
    expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
}

/* --- EFER, PAT --- */

static void write_msr(uint32_t number, uint64_t value)
{
    randomize();
    exec_in[RCX] = number;
    exec_in[RAX] = (uint32_t)value;
    exec_in[RDX] = value >> 32;
    run(s_wrmsr);
    expect_exits(VMM_CAUSE_MSR_WRITE, 1);
}

static void check_msr(uint32_t number, uint64_t value)
{
    randomize();
    exec_in[RCX] = number;
    run(s_rdmsr);
    must_keep(BIT(RAX) | BIT(RDX));
    must("a register", exec_out[RDX] << 32 | exec_out[RAX], value);
    expect_exits(VMM_CAUSE_MSR_READ, 1);
}

static void drive_efer(void)
{
    guest_efer ^= below(2) ? EFER_NXE : EFER_SCE;
    write_msr(EFER_NUMBER, below(2) ? guest_efer : guest_efer & ~0x400ull);
    must_keep(0);
    check_msr(EFER_NUMBER, guest_efer);
    write_msr(EFER_NUMBER, guest_efer ^ (below(3) ? 1ull << (12 + below(50)) : 0x100));
    must_fault(13, 0);
    check_msr(EFER_NUMBER, guest_efer);
    paging_flush(); /* what NXE changes in the TLB is not the question here */
}

static void drive_pat(void)
{
    static uint64_t pat = 0x0007040600070406ull;
    static const uint8_t types[] = {0, 1, 4, 5, 6, 7};
    const unsigned shift = 8 * (unsigned)below(8);

    check_msr(PAT_NUMBER, pat);
    pat = (pat & ~(0xffull << shift)) | (uint64_t)types[below(6)] << shift;
    write_msr(PAT_NUMBER, pat);
    must_keep(0);
    write_msr(PAT_NUMBER, (pat & ~(0xffull << shift)) | (below(2) ? 2ull : 8ull) << shift);
    must_fault(13, 0);
    check_msr(PAT_NUMBER, pat);
}

static void drive_debug(void)
{
    static uint64_t value[4];
    const unsigned n = (unsigned)below(4);
    const uint8_t read[] = {0x0f, 0x21, (uint8_t)(0xc3 | n << 3)}; /* MOV RBX, DRn */
    const uint8_t write[] = {0x0f, 0x23, (uint8_t)(0xc1 | n << 3)};

    randomize();
    make_code(read, sizeof(read));
    exec_run((uint64_t)made_code);
    must_keep(BIT(RBX));
    must("a debug register", exec_out[RBX], value[n]);
    randomize();
    make_code(write, sizeof(write));
    value[n] = exec_in[RCX] &= 0x7fffffffffffull;
    exec_run((uint64_t)made_code);
    must_keep(0);
    randomize();
    run(s_mov_dr7);
    must_keep(BIT(RBX));
    must("DR7", exec_out[RBX], 0x400);
}

void op_control(void)
{
    switch (below(10)) {
    case 0:
    case 1:
        drive_cr0();
        break;
    case 2:
    case 3:
        drive_cr4();
        break;
    case 4:
        drive_cr8();
        break;
    case 5:
        drive_cr2();
        break;
    case 6:
        if (is_shadow())
            drive_cr3();
        break;
    case 7:
        drive_efer();
        break;
    case 8:
        drive_pat();
        break;
    default:
        drive_debug();
    }
}

static const struct {
    uint8_t code[5], bytes, exits;
} hidden_by_vmx[] = {{{0x66, 0x0f, 0xc7, 0x37}, 4, 1},       /* VMCLEAR [RDI] */
                     {{0x0f, 0xc7, 0x37}, 3, 1},             /* VMPTRLD [RDI] */
                     {{0x0f, 0xc7, 0x3f}, 3, 1},             /* VMPTRST [RDI] */
                     {{0xf3, 0x0f, 0xc7, 0x37}, 4, 1},       /* VMXON [RDI] */
                     {{0x0f, 0x01, 0xc2}, 3, 1},             /* VMLAUNCH */
                     {{0x0f, 0x01, 0xc3}, 3, 1},             /* VMRESUME */
                     {{0x0f, 0x01, 0xc4}, 3, 1},             /* VMXOFF */
                     {{0x0f, 0x78, 0xcb}, 3, 1},             /* VMREAD RBX, RCX */
                     {{0x0f, 0x79, 0xcb}, 3, 1},             /* VMWRITE RCX, RBX */
                     {{0x66, 0x0f, 0x38, 0x80, 0x0f}, 5, 1}, /* INVEPT RCX, [RDI] */
                     {{0x66, 0x0f, 0x38, 0x81, 0x0f}, 5, 1}, /* INVVPID RCX, [RDI] */
                     {{0x0f, 0x01, 0xc8}, 3, 1},             /* MONITOR */
                     {{0x0f, 0x01, 0xc9}, 3, 1},             /* MWAIT */
                     {{0x0f, 0x33}, 2, 1},                   /* RDPMC */
                     {{0x0f, 0x37}, 2, 0},                   /* GETSEC: CR4.SMXE is 0 */
                     {{0x0f, 0x01, 0xd4}, 3, 0},             /* VMFUNC */
                     {{0x0f, 0x01, 0xf9}, 3, 0},             /* RDTSCP */
                     {{0x0f, 0xc7, 0x2f}, 3, 0},             /* XSAVES [RDI] */
                     {{0x0f, 0x01, 0xd8}, 3, 0},             /* SVM's: VMRUN */
                     {{0x0f, 0x01, 0xd9}, 3, 0},             /* VMMCALL */
                     {{0x0f, 0x01, 0xdd}, 3, 0}};            /* CLGI */

/* Each is #UD, whatever it is given. */
static void try_hidden(void)
{
    static const uint8_t *const hidden[] = {s_vmrun,  s_vmload,  s_vmsave,  s_stgi,  s_clgi,
                                            s_skinit, s_invlpga, s_monitor, s_mwait, s_rdpmc};
    unsigned n;

    if (!by_vmx) {
        run(hidden[below(sizeof(hidden) / sizeof(hidden[0]))]);
        must_fault_injected(6, 0);
        expect_exits(VMM_CAUSE_OTHER, 1);
        return;
    }
    n = (unsigned)below(sizeof(hidden_by_vmx) / sizeof(hidden_by_vmx[0]));
    make_code(hidden_by_vmx[n].code, hidden_by_vmx[n].bytes);
    exec_run((uint64_t)made_code);
    must_fault_injected(6, 0); /* the processor's own has RF, too */
    expect_exits(VMM_CAUSE_OTHER, hidden_by_vmx[n].exits);
}

void op_hidden(void)
{
    randomize();
    exec_in[RAX] = below(0x400000) & ~0xfffull; /* VMLOAD's own #GP comes first */
    exec_in[RCX] &= ~0xffffffffull;             /* MONITOR and MWAIT have no extensions */
    try_hidden();
    if (below(4))
        return;
    randomize();
    run(below(2) ? s_invd : s_wbinvd);
    must_keep(0);
    expect_loose(); /* WBINVD is the guest's own */
}

/* XCR0: refused without CR4.OSXSAVE, in a register that is not there, without x87, AVX without
 * SSE, and for states that are not shown (APM vol. 2 section 11.5.1). QEMU 7.2 has no exit for
 * XSETBV: what is looked at is what must come of it, whoever does it. */
void op_xsetbv(void)
{
    static const uint8_t xgetbv[] = {0x0f, 0x01, 0xd0};
    static const uint8_t good[] = {1, 3, 7}, hidden[] = {5, 6, 7, 17, 18, 62};
    const uint64_t kept_cr4 = guest_cr4;
    const unsigned way = (unsigned)below(6);
    uint64_t value = good[below(3)];

    expect_loose();
    if (way) {
        guest_cr4 |= CR4_OSXSAVE;
        write_cr4(guest_cr4);
        must_keep(0);
    }
    randomize();
    value = way == 2   ? value & 6
            : way == 3 ? 5
            : way == 4 ? value | 1ull << hidden[below(6)]
                       : value;
    exec_in[RCX] = way == 1 ? odd_value() << 32 | (1 + below(9)) : random64() << 32;
    exec_in[RAX] = (random64() << 32) | (uint32_t)value;
    exec_in[RDX] = (random64() << 32) | value >> 32;
    run(s_xsetbv);
    if (!way) {
        must_fault(6, 0);
        return;
    }
    if (way < 5)
        must_fault(13, 0);
    else
        must_keep(0);
    randomize();
    exec_in[RCX] = 0;
    make_code(xgetbv, sizeof(xgetbv));
    exec_run((uint64_t)made_code);
    must_keep(BIT(RAX) | BIT(RDX));
    must("XCR0", exec_out[RDX] << 32 | exec_out[RAX], way < 5 ? 1 : value);
    randomize();
    exec_in[RCX] = exec_in[RDX] = 0;
    exec_in[RAX] = 1;
    run(s_xsetbv);
    must_keep(0);
    guest_cr4 = kept_cr4;
    write_cr4(guest_cr4);
    must_keep(0);
}
