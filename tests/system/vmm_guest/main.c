/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_guest/main.c - the hypervisor's test guest: one probe per handler.
 *
 * The command line's word test=NAME chooses. `basic` prints "ok name" or "not ok name: …" per
 * check and figures as "figure name value", then shuts down by hypercall. The others do one
 * thing a guest must not get away with; the hypervisor's report is what is checked then. The
 * guest of cpu=pv is in pv.c.
 */
#include "tests/system/vmm_guest/guest.h"

static volatile uint32_t *emulated;

static void take_faults(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idt = {sizeof(gates) - 1, (uint64_t)gates};

    fill_gates(8);
    __asm__ volatile("lidt %0" : : "m"(idt));
}

static volatile uint32_t *find_card(void)
{
    for (uint32_t device = 0; device < 32; device++) {
        out32(0xcf8, 0x80000000u | device << 11);
        if (in32(0xcfc) == 0x00051b36u) {
            out32(0xcf8, 0x80000000u | device << 11 | 0x10);
            return (volatile uint32_t *)(uint64_t)(in32(0xcfc) & ~15u);
        }
    }
    return NULL;
}

/* --- checks --- */

static void check_discovery(void)
{
    uint32_t r[4];

    cpuid(1, r);
    check("hypervisor bit", r[2] >> 31, 1);
    check("no OSXSAVE yet, local APIC, MONITOR", (r[2] & 0x08000008u) | (r[3] & 0x200u), 0);
    cpuid(0x80000001u, r);
    check("SVM hidden", r[2] >> 2 & 1, 0);
    cpuid(0x8000000au, r);
    check("SVM leaf empty", r[0] | r[1] | r[2] | r[3], 0);
    cpuid(VMM_CPUID_BASE, r);
    check("signature Etal", r[1], 0x6c617445u);
    check("signature onEt", r[2], 0x74456e6fu);
    check("signature alon", r[3], 0x6e6f6c61u);
    check("highest leaf", r[0], VMM_CPUID_BASE + 2);
    cpuid(VMM_CPUID_BASE + 1, r);
    check("ABI version", r[0], VMM_ABI_VERSION);
    accounts = (volatile struct vmm_accounts *)((uint64_t)r[2] << 32 | r[1]);
    cpuid(VMM_CPUID_BASE + 2, r);
    emulated = (volatile uint32_t *)(uint64_t)r[0];
    check("accounts page says its version", accounts->abi_version, VMM_ABI_VERSION);
    check("accounts page says its causes", accounts->causes, VMM_CAUSE_COUNT);
}

static void check_start_info(const struct start_info *info)
{
    const struct map_entry *map = (const struct map_entry *)info->memory_map;

    check("start_info magic", info->magic, 0x336ec578u);
    check("memory map entries", info->memory_map_entries, 3);
    check("low RAM", map[0].address | map[0].bytes << 1, 0xA0000u << 1);
    figure("ram_bytes", map[2].address + map[2].bytes);
    /* The last byte announced is there. */
    *(volatile uint8_t *)(map[2].address + map[2].bytes - 1) = 0x5a;
    check("last byte of RAM", *(volatile uint8_t *)(map[2].address + map[2].bytes - 1), 0x5a);
}

static void check_hypercalls(void)
{
    uint64_t min, max;

    check("NOP returns 0", hypercall(VMM_HYPERCALL_NOP), 0);
    check("unknown number returns -1", hypercall(77), UINT64_MAX);
    check("large unknown number returns -1", hypercall(1ull << 40), UINT64_MAX);
    check("registers kept", registers_kept(), 1);
    CHECK_EXITS("hypercall", VMM_CAUSE_HYPERCALL, 1, hypercall(VMM_HYPERCALL_NOP));
    CHECK_EXITS("unknown hypercall", VMM_CAUSE_HYPERCALL, 1, hypercall(5));
    min = accounts->tsc_min[VMM_CAUSE_HYPERCALL];
    max = accounts->tsc_max[VMM_CAUSE_HYPERCALL];
    check("ticks were booked",
          min != 0 && min <= max && max != UINT64_MAX &&
              accounts->tsc_in_vmm[VMM_CAUSE_HYPERCALL] >= max,
          1);
    if (guest_intel)
        TICKS_EACH("hypercall", __asm__ volatile("xor %%eax,%%eax; vmcall" : : : "rax"));
    else
        TICKS_EACH("hypercall", __asm__ volatile("xor %%eax,%%eax; vmmcall" : : : "rax"));
    TICKS_EACH("baseline", __asm__ volatile("xor %%eax,%%eax" : : : "rax"));
}

static void check_exits(volatile uint32_t *card, int rdtsc_exits)
{
    uint32_t r[4];

    CHECK_EXITS("cpuid", VMM_CAUSE_CPUID, 1, cpuid(0, r));
    CHECK_EXITS("prefixed cpuid", VMM_CAUSE_CPUID, 1,
                __asm__ volatile(".byte 0x66, 0xf3, 0x48, 0x0f, 0xa2"
                                 :
                                 : "a"(0)
                                 : "rbx", "rcx", "rdx"));
    CHECK_EXITS("port out", VMM_CAUSE_PORT_OUT, 1, out8(0x80, 1));
    CHECK_EXITS("port out of four bytes", VMM_CAUSE_PORT_OUT, 1, out32(0x80, 1));
    CHECK_EXITS("port in", VMM_CAUSE_PORT_IN, 1, in8(0x80));
    check("port with nothing behind it, 8 bits", in8(0x80), 0xff);
    check("port with nothing behind it, 32 bits", in32(0x80), 0xffffffffu);
    CHECK_EXITS("rdtsc", VMM_CAUSE_RDTSC, (uint64_t)rdtsc_exits, rdtsc());
    CHECK_EXITS("no-op", VMM_CAUSE_OTHER, 0, sink++);
    CHECK_EXITS("card store", VMM_CAUSE_MMIO, 0, *card = 0);
    CHECK_EXITS("emulated store", VMM_CAUSE_MMIO, 1, *emulated = 1);
    CHECK_EXITS("emulated load", VMM_CAUSE_MMIO, 1, sink += *emulated);
    TICKS_EACH("cpuid", cpuid(0, r));
    TICKS_EACH("port_out", out8(0x80, 1));
    TICKS_EACH("rdtsc", rdtsc());
    TICKS_EACH("emulated_store", *emulated = 1);
    TICKS_EACH("card_store", *card = 0);
}

static void check_emulation(void)
{
    uint64_t value;

    *emulated = 0x12345678;
    check("emulated register reads back", *emulated, 0x12345678);
    __asm__ volatile("movl $0xfedcba98, %%r9d; movl %%r9d, 8(%0,%1,2)"
                     :
                     : "r"(emulated), "r"(-4ll)
                     : "r9", "memory");
    __asm__ volatile("movl (%1), %%r15d; movq %%r15, %0"
                     : "=r"(value)
                     : "r"(emulated)
                     : "r15");
    check("extended registers and SIB addressing", value, 0xfedcba98u);
    __asm__ volatile("movl $0x76543210, (%1); xor %%eax,%%eax; movl (%1), %%eax; mov %%rax, %0"
                     : "=r"(value)
                     : "r"(emulated)
                     : "rax", "memory");
    check("immediate store", value, 0x76543210u);
    __asm__ volatile("movq $-1, %%rax; movabs 0xFEF01000, %%eax; mov %%rax, %0"
                     : "=r"(value)
                     :
                     : "rax");
    check("absolute load clears the upper half", value, 0x76543210u);
}

/* XCR0 by XSETBV, which CR4 allows or not. */
#define XSETBV(number, value)                                                                 \
    FAULT_OF("mov $" #number ",%%ecx; mov $" #value ",%%eax; xor %%edx,%%edx; xsetbv")

static void check_xsetbv(void)
{
    uint64_t cr4;
    uint32_t r[4];

    cpuid(1, r);
    if (!(r[2] >> 26 & 1))
        return; /* no XSAVE: of this backend, or of the processor */
    check("XSETBV without OSXSAVE is undefined", XSETBV(0, 7), 6);
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | 1u << 18));
    cpuid(1, r);
    check("OSXSAVE follows CR4", r[2] >> 27 & 1, 1);
    check("XSETBV of AVX", XSETBV(0, 7), 255);
    check("XSETBV without x87 is refused", XSETBV(0, 6), 13);
    check("XSETBV of AVX without SSE is refused", XSETBV(0, 5), 13);
    /* Not 0x207: this emulator executes XSETBV itself, intercepted or not, and has PKRU. */
    check("XSETBV of a state that is not there is refused", XSETBV(0, 0x107), 13);
    check("XSETBV of another register is refused", XSETBV(1, 1), 13);
    check("XGETBV reads what was set",
          FAULT_OF("xor %%ecx,%%ecx; xgetbv; mov %%eax, guest_vector(%%rip)"), 7);
    check("INVD is harmless", FAULT_OF("invd"), 255);
}

/* Bits that must be 1 while VT-x is on, and of which the guest must not see that. */
static void check_fixed_bits(void)
{
    check("CR4.VMXE is refused",
          FAULT_OF("mov %%cr4,%%rax; or $0x2000,%%eax; mov %%rax,%%cr4"), 13);
    check("CR4.VMXE reads as 0",
          FAULT_OF("mov %%cr4,%%rax; and $0x2000,%%eax; mov %%rax,guest_vector(%%rip)"), 0);
    check("CR0.NE reads as written",
          FAULT_OF("mov %%cr0,%%rax; and $~0x20,%%eax; mov %%rax,%%cr0; mov %%cr0,%%rcx;"
                   "or $0x20,%%eax; mov %%rax,%%cr0; mov %%cr0,%%rax; sub %%rcx,%%rax;"
                   "mov %%rax,guest_vector(%%rip)"),
          0x20);
}

static void check_hidden(void)
{
    check("VMRUN is undefined", FAULT_OF("xor %%eax,%%eax; vmrun"), 6);
    check("… and a fault: RF is set where it was", guest_fault_flags >> 16 & 1, 1);
    check("CLGI is undefined", FAULT_OF("clgi"), 6);
    check("VMXOFF is undefined", FAULT_OF("vmxoff"), 6);
    check("VMPTRST is undefined", FAULT_OF("vmptrst guest_expected(%%rip)"), 6);
    check("INVEPT is undefined",
          FAULT_OF("xor %%eax,%%eax; invept guest_expected(%%rip),%%rax"), 6);
    check("RDPMC is refused", FAULT_OF("xor %%ecx,%%ecx; rdpmc"), 6);
    check("unknown MSR read is refused", FAULT_OF("mov $0xc0010117,%%ecx; rdmsr"), 13);
    check("EFER.SVME is refused",
          FAULT_OF("mov $0xc0000080,%%ecx; rdmsr; or $0x1000,%%eax; wrmsr"), 13);
    check("EFER reads",
          FAULT_OF("mov $0xc0000080,%%ecx; rdmsr; mov %%eax, guest_vector(%%rip)"),
          0x500); /* LME LMA, no SVME */
    check("where cpu=soft is there is nothing to read",
          FAULT_OF("movabs $0xFFFFFF8000100000, %%rax; mov (%%rax), %%rcx"), 14);
    check("a jump to no address is refused",
          FAULT_OF("movabs $0x123456789abcdef0, %%rcx; push %%rcx; ret"), 13);
    check("TSC write is refused", FAULT_OF("mov $0x10,%%ecx; wrmsr"), 13);
    check("TSC register reads", FAULT_OF("mov $0x10,%%ecx; rdmsr"), 255);
    check("breakpoint stays the guest's", FAULT_OF("int3"), 3);
    check("… and a trap: RF is clear where it was", guest_fault_flags >> 16 & 1, 0);
}

static void check_flags(void)
{
    uint64_t pushed;

    check("STI sets the interrupt flag", INTERRUPT_FLAG_AFTER("sti"), 1);
    __asm__ volatile("sti; pushfq; pop %0" : "=r"(pushed));
    check("PUSHF shows it", pushed & FLAG_IF, FLAG_IF);
    check("POPF clears it", INTERRUPT_FLAG_AFTER("sti; push $2; popfq"), 0);
    check("POPF sets it", INTERRUPT_FLAG_AFTER("cli; push $0x202; popfq"), 1);
    __asm__ volatile("cli; pushfq; pop %0" : "=r"(pushed));
    check("PUSHF shows it clear", pushed & FLAG_IF, 0);
    __asm__ volatile("push $0x8d5; popfq; pushfq; pop %0; cld" : "=r"(pushed) : : "cc");
    check("the other flags pass", pushed & 0x8d5, 0x8d5);
}

/* TF: the debug trap comes behind the instruction, whoever executed it. */
#define TRAP_BEHIND(statement)                                                                \
    (FAULT_OF("lea 2f(%%rip), %%rax; mov %%rax, guest_expected(%%rip); xor %%eax, %%eax;"     \
              "mov $0x80, %%edx; pushfq; orl $0x100, (%%rsp); popfq;" statement               \
              "; 2: nop") == 1                                                                \
         ? guest_fault_rip - guest_expected                                                   \
         : 99)

static void check_steps(void)
{
    check("step over NOP", TRAP_BEHIND("nop"), 0);
    check("step over CPUID", TRAP_BEHIND("cpuid"), 0);
    check("step over OUT", TRAP_BEHIND("out %%al, %%dx"), 0);
    check("step over VMMCALL", TRAP_BEHIND("vmmcall"), 0);
    check("step over CLI", TRAP_BEHIND("cli"), 0);
}

/* --- work whose result is known, for interrupts to fall into --- */

uint64_t work(uint64_t rounds); /* start.S */

static void check_work(int interruptible)
{
    const uint64_t rounds = 1000000, begin = rdtsc();
    uint64_t result, end;

    if (interruptible)
        __asm__ volatile("sti");
    result = work(rounds);
    __asm__ volatile("cli");
    end = rdtsc();
    figure("ticks_work", end - begin);
    check("every register counted every round", result, rounds);
}

/* --- what a guest must not get away with --- */

static void misbehave(const char *line, const struct start_info *info)
{
    const struct map_entry *map = (const struct map_entry *)info->memory_map;

    if (word_is(line, "test=triple"))
        __asm__ volatile("push $0; push $0; lidt (%rsp); int3");
    if (word_is(line, "test=hidden")) /* right behind its RAM */
        *(volatile uint32_t *)(map[2].address + map[2].bytes) = 1;
    if (word_is(line, "test=beyond"))
        sink = *(volatile uint32_t *)0xE0000000u;
    if (word_is(line, "test=accounts"))
        accounts->exits_total = 0;
    if (word_is(line, "test=dirty")) { /* the same, in a page of its own that is dirty */
        *emulated = 1;
        __asm__ volatile("invlpg (%0)" : : "r"(accounts) : "memory");
        sink += accounts->exits_total;
        accounts->exits_total = 0;
    }
    if (word_is(line, "test=wide"))
        *(volatile uint64_t *)emulated = 1;
    if (word_is(line, "test=offset"))
        emulated[1] = 1;
    if (word_is(line, "test=execute"))
        ((void (*)(void))(uint64_t)emulated)();
    if (word_is(line, "test=stack"))
        __asm__ volatile("mov %0, %%rsp; int3" : : "r"((uint64_t)emulated + 16));
    if (word_is(line, "test=forever"))
        for (;;)
            __asm__ volatile("pause");
    if (word_is(line, "test=code")) /* its own code */
        *(volatile uint8_t *)(uint64_t)guest_main = 0xc3;
    if (word_is(line, "test=made")) { /* code that was made at run time */
        static uint8_t made[1];

        made[0] = 0xc3;
        ((void (*)(void))(uint64_t)made)();
    }
    if (word_is(line, "test=user"))
        __asm__ volatile("push $0x23; push $0; push $2; push $0x1b; push $0; iretq");
    if (word_is(line, "test=lar"))
        __asm__ volatile("lar %%ax, %%ecx" : : "a"(8) : "rcx");
    if (word_is(line, "test=syscall"))
        __asm__ volatile("mov $0xc0000080,%%ecx; rdmsr; or $1,%%eax; wrmsr; syscall"
                         :
                         :
                         : "rax", "rcx", "rdx", "r11");
    if (word_is(line, "test=debug"))
        __asm__ volatile("mov %0, %%dr0" : : "r"(0x1234ull));
    if (word_is(line, "test=realmode"))
        __asm__ volatile("mov %%cr0, %%rax; and $~0x80000000, %%eax; mov %%rax, %%cr0"
                         :
                         :
                         : "rax");
    if (word_is(line, "test=hlt"))
        __asm__ volatile("hlt");
    if (word_is(line, "test=exitport"))
        out32(0xf4, 0x10);
    if (word_is(line, "test=string"))
        __asm__ volatile("lea %0, %%rsi; mov $0x80, %%edx; outsb"
                         :
                         : "m"(sink)
                         : "rsi", "rdx");
}

_Noreturn void guest_main(const struct start_info *info)
{
    const char *line = (const char *)info->command_line;
    volatile uint32_t *card;
    uint32_t r[4];

    cpuid(0, r);
    guest_intel = r[1] == 0x756e6547u; /* "Genu" */
    start_console();
    card = find_card();
    take_faults();
    check_discovery();
    figure("tsc", rdtsc());
    if (word_is(line, "test=basic")) {
        check_start_info(info);
        check_hypercalls();
        check_emulation();
        check_exits(card, word_is(line, "rdtsc=exits"));
        check_hidden();
        if (guest_intel)
            check_fixed_bits();
        check_xsetbv();
    } else if (word_is(line, "test=work")) {
        check_work(word_is(line, "if=on"));
    } else if (word_is(line, "test=flags")) {
        check_flags();
    } else if (word_is(line, "test=steps")) {
        check_steps();
    } else if (interrupts(line) || hostile(line, info) || restores(line) ||
               rings(line, info) || neighbours(line, info) || paging(line)) {
        /* it went on, as it should */
    } else {
        misbehave(line, info);
        put("not ok got away with it\n");
    }
    put("done\n");
    hypercall(VMM_HYPERCALL_SHUTDOWN);
    put("not ok shutdown came back\n");
    for (;;)
        __asm__ volatile("hlt");
}
