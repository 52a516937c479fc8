/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/ops_common.c - hypercalls, CPUID, ports, model-specific registers, the
 * pages that are the hypervisor's and exceptions: what a guest of svm and of soft does alike. What must come of
 * each is written from docs/vmm.md and vmm/abi.h, not from the hypervisor's code.
 */
#include "tests/system/vmm_fuzz/fuzz.h"

#define REGISTER_PAGE 0xfef01000ull
#define CARD 0xfebfe000ull
#define PCI_ADDRESS 0xcf8
#define PCI_DATA 0xcfc
#define COMMAND_WRITABLE 0x142u

static void run(const uint8_t *snippet)
{
    exec_run((uint64_t)snippet);
}

/* --- hypercalls --- */

void op_hypercall(void)
{
    randomize();
    if (below(2))
        exec_in[RAX] = 0;
    else if (exec_in[RAX] == VMM_HYPERCALL_SHUTDOWN)
        exec_in[RAX] = 2;
    run(s_vmmcall);
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

    randomize();
    if (below(8))
        exec_in[RAX] = (random64() << 32) | (bases[below(4)] + below(0x22));
    if (below(2))
        exec_in[RCX] = below(4);
    run(s_cpuid);
    must_keep(BIT(RAX) | BIT(RBX) | BIT(RCX) | BIT(RDX));
    check_cpuid((uint32_t)exec_in[RAX], (uint32_t)exec_in[RCX], exec_out);
    expect_exits(VMM_CAUSE_CPUID, 1);
}

/* --- ports --- */

static const uint8_t *const inputs[] = {s_in8, s_in16, s_in32}, *const outputs[] = {
                                                                    s_out8, s_out16, s_out32};

static uint64_t port_in(uint64_t port, unsigned size)
{
    const uint64_t mask = size == 2 ? UINT64_MAX : (1ull << (8 << size)) - 1;

    randomize();
    exec_in[RDX] = (random64() << 16) | port;
    run(inputs[size]);
    must_keep(BIT(RAX));
    must("the rest of RAX", exec_out[RAX] & ~mask, exec_in[RAX] & ~mask);
    expect_exits(VMM_CAUSE_PORT_IN, 1);
    if (size == 2)
        must("the upper half of RAX", exec_out[RAX] >> 32, 0);
    return exec_out[RAX] & mask;
}

static void port_out(uint64_t port, unsigned size, uint64_t value)
{
    randomize();
    exec_in[RDX] = (random64() << 16) | port;
    exec_in[RAX] = size == 2   ? (random64() << 32) | (uint32_t)value
                   : size == 1 ? (random64() << 16) | (uint16_t)value
                               : (random64() << 8) | (uint8_t)value;
    run(outputs[size]);
    must_keep(0);
    expect_exits(VMM_CAUSE_PORT_OUT, 1);
}

/* Does an access touch a device, or pass? */
static int is_taken(uint64_t port, unsigned bytes)
{
    static const uint16_t taken[][2] = {
        {0x20, 0x21}, {0xa0, 0xa1}, {0x40, 0x43}, {0x61, 0x61},   {0x64, 0x64},
        {0x92, 0x92}, {0xf4, 0xf4}, {0x70, 0x71}, {0xcf8, 0xcff}, {0x3f8, 0x3ff}};

    for (unsigned i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (port + bytes > taken[i][0] && port <= taken[i][1])
            return 1;
    return 0;
}

static void empty_port(void)
{
    const unsigned size = (unsigned)below(3);
    uint64_t port = below(4) ? below(0x1000) : below(0x10000);

    while (is_taken(port, 1u << size))
        port = (port + 0x11) & 0xffff;
    if (below(2)) {
        port_out(port, size, random64());
    } else {
        must("an empty port", port_in(port, size),
             size == 2 ? 0xffffffffull : (1ull << (8 << size)) - 1);
    }
}

void op_port_empty(void)
{
    for (uint64_t n = 1 + below(8); n; n--)
        empty_port();
    randomize();
    run(s_out_imm);
    must_keep(0);
    expect_exits(VMM_CAUSE_PORT_OUT, 1);
}

/* Interrupts are off in all of this; at the end every line is masked and the timer stands. */
static void drive_pic(void)
{
    const uint64_t base = below(2) ? 0xa0 : 0x20, mask = random64() & 0xff;

    if (below(4) == 0) {
        port_out(base, 0, 0x10 | (random64() & 0x0d));
        for (unsigned i = 0; i < 3; i++)
            port_out(base + 1, 0, i ? random64() : 0x20 + (random64() & 0x18));
        if (below(2))
            port_out(base + 1, 0, random64());
    }
    for (uint64_t n = below(6); n; n--) {
        const uint64_t word = random64() & 0xff;

        if (below(2))
            port_in(base + below(2), 0);
        else
            port_out(base, 0, below(2) ? (word & 0xe7) : (word & 0xe7) | 8);
    }
    port_out(base, 0, 0x11); /* whatever it waited for */
    port_out(base + 1, 0, 0x20);
    port_out(base + 1, 0, 4);
    port_out(base + 1, 0, 1);
    port_out(base + 1, 0, mask);
    must("PIC's mask", port_in(base + 1, 0), mask);
    port_out(base, 0, 0x0a); /* IRR, no poll */
    port_in(base, 0);
    port_out(base + 1, 0, 0xff);
    must("PIC's mask", port_in(base + 1, 0), 0xff);
}

static void drive_pit(void)
{
    for (uint64_t n = below(8); n; n--) {
        const uint64_t port = 0x40 + below(4);

        if (below(2))
            must("PIT: a byte", port_in(port, 0) >> 8, 0);
        else
            port_out(port, 0, port == 0x40 ? random64() | 0x10 : random64());
    }
    must("PIT's control is write-only", port_in(0x43, 0), 0xff);
    port_out(0x43, 0, 0x34);
}

static void drive_cmos(void)
{
    const uint64_t index = random64() & 0xff;
    uint64_t value;

    port_out(0x70, 0, index);
    must("CMOS' index is write-only", port_in(0x70, 0), 0xff);
    if (!below(4))
        port_out(0x71, 0, random64());
    value = port_in(0x71, 0);
    if ((index & 0x7f) == 0xc || ((index & 0x7f) > 0xd && (index & 0x7f) != 0x32))
        must("CMOS' other registers", value, 0);
    if ((index & 0x7f) == 0xb)
        must("CMOS shows no interrupts", value & ~7ull, 0);
}

void op_port_device(void)
{
    uint64_t mask;

    switch (below(8)) {
    case 0:
    case 1:
        drive_pic();
        break;
    case 2:
    case 3:
        drive_pit();
        break;
    case 4:
        drive_cmos();
        break;
    case 5:
        mask = random64() & 0xff;
        port_out(0x61, 0, mask);
        must("speaker", port_in(0x61, 0) & 3, mask & 3);
        break;
    case 6:
        port_out(0x64, 0, random64() & 0x7f);
        port_out(0x92, 0, random64() & 0xfe);
        must("reset ports read as nothing", port_in(0x64, 0) << 8 | port_in(0x92, 0), 0xffff);
        break;
    default:
        port_out(0x91, 1, random64() & 0xfeff);
        must("the exit port reads as nothing", port_in(0xf4, 2), 0xffffffffull);
        must("… and a span of ports", port_in(0xcf7, 1), 0xffff);
        must("… and one over the end", port_in(0xffff, 1) & 0xff, 0xff);
    }
}

/* --- PCI --- */

static struct {
    uint32_t id[2], class[2], subsystem[2], command[2], line[2];
    int known[2], sizing;
} pci = {.command = {2, 2}};

static uint64_t pci_register(unsigned device, uint32_t reg)
{
    switch (reg) {
    case 0x00:
        return pci.id[device];
    case 0x04:
        return pci.command[device];
    case 0x08:
        return pci.class[device];
    case 0x10:
        return device ? (pci.sizing ? 0xfffff000u : CARD) : 0;
    case 0x2c:
        return pci.subsystem[device];
    case 0x3c:
        return pci.line[device];
    default:
        return 0;
    }
}

static void pci_learn(unsigned device)
{
    const uint64_t at = 0x80000000u | device << 11;

    if (pci.known[device])
        return;
    pci.known[device] = 1;
    port_out(PCI_ADDRESS, 2, at);
    pci.id[device] = (uint32_t)port_in(PCI_DATA, 2);
    port_out(PCI_ADDRESS, 2, at | 8);
    pci.class[device] = (uint32_t)port_in(PCI_DATA, 2);
    port_out(PCI_ADDRESS, 2, at | 0x2c);
    pci.subsystem[device] = (uint32_t)port_in(PCI_DATA, 2);
    if (device)
        must("the card's name", pci.id[device], 0x00051b36);
}

static void pci_written(unsigned device, uint32_t reg, unsigned offset, unsigned size,
                        uint64_t value)
{
    const unsigned bytes = 1u << size;

    if (device == 1 && reg == 0x10 && !offset && size == 2) {
        pci.sizing = (uint32_t)value >> 12 == 0xfffff;
        return;
    }
    for (unsigned i = 0; i < bytes && offset + i < 4; i++) {
        const uint32_t byte = value >> (8 * i) & 0xff, shift = 8 * (offset + i);

        if (reg == 0x04 && offset + i < 2)
            pci.command[device] =
                (pci.command[device] & ~(0xffu << shift)) | (byte << shift & COMMAND_WRITABLE);
        if (reg == 0x3c && offset + i == 0)
            pci.line[device] = byte;
    }
}

void op_pci(void)
{
    const unsigned device = (unsigned)below(4), size = (unsigned)below(3),
                   offset = (unsigned)below(4);
    static const uint8_t registers[] = {0, 4, 4, 8, 0x10, 0x10, 0x2c, 0x3c, 0x34};
    uint32_t reg = below(4) ? registers[below(9)] : (uint32_t)random64() & 0xfc, address;
    uint64_t wanted, mask = size == 2 ? 0xffffffffull : (1ull << (8 << size)) - 1, value;

    for (unsigned i = 0; i < 2; i++)
        pci_learn(i);
    address = 0x80000000u | device << 11 | reg | (below(8) ? 0 : (uint32_t)random64());
    port_out(PCI_ADDRESS, 2, address);
    must("PCI's address", port_in(PCI_ADDRESS, 2), address & 0x80fffffcu);
    must("… is one double word", port_in(PCI_ADDRESS + below(4), (unsigned)below(2)) & 0xff,
         0xff);
    reg = address & 0xfc;
    /* At its first port this would be a reset. */
    if (below(2)) {
        value = below(3) ? random64() : UINT64_MAX;
        port_out(PCI_DATA + offset, size, value);
        if ((address >> 8 & 0xffff) < 16 && !(address >> 8 & 7))
            pci_written(address >> 11 & 1, reg, offset, size, value);
    }
    if (address >> 31 && (address >> 8 & 0xffff) < 16 && !(address >> 8 & 7))
        wanted = pci_register(address >> 11 & 1, reg) >> (8 * offset);
    else
        wanted = 0xffffffffull;
    must("PCI's data", port_in(PCI_DATA + offset, size), wanted & mask);
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
 * emulator's: the half is random where nobody looks into that map. */
static uint64_t rcx_of(uint32_t number)
{
    return mode >= SOFT ? (random64() << 32) | number : number;
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

/* SYSCALL comes back to where exec_run() ends, in the guest's own segments. */
void msr_set_syscall(void)
{
    for (unsigned i = 0; i < 3; i++) { /* STAR, LSTAR, CSTAR */
        kept_value[i] = i ? (uint64_t)exec_done : (uint64_t)CODE_64 << 32;
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
    exec_in[RCX] = number;
    run(s_rdmsr);
    if (exec_vector == NO_FAULT)
        bug("a register that is not the guest's", number, 13);
    must_fault(13, 0);
    expect_exits(VMM_CAUSE_MSR_READ, 1);
    msr_write(below(8) ? number : 0x10, odd_value());
    if (exec_vector == NO_FAULT)
        bug("a register that is not the guest's to write", number, 13);
    must_fault(13, 0);
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
    if (now < previous)
        bug("the clock went back", now, previous);
    previous = now;
}

void op_card(void)
{
    randomize();
    exec_in[RDI] = CARD + 0x10;
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
