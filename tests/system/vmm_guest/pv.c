/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_guest/pv.c - the test guest of cpu=pv: every hypercall, what stays forbidden,
 * and, by the word test=NAME, one thing it must not get away with.
 */
#include "tests/system/vmm_guest/guest.h"

struct answer {
    uint64_t rax, rbx, rcx, rdx;
};

static struct answer pv(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx)
{
    struct answer a = {.rax = number, .rcx = rsi, .rdx = rdx};

    __asm__ volatile("int $0x82"
                     : "+a"(a.rax), "=b"(a.rbx), "+c"(a.rcx), "+d"(a.rdx)
                     : "D"(rdi), "S"(rsi)
                     : "memory");
    return a;
}

#define PV_MINUS_1 UINT64_MAX
#define GS_BASE 0xc0000101u
#define EFER 0xc0000080u

static void take_pv_faults(void)
{
    fill_gates(0);
    check("the table of gates is taken",
          pv(VMM_PV_SET_IDT, (uint64_t)gates, sizeof(gates) - 1, 0).rax, 0);
}

static void check_pv_calls(void)
{
    struct answer a = pv(VMM_PV_CPUID, VMM_CPUID_BASE, 0, 0);

    check("signature by call", a.rbx, 0x6c617445u);
    check("highest leaf by call", a.rax, VMM_CPUID_BASE + 2);
    a = pv(VMM_PV_CPUID, VMM_CPUID_BASE + 1, 0, 0);
    accounts = (volatile struct vmm_accounts *)(a.rcx << 32 | a.rbx);
    check("accounts page says its version", accounts->abi_version, VMM_ABI_VERSION);
    check("NOP returns 0", pv(VMM_HYPERCALL_NOP, 0, 0, 0).rax, 0);
    check("a number below is unknown", pv(15, 0, 0, 0).rax, PV_MINUS_1);
    check("a number above is unknown", pv(31, 0, 0, 0).rax, PV_MINUS_1);
    check("a huge number is unknown", pv(1ull << 63, 0, 0, 0).rax, PV_MINUS_1);
    CHECK_EXITS("hypercall", VMM_CAUSE_HYPERCALL, 1, pv(VMM_HYPERCALL_NOP, 0, 0, 0));
    CHECK_EXITS("cpuid", VMM_CAUSE_CPUID, 1, pv(VMM_PV_CPUID, 0, 0, 0));
    CHECK_EXITS("port out", VMM_CAUSE_PORT_OUT, 1, pv(VMM_PV_OUT8, 0, 1, 0x80));
    CHECK_EXITS("port out of four bytes", VMM_CAUSE_PORT_OUT, 1, pv(VMM_PV_OUT32, 0, 1, 0x80));
    CHECK_EXITS("port in", VMM_CAUSE_PORT_IN, 1, pv(VMM_PV_IN8, 0, 0, 0x80));
    CHECK_EXITS("invlpg", VMM_CAUSE_INVLPG, 1, pv(VMM_PV_INVLPG, 0x800000, 0, 0));
    CHECK_EXITS("msr read", VMM_CAUSE_MSR_READ, 1, pv(VMM_PV_MSR_READ, EFER, 0, 0));
    CHECK_EXITS("rdtsc", VMM_CAUSE_RDTSC, 0, rdtsc());
    CHECK_EXITS("no-op", VMM_CAUSE_OTHER, 0, sink++);
    check("port with nothing behind it, 8 bits", pv(VMM_PV_IN8, 0, 0, 0x80).rax, 0xff);
    check("port with nothing behind it, 32 bits", pv(VMM_PV_IN32, 0, 0, 0x80).rax,
          0xffffffffu);
    check("OUT returns 0", pv(VMM_PV_OUT32, 0, 7, 0x80).rax, 0);
    check("EFER reads", pv(VMM_PV_MSR_READ, EFER, 0, 0).rdx, 0x500);
    check("unknown MSR read is refused", pv(VMM_PV_MSR_READ, 0xc0010117u, 0, 0).rax,
          PV_MINUS_1);
    check("EFER.SVME is refused", pv(VMM_PV_MSR_WRITE, EFER, 0x1500, 0).rax, PV_MINUS_1);
    check("GS base is taken", pv(VMM_PV_MSR_WRITE, GS_BASE, 0x12345678, 0).rax, 0);
    check("GS base reads back", pv(VMM_PV_MSR_READ, GS_BASE, 0, 0).rdx, 0x12345678);
    check("a base that is no address is refused",
          pv(VMM_PV_MSR_WRITE, GS_BASE, 1ull << 62, 0).rax, PV_MINUS_1);
    check("a root that is no table is refused", pv(VMM_PV_SET_CR3, 1, 0, 0).rax, PV_MINUS_1);
}

static void check_pv_faults(void)
{
    check("VMMCALL is undefined", FAULT_OF("vmmcall"), 6);
    check("… and a fault: RF is set where it was", guest_fault_flags >> 16 & 1, 1);
    check("the other vector is closed", FAULT_OF("int $0x83"), 13);
    check("CLI is refused", FAULT_OF("cli"), 13);
    check("HLT is refused", FAULT_OF("hlt"), 13);
    check("OUT is refused", FAULT_OF("out %%al, $0x80"), 13);
    check("OUT to the exit port is refused", FAULT_OF("out %%al, $0xf4"), 13);
    check("RDMSR is refused", FAULT_OF("mov $0xc0000080, %%ecx; rdmsr"), 13);
    check("MOV from CR3 is refused", FAULT_OF("mov %%cr3, %%rax"), 13);
    check("IRETQ to ring 0 is refused",
          FAULT_OF("pushq $16; pushq $0; pushq $2; pushq $8; pushq $0; iretq"), 13);
    check("breakpoint stays the guest's", FAULT_OF("int3"), 3);
    check("where the hypervisor is there is nothing to read",
          FAULT_OF("movabs $0xFFFFFF8000100000, %%rax; mov (%%rax), %%rcx"), 14);
    check("a return to no address is refused",
          FAULT_OF("pushq $0; pushq $0; pushq $2; pushq $0; push guest_expected(%%rip);"
                   "pushq $0; mov $17, %%eax; int $0x82"),
          13);
    pv(VMM_PV_SET_IF, 1, 0, 0);
    check("the interrupt flag is set by call", INTERRUPT_FLAG_AFTER(""), 1);
    check("and cleared in the handler", INTERRUPT_FLAG_AFTER(""), 0);
    *(volatile uint32_t *)0xFEF01000u = 0x12345678;
    check("the emulated register", *(volatile uint32_t *)0xFEF01000u, 0x12345678);
}

_Noreturn void guest_pv_main(const struct start_info *info)
{
    const char *line = (const char *)info->command_line;

    take_pv_faults();
    guest_expected = 0x123456789abcdef0u;
    if (word_is(line, "test=basic")) {
        check_pv_calls();
        check_pv_faults();
    }
    if (word_is(line, "test=triple")) {
        pv(VMM_PV_SET_IDT, 0, 0, 0);
        __asm__ volatile("int3");
    }
    if (word_is(line, "test=exitport"))
        pv(VMM_PV_OUT8, 0, 0x10, 0xf4);
    if (word_is(line, "test=hlt"))
        pv(VMM_PV_HLT, 0, 0, 0);
    if (word_is(line, "test=hidden"))
        *(volatile uint32_t *)0xF0000000u = 1;
    if (word_is(line, "test=stack")) /* a return from, and a stack in, the hypervisor */
        __asm__ volatile("movabs $0xFFFFFF8000100000, %%rsp; mov %0, %%eax; int $0x82"
                         :
                         : "i"(VMM_PV_IRET));
    if (word_is(line, "test=root")) { /* tables outside its memory */
        pv(VMM_PV_SET_CR3, 0xfff000000000, 0, 0);
        sink++;
    }
    put(word_is(line, "test=basic") ? "done\n" : "not ok got away with it\n");
    pv(VMM_HYPERCALL_SHUTDOWN, 0, 0, 0);
    put("not ok shutdown came back\n");
    for (;;)
        ;
}
