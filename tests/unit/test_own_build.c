/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hypothesis: a build of the user's own is taken for what it is, and what does not fit its place
 * is refused with the mend. Files are made here, byte by byte; damaged ones must never be read
 * beyond their end (sanitizer build).
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hash.h"
#include "bench/lab/elf.h"
#include "hv-under-test/own_build.h"

static char path[] = "/tmp/etalon-own.XXXXXX";

struct kernel_note {
    Elf64_Nhdr header;
    char owner[4];
    uint64_t entry;
};

struct kernel_file { /* a 64-bit ELF with two notes */
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    struct kernel_note note[2];
};

static struct kernel_file make_kernel(uint32_t type)
{
    struct kernel_file k = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB},
                   .e_type = ET_EXEC,
                   .e_machine = EM_X86_64,
                   .e_phoff = offsetof(struct kernel_file, segment),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 1},
        .segment = {.p_type = PT_NOTE,
                    .p_offset = offsetof(struct kernel_file, note),
                    .p_filesz = sizeof(k.note)},
        .note = {{{4, 8, 99}, "Xen", 0}, {{4, 8, type}, "Xen", 0x1000000}},
    };

    return k;
}

struct container_file { /* the same notes in an ELF of 32 bits */
    Elf32_Ehdr header;
    Elf32_Phdr segment;
    struct kernel_note note[2];
};

static struct container_file make_container(uint32_t type)
{
    struct container_file k = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB},
                   .e_type = ET_EXEC,
                   .e_machine = EM_386,
                   .e_phoff = offsetof(struct container_file, segment),
                   .e_phentsize = sizeof(Elf32_Phdr),
                   .e_phnum = 1},
        .segment = {.p_type = PT_NOTE,
                    .p_offset = offsetof(struct container_file, note),
                    .p_filesz = sizeof(k.note)},
        .note = {{{4, 8, 99}, "Xen", 0}, {{4, 8, type}, "Xen", 0x1000000}},
    };

    return k;
}

struct hypervisor_file { /* a 32-bit ELF with a multiboot header */
    Elf32_Ehdr header;
    uint32_t pad, multiboot[3];
};

static struct hypervisor_file make_hypervisor(void)
{
    struct hypervisor_file h = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB},
                   .e_type = ET_EXEC,
                   .e_machine = EM_386},
        .multiboot = {0x1BADB002u, 3, 0u - 0x1BADB002u - 3},
    };

    return h;
}

static int check(const void *data, size_t size, enum own_build kind, struct err *e)
{
    const struct platform_option o = {"build", path};

    memset(e, 0, sizeof(*e));
    assert_int_equal(file_write(path, data, size, NULL), 0);
    return own_build_check("here", &o, kind, e);
}

static void refused(const void *data, size_t size, enum own_build kind, const char *mend)
{
    struct err e;

    assert_int_equal(check(data, size, kind, &e), ERR_USAGE);
    if (!strstr(e.text, "here: build=") || !strstr(e.text, mend))
        fail_msg("\"%s\" does not say \"%s\"", e.text, mend);
}

static void kinds_are_told_apart(void **state)
{
    struct kernel_file pvh = make_kernel(18), pv = make_kernel(1);
    struct hypervisor_file hypervisor = make_hypervisor();
    static const unsigned char gz[] = {0x1f, 0x8b, 8, 0};
    char bzimage[0x300] = "MZ";
    struct err e;

    (void)state;
    memcpy(bzimage + 0x202, "HdrS", 4);
    assert_int_equal(check(&pvh, sizeof(pvh), OWN_BUILD_KERNEL, &e), 0);
    assert_int_equal(check(&pv, sizeof(pv), OWN_BUILD_PV_KERNEL, &e), 0);
    assert_int_equal(check(&hypervisor, sizeof(hypervisor), OWN_BUILD_MULTIBOOT, &e), 0);
    assert_int_equal(check(&hypervisor, sizeof(hypervisor), OWN_BUILD_XEN, &e), 0);
    assert_int_equal(check(gz, sizeof(gz), OWN_BUILD_XEN, &e), 0);
    assert_int_equal(check(&pvh, sizeof(pvh), OWN_BUILD_PROGRAM, &e), 0);

    refused(&pv, sizeof(pv), OWN_BUILD_KERNEL, "CONFIG_PVH=y");
    refused(&pvh, sizeof(pvh), OWN_BUILD_PV_KERNEL, "CONFIG_XEN_PV=y");
    refused(bzimage, sizeof(bzimage), OWN_BUILD_KERNEL, "extract-vmlinux");
    refused(bzimage, sizeof(bzimage), OWN_BUILD_PV_KERNEL, "vmlinux");
    refused(&pvh, sizeof(pvh), OWN_BUILD_MULTIBOOT, "vmm.elf");
    refused(gz, sizeof(gz), OWN_BUILD_MULTIBOOT, "vmm.elf");
    refused(&pvh, sizeof(pvh), OWN_BUILD_XEN, "xen.gz");
    refused(&hypervisor, sizeof(hypervisor), OWN_BUILD_PROGRAM, "not a script");
    refused("#!/bin/sh\n", 10, OWN_BUILD_PROGRAM, "not a script");
    refused("", 0, OWN_BUILD_KERNEL, "PVH");
    hypervisor.multiboot[2]++;
    refused(&hypervisor, sizeof(hypervisor), OWN_BUILD_MULTIBOOT, "multiboot");
}

static void the_file_must_be_one(void **state)
{
    struct platform_option o = {"kernel", "vmlinux"};
    struct err e = {0};

    (void)state;
    assert_int_equal(own_build_check("kvm", &o, OWN_BUILD_KERNEL, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "kvm: kernel=vmlinux: the path must begin with a slash"));
    o.value = "/no/such/file";
    assert_int_equal(own_build_check("kvm", &o, OWN_BUILD_KERNEL, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "build it, or mend the path"));
    o.value = "/tmp";
    assert_int_equal(own_build_check("kvm", &o, OWN_BUILD_KERNEL, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "is no file"));
}

/* Notes that reach beyond their segment, segments beyond the file, files cut anywhere. */
static void damage_has_no_note_in(const void *good, size_t size, unsigned *seed)
{
    assert_true(elf_has_note(good, size, "Xen", 18));
    assert_false(elf_has_note(good, size, "Xen", 17));
    assert_false(elf_has_note(good, size, "xen", 18));
    for (size_t n = 0; n < size; n++) {
        uint8_t *cut = malloc(n + 1);

        memcpy(cut, good, n);
        assert_false(elf_has_note(cut, n, "Xen", 18));
        free(cut);
    }
    for (int i = 0; i < 20000; i++) {
        uint8_t *bad = malloc(size);

        memcpy(bad, good, size);
        for (int k = 0; k < 1 + i % 4; k++)
            bad[(size_t)rand_r(seed) % size] = (uint8_t)rand_r(seed);
        elf_has_note(bad, size, "Xen", 18);
        free(bad);
    }
}

static void damage_has_no_note(void **state)
{
    const struct kernel_file kernel = make_kernel(18);
    const struct container_file container = make_container(18);
    unsigned seed = 20110915;

    (void)state;
    print_message("# seed %u\n", seed);
    damage_has_no_note_in(&kernel, sizeof(kernel), &seed);
    damage_has_no_note_in(&container, sizeof(container), &seed);
}

static char told_key[64], told[HASH_HEX_BYTES];
static unsigned facts;

static void take_fact(void *opaque, const char *key, const char *value)
{
    (void)opaque;
    facts++;
    snprintf(told_key, sizeof(told_key), "%s", key);
    snprintf(told, sizeof(told), "%s", value);
}

static void hashes_are_told(void **state)
{
    static const char *const keys[] = {"qemu", "kernel", NULL};
    const struct platform_option options[] = {{"tsc", "native"}, {"kernel", path}};
    const struct platform_boot boot = {.options = options, .option_count = 2};
    const struct platform_fact_sink sink = {.put = take_fact};
    struct err e = {0};

    (void)state;
    assert_int_equal(file_write(path, "abc", 3, NULL), 0);
    assert_int_equal(own_build_describe(&boot, keys, &sink, &e), 0);
    assert_int_equal(facts, 1);
    assert_string_equal(told_key, "own.kernel.sha256");
    /* FIPS 180-4, "abc" */
    assert_string_equal(told,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static int make_path(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_told_apart),
        cmocka_unit_test(the_file_must_be_one),
        cmocka_unit_test(damage_has_no_note),
        cmocka_unit_test(hashes_are_told),
    };

    return cmocka_run_group_tests_name("own_build", tests, make_path, remove_path);
}
