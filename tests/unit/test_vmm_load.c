/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hypervisor's loader: ELF of 32 and of 64 bits and bzImage, sound ones and damaged ones.
 */
#include "tests/unit/vmm_memory_fixture.h"

/* --- 32 bits --- */

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

static const char *reason;
static struct guest_start start;

static int load_bytes(const void *image, size_t bytes, const char *line, const void *initramfs,
                      uint64_t initramfs_bytes)
{
    const struct guest_files f = {image, initramfs, bytes, initramfs_bytes, line};

    return guest_load(&f, &start, &reason);
}

static int load(const struct image *i, const char *line)
{
    return load_bytes(i, sizeof(*i), line, NULL, 0);
}

static void test_load(void **state)
{
    struct image i = sound_image();
    struct hvm_start_info info;
    struct hvm_memory_map_entry map[3];

    (void)state;
    memset(ram + 0x200000, 0xee, 256);
    memset(ram + 0xf0000, 0xee, 256);
    assert_int_equal(load(&i, "etl.boot=1"), 0);
    assert_int_equal(start.entry, 0x200010);
    assert_int_equal(start.start_info, GUEST_START_INFO);
    assert_int_equal(start.boot_params, 0);
    assert_int_equal(ram[0x20003f], 0xcc);
    assert_int_equal(ram[0x200040], 0); /* bss cleared */
    assert_int_equal(ram[0x20007f], 0);
    assert_int_equal(ram[0x200080], 0xee);
    assert_int_equal(ram[0xf0000], 0); /* no tables of somebody else */
    memcpy(&info, ram + GUEST_START_INFO, sizeof(info));
    assert_int_equal(info.magic, 0x336ec578);
    assert_int_equal(info.version, 1);
    assert_int_equal(info.rsdp, 0);
    assert_int_equal(info.module_count, 0);
    assert_string_equal((char *)ram + info.command_line, "etl.boot=1");
    assert_int_equal(info.memory_map_entries, 3);
    memcpy(map, ram + info.memory_map, sizeof(map));
    assert_int_equal(map[2].address + map[2].bytes, RAM_BYTES);
}

static void test_load_refuses(void **state)
{
    struct image i;

    (void)state;
#define REFUSED(change, why)                                                                  \
    do {                                                                                      \
        i = sound_image();                                                                    \
        change;                                                                               \
        assert_int_equal(load(&i, ""), -1);                                                   \
        assert_non_null(strstr(reason, why));                                                 \
    } while (0)
    REFUSED(i.header.e_ident[EI_CLASS] = ELFCLASSNONE, "neither an x86 ELF");
    REFUSED(i.header.e_machine = EM_ARM, "neither an x86 ELF");
    REFUSED(i.header.e_ident[0] = 0, "neither an x86 ELF");
    REFUSED(i.header.e_phentsize = 31, "neither an x86 ELF");
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

/* --- 64 bits --- */

struct image64 {
    Elf64_Ehdr header;
    Elf64_Phdr load, note;
    Elf32_Nhdr note_header;
    char name[4];
    uint32_t entry;
    uint8_t text[64];
};

static struct image64 sound_image64(void)
{
    struct image64 i = {
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64},
                   .e_machine = EM_X86_64,
                   .e_phoff = offsetof(struct image64, load),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 2},
        .load = {.p_type = PT_LOAD,
                 .p_offset = offsetof(struct image64, text),
                 .p_vaddr = 0xffffffff81000000ull, /* the physical address counts */
                 .p_paddr = 0x200000,
                 .p_filesz = 64,
                 .p_memsz = 0x1000},
        .note = {.p_type = PT_NOTE,
                 .p_offset = offsetof(struct image64, note_header),
                 .p_filesz = sizeof(Elf32_Nhdr) + 8},
        .note_header = {4, 4, 18},
        .name = "Xen",
        .entry = 0x200020,
    };

    memset(i.text, 0xcd, sizeof(i.text));
    return i;
}

static void test_load64(void **state)
{
    struct image64 i = sound_image64();
    const char files[] = "an initramfs of more than one byte";
    struct hvm_start_info info;
    struct hvm_module module;

    (void)state;
    assert_int_equal(load_bytes(&i, sizeof(i), "quiet", files, sizeof(files)), 0);
    assert_int_equal(start.entry, 0x200020);
    assert_int_equal(ram[0x20003f], 0xcd);
    memcpy(&info, ram + GUEST_START_INFO, sizeof(info));
    assert_int_equal(info.module_count, 1);
    memcpy(&module, ram + info.modules, sizeof(module));
    assert_int_equal(module.address, RAM_BYTES - 4096); /* the last page */
    assert_int_equal(module.bytes, sizeof(files));
    assert_memory_equal(ram + module.address, files, sizeof(files));
}

static void test_load64_refuses(void **state)
{
    struct image64 i;
    uint8_t *large = calloc(1, RAM_BYTES);

    (void)state;
#define REFUSED64(change, why)                                                                \
    do {                                                                                      \
        i = sound_image64();                                                                  \
        change;                                                                               \
        assert_int_equal(load_bytes(&i, sizeof(i), "", NULL, 0), -1);                         \
        assert_non_null(strstr(reason, why));                                                 \
    } while (0)
    REFUSED64(i.header.e_machine = EM_386, "neither an x86 ELF");
    REFUSED64(i.header.e_phentsize = sizeof(Elf32_Phdr), "neither an x86 ELF");
    REFUSED64(i.header.e_phoff = UINT64_MAX - 8, "program headers");
    REFUSED64(i.load.p_offset = UINT64_MAX, "outside the file");
    REFUSED64(i.load.p_filesz = UINT64_MAX, "outside the file");
    REFUSED64(i.load.p_memsz = UINT64_MAX - 0x1fffff, "does not fit");
    REFUSED64(i.load.p_paddr = UINT64_MAX - 0xfff, "does not fit");
    REFUSED64(i.load.p_paddr = 0x100000200000ull, "does not fit");
    REFUSED64(i.note.p_offset = UINT64_MAX, "no PVH entry");
    i = sound_image64();
    assert_int_equal(load_bytes(&i, sizeof(Elf64_Ehdr) - 1, "", NULL, 0), -1);
    assert_int_equal(load_bytes(&i, sizeof(i), "", large, RAM_BYTES), -1);
    assert_non_null(strstr(reason, "larger than the guest's memory"));
    assert_int_equal(load_bytes(&i, sizeof(i), "", large, RAM_BYTES - 0x201000), 0);
    assert_int_equal(load_bytes(&i, sizeof(i), "", large, RAM_BYTES - 0x200fff), -1);
    assert_non_null(strstr(reason, "do not fit"));
    free(large);
}

/* --- bzImage --- */

#define BZ_BYTES 8192u

static uint8_t bz[BZ_BYTES];

/* Setup of one sector beside the first; code of 1 KiB at 0x400, wanting 64 KiB at 2 MiB. */
static void sound_bzimage(void)
{
    memset(bz, 0, sizeof(bz));
    bz[HEADER] = 1;
    bz[BOOT_FLAG_AT] = 0x55;
    bz[BOOT_FLAG_AT + 1] = 0xaa;
    bz[HEADER_LENGTH] = 0x6a; /* header to 0x26c, as Linux 6.1 has it */
    memcpy(bz + HEADER_MAGIC, "HdrS", 4);
    bz[VERSION_AT] = 15;
    bz[VERSION_AT + 1] = 2;
    bz[FLAGS_AT] = FLAGS_LOADED_HIGH;
    put32(bz + SYSTEM_SIZE_AT, 1024 / 16);
    put32(bz + COMMAND_LINE_MOST_AT, 2047);
    put32(bz + PREFERRED_AT, 0x200000);
    put32(bz + INIT_SIZE_AT, 0x10000);
    memset(bz + 0x400, 0xb2, 1024);
}

static void test_bzimage(void **state)
{
    uint8_t *p = ram + GUEST_START_INFO;
    struct e820 map[3];

    (void)state;
    sound_bzimage();
    assert_int_equal(load_bytes(bz, sizeof(bz), "quiet", "abc", 3), 0);
    assert_int_equal(start.entry, 0x200000);
    assert_int_equal(start.start_info, 0);
    assert_int_equal(start.boot_params, GUEST_START_INFO);
    assert_int_equal(ram[0x200000], 0xb2);
    assert_int_equal(ram[0x2003ff], 0xb2);
    assert_memory_equal(p + HEADER_MAGIC, "HdrS", 4);
    assert_int_equal(p[LOADER_AT], 0xff);
    assert_int_equal(read32(p + INITRAMFS_AT), RAM_BYTES - 4096);
    assert_int_equal(read32(p + INITRAMFS_BYTES_AT), 3);
    assert_string_equal((char *)ram + read32(p + COMMAND_LINE_AT), "quiet");
    assert_int_equal(p[E820_COUNT_AT], 3);
    memcpy(map, p + E820_AT, sizeof(map));
    assert_int_equal(map[0].bytes, 0xa0000);
    assert_int_equal(map[1].type, E820_RESERVED);
    assert_int_equal(map[2].address + map[2].bytes, RAM_BYTES);
    /* __BOOT_CS and __BOOT_DS: present, flat, 32 bits. */
    assert_int_equal(read32(ram + GUEST_BOOT_GDT + 0x14), 0x00cf9b00);
    assert_int_equal(read32(ram + GUEST_BOOT_GDT + 0x1c), 0x00cf9300);
    sound_bzimage();
    bz[HEADER] = 0; /* means 4 */
    assert_int_equal(load_bytes(bz, sizeof(bz), "", NULL, 0), 0);
    assert_int_equal(ram[0x200000], 0); /* code from 0xa00 on */
}

static void test_bzimage_refuses(void **state)
{
    (void)state;
#define REFUSED_BZ(change, why)                                                               \
    do {                                                                                      \
        sound_bzimage();                                                                      \
        change;                                                                               \
        assert_int_equal(load_bytes(bz, sizeof(bz), "quiet", NULL, 0), -1);                   \
        assert_non_null(strstr(reason, why));                                                 \
    } while (0)
    REFUSED_BZ(bz[BOOT_FLAG_AT] = 0, "boot flag");
    REFUSED_BZ(bz[VERSION_AT] = 9, "older than 2.10");
    REFUSED_BZ(bz[HEADER_LENGTH] = 0x40, "setup header");
    REFUSED_BZ(bz[HEADER_LENGTH] = 0xff, "setup header");
    REFUSED_BZ(bz[FLAGS_AT] = 0, "zImage");
    REFUSED_BZ(bz[HEADER] = 255, "outside the file");
    REFUSED_BZ(put32(bz + SYSTEM_SIZE_AT, 0xffffffffu), "outside the file");
    REFUSED_BZ(put32(bz + SYSTEM_SIZE_AT, 0), "outside the file");
    REFUSED_BZ(put32(bz + INIT_SIZE_AT, 1023), "less memory than its own code");
    REFUSED_BZ(put32(bz + INIT_SIZE_AT, 0xffffffffu), "not in the guest's");
    REFUSED_BZ(put32(bz + PREFERRED_AT, 0x90000), "not in the guest's");
    REFUSED_BZ(put32(bz + PREFERRED_AT + 4, 1), "not in the guest's");
    REFUSED_BZ(put32(bz + COMMAND_LINE_MOST_AT, 4), "longer than this kernel takes");
    REFUSED_BZ(bz[HEADER_MAGIC] = 0, "neither an x86 ELF executable nor a Linux bzImage");
    sound_bzimage();
    assert_int_equal(load_bytes(bz, HEADER_MOST - 1, "", NULL, 0), -1);
}

static void test_bzimage_random_damage(void **state)
{
    const unsigned seed = 210;

    (void)state;
    print_message("# seed %u\n", seed);
    srand(seed);
    for (unsigned round = 0; round < 20000; round++) {
        size_t n = (size_t)rand() % (BZ_BYTES + 1);
        uint8_t *exact = malloc(n ? n : 1);

        sound_bzimage();
        for (unsigned k = 0; k < 3; k++)
            bz[HEADER + (unsigned)rand() % 0x80] = (uint8_t)rand();
        memcpy(exact, bz, n);
        if (load_bytes(exact, n, "quiet", NULL, 0))
            assert_non_null(reason);
        else
            assert_non_null(guest_pointer(start.entry, 1));
        free(exact);
    }
}

static void test_load_long_line(void **state)
{
    struct image i = sound_image();
    char line[GUEST_COMMAND_LINE_BYTES + 1];

    (void)state;
    memset(line, 'a', sizeof(line));
    line[GUEST_COMMAND_LINE_BYTES] = '\0';
    assert_int_equal(load(&i, line), -1);
    assert_non_null(strstr(reason, "longer than 4095"));
    line[GUEST_COMMAND_LINE_BYTES - 1] = '\0';
    assert_int_equal(load(&i, line), 0);
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

        for (unsigned k = 0; k < 3; k++)
            ((uint8_t *)&i)[(unsigned)rand() % offsetof(struct image, text)] = (uint8_t)rand();
        memcpy(exact, &i, n);
        if (load_bytes(exact, n, "", NULL, 0))
            assert_non_null(reason);
        else
            assert_non_null(guest_pointer(start.entry, 1));
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_load_refuses),
        cmocka_unit_test(test_load64),
        cmocka_unit_test(test_load64_refuses),
        cmocka_unit_test(test_bzimage),
        cmocka_unit_test(test_bzimage_refuses),
        cmocka_unit_test(test_bzimage_random_damage),
        cmocka_unit_test(test_load_long_line),
        cmocka_unit_test(test_load_random_damage),
    };

    return cmocka_run_group_tests_name("vmm_load", tests, open_ram, close_ram);
}
