/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_guest/paging.c - what a guest may rely on of its page tables, whoever walks
 * them: nested paging passes by construction, shadow paging has to earn it. APM vol. 2 chapter 5.
 */
#include "tests/system/vmm_guest/guest.h"

#define P 1ull
#define W 2ull
#define A 0x20ull
#define D 0x40ull
#define PS 0x80ull
#define NX (1ull << 63)
#define CR0_WP (1ull << 16)
#define AREA 0x8000000000ull /* root entry 1: these tests' own */
#define LARGE (AREA + 0x200000)
#define ENTRIES 512

extern volatile uint64_t root[ENTRIES]; /* start.S */
extern volatile uint32_t visit_seen[];  /* legacy.S */
void visit_legacy(uint32_t root_of_pae);
_Noreturn void switch_32bit(void);

#define PAGE __attribute__((aligned(4096)))
static uint64_t other_root[ENTRIES] PAGE, level3[ENTRIES] PAGE, level2[ENTRIES] PAGE;
static volatile uint64_t level1[ENTRIES] PAGE;
static volatile uint64_t page_a[ENTRIES] PAGE, page_b[ENTRIES] PAGE;
uint64_t guest_table, guest_new, guest_old;
static uint64_t pae_root[4] PAGE, pae_low[ENTRIES] PAGE, pae_high[ENTRIES] PAGE;

static uint64_t read_cr0(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

static void write_cr0(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr0" : : "r"(value) : "memory");
}

static uint64_t read_cr3(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

static void write_cr3(const volatile uint64_t *table)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(table) : "memory");
}

static void invlpg(uint64_t address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static uint64_t load(uint64_t address)
{
    return *(volatile uint64_t *)address;
}

static void store(uint64_t address, uint64_t value)
{
    *(volatile uint64_t *)address = value;
}

static uint64_t entry_of(const volatile void *page)
{
    return (uint64_t)page | P | W;
}

static uint64_t page_faults(void)
{
    return accounts->count[VMM_CAUSE_PAGE_FAULT];
}

static void make_area(void)
{
    root[1] = entry_of(level3);
    level3[0] = entry_of(level2);
    level2[0] = entry_of(level1);
    page_a[0] = 0xa;
    page_b[0] = 0xb;
}

static void check_registers(void)
{
    const uint64_t cr0 = read_cr0();
    uint64_t cr4;

    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    check("CR0 is the guest's", cr0, 0x80000033u);
    check("CR3 is the guest's", read_cr3(), (uint64_t)root);
    check("CR4 is the guest's", cr4, 0x620);
    check("SMSW shows it",
          FAULT_OF("smsw %%eax; movzwl %%ax, %%eax; mov %%eax, guest_vector(%%rip)"), 0x33);
    check("LMSW sets TS",
          FAULT_OF("mov $0x3b, %%eax; lmsw %%ax; mov %%cr0, %%rax;"
                   "mov %%eax, guest_vector(%%rip)"),
          0x8000003bu);
    check("CLTS clears it", FAULT_OF("clts; mov %%cr0, %%rax; mov %%eax, guest_vector(%%rip)"),
          0x80000033u);
}

/* What shadow paging checks itself; the emulated processor lets it pass. */
static void check_refusals(void)
{
    check("paging without protection is refused",
          FAULT_OF("mov %%cr0, %%rax; and $-2, %%rax; mov %%rax, %%cr0"), 13);
    check("paging stays on in 64-bit code",
          FAULT_OF("mov %%cr0, %%rax; btr $31, %%rax; mov %%rax, %%cr0"), 13);
    check("long mode keeps PAE", FAULT_OF("mov $0x600, %%eax; mov %%rax, %%cr4"), 13);
    check("five levels are not there", FAULT_OF("mov $0x1620, %%eax; mov %%rax, %%cr4"), 13);
    check("a CR3 beyond the addresses is refused",
          FAULT_OF("mov %%cr3, %%rax; bts $62, %%rax; mov %%rax, %%cr3"), 13);
}

static void check_bits(void)
{
    level1[0] = entry_of(page_a);
    check("a page is where its entry says", load(AREA), 0xa);
    check("reading sets the accessed bit", level1[0], entry_of(page_a) | A);
    check("… on the levels above, too", (level2[0] & level3[0] & root[1] & A) != 0, 1);
    store(AREA, 0xaa);
    check("writing sets the dirty bit", level1[0], entry_of(page_a) | A | D);
    check("… and writes", page_a[0], 0xaa);
    level1[0] = entry_of(page_a);
    invlpg(AREA);
    sink += load(AREA);
    check("the bits are set again", level1[0], entry_of(page_a) | A);
    level1[0] = entry_of(page_b) | A | D;
    invlpg(AREA);
    check("INVLPG lets the new entry count", load(AREA), 0xb);
    level1[0] = 0;
    invlpg(AREA);
    check("a page that went is a page fault",
          FAULT_OF("movabs $0x8000000000, %%rax; mov (%%rax), %%rax"), 14);
    check("… with its address",
          FAULT_OF("mov %%cr2, %%rax; shr $12, %%rax; mov %%rax, guest_vector(%%rip)"),
          AREA >> 12);
}

static void check_rights(void)
{
    level1[0] = (uint64_t)page_a | P;
    invlpg(AREA);
    store(AREA, 0x77);
    check("without WP ring 0 writes what is read-only", page_a[0], 0x77);
    write_cr0(read_cr0() | CR0_WP);
    check("CR0.WP reads", read_cr0(), 0x80010033u);
    check("with WP it does not", FAULT_OF("movabs $0x8000000000, %%rax; movq $1, (%%rax)"),
          14);
    check("… nor has", page_a[0], 0x77);
    write_cr0(read_cr0() & ~CR0_WP);
    page_b[0] = 0xc3; /* RET */
    level1[1] = entry_of(page_b) | NX;
    check("NX is reserved without EFER.NXE",
          FAULT_OF("movabs $0x8000001000, %%rax; mov (%%rax), %%rax"), 14);
    check("EFER.NXE", FAULT_OF("mov $0xc0000080,%%ecx; rdmsr; or $0x800, %%eax; wrmsr"), 255);
    check("with it the page is there",
          FAULT_OF("movabs $0x8000001000, %%rax; movzbl (%%rax), %%eax; mov %%rax, "
                   "guest_vector(%%rip)"),
          0xc3);
    check("… and not run", FAULT_OF("movabs $0x8000001000, %%rax; call *%%rax"), 14);
    level1[1] = entry_of(page_b);
    invlpg(AREA + 4096);
    check("without it, it is", FAULT_OF("movabs $0x8000001000, %%rax; call *%%rax"), 255);
    page_b[0] = 0xb;
}

static void check_large(void)
{
    const uint64_t around = (uint64_t)page_a & ~0x1fffffull,
                   inside = (uint64_t)page_a - around;

    page_a[1] = 0x1a;
    level2[1] = around | P | W | PS;
    check("a large page", load(LARGE + inside + 8), 0x1a);
    check("its accessed bit", level2[1] & (A | D), A);
    store(LARGE + inside + 8, 0x1b);
    check("its dirty bit", level2[1] & (A | D), A | D);
    check("… and its memory", page_a[1], 0x1b);
    level2[1] = 0;
    invlpg(LARGE + 0x1ff000);
    check("INVLPG of any of it drops it",
          FAULT_OF("movabs $0x8000200000, %%rax; mov (%%rax), %%rax"), 14);
}

static void check_switches(void)
{
    uint64_t before;

    for (unsigned i = 0; i < ENTRIES; i++)
        other_root[i] = root[i];
    level1[0] = entry_of(page_a);
    level1[1] = entry_of(page_b);
    page_a[0] = 0xa;
    page_b[0] = 0xb;
    invlpg(AREA);
    invlpg(AREA + 4096);
    write_cr3(other_root);
    check("another root", read_cr3(), (uint64_t)other_root);
    sink += load(AREA) + load(AREA + 4096);
    write_cr3(root);
    sink += load(AREA) + load(AREA + 4096);
    before = page_faults();
    for (unsigned i = 0; i < 100; i++) {
        write_cr3(other_root);
        sink += load(AREA);
        write_cr3(root);
        sink += load(AREA + 4096);
    }
    check("a root that comes back is still entered", page_faults() - before, 0);
    write_cr3(other_root);
    level1[0] = entry_of(page_b);
    write_cr3(root);
    check("what was changed meanwhile counts", load(AREA), 0xb);
    before = page_faults();
    invlpg(AREA);
    sink += load(AREA + 4096);
    check("INVLPG drops no other page", page_faults() - before, 0);
    other_root[1] = 0;
    write_cr3(other_root);
    check("an address that only the other root has",
          FAULT_OF("movabs $0x8000000000, %%rax; mov (%%rax), %%rax"), 14);
    write_cr3(root);
    check("… and has", load(AREA), 0xb);
}

/* Tables are memory: whatever writes them counts. */
#define TABLE_WRITE(name, statement)                                                          \
    do {                                                                                      \
        level1[0] = entry_of(page_a) | A | D;                                                 \
        invlpg(AREA);                                                                         \
        sink += load(AREA);                                                                   \
        check(name " writes", FAULT_OF(statement), 255);                                      \
        invlpg(AREA);                                                                         \
        check(name " counts", load(AREA), 0xb);                                               \
    } while (0)

static void check_table_writes(void)
{
    const uint64_t b = entry_of(page_b), a = entry_of(page_a) | A | D;
    volatile uint64_t *entry = level1; /* through the identity map */

    page_a[0] = 0xa;
    page_b[0] = 0xb;
#define WITH(text)                                                                            \
    "mov guest_table(%%rip), %%rdx; mov guest_new(%%rip), %%rcx; mov guest_old(%%rip), "      \
    "%%rax;" text
    guest_table = (uint64_t)entry;
    guest_new = b;
    guest_old = a;
    TABLE_WRITE("MOV", WITH("mov %%rcx, (%%rdx)"));
    TABLE_WRITE("MOV of 32 bits", WITH("mov %%ecx, (%%rdx)"));
    TABLE_WRITE("XCHG", WITH("xchg %%rcx, (%%rdx)"));
    TABLE_WRITE("CMPXCHG", WITH("lock cmpxchg %%rcx, (%%rdx)"));
    TABLE_WRITE("XADD", WITH("sub %%rax, %%rcx; lock xadd %%rcx, (%%rdx)"));
    TABLE_WRITE("XOR", WITH("xor %%rax, %%rcx; xor %%rcx, (%%rdx)"));
    TABLE_WRITE("MOVNTI", WITH("movnti %%rcx, (%%rdx)"));
    TABLE_WRITE("STOSQ",
                WITH("push %%rdi; mov %%rdx, %%rdi; mov %%rcx, %%rax; stosq; pop %%rdi"));
    TABLE_WRITE("a vector store", WITH("movq %%rcx, %%xmm0; movlps %%xmm0, (%%rdx)"));
    TABLE_WRITE("PUSH",
                WITH("mov %%rsp, %%rax; lea 8(%%rdx), %%rsp; push %%rcx; mov %%rax, %%rsp"));
    TABLE_WRITE("a store by bytes",
                WITH("mov %%cl, (%%rdx); mov %%ch, 1(%%rdx); shr $16, %%rcx;"
                     "mov %%cl, 2(%%rdx); mov %%ch, 3(%%rdx)"));
    level1[1] = 0;
    TABLE_WRITE("a store over two entries",
                WITH("mov %%cl, (%%rdx); shr $8, %%rcx; mov %%rcx, 1(%%rdx)"));
    level1[0] = b;
    TABLE_WRITE("REP STOSQ",
                WITH("push %%rdi; mov %%rdx, %%rdi; mov %%rcx, %%rax; mov $512, %%ecx;"
                     "rep stosq; pop %%rdi"));
    check("… all of them", load(AREA + 0x1ff000), 0xb);
    /* The table of this very address: the root maps itself. */
    root[2] = entry_of(root);
    write_cr3(root);
    check("the root through itself",
          load(2ull << 39 | 2ull << 30 | 2ull << 21 | 2ull << 12 | 8), root[1]);
    store(2ull << 39 | 2ull << 30 | 2ull << 21 | 2ull << 12 | 24, entry_of(level3));
    check("… may be written", root[3], entry_of(level3));
    check("… and counts", load(3ull << 39), 0xb);
    root[2] = root[3] = 0;
    write_cr3(root);
}

/* The processor's own accesses on the way to a handler find pages that nobody has touched. */
static void check_events(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idt = {sizeof(gates) - 1, 0}, kept;
    const uint64_t gates_page = (uint64_t)gates & ~0xfffull;

    __asm__ volatile("sidt %0" : "=m"(kept));
    level1[2] = gates_page | P | W;
    level1[3] = (gates_page + 4096) | P | W;
    idt.base = AREA + 0x2000 + ((uint64_t)gates & 0xfff);
    write_cr3(root);
    __asm__ volatile("lidt %0" : : "m"(idt));
    check("INT3 through a table not touched before", FAULT_OF("int3"), 3);
    write_cr3(other_root);
    write_cr3(root);
    level1[2] &= ~A;
    invlpg(AREA + 0x2000);
    check("an exception", FAULT_OF("ud2"), 6);
    level1[2] &= ~A;
    invlpg(AREA + 0x2000);
    check("INT n", FAULT_OF("int $5"), 5);
    __asm__ volatile("lidt %0" : : "m"(kept));
    level1[4] = entry_of(page_a);
    invlpg(AREA + 0x4000);
    check("an exception with a stack not touched before",
          FAULT_OF("movabs $0x8000005000, %%rsp; ud2"), 6);
    level1[4] = entry_of(page_a);
    invlpg(AREA + 0x4000);
    check("INT3 with one", FAULT_OF("movabs $0x8000005000, %%rsp; int3"), 3);
    level1[4] = 0;
    invlpg(AREA + 0x4000);
}

static void check_modes(void)
{
    for (unsigned i = 0; i < ENTRIES; i++)
        pae_low[i] = (uint64_t)i << 21 | P | W | PS;
    pae_root[0] = (uint64_t)pae_low | P;
    pae_root[1] = (uint64_t)pae_high | P;
    pae_high[0] = ((uint64_t)page_a & ~0x1fffffull) | P | W | PS;
    {
        volatile uint32_t *target =
            (volatile uint32_t *)((uint64_t)page_a &
                                  ~0x1fffffull); /* 2 MiB: free or the image */
        const uint32_t kept[2] = {target[0], target[1]};

        visit_legacy((uint32_t)(uint64_t)pae_root);
        check("compatibility mode has paging", visit_seen[0], 0x80000033u);
        check("without it LMA is clear", visit_seen[1] & 0x500, 0x100);
        check("no paging", visit_seen[2], 0x33);
        check("no PAE", visit_seen[3], 0);
        check("a word without paging", visit_seen[4], 0x11111111);
        check("a word in real mode", visit_seen[5], 0x33333333);
        check("real mode", visit_seen[6], 0x32);
        check("a word through PAE", visit_seen[7], kept[0]);
        check("one written through PAE", visit_seen[8], 0x22222222);
        check("… is there", target[1], 0x22222222);
        check("CR3 of PAE", visit_seen[9], (uint32_t)(uint64_t)pae_root);
        check("accessed and dirty under PAE", pae_high[0] & (A | D), A | D);
        target[1] = kept[1];
    }
    check("and long mode again", load(AREA), 0xb);
}

/* Tables in use, written by what shadow-eager does not carry: the root, and a table through the
 * very entry that it is written by. */
static void write_in_use(const char *line)
{
    make_area();
    level1[0] = entry_of(level1);
    if (word_is(line, "test=root"))
        __asm__ volatile("movlps %%xmm0, (%0)" : : "r"(root) : "memory");
    else
        __asm__ volatile("movlps %%xmm0, (%0)" : : "r"(AREA + 8) : "memory");
}

int paging(const char *line)
{
    if (word_is(line, "test=32bit"))
        switch_32bit();
    if (word_is(line, "test=root") || word_is(line, "test=itself")) {
        write_in_use(line);
        return 1;
    }
    if (!word_is(line, "test=paging"))
        return 0;
    make_area();
    check_registers();
    if (word_is(line, "refusals"))
        check_refusals();
    check_bits();
    check_rights();
    check_large();
    check_switches();
    check_table_writes();
    check_events();
    check_modes();
    return 1;
}
