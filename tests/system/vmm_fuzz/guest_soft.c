/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/guest_soft.c - the guest of soft and of pv, one image: its preparations,
 * and the operations of soft that are not svm's. Everything here is code that can be read
 * beforehand.
 */
#include "tests/system/vmm_fuzz/fuzz.h"
#include "tests/system/vmm_fuzz/paging.h"
#include "tests/system/vmm_fuzz/soft.h"

#define FLAG_IF 0x200ull

struct gate idt[256] __attribute__((aligned(4096)));
struct table_pointer idt_pointer = {sizeof(idt) - 1, 0};

/* --- control registers --- */

static void write_cr0(uint64_t value)
{
    randomize();
    exec_in[RCX] = value;
    run(s_set_cr0);
    expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
}

static void check_register(const uint8_t *snippet, unsigned to, uint64_t value)
{
    randomize();
    run(snippet);
    must_keep(BIT(to));
    must("a control register", exec_out[to], value);
    expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
}

static void drive_cr0(void)
{
    guest_cr0 ^= below(2) ? CR0_WP : 1ull << 18; /* AM */
    write_cr0(guest_cr0 & ~0x10ull);             /* ET cannot be cleared */
    must_keep(0);
    check_register(s_mov_cr0, RBX, guest_cr0);
    write_cr0(below(2) ? guest_cr0 | 1ull << (6 + below(10)) : guest_cr0 & ~1ull);
    must_fault(13, 0);
    randomize();
    run(s_smsw);
    must_keep(BIT(RBX));
    must("SMSW", exec_out[RBX] & 0xffff, guest_cr0 & 0xffff);
    expect_loose(); /* UMIP is off: SMSW is ring 3's own, where it is not replaced */
}

static void write_cr4(uint64_t value)
{
    randomize();
    exec_in[R11] = value;
    run(s_set_cr4);
    expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
}

static void drive_cr4(void)
{
    guest_cr4 ^= below(2) ? 0x80 : 8; /* PGE, DE */
    write_cr4(guest_cr4);
    must_keep(0);
    check_register(s_mov_cr4, R10, guest_cr4);
    write_cr4(below(2) ? guest_cr4 & ~0x20ull : guest_cr4 | 1ull << (11 + below(40)));
    must_fault(13, 0);
}

static void drive_others(void)
{
    static uint64_t cr8;
    uint64_t value;

    check_register(s_mov_cr8, RBX, cr8);
    randomize();
    value = exec_in[RCX] = below(2) ? random64() & 15 : random64();
    run(s_set_cr8);
    expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
    if (value >> 4) {
        must_fault(13, 0);
    } else {
        must_keep(0);
        cr8 = value;
    }
    randomize();
    value = exec_in[RCX];
    run(s_set_cr2);
    must_keep(0);
    expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
    check_register(s_mov_cr2, RBX, value);
    check_register(s_mov_cr3, RBX, (uint64_t)guest_root);
    check_register(s_mov_dr6, RBX, 0xffff0ff0);
    check_register(s_mov_dr7, RBX, 0x400);
    randomize();
    exec_in[RCX] = 0x400;
    run(s_set_dr7);
    must_keep(0);
    expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
    randomize();
    run(s_clts);
    must_keep(0);
    expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
    randomize();
    run(below(2) ? s_mov_cr1 : s_set_cr9);
    must_fault(6, 0);
    expect_loose(); /* the processor may see that first */
}

static void drive_efer(void)
{
    guest_efer ^= EFER_NXE;
    for (unsigned i = 0; i < 2; i++) {
        randomize();
        exec_in[RCX] = 0xc0000080u;
        exec_in[RAX] = guest_efer ^ (i ? (below(2) ? 0x100 : 1ull << (12 + below(20))) : 0);
        exec_in[RDX] = 0;
        run(s_wrmsr);
        if (i)
            must_fault(13, 0);
        else
            must_keep(0);
        expect_exits(VMM_CAUSE_MSR_WRITE, 1);
    }
    randomize();
    exec_in[RCX] = 0xc0000080u;
    run(s_rdmsr);
    must_keep(BIT(RAX) | BIT(RDX));
    must("EFER", exec_out[RDX] << 32 | exec_out[RAX], guest_efer);
    expect_exits(VMM_CAUSE_MSR_READ, 1);
    randomize();
    exec_in[RCX] = 0x277;
    exec_in[RAX] = below(2) ? 0x00070406u : (uint32_t)random64();
    exec_in[RDX] = 0x00070406u;
    run(s_wrmsr);
    if (exec_in[RAX] == 0x00070406u)
        must_keep(0);
    else
        must_fault(13, 0);
    expect_exits(VMM_CAUSE_MSR_WRITE, 1);
}

static void op_soft_control(void)
{
    switch (below(4)) {
    case 0:
        drive_cr0();
        break;
    case 1:
        drive_cr4();
        break;
    case 2:
        drive_efer();
        break;
    default:
        drive_others();
    }
}

/* --- flags --- */

static uint64_t fault_flags(void)
{
    randomize();
    run(s_ud2);
    must_fault(6, 0);
    expect_exits(VMM_CAUSE_EXCEPTION, 1);
    return exec_rflags & FLAG_IF;
}

static void op_soft_flags(void)
{
    const uint64_t on = below(2);
    uint64_t word;

    randomize();
    run(on ? s_sti : s_cli);
    must_keep(0);
    expect_exits(VMM_CAUSE_OTHER, 1);
    word = soft_push_flags();
    must("PUSHF", word & FLAG_IF, on * FLAG_IF);
    must("PUSHF: always one", word & 2, 2);
    must("the interrupt flag", fault_flags(), on * FLAG_IF);
    soft_pop_flags(random64() & 0xcd5);
    must("POPF", fault_flags(), 0);
    soft_pop_flags(FLAG_IF | (random64() & 0xd5));
    must("POPF", fault_flags(), FLAG_IF);
    randomize();
    run(s_cli);
    must_keep(0);
    expect_exits(VMM_CAUSE_OTHER, 4);
}

/* --- exceptions --- */

static void op_soft_event(void)
{
    if (below(2))
        paging_invalidate(below(2) ? (uint64_t)idt : (uint64_t)exec_out);
    expect_exits(VMM_CAUSE_EXCEPTION, 1);
    randomize();
    raise_exception((unsigned)below(COMMON_EXCEPTIONS));
}

/* --- tables and segments --- */

static void op_soft_tables(void)
{
    static uint8_t image[16];
    uint64_t base = 0;

    randomize();
    exec_in[RDI] = (uint64_t)image;
    switch (below(5)) {
    case 0:
        run(s_sidt);
        must_keep(0);
        for (unsigned i = 0; i < 8; i++)
            base |= (uint64_t)image[2 + i] << (8 * i);
        must("SIDT's base", base, (uint64_t)idt);
        must("SIDT's limit", image[0] | image[1] << 8, sizeof(idt) - 1);
        break;
    case 1:
        run(s_sgdt);
        must_keep(0);
        must("SGDT's limit", image[0] | image[1] << 8, frame_gdt_limit());
        break;
    case 2:
        run(s_sldt);
        must_keep(BIT(RBX));
        must("SLDT", exec_out[RBX] & 0xffff, 0);
        break;
    case 3:
        run(s_str);
        must_keep(BIT(RBX));
        must("STR", exec_out[RBX] & 0xffff, 0x28);
        break;
    default:
        exec_in[RAX] = below(3) == 0 ? 0x28 : below(2) ? 0x10 : 0x1000; /* busy, or none */
        run(s_ltr);
        must_fault(13, exec_in[RAX]);
    }
    expect_exits(VMM_CAUSE_OTHER, 1);
}

/* Refused one way or the other, and no more. */
static void op_soft_hidden(void)
{
    static const uint8_t *const hidden[] = {s_vmrun,  s_vmload,  s_vmsave,  s_stgi, s_clgi,
                                            s_skinit, s_invlpga, s_monitor, s_mwait};
    static const uint8_t *const nothing[] = {s_invd, s_wbinvd};

    expect_loose();
    randomize();
    exec_in[RCX] &= ~0xffffffffull;
    if (below(4)) {
        run(hidden[below(sizeof(hidden) / sizeof(hidden[0]))]);
        must_fault(6, 0);
    } else if (below(2)) {
        run(s_rdpmc);
        must_fault(6, 0);
    } else {
        run(nothing[below(2)]);
        must_keep(0);
    }
}

/* --- the guest --- */

void paging_user_access(int is_store)
{
    bug("this guest has no ring 3", (uint64_t)is_store, 0);
}

static const struct operation soft_operations[] = {{"hypercall", op_hypercall},
                                                   {"cpuid", op_cpuid},
                                                   {"port", op_port_empty},
                                                   {"device", op_port_device},
                                                   {"pci", op_pci},
                                                   {"msr", op_msr_kept},
                                                   {"refused", op_msr_refused},
                                                   {"register", op_register_page},
                                                   {"rdtsc", op_rdtsc},
                                                   {"card", op_card},
                                                   {"paging", op_paging},
                                                   {"path", op_paging_path},
                                                   {"root", op_root},
                                                   {"control", op_soft_control},
                                                   {"flags", op_soft_flags},
                                                   {"event", op_soft_event},
                                                   {"tables", op_soft_tables},
                                                   {"hidden", op_soft_hidden},
                                                   {"ring", op_ring},
                                                   {"checkpoint", op_checkpoint},
                                                   {"frame", op_soft_frame}};

static const struct operation pv_operations[] = {{"call", op_pv_call},
                                                 {"cpuid", op_pv_cpuid},
                                                 {"port", op_pv_port},
                                                 {"pci", op_pv_pci},
                                                 {"msr", op_pv_msr},
                                                 {"register", op_register_page},
                                                 {"rdtsc", op_rdtsc},
                                                 {"card", op_card},
                                                 {"paging", op_paging},
                                                 {"path", op_paging_path},
                                                 {"root", op_root},
                                                 {"privileged", op_pv_privileged},
                                                 {"event", op_soft_event},
                                                 {"iret", op_pv_iret},
                                                 {"state", op_pv_state},
                                                 {"ring", op_ring},
                                                 {"checkpoint", op_checkpoint},
                                                 {"step", op_pv_step}};

const struct operation *guest_operations(unsigned *count)
{
    *count = mode == PV ? sizeof(pv_operations) / sizeof(pv_operations[0])
                        : sizeof(soft_operations) / sizeof(soft_operations[0]);
    return mode == PV ? pv_operations : soft_operations;
}

void guest_prepare(void)
{
    for (unsigned i = 0; i < 256; i++) {
        const uint64_t to = (uint64_t)fault_table + 16 * i;

        idt[i] = (struct gate){(uint16_t)to,         CODE_64, 0x8e00, (uint16_t)(to >> 16),
                               (uint32_t)(to >> 32), 0};
    }
    idt_pointer.base = (uint64_t)idt;
    if (mode == PV)
        pv_make_tables();
    paging_prepare();
    if (mode == PV) {
        pv_prepare();
        return;
    }
    exec_in[RDI] = (uint64_t)&idt_pointer;
    run(s_lidt);
    frame_prepare();
}
