/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hypervisor's view of memory: nested page tables, walks of a guest's page tables, and the
 * loader against damaged images. Pointers stand for physical addresses, as in the hypervisor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/guest.c"
#include "hv-under-test/vmm/x86.h"

/* Both define PRESENT, LARGE and ADDRESS with the same meaning. */
#include "hv-under-test/vmm/paging.c"
#undef PRESENT
#undef LARGE
#undef ADDRESS
#include "hv-under-test/vmm/linear.c"

#define RAM_BYTES (4ull << 20)

static uint8_t *ram;

static int open_ram(void **state)
{
    (void)state;
    ram = calloc(1, RAM_BYTES);
    guest_memory = (struct guest_memory){ram, RAM_BYTES};
    return ram ? 0 : -1;
}

static int close_ram(void **state)
{
    (void)state;
    free(ram);
    return 0;
}

/* --- nested page tables --- */

static void test_paging_maps(void **state)
{
    uint64_t host;
    unsigned flags;

    (void)state;
    paging_start();
    assert_int_equal(paging_map(0, 0x40000000, 6ull << 20, PAGING_WRITE | PAGING_EXECUTE), 0);
    assert_int_equal(paging_map(0xfebfe000, 0xfebfe000, 4096, PAGING_WRITE | PAGING_UNCACHED),
                     0);
    assert_int_equal(paging_map(0xfef00000, 0x113000, 4096, 0), 0);

    assert_int_equal(paging_find(0x123456, &host, &flags), 0);
    assert_int_equal(host, 0x40123456);
    assert_int_equal(flags, PAGING_WRITE | PAGING_EXECUTE);
    assert_int_equal(paging_find((6ull << 20) - 1, &host, &flags), 0);
    assert_int_equal(host, 0x40000000 + (6ull << 20) - 1);
    assert_int_equal(paging_find(0xfebfe800, &host, &flags), 0);
    assert_int_equal(host, 0xfebfe800);
    assert_int_equal(flags, PAGING_WRITE | PAGING_UNCACHED);
    assert_int_equal(paging_find(0xfef00000, &host, &flags), 0);
    assert_int_equal(host, 0x113000);
    assert_int_equal(flags, 0);
}

static void test_paging_leaves_holes(void **state)
{
    static const uint64_t holes[] = {6ull << 20, 0xfebfd000, 0xfebff000,
                                     0xfef01000, 0xfeefffff, 0x100000000ull,
                                     1ull << 39, 1ull << 48, UINT64_MAX};
    uint64_t host;
    unsigned flags;

    (void)state;
    for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++)
        assert_int_equal(paging_find(holes[i], &host, &flags), -1);
}

static void test_paging_refuses(void **state)
{
    (void)state;
    assert_int_equal(paging_map(0x800, 0, 4096, 0), -1);
    assert_int_equal(paging_map(0x80000000, 0, 100, 0), -1);
    assert_int_equal(paging_map(0x1000, 0, 4096, 0), -1);     /* inside a large page */
    assert_int_equal(paging_map(0xfebfe000, 0, 4096, 0), -1); /* twice */
    /* The pool ends, and says so. */
    paging_start();
    for (uint64_t i = 0;; i++) {
        if (paging_map(i << 30, 0, 4096, 0)) {
            assert_in_range(i, 4, POOL_TABLES);
            break;
        }
    }
    paging_start();
}

/* --- the guest's own tables --- */

static void put64(uint64_t at, uint64_t value)
{
    memcpy(ram + at, &value, 8);
}

static void put32(uint64_t at, uint32_t value)
{
    memcpy(ram + at, &value, 4);
}

static void test_linear_without_paging(void **state)
{
    struct guest_mode m = {.cr0 = X86_CR0_PE, .code_bits = 32};
    uint64_t physical;

    (void)state;
    assert_int_equal(linear_translate(&m, 0x123456, &physical), 0);
    assert_int_equal(physical, 0x123456);
    assert_int_equal(linear_translate(&m, 0x100000010ull, &physical), 0);
    assert_int_equal(physical, 0x10); /* 32-bit linear addresses wrap */
}

static void test_linear_four_levels(void **state)
{
    struct guest_mode m = {.cr0 = X86_CR0_PG,
                           .cr3 = 0x1018, /* PCD, PWT: not part of the address */
                           .cr4 = X86_CR4_PAE,
                           .efer = X86_EFER_LMA,
                           .code_bits = 64};
    uint64_t linear = 3ull << 39 | 5ull << 30 | 7ull << 21 | 9ull << 12 | 0x321, physical;

    (void)state;
    put64(0x1000 + 3 * 8, 0x2000 | 0x8000000000000003ull); /* NX does not matter */
    put64(0x2000 + 5 * 8, 0x3003);
    put64(0x3000 + 7 * 8, 0x4003);
    put64(0x4000 + 9 * 8, 0x155003);
    assert_int_equal(linear_translate(&m, linear, &physical), 0);
    assert_int_equal(physical, 0x155321);
    put64(0x3000 + 7 * 8, 0x200083); /* 2 MiB */
    assert_int_equal(linear_translate(&m, linear, &physical), 0);
    assert_int_equal(physical, 0x200000 + 0x9321);
    put64(0x2000 + 5 * 8, 0x40000083); /* 1 GiB */
    assert_int_equal(linear_translate(&m, linear, &physical), 0);
    assert_int_equal(physical, 0x40000000 + (7 << 21) + 0x9321);
    put64(0x2000 + 5 * 8, 0x3002); /* not present */
    assert_int_equal(linear_translate(&m, linear, &physical), -1);
    put64(0x2000 + 5 * 8, (RAM_BYTES << 4) | 3); /* a table outside RAM */
    assert_int_equal(linear_translate(&m, linear, &physical), -1);
    put64(0x1000 + 3 * 8, 0x2083); /* "large" at the top level means nothing */
    put64(0x2000 + 5 * 8, 0x40000083);
    assert_int_equal(linear_translate(&m, linear, &physical), 0);
}

static void test_linear_five_levels(void **state)
{
    struct guest_mode m = {.cr0 = X86_CR0_PG,
                           .cr3 = 0x6000,
                           .cr4 = X86_CR4_PAE | X86_CR4_LA57,
                           .efer = X86_EFER_LMA,
                           .code_bits = 64};
    uint64_t physical;

    (void)state;
    put64(0x6000 + 2 * 8, 0x7003);
    put64(0x7000, 0x8003);
    put64(0x8000, 0x83);
    assert_int_equal(linear_translate(&m, 2ull << 48 | 0x1234, &physical), 0);
    assert_int_equal(physical, 0x1234);
}

static void test_linear_legacy(void **state)
{
    struct guest_mode m = {.cr0 = X86_CR0_PG, .cr3 = 0x10020, .cr4 = 0, .code_bits = 32};
    uint64_t linear = 5u << 22 | 6u << 12 | 0x7, physical;

    (void)state;
    put32(0x10000 + 5 * 4, 0x11083); /* PS set, but PSE off: a table all the same */
    put32(0x11000 + 6 * 4, 0x99003);
    assert_int_equal(linear_translate(&m, linear, &physical), 0);
    assert_int_equal(physical, 0x99007);
    m.cr4 = X86_CR4_PSE;
    put32(0x10000 + 5 * 4, 0x00c02083); /* 4 MiB page, bits 39:32 = 1 */
    assert_int_equal(linear_translate(&m, linear, &physical), 0);
    assert_true(physical == (1ull << 32 | 0xc00000u | 6u << 12 | 7u));
    m.cr4 = X86_CR4_PAE;
    m.cr3 = 0x12020; /* PAE roots are 32-byte aligned */
    put64(0x12020 + 3 * 8, 0x13001);
    put64(0x13000 + 4 * 8, 0x14003);
    put64(0x14000 + 8, 0x77003);
    assert_int_equal(linear_translate(&m, 3u << 30 | 4u << 21 | 1u << 12 | 0x55, &physical),
                     0);
    assert_int_equal(physical, 0x77055);
}

static void test_fetch_across_pages(void **state)
{
    struct guest_mode m = {.cr0 = X86_CR0_PE, .code_bits = 32};
    uint8_t out[LINEAR_FETCH_BYTES];

    (void)state;
    for (unsigned i = 0; i < 32; i++)
        ram[0x20ff0 + i] = (uint8_t)i;
    assert_int_equal(linear_fetch(&m, 0x20ff0, out), 16);
    assert_memory_equal(out, ram + 0x20ff0, 16);
    assert_int_equal(linear_fetch(&m, 0x20ff9, out), 16);
    assert_memory_equal(out, ram + 0x20ff9, 16);
    /* The end of RAM: what is there, and no more. */
    assert_int_equal(linear_fetch(&m, RAM_BYTES - 5, out), 5);
    assert_int_equal(linear_fetch(&m, RAM_BYTES, out), 0);
    assert_int_equal(linear_fetch(&m, RAM_BYTES - 16, out), 16);
}

static void test_pointer_bounds(void **state)
{
    (void)state;
    assert_ptr_equal(guest_pointer(0, RAM_BYTES), ram);
    assert_null(guest_pointer(0, RAM_BYTES + 1));
    assert_null(guest_pointer(RAM_BYTES, 1));
    assert_null(guest_pointer(UINT64_MAX, 2));
    assert_null(guest_pointer(1, UINT64_MAX));
}

/* --- loading --- */

struct image {
    Elf32_Ehdr header;
    Elf32_Phdr load, note;
    Elf32_Nhdr note_header;
    char name[4];
    uint32_t entry;
    uint8_t text[64];
};

static struct image sound_image(void)
{
    struct image i = {
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32},
                   .e_machine = EM_386,
                   .e_phoff = offsetof(struct image, load),
                   .e_phentsize = sizeof(Elf32_Phdr),
                   .e_phnum = 2},
        .load = {.p_type = PT_LOAD,
                 .p_offset = offsetof(struct image, text),
                 .p_paddr = 0x200000,
                 .p_filesz = 64,
                 .p_memsz = 128},
        .note = {.p_type = PT_NOTE,
                 .p_offset = offsetof(struct image, note_header),
                 .p_filesz = sizeof(Elf32_Nhdr) + 8},
        .note_header = {4, 4, 18},
        .name = "Xen",
        .entry = 0x200010,
    };

    memset(i.text, 0xcc, sizeof(i.text));
    return i;
}

static int load(const struct image *i, const char *line, uint32_t *entry, const char **reason)
{
    return guest_load((const uint8_t *)i, sizeof(*i), line, entry, reason);
}

static void test_load(void **state)
{
    struct image i = sound_image();
    struct hvm_start_info info;
    struct hvm_memory_map_entry map[3];
    const char *reason;
    uint32_t entry;

    (void)state;
    memset(ram + 0x200000, 0xee, 256);
    assert_int_equal(load(&i, "etl.boot=1", &entry, &reason), 0);
    assert_int_equal(entry, 0x200010);
    assert_int_equal(ram[0x20003f], 0xcc);
    assert_int_equal(ram[0x200040], 0); /* bss cleared */
    assert_int_equal(ram[0x20007f], 0);
    assert_int_equal(ram[0x200080], 0xee);
    memcpy(&info, ram + GUEST_START_INFO, sizeof(info));
    assert_int_equal(info.magic, 0x336ec578);
    assert_int_equal(info.version, 1);
    assert_string_equal((char *)ram + info.command_line, "etl.boot=1");
    assert_int_equal(info.memory_map_entries, 3);
    memcpy(map, ram + info.memory_map, sizeof(map));
    assert_int_equal(map[2].address + map[2].bytes, RAM_BYTES);
}

static void test_load_refuses(void **state)
{
    struct image i;
    const char *reason;
    uint32_t entry;

    (void)state;
#define REFUSED(change, why)                                                                  \
    do {                                                                                      \
        i = sound_image();                                                                    \
        change;                                                                               \
        assert_int_equal(load(&i, "", &entry, &reason), -1);                                  \
        assert_non_null(strstr(reason, why));                                                 \
    } while (0)
    REFUSED(i.header.e_ident[EI_CLASS] = ELFCLASS64, "not a 32-bit x86 ELF");
    REFUSED(i.header.e_machine = EM_ARM, "not a 32-bit x86 ELF");
    REFUSED(i.header.e_ident[0] = 0, "not a 32-bit x86 ELF");
    REFUSED(i.header.e_phnum = 65535, "program headers");
    REFUSED(i.header.e_phoff = 0xfffffff0u, "program headers");
    REFUSED(i.load.p_offset = 0xffffffffu, "outside the file");
    REFUSED(i.load.p_filesz = 129, "outside the file");
    REFUSED(i.load.p_paddr = RAM_BYTES - 64, "does not fit");
    REFUSED(i.load.p_paddr = 0xffffffffu, "does not fit");
    REFUSED(i.load.p_memsz = 0xffffffffu, "does not fit");
    REFUSED(i.load.p_paddr = 0x7fff, "start information");
    REFUSED(i.load.p_paddr = 0xfffff, "0xa0000");
    REFUSED(i.note_header.n_type = 17, "no PVH entry");
    REFUSED(i.note_header.n_namesz = 0xfffffffcu, "no PVH entry");
    REFUSED(i.note_header.n_descsz = 0xffffffffu, "no PVH entry");
    REFUSED(i.note.p_filesz = 11, "no PVH entry");
    REFUSED(i.note.p_offset = 0xffffff00u, "no PVH entry");
    REFUSED(i.entry = 0xf0000000u, "outside the guest's memory");
}

static void test_load_long_line(void **state)
{
    struct image i = sound_image();
    char line[GUEST_COMMAND_LINE_BYTES + 1];
    const char *reason;
    uint32_t entry;

    (void)state;
    memset(line, 'a', sizeof(line));
    line[GUEST_COMMAND_LINE_BYTES] = '\0';
    assert_int_equal(load(&i, line, &entry, &reason), -1);
    assert_non_null(strstr(reason, "longer than 4095"));
    line[GUEST_COMMAND_LINE_BYTES - 1] = '\0';
    assert_int_equal(load(&i, line, &entry, &reason), 0);
}

static void test_load_random_damage(void **state)
{
    const unsigned seed = 20110118;

    (void)state;
    print_message("# seed %u\n", seed);
    srand(seed);
    for (unsigned round = 0; round < 50000; round++) {
        struct image i = sound_image();
        size_t n = (size_t)rand() % (sizeof(i) + 1);
        uint8_t *exact = malloc(n ? n : 1);
        const char *reason;
        uint32_t entry;

        for (unsigned k = 0; k < 3; k++)
            ((uint8_t *)&i)[(unsigned)rand() % offsetof(struct image, text)] = (uint8_t)rand();
        memcpy(exact, &i, n);
        if (guest_load(exact, n, "", &entry, &reason))
            assert_non_null(reason);
        else
            assert_non_null(guest_pointer(entry, 1));
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paging_maps),
        cmocka_unit_test(test_paging_leaves_holes),
        cmocka_unit_test(test_paging_refuses),
        cmocka_unit_test(test_linear_without_paging),
        cmocka_unit_test(test_linear_four_levels),
        cmocka_unit_test(test_linear_five_levels),
        cmocka_unit_test(test_linear_legacy),
        cmocka_unit_test(test_fetch_across_pages),
        cmocka_unit_test(test_pointer_bounds),
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_load_refuses),
        cmocka_unit_test(test_load_long_line),
        cmocka_unit_test(test_load_random_damage),
    };

    return cmocka_run_group_tests_name("vmm_memory", tests, open_ram, close_ram);
}
