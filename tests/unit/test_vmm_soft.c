/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cpu=soft without a guest: instruction lengths (by hand, every cut, at random, and against
 * objdump over the payload), and what the scanner replaces in the payload and in small images.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/guest/guest.c"
#include "hv-under-test/vmm/guest/guest_bzimage.c"
#include "hv-under-test/vmm/guest/guest_elf.c"
#include "hv-under-test/vmm/soft/soft_decode.c"
#include "hv-under-test/vmm/soft/soft_scan.c"

/* --- decoding --- */

struct encoding {
    unsigned bits, length;
    enum soft_kind kind;
    uint8_t code[16];
};

static const struct encoding known[] = {
    {64, 1, SOFT_FLAGS, {0x9d}},
    {64, 2, SOFT_FLAGS, {0x66, 0x9c}},
    {32, 1, SOFT_FLAGS, {0x9c}},
    {64, 2, SOFT_CPUID, {0x0f, 0xa2}},
    {64, 5, SOFT_CPUID, {0x66, 0xf3, 0x48, 0x0f, 0xa2}},
    {64, 3, SOFT_HYPERCALL, {0x0f, 0x01, 0xd9}},
    {64, 3, SOFT_HYPERCALL, {0x0f, 0x01, 0xc1}},
    {64, 3, SOFT_TABLES, {0x0f, 0x01, 0x00}},       /* sgdt (%rax) */
    {64, 8, SOFT_TABLES, {0x0f, 0x01, 0x0c, 0x25}}, /* sidt abs32 */
    {64, 4, SOFT_TABLES, {0x41, 0x0f, 0x01, 0xe0}}, /* smsw %r8d */
    {64, 3, SOFT_PLAIN, {0x0f, 0x01, 0x38}},        /* invlpg (%rax): faults by itself */
    {64, 3, SOFT_PLAIN, {0x0f, 0x01, 0x10}},        /* lgdt: likewise */
    {64, 3, SOFT_TABLES, {0x0f, 0x00, 0xc0}},       /* sldt */
    {64, 3, SOFT_TABLES, {0x0f, 0x00, 0xc8}},       /* str */
    {64, 3, SOFT_PLAIN, {0x0f, 0x00, 0xd8}},        /* ltr */
    {64, 3, SOFT_SELECTORS, {0x0f, 0x00, 0xe0}},    /* verr */
    {64, 3, SOFT_SELECTORS, {0x0f, 0x02, 0xc1}},    /* lar */
    {64, 3, SOFT_SELECTORS, {0x0f, 0x03, 0xc1}},    /* lsl */
    {64, 2, SOFT_SELECTORS, {0x8c, 0xc8}},          /* mov %cs,%eax */
    {64, 2, SOFT_SELECTORS, {0x0f, 0xa0}},          /* push %fs */
    {32, 1, SOFT_SELECTORS, {0x0e}},                /* push %cs */
    {64, 2, SOFT_INTERRUPT, {0xcd, 0x80}},
    {64, 1, SOFT_PLAIN, {0xcc}},
    {64, 2, SOFT_PLAIN, {0x48, 0xcf}},
    {64, 10, SOFT_PLAIN, {0x48, 0xb8}}, /* movabs */
    {64, 5, SOFT_PLAIN, {0xb8}},
    {64, 4, SOFT_PLAIN, {0x66, 0xb8}},
    {64, 9, SOFT_PLAIN, {0xa1}},
    {32, 5, SOFT_PLAIN, {0xa1}},
    {64, 6, SOFT_PLAIN, {0xf7, 0x00}},              /* test $imm32,(%rax) */
    {64, 2, SOFT_PLAIN, {0xf7, 0xd8}},              /* neg */
    {64, 12, SOFT_PLAIN, {0x48, 0xc7, 0x84, 0x24}}, /* movq $0,disp32(%rsp): with its SIB */
    {64, 6, SOFT_PLAIN, {0x0f, 0x84}},
    {64, 5, SOFT_PLAIN, {0xe8}},
    {32, 7, SOFT_PLAIN, {0xea}},                               /* ljmp */
    {64, 4, SOFT_PLAIN, {0xc8}},                               /* enter */
    {64, 3, SOFT_PLAIN, {0x0f, 0x20, 0xd0}},                   /* mov %cr2,%rax */
    {64, 3, SOFT_PLAIN, {0x0f, 0x20, 0x04}},                   /* … whatever mod says */
    {64, 6, SOFT_PLAIN, {0x66, 0x0f, 0x3a, 0x0f, 0xc1, 0x08}}, /* palignr */
    {64, 5, SOFT_PLAIN, {0x66, 0x0f, 0x38, 0x00, 0xc1}},       /* pshufb */
    {64, 5, SOFT_PLAIN, {0x66, 0x0f, 0x70, 0xc0, 0x00}},       /* pshufd */
    {64, 7, SOFT_PLAIN, {0x48, 0x8d, 0x05}},                   /* lea rip-relative */
};

static const struct encoding refused[] = {
    {64, 0, 0, {0x06}},                   /* push %es */
    {64, 0, 0, {0xea}},                   /* ljmp */
    {64, 0, 0, {0xc5, 0xf8, 0x77}},       /* vzeroupper */
    {64, 0, 0, {0x62, 0xf1}},             /* EVEX */
    {64, 0, 0, {0x8f, 0xe8, 0x78, 0xc0}}, /* XOP */
    {64, 0, 0, {0x66, 0xe8}},             /* call with 66: two lengths */
    {32, 0, 0, {0x67, 0x8b, 0x00}},       /* 16-bit address */
    {64, 0, 0, {0x0f, 0x0a}},
    {64, 0, 0, {0x0f, 0xb8, 0xc0}}, /* POPCNT without its prefix */
    {16, 0, 0, {0x90}},
};

static void test_known(void **state)
{
    struct soft_insn i;

    (void)state;
    for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
        const struct encoding *e = &known[k];

        assert_int_equal(soft_decode(e->code, sizeof(e->code), e->bits, &i), 0);
        if (i.length != e->length || soft_kind_of(&i) != e->kind)
            fail_msg("encoding %zu (%02x %02x %02x): length %u, kind %d", k, e->code[0],
                     e->code[1], e->code[2], i.length, soft_kind_of(&i));
        /* Cut short it is none. */
        for (size_t n = 0; n < e->length; n++)
            assert_int_equal(soft_decode(e->code, n, e->bits, &i), -1);
    }
    for (size_t k = 0; k < sizeof(refused) / sizeof(refused[0]); k++)
        assert_int_equal(
            soft_decode(refused[k].code, sizeof(refused[k].code), refused[k].bits, &i), -1);
}

static void test_fifteen_bytes(void **state)
{
    uint8_t code[20];
    struct soft_insn i;

    (void)state;
    memset(code, 0x66, sizeof(code));
    code[14] = 0x90;
    assert_int_equal(soft_decode(code, sizeof(code), 64, &i), 0);
    assert_int_equal(i.length, 15);
    code[14] = 0x66;
    code[15] = 0x90;
    assert_int_equal(soft_decode(code, sizeof(code), 64, &i), -1);
}

/* Never beyond what there is; a prefix of the bytes decodes to the same or not at all. */
static void test_random(void **state)
{
    unsigned decoded = 0;

    (void)state;
    srand(20110915);
    for (unsigned turn = 0; turn < 400000; turn++) {
        uint8_t code[20];
        size_t n = (size_t)rand() % sizeof(code);
        uint8_t *heap = malloc(n ? n : 1); /* a sanitizer watches its end */
        unsigned bits = rand() & 1 ? 64 : 32;
        struct soft_insn a, b;

        for (size_t k = 0; k < sizeof(code); k++)
            code[k] = (uint8_t)rand();
        memcpy(heap, code, n);
        if (!soft_decode(heap, n, bits, &a)) {
            decoded++;
            assert_true(a.length && a.length <= 15 && a.length <= n);
            assert_int_equal(soft_decode(code, sizeof(code), bits, &b), 0);
            assert_memory_equal(&a, &b, sizeof(a));
        }
        free(heap);
    }
    assert_true(decoded > 100000);
}

/* --- the payload --- */

static uint8_t *ram, *image;
static size_t image_bytes;
static uint32_t entry;
static struct soft_scan scan;

#define RAM_BYTES (32u << 20)

/* Into guest memory: the reason, or NULL with the entry. */
static const char *load_guest(void)
{
    const struct guest_files files = {
        .image = image, .image_bytes = image_bytes, .command_line = ""};
    struct guest_start start;
    const char *reason;

    guest_load(&files, &start, &reason);
    entry = start.entry;
    return reason;
}

static void load(const char *path)
{
    const char *reason;
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    image = malloc(4u << 20);
    image_bytes = fread(image, 1, 4u << 20, f);
    fclose(f);
    ram = calloc(1, RAM_BYTES);
    guest_memory = (struct guest_memory){ram, RAM_BYTES};
    reason = load_guest();
    if (reason)
        fail_msg("%s", reason);
}

static int unload(void **state)
{
    (void)state;
    free(image);
    free(ram);
    image = ram = NULL;
    return 0;
}

/* Names of objdump that stand for each kind; an exact word. */
static enum soft_kind kind_by_name(const char *name)
{
    static const struct {
        const char *name;
        enum soft_kind kind;
    } names[] = {
        {"vmmcall", SOFT_HYPERCALL}, {"vmcall", SOFT_HYPERCALL}, {"cpuid", SOFT_CPUID},
        {"pushf", SOFT_FLAGS},       {"popf", SOFT_FLAGS},       {"pushfw", SOFT_FLAGS},
        {"popfw", SOFT_FLAGS},       {"sgdt", SOFT_TABLES},      {"sidt", SOFT_TABLES},
        {"sldt", SOFT_TABLES},       {"str", SOFT_TABLES},       {"smsw", SOFT_TABLES},
        {"lar", SOFT_SELECTORS},     {"lsl", SOFT_SELECTORS},    {"verr", SOFT_SELECTORS},
        {"verw", SOFT_SELECTORS},    {"int", SOFT_INTERRUPT},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(name, names[i].name))
            return names[i].kind;
    return SOFT_PLAIN;
}

/* One line of `objdump -d -w`: address, bytes, name. 0, or -1: not an instruction. */
static int parse_line(char *line, uint64_t *address, uint8_t code[16], unsigned *length,
                      char name[32])
{
    char *end, *bytes = strchr(line, '\t'), *text;

    *length = 0;
    *address = strtoull(line, &end, 16);
    text = bytes ? strchr(bytes + 1, '\t') : NULL;
    if (!text || *end != ':')
        return -1;
    *text++ = '\0';
    for (bytes++; *length < 16; bytes = end) {
        unsigned long byte = strtoul(bytes, &end, 16);

        if (end == bytes)
            break;
        code[(*length)++] = (uint8_t)byte;
    }
    return sscanf(text, "%31s", name) == 1 ? 0 : -1;
}

/*
 * Every instruction of the payload's 64-bit code has objdump's length, and the scanner has
 * replaced those and only those that objdump names.
 */
static void test_payload_against_objdump(void **state)
{
    static const char command[] = "objdump -d -w build/payload/payload.elf64";
    unsigned replaced = 0, instructions = 0, cpuids = 0, calls = 0, interrupts = 0;
    uint8_t *changed = calloc(1, RAM_BYTES);
    char line[512], name[32];
    FILE *f;

    (void)state;
    load("build/payload/payload.elf");
    memcpy(changed, ram, RAM_BYTES);
    assert_null(soft_scan_image(&scan, image, image_bytes, entry, 0));
    f = popen(command, "r");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        enum soft_kind kind;
        uint64_t address;
        uint8_t code[16];
        struct soft_insn i;
        unsigned length;

        if (parse_line(line, &address, code, &length, name) || !strcmp(name, "(bad)") ||
            test_bit(covered, address))
            continue;
        instructions++;
        assert_int_equal(soft_decode(code, length, 64, &i), 0);
        assert_int_equal(i.length, length);
        kind = kind_by_name(name);
        if (soft_kind_of(&i) == SOFT_SELECTORS) /* mov has no name of its own */
            kind = SOFT_SELECTORS;
        if ((kind != SOFT_PLAIN) != (soft_scan_find(&scan, address) != NULL))
            fail_msg("%s at %llx", name, (unsigned long long)address);
        replaced += kind != SOFT_PLAIN;
        cpuids += kind == SOFT_CPUID;
        calls += kind == SOFT_HYPERCALL;
        interrupts += kind == SOFT_INTERRUPT;
    }
    assert_int_equal(pclose(f), 0);
    assert_int_equal(replaced, scan.patches);
    assert_true(instructions > 5000 && cpuids > 10 && calls > 10);
    /* The rest the payload never executes, so that nothing has to emulate it; INT n is the
     * paravirtual payload's. */
    assert_int_equal(cpuids + calls + interrupts, replaced);

    /* Nothing else was changed, and what was is known. */
    for (unsigned p = 0; p < scan.patches; p++)
        soft_scan_restore(&scan, scan.patch[p].address, ram + scan.patch[p].address,
                          scan.patch[p].replaced);
    assert_memory_equal(ram, changed, RAM_BYTES);
    free(changed);
}

/* --- small images --- */

#define CODE_AT 0x200000u
#define CODE_OFFSET 0x1000u

/* An ELF with 32-bit code at its entry: `code`, of which the first `entry_bytes` jump away. */
static void make_image(const uint8_t *code, size_t n, const uint32_t *symbols, unsigned count)
{
    const struct {
        Elf32_Nhdr h;
        char name[4];
        uint32_t entry;
    } note = {{4, 4, PVH_NOTE_ENTRY}, "Xen", CODE_AT};
    Elf32_Ehdr e = {.e_ident = ELFMAG,
                    .e_machine = EM_386,
                    .e_phoff = sizeof(e),
                    .e_phentsize = sizeof(Elf32_Phdr),
                    .e_phnum = 2,
                    .e_shoff = 0x400,
                    .e_shentsize = sizeof(Elf32_Shdr),
                    .e_shnum = 2};
    Elf32_Phdr p[2] = {
        {PT_LOAD, CODE_OFFSET, CODE_AT, CODE_AT, (Elf32_Word)n, (Elf32_Word)n, 5, 4096},
        {PT_NOTE, 0x800, 0, 0, sizeof(note), sizeof(note), 4, 4}};
    Elf32_Shdr s[2] = {{.sh_type = SHT_PROGBITS,
                        .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
                        .sh_addr = CODE_AT,
                        .sh_size = (Elf32_Word)n},
                       {.sh_type = SHT_SYMTAB,
                        .sh_offset = 0x900,
                        .sh_size = (Elf32_Word)(count * sizeof(Elf32_Sym))}};

    e.e_ident[EI_CLASS] = ELFCLASS32;
    image_bytes = CODE_OFFSET + 4096;
    image = calloc(1, image_bytes);
    memcpy(image, &e, sizeof(e));
    memcpy(image + sizeof(e), p, sizeof(p));
    memcpy(image + 0x400, s, sizeof(s));
    memcpy(image + 0x800, &note, sizeof(note));
    for (unsigned i = 0; i < count; i++) {
        Elf32_Sym symbol = {.st_value = CODE_AT + symbols[i], .st_shndx = 1};

        memcpy(image + 0x900 + i * sizeof(symbol), &symbol, sizeof(symbol));
    }
    memcpy(image + CODE_OFFSET, code, n);
    ram = calloc(1, RAM_BYTES);
    guest_memory = (struct guest_memory){ram, RAM_BYTES};
    assert_null(load_guest());
}

/* ljmp $8,…; then 64-bit code. */
#define TO_LONG 0xea, 7, 0, 0x20, 0, 8, 0

static const uint8_t flags_code[] = {TO_LONG, 0x9c, 0x58, 0x50, 0x9d, 0x0f, 0xa2,
                                     0x0f,    0x01, 0xd9, 0x66, 0x0f, 0xa2, 0xc3};

static void test_replacements(void **state)
{
    static const uint8_t closed[] = {TO_LONG, 0xcc, 0x58, 0x50, 0xcc, 0xcd, 0x83,
                                     0x3e,    0xcd, 0x82, 0xcc, 0x0f, 0xa2, 0xc3};
    static const uint8_t open[] = {TO_LONG, 0x9c, 0x58, 0x50, 0x9d, 0xcd, 0x83,
                                   0x3e,    0xcd, 0x82, 0xcc, 0x0f, 0xa2, 0xc3};
    uint8_t copy[sizeof(flags_code)];

    (void)state;
    make_image(flags_code, sizeof(flags_code), NULL, 0);
    assert_null(soft_scan_image(&scan, image, image_bytes, entry, 0));
    assert_memory_equal(ram + CODE_AT, closed, sizeof(closed));
    assert_int_equal(scan.patches, 5);
    for (unsigned i = 1; i < scan.patches; i++)
        assert_true(scan.patch[i - 1].address < scan.patch[i].address);
    /* A window over any part of it shows what stood there. */
    for (size_t n = 0; n <= sizeof(copy); n++) {
        memcpy(copy, ram + CODE_AT, sizeof(copy));
        soft_scan_restore(&scan, CODE_AT, copy, n);
        assert_memory_equal(copy, flags_code, n);
        assert_memory_equal(copy + n, closed + n, sizeof(copy) - n);
    }
    assert_true(soft_scan_is_code(CODE_AT) && soft_scan_is_code(CODE_AT + 4095));
    assert_false(soft_scan_is_code(CODE_AT - 1) || soft_scan_is_code(CODE_AT + 4096));
    unload(NULL);

    make_image(flags_code, sizeof(flags_code), NULL, 0);
    assert_null(soft_scan_image(&scan, image, image_bytes, entry, 1));
    assert_memory_equal(ram + CODE_AT, open, sizeof(open));
}

/* Bytes inside an instruction are not instructions; a symbol is where one begins. */
static void test_borders(void **state)
{
    /* movl $0x9d9c9d9c,%eax; ret; two bytes of filling that begin a longer one; popf; ret */
    static const uint8_t code[] = {TO_LONG, 0xb8, 0x9c, 0x9d, 0x9c, 0x9d,
                                   0xc3,    0x90, 0x90, 0x9d, 0xc3};
    static const uint32_t symbols[] = {7, 15};

    (void)state;
    make_image(code, sizeof(code), symbols, 2);
    assert_null(soft_scan_image(&scan, image, image_bytes, entry, 0));
    assert_int_equal(scan.patches, 1);
    assert_int_equal(scan.patch[0].address, CODE_AT + 15);
    unload(NULL);
    /* A symbol in the middle of what was to be an instruction: refused, and where. */
    make_image(code, sizeof(code), (const uint32_t[]){9}, 1);
    assert_non_null(soft_scan_image(&scan, image, image_bytes, entry, 0));
    assert_int_equal(scan.place, CODE_AT + 7);
}

static void test_images_refused(void **state)
{
    static const uint8_t avx[] = {TO_LONG, 0xc5, 0xf8, 0x77, 0xc3};
    Elf32_Shdr *sections;
    uint8_t many[4000];

    (void)state;
    make_image(avx, sizeof(avx), NULL, 0);
    assert_string_equal(soft_scan_image(&scan, image, image_bytes, entry, 0),
                        "cpu=soft: the guest's code cannot be decoded");
    assert_int_equal(scan.place, CODE_AT + 7);
    unload(NULL);

    make_image(flags_code, sizeof(flags_code), NULL, 0);
    ((Elf32_Ehdr *)(void *)image)->e_shnum = 0;
    assert_non_null(strstr(soft_scan_image(&scan, image, image_bytes, entry, 0),
                           "no sections that tell its code from its data"));
    ((Elf32_Ehdr *)(void *)image)->e_shnum = 2;
    ((Elf32_Ehdr *)(void *)image)->e_shoff = 0xffffff00u;
    assert_non_null(soft_scan_image(&scan, image, image_bytes, entry, 0));
    ((Elf32_Ehdr *)(void *)image)->e_shoff = 0x400;
    sections = (Elf32_Shdr *)(void *)(image + 0x400);
    sections[1].sh_offset = 0xfffffff0u; /* symbols outside the file: none */
    sections[1].sh_size = 64;
    assert_null(soft_scan_image(&scan, image, image_bytes, entry, 0));
    sections[0].sh_addr = 0xfffff000u;
    assert_non_null(strstr(soft_scan_image(&scan, image, image_bytes, entry, 0),
                           "above 4 MiB or outside its memory"));
    sections[0].sh_flags = SHF_ALLOC;
    assert_string_equal(soft_scan_image(&scan, image, image_bytes, entry, 0),
                        "cpu=soft: the guest's image has no section of code");
    unload(NULL);

    memset(many, 0x9d, sizeof(many));
    memcpy(many, flags_code, 7);
    make_image(many, sizeof(many), NULL, 0);
    assert_non_null(strstr(soft_scan_image(&scan, image, image_bytes, entry, 0),
                           "more than 1024 instructions"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_fifteen_bytes),
        cmocka_unit_test(test_random),
        cmocka_unit_test_teardown(test_payload_against_objdump, unload),
        cmocka_unit_test_teardown(test_replacements, unload),
        cmocka_unit_test_teardown(test_borders, unload),
        cmocka_unit_test_teardown(test_images_refused, unload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
