/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/fuzz_memory.c - is the hypervisor's memory what it must be, after a guest?
 *
 *   fuzz_memory PROGRAM BASE BYTES CARD REFERENCE MEMORY STATE
 *
 * PROGRAM: the hypervisor with its symbols. REFERENCE and MEMORY: physical memory from 1 MiB on
 * (vmm_fuzz/watch.c) behind a guest that did nothing and behind the one in question. BASE, BYTES:
 * where the guest's RAM lies. CARD: its page. STATE: names of what a guest's doings may change,
 * one a line, "#" begins a comment; locals are FILE:NAME; "~" before a name: page tables, of
 * which accessed and dirty bits alone may change. Everything else must be equal. The
 * tables that the processor walks for the guest, as the control block or cpu=soft's root has
 * them at the end, must lead to the guest's RAM, the card, the ring's page where there is a ring,
 * or read-only to the accounts, and nowhere else.
 *
 * Says what is wrong; status 1. Not looked at: tables not reachable from the last root; those of
 * a guest that ended outside long mode.
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FROM 0x100000ull
#define SYMBOLS 4096u
#define STATES 128u

#define VMCB_INTERCEPT_CR 4u /* bytes of it, from 0 */
#define VMCB_INTERCEPTS 0x14u
#define VMCB_MAPS 0x40u /* of ports and of registers */
#define VMCB_ASID 0x58u
#define VMCB_NESTED 0x90u
#define VMCB_NESTED_CR3 0xb0u
#define VMCB_EFER 0x4d0u
#define VMCB_CR3 0x550u
#define EFER_LMA 0x400u
#define ALIAS_ENTRY 511u
#define ACCESSED_DIRTY 0x60

static struct symbol {
    char name[80];
    uint64_t at, bytes;
} symbols[SYMBOLS];
static unsigned symbol_count;
static char states[STATES][80];
static unsigned state_count;
static uint8_t *reference, *memory;
static size_t memory_bytes;
static uint64_t ram_base, ram_bytes, card, accounts;
static uint64_t ring; /* the page that both write, where one was asked for; else 0 */
static int wrong, is_soft;

static void *slurp(const char *path, size_t *bytes)
{
    FILE *f = fopen(path, "rb");
    long n;
    void *data;

    if (!f || fseek(f, 0, SEEK_END) || (n = ftell(f)) < 0) {
        perror(path);
        exit(2);
    }
    rewind(f);
    data = malloc((size_t)n + 1);
    if (!data || fread(data, 1, (size_t)n, f) != (size_t)n) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }
    fclose(f);
    *bytes = (size_t)n;
    return data;
}

static int by_address(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;

    return x->at < y->at ? -1 : x->at > y->at;
}

static void add_symbols(const uint8_t *image, const Elf64_Shdr *table, const char *names)
{
    const Elf64_Sym *s = (const void *)(image + table->sh_offset);
    const char *file = "";

    for (uint64_t i = 0; i < table->sh_size / sizeof(*s); i++) {
        const unsigned type = ELF64_ST_TYPE(s[i].st_info);
        struct symbol *to = &symbols[symbol_count];

        if (type == STT_FILE)
            file = names + s[i].st_name;
        if (type == STT_FILE || type == STT_SECTION || s[i].st_value < FROM ||
            s[i].st_shndx == SHN_ABS || !names[s[i].st_name] || symbol_count == SYMBOLS)
            continue;
        if (ELF64_ST_BIND(s[i].st_info) == STB_LOCAL)
            snprintf(to->name, sizeof(to->name), "%.30s:%.45s", file, names + s[i].st_name);
        else
            snprintf(to->name, sizeof(to->name), "%.75s", names + s[i].st_name);
        to->at = s[i].st_value;
        to->bytes = s[i].st_size;
        symbol_count++;
    }
}

static void read_symbols(const char *path)
{
    size_t bytes;
    const uint8_t *image = slurp(path, &bytes);
    const Elf64_Ehdr *e = (const void *)image;
    const Elf64_Shdr *h = (const void *)(image + e->e_shoff);

    for (unsigned i = 0; i < e->e_shnum; i++)
        if (h[i].sh_type == SHT_SYMTAB)
            add_symbols(image, &h[i], (const char *)image + h[h[i].sh_link].sh_offset);
    qsort(symbols, symbol_count, sizeof(symbols[0]), by_address);
}

static void read_states(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[200];

    if (!f) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof(line), f) && state_count < STATES)
        if (line[0] != '#' && sscanf(line, "%79s", states[state_count]) == 1)
            state_count++;
    fclose(f);
}

static const struct symbol *find(const char *name)
{
    for (unsigned i = 0; i < symbol_count; i++)
        if (strcmp(symbols[i].name, name) == 0)
            return &symbols[i];
    fprintf(stderr, "the hypervisor has no %s\n", name);
    exit(2);
}

static uint64_t word(const uint8_t *of, uint64_t at)
{
    uint64_t value;

    if (at < FROM || at - FROM + 8 > memory_bytes) {
        printf("a table outside the memory looked at: %llx\n", (unsigned long long)at);
        exit(1);
    }
    memcpy(&value, of + (at - FROM), 8);
    return value;
}

/* --- what must not have changed --- */

static int may_change(const char *name, uint64_t at)
{
    const int is_bits =
        at % 8 == 0 && !((reference[at - FROM] ^ memory[at - FROM]) & ~ACCESSED_DIRTY);

    for (unsigned i = 0; i < state_count; i++) {
        if (strcmp(states[i], name) == 0)
            return 1;
        if (states[i][0] == '~' && strcmp(states[i] + 1, name) == 0)
            return is_bits;
    }
    return 0;
}

static const struct symbol *holder(uint64_t at)
{
    static const struct symbol nobody = {.name = "(nothing)"};
    const struct symbol *best = &nobody;

    for (unsigned i = 0; i < symbol_count && symbols[i].at <= at; i++)
        if (!symbols[i].bytes || at < symbols[i].at + symbols[i].bytes)
            best = &symbols[i];
    return best;
}

static void compare(void)
{
    const uint64_t end = find("vmm_end")->at;
    const struct symbol *last = NULL;

    for (uint64_t at = FROM; at < end; at++) {
        const struct symbol *s;

        if (reference[at - FROM] == memory[at - FROM])
            continue;
        s = holder(at);
        if (s == last || may_change(s->name, at))
            continue;
        last = s;
        printf("changed: %s at %llx from %02x to %02x\n", s->name, (unsigned long long)at,
               reference[at - FROM], memory[at - FROM]);
        wrong = 1;
    }
}

static void compare_control(uint64_t vmcb, unsigned offset, unsigned bytes)
{
    if (memcmp(reference + (vmcb - FROM) + offset, memory + (vmcb - FROM) + offset, bytes) ==
        0)
        return;
    printf("changed: the control block at offset %x\n", offset);
    wrong = 1;
}

/* --- where the guest's tables lead --- */

static void check_page(uint64_t linear, uint64_t host, uint64_t bytes, uint64_t entry)
{
    const int writes = (entry & 2) != 0;

    if (host >= ram_base && host + bytes <= ram_base + ram_bytes)
        return;
    if (bytes == 4096 &&
        (host == card || (host == accounts && !writes) || (ring && host == ring)))
        return;
    printf("%llx is mapped to %llx%s, which is not the guest's\n", (unsigned long long)linear,
           (unsigned long long)host, writes ? ", writably" : "");
    wrong = 1;
}

static void walk(uint64_t table, unsigned shift, uint64_t linear)
{
    for (unsigned i = 0; i < 512; i++) {
        const uint64_t e = word(memory, table + i * 8);
        const uint64_t at = linear | (uint64_t)i << shift, host = e & 0x000ffffffffff000ull;
        const uint64_t bytes = 1ull << shift;

        if (!(e & 1))
            continue;
        if (is_soft && shift == 39 && i == ALIAS_ENTRY) {
            if (e & 4) {
                printf("the hypervisor's alias is open to ring 3\n");
                wrong = 1;
            }
            continue;
        }
        if (shift == 12 || (e & 0x80))
            check_page(at, host & ~(bytes - 1), bytes, e);
        else
            walk(host, shift - 9, at);
    }
}

static void check_control_block(void)
{
    const uint64_t vmcb = find("svm.c:vmcb")->at;
    const int nested = word(memory, vmcb + VMCB_NESTED) & 1;

    compare_control(vmcb, nested ? 0 : VMCB_INTERCEPT_CR,
                    VMCB_INTERCEPTS - (nested ? 0 : VMCB_INTERCEPT_CR));
    compare_control(vmcb, VMCB_MAPS, 16);
    compare_control(vmcb, VMCB_NESTED, 8);
    compare_control(vmcb, VMCB_NESTED_CR3, 8);
    if (!(word(memory, vmcb + VMCB_ASID) & 0xffffffffu)) {
        printf("the guest runs under the hypervisor's identifier\n");
        wrong = 1;
    }
    if (nested)
        walk(word(memory, vmcb + VMCB_NESTED_CR3), 39, 0);
    else if (word(memory, vmcb + VMCB_EFER) & EFER_LMA)
        walk(word(memory, vmcb + VMCB_CR3) & ~0xfffull, 39, 0);
}

int main(int argc, char **argv)
{
    size_t bytes;

    if (argc != 8) {
        fprintf(stderr, "usage: fuzz_memory PROGRAM BASE BYTES CARD REFERENCE MEMORY STATE\n");
        return 2;
    }
    read_symbols(argv[1]);
    ram_base = strtoull(argv[2], NULL, 0);
    ram_bytes = strtoull(argv[3], NULL, 0);
    card = strtoull(argv[4], NULL, 0);
    reference = slurp(argv[5], &bytes);
    memory = slurp(argv[6], &memory_bytes);
    read_states(argv[7]);
    if (bytes != memory_bytes || find("vmm_end")->at - FROM > bytes)
        return 2;
    accounts = find("accounts_page")->at;
    if (reference[find("ring.c:there")->at - FROM])
        ring = find("ring_page")->at;
    compare();
    if (word(memory, find("soft_shadow_root")->at)) {
        is_soft = 1;
        walk(word(memory, find("soft_shadow_root")->at), 39, 0);
    } else {
        check_control_block();
    }
    return wrong;
}
