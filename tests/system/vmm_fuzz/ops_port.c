/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/ops_port.c - ports with a device behind them, with none, and PCI: what a
 * guest of svm and of soft does alike. What must come of each is written from docs/vmm.md and
 * vmm/abi.h, not from the hypervisor's code.
 */
#include "tests/system/vmm_fuzz/fuzz.h"

#define PCI_ADDRESS 0xcf8
#define PCI_DATA 0xcfc
#define COMMAND_WRITABLE 0x142u

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
        return device ? (pci.sizing ? 0xfffff000u : card_page) : 0;
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
    const int whole = (int)below(2);
    const unsigned device = below(2) ? 1 : (unsigned)below(4),
                   size = whole ? 2 : (unsigned)below(3),
                   offset = whole ? 0 : (unsigned)below(4);
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
