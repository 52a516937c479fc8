/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/ops_common.c - hypercalls, CPUID, model-specific registers, the pages that
 * are the hypervisor's and exceptions: what a guest of svm and of soft does alike. What must come
 * of each is written from docs/vmm.md and vmm/abi.h, not from the hypervisor's code.
 */
#include "tests/system/vmm_fuzz/fuzz.h"

/* --- hypercalls --- */

void op_hypercall(void)
{
    randomize();
    if (below(2))
        exec_in[RAX] = 0;
    else if (exec_in[RAX] <= VMM_HYPERCALL_RING_KICK) /* those have operations of their own */
        exec_in[RAX] = VMM_HYPERCALL_RING_KICK + 1;
    run(hypercall_code());
    must_keep(BIT(RAX));
    must("result", exec_out[RAX], exec_in[RAX] ? UINT64_MAX : 0);
    expect_exits(VMM_CAUSE_HYPERCALL, 1);
}

/* --- CPUID --- */

#define SHOWN_1_ECX 0x36d83203u /* with XSAVE, FMA, AVX, F16C */
#define SHOWN_7_EBX 0x219c07a9u
#define SHOWN_X1_EDX 0x27d3a97du

void check_cpuid(uint32_t leaf, uint32_t subleaf, const uint64_t out[16])
{
    const uint64_t a = out[RAX], b = out[RBX], c = out[RCX], d = out[RDX];

    if ((a | b | c | d) >> 32)
        bug("CPUID above 32 bits", a | b | c | d, 0);
    switch (leaf) {
    case VMM_CPUID_BASE:
        must("highest leaf", a, VMM_CPUID_BASE + 2);
        must("signature", b << 32 | c, 0x6c61744574456e6full);
        must("signature", d, 0x6e6f6c61);
        return;
    case VMM_CPUID_BASE + 1:
        must("ABI", a, VMM_ABI_VERSION);
        must("accounts", b, (uint64_t)accounts);
        must("nothing more", c | d, 0);
        return;
    case VMM_CPUID_BASE + 2:
        must("register page", a, REGISTER_PAGE);
        must("nothing more", b | c | d, 0);
        return;
    case 1:
        must("hypervisor's bit", c >> 31, 1);
        must("features hidden", c & 0x7fffffffu & ~(uint64_t)(SHOWN_1_ECX | 0x08000000u), 0);
        must("features hidden", d & ~0x078ba97dull, 0);
        return;
    case 7:
        if (subleaf)
            break;
        must("features hidden", a | (b & ~(uint64_t)SHOWN_7_EBX) | (c & ~0x10004ull), 0);
        must("features hidden", d & ~0x10ull, 0);
        return;
    case 0xd: /* XSAVE's, where it is shown */
        if (subleaf > 2)
            break;
        must("states", subleaf ? 0 : a & ~7ull, 0);
        return;
    case 0x80000001u:
        must("SVM and all else hidden", b | (c & ~0x171ull) | (d & ~(uint64_t)SHOWN_X1_EDX),
             0);
        return;
    case 0x80000007u:
        must("only the invariant TSC", a | b | c | (d & ~0x100ull), 0);
        return;
    case 0x80000008u:
        must("only the widths", b | c | d, 0);
        return;
    case 0:
    case 2:
    case 4:
    case 0x15:
    case 0x16:
    case 0x80000000u:
    case 0x80000002u:
    case 0x80000003u:
    case 0x80000004u:
    case 0x80000005u:
    case 0x80000006u:
        return; /* the processor's */
    default:
        break;
    }
    must("a leaf that is not shown", a | b | c | d, 0);
}

void op_cpuid(void)
{
    static const uint32_t bases[] = {0, 0x40000000u, 0x80000000u, 0x80000000u};

    static const uint32_t known[] = {1, 7, 0xd, 0xd, VMM_CPUID_BASE + 1, 0x80000001u};

    randomize();
    if (below(4) == 0)
        exec_in[RAX] = (random64() << 32) | known[below(6)];
    else if (below(8))
        exec_in[RAX] = (random64() << 32) | (bases[below(4)] + below(0x22));
    if (below(2))
        exec_in[RCX] = below(4);
    run(s_cpuid);
    must_keep(BIT(RAX) | BIT(RBX) | BIT(RCX) | BIT(RDX));
    check_cpuid((uint32_t)exec_in[RAX], (uint32_t)exec_in[RCX], exec_out);
    expect_exits(VMM_CAUSE_CPUID, 1);
}

/* --- model-specific registers --- */

static const struct {
    uint32_t number;
    uint64_t mask;
} kept[] = {{0xc0000081u, UINT64_MAX},       {0xc0000082u, UINT64_MAX >> 17},
            {0xc0000083u, UINT64_MAX >> 17}, {0xc0000084u, UINT32_MAX},
            {0xc0000100u, UINT64_MAX >> 17}, {0xc0000101u, UINT64_MAX >> 17},
            {0xc0000102u, UINT64_MAX >> 17}, {0x174u, 0xffff},
            {0x175u, UINT64_MAX >> 17},      {0x176u, UINT64_MAX >> 17}};

/* RCX for a register's number. The processor ignores the upper half; QEMU 7.2's SVM looks into
 * the permission map at a place that depends on it, and so lets pass what must exit. That is the
 * emulator's: the half is random where nobody looks into that map, and under Bochs, which looks at
 * the right place. */
static uint64_t rcx_of(uint32_t number)
{
    return mode >= SOFT || by_vmx ? (random64() << 32) | number : number;
}

static uint64_t msr_read(uint32_t number)
{
    randomize();
    exec_in[RCX] = rcx_of(number);
    run(s_rdmsr);
    must_keep(BIT(RAX) | BIT(RDX));
    if ((exec_out[RAX] | exec_out[RDX]) >> 32)
        bug("a register above 32 bits", exec_out[RAX] | exec_out[RDX], 0);
    return exec_out[RDX] << 32 | exec_out[RAX];
}

static void msr_write(uint32_t number, uint64_t value)
{
    randomize();
    exec_in[RCX] = rcx_of(number);
    exec_in[RAX] = (random64() << 32) | (uint32_t)value;
    exec_in[RDX] = (random64() << 32) | value >> 32;
    run(s_wrmsr);
}

static uint64_t kept_value[sizeof(kept) / sizeof(kept[0])], written;

#define SYSENTER_CS 7u /* of kept[] */

/* SYSCALL comes back to where exec_run() ends, in the guest's own segments; SYSENTER, too, which
 * only Intel's processors have in long mode. */
void msr_set_syscall(void)
{
    for (unsigned i = 0; i < 3; i++) { /* STAR, LSTAR, CSTAR */
        kept_value[i] = i ? (uint64_t)exec_done : (uint64_t)CODE_64 << 32;
        msr_write(kept[i].number, kept_value[i]);
        must_keep(0);
        written |= BIT(i);
    }
    if (!by_vmx)
        return;
    for (unsigned i = SYSENTER_CS; i < SYSENTER_CS + 3; i++) { /* CS, ESP, EIP */
        kept_value[i] = i == SYSENTER_CS       ? CODE_64
                        : i == SYSENTER_CS + 1 ? USER_STACK
                                               : (uint64_t)exec_done;
        msr_write(kept[i].number, kept_value[i]);
        must_keep(0);
        written |= BIT(i);
    }
}

void msr_forget_bases(void)
{
    for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (kept[i].number == 0xc0000100u || kept[i].number == 0xc0000101u)
            written &= ~(uint64_t)BIT(i);
}

void op_msr_kept(void)
{
    uint64_t *const value = kept_value;
    const unsigned n = (unsigned)below(sizeof(kept) / sizeof(kept[0]));

    if (written & BIT(n)) {
        must("a register kept", msr_read(kept[n].number), value[n]);
        if (mode == SOFT)
            expect_exits(VMM_CAUSE_MSR_READ, 1);
    }
    value[n] = random64() & kept[n].mask;
    written |= BIT(n);
    msr_write(kept[n].number, value[n]);
    must_keep(0);
    must("a register written", msr_read(kept[n].number), value[n]);
    if (mode == SOFT) {
        expect_exits(VMM_CAUSE_MSR_WRITE, 1);
        expect_exits(VMM_CAUSE_MSR_READ, 1);
    }
}

/* Known to nobody, or the hypervisor's: SVM's, the APIC's, the machine's. */
static uint32_t refused_number(void)
{
    static const uint32_t known[] = {
        0x1b,        0x2f,        0x17,        0x79,        0x8b,        0xfe,
        0x180,       0x1d9,       0x200,       0x2ff,       0x400,       0x802,
        0xc0000104u, 0xc0000103u, 0xc0010010u, 0xc0010015u, 0xc0010114u, 0xc0010117u,
        0xc0010118u, 0xc001011fu, 0xc0010000u, 0xc0010004u, 0xc0010200u, 0x40000000u,
        0xc0000085u, 0xc00000ffu, 0x173,       0x177,       0x11,        0xf,
        0xc0000079u, 0x278};
    const uint32_t number =
        below(2) ? known[below(sizeof(known) / sizeof(known[0]))] : (uint32_t)odd_value();

    for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (kept[i].number == number)
            return 0x1b;
    return number == 0x10 || number == 0x277 || number == 0xc0000080u || number == 0xc0010055u
               ? 0x1b
               : number;
}

void op_msr_refused(void)
{
    const uint32_t number = refused_number();

    randomize();
    exec_in[RCX] = by_vmx ? rcx_of(number) : number;
    run(s_rdmsr);
    if (exec_vector == NO_FAULT)
        bug("a register that is not the guest's", number, 13);
    must_fault_injected(13, 0);
    expect_exits(VMM_CAUSE_MSR_READ, 1);
    msr_write(below(8) ? number : 0x10, odd_value());
    if (exec_vector == NO_FAULT)
        bug("a register that is not the guest's to write", number, 13);
    must_fault_injected(13, 0);
    expect_exits(VMM_CAUSE_MSR_WRITE, 1);
    if (below(4))
        return;
    must("nothing is pending", msr_read(0xc0010055u), 0);
    expect_exits(VMM_CAUSE_MSR_READ, 1);
}

/* --- pages that are the hypervisor's --- */

static uint32_t scratch;

void op_register_page(void)
{
    randomize();
    exec_in[RSI] = exec_in[RDI] = REGISTER_PAGE;
    expect_exits(VMM_CAUSE_MMIO, 1);
    switch (below(8)) {
    case 0:
        run(s_store32);
        scratch = (uint32_t)exec_in[RCX];
        break;
    case 1:
        exec_in[RDI] = REGISTER_PAGE - 0x40;
        run(s_store_imm);
        scratch = 0x1badcafe;
        break;
    case 2:
        exec_in[R13] = REGISTER_PAGE - 0x1000;
        run(s_store_r9);
        scratch = (uint32_t)exec_in[R9];
        break;
    case 3:
        run(s_moffs_store);
        scratch = (uint32_t)exec_in[RAX];
        break;
    case 4:
        exec_in[RCX] = random64();
        exec_in[RSI] = REGISTER_PAGE + 8 - 4 * exec_in[RCX];
        run(s_load_r12);
        must_keep(BIT(R12));
        must("the register page", exec_out[R12], scratch);
        return;
    case 5:
        run(s_moffs_load);
        must_keep(BIT(RAX));
        must("the register page", exec_out[RAX], scratch);
        return;
    default:
        run(s_load32);
        must_keep(BIT(RBX));
        must("the register page", exec_out[RBX], scratch);
        return;
    }
    must_keep(0);
}

void op_rdtsc(void)
{
    static uint64_t previous;
    static int known, exits;
    uint64_t before = accounts->count[VMM_CAUSE_RDTSC], now;

    randomize();
    run(s_rdtsc);
    must_keep(BIT(RAX) | BIT(RDX));
    if ((exec_out[RAX] | exec_out[RDX]) >> 32)
        bug("a clock above 32 bits", exec_out[RAX] | exec_out[RDX], 0);
    now = exec_out[RDX] << 32 | exec_out[RAX];
    if (!known)
        exits = accounts->count[VMM_CAUSE_RDTSC] != before;
    known = 1;
    expect_exits(VMM_CAUSE_RDTSC, (uint64_t)exits);
    if (now < previous && !clock_goes_back)
        bug("the clock went back", now, previous);
    previous = now;
}

void op_card(void)
{
    randomize();
    exec_in[RDI] = card_page + 0x10;
    run(s_store32);
    must_keep(0);
}

/* --- exceptions --- */

void raise_exception(unsigned which)
{
    switch (which) {
    case 0:
        run(s_ud2);
        must_fault(6, 0);
        break;
    case 1:
        run(s_int3);
        must_fault(3, 0);
        must("behind it", exec_rip, (uint64_t)s_int3 + 1);
        break;
    case 2:
        run(s_int_n);
        if (mode == PV) { /* all gates but the hypercall's are closed */
            must_fault_at_gate(13, VECTOR_N);
            break;
        }
        must_fault(VECTOR_N, 0);
        must("behind it", exec_rip, (uint64_t)s_int_n + 2);
        break;
    case 3:
        exec_in[RCX] = 0;
        run(s_div);
        must_fault(0, 0);
        break;
    default:
        exec_in[RDI] |= 1ull << 60;
        exec_in[RDI] &= ~(1ull << 63);
        run(s_noncanonical);
        must_fault(13, 0);
    }
}
