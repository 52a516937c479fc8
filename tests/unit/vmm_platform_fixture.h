/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/vmm_platform_fixture.h - the platform drivers vmm-bare and vmm on small files that
 * stand for the built parts, a boot to prepare, and what describe() tells, as text.
 */
#ifndef ETALON_TESTS_VMM_PLATFORM_FIXTURE_H
#define ETALON_TESTS_VMM_PLATFORM_FIXTURE_H

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/seal.h"
#include "hv-under-test/platform_words.h"
#include "hv-under-test/target/plan.h"
#include "hv-under-test/vmm.c"
#include "hv-under-test/vmm/config.c"
#include "hv-under-test/vmm/guest/guest.h"
#include "hv-under-test/vmm/time/lie.c"
#include "hv-under-test/vmm/text.c"

static char parts[] = "/tmp/etalon-test-XXXXXX";
static char kernel[200]; /* the user's own */

/* FIPS 180-4, "abc": the content of what stands for a built part. */
#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* What makes a file a kernel: an ELF with a PVH note (tests/unit/test_own_build.c). */
static int make_kernel(void)
{
    static const struct {
        Elf64_Ehdr header;
        Elf64_Phdr segment;
        Elf64_Nhdr note;
        char owner[4];
        uint64_t entry;
    } file = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB},
                   .e_type = ET_EXEC,
                   .e_machine = EM_X86_64,
                   .e_phoff = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 1},
        .segment = {.p_type = PT_NOTE,
                    .p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
                    .p_filesz = sizeof(Elf64_Nhdr) + 12},
        .note = {4, 8, 18},
        .owner = "Xen",
        .entry = 0x1000000,
    };

    snprintf(kernel, sizeof(kernel), "%s/vmlinux", parts);
    return file_write(kernel, &file, sizeof(file), NULL);
}

/* Small files stand for the built parts. */
static int make_parts(void **state)
{
    static const char *const made[][2] = {{"vmm", "vmm/vmm.elf"},
                                          {"payload", "payload/payload.elf"},
                                          {"agent", "agent/etalon-agent"}};

    (void)state;
    if (!mkdtemp(parts))
        return -1;
    for (unsigned i = 0; i < 3; i++) {
        char path[200];

        snprintf(path, sizeof(path), "%s/%s", parts, made[i][0]);
        mkdir(path, 0700);
        snprintf(path, sizeof(path), "%s/%s", parts, made[i][1]);
        if (file_write(path, "abc", 3, NULL))
            return -1;
    }
    return make_kernel() || setenv("ETALON_LIB", parts, 1) || setenv("ETALON_CACHE", parts, 1);
}

static int remove_parts(void **state)
{
    (void)state;
    return paths_remove_tree(parts, NULL);
}

static struct platform_boot boot_with(const struct platform_option *options, size_t count)
{
    return (struct platform_boot){.plan_index = 3,
                                  .seed = 18446744073709551615u,
                                  .plan_text = "null,iters=5/spin,n=1000",
                                  .collectors = "clocks",
                                  .gap_spins = 100,
                                  .tsc_hz = 1000000000,
                                  .options = options,
                                  .option_count = count};
}

struct facts {
    char text[4096]; /* "key=value\n" each */
    size_t length;
};

static void add_fact(void *opaque, const char *key, const char *value)
{
    struct facts *f = opaque;

    f->length += (size_t)snprintf(f->text + f->length, sizeof(f->text) - f->length, "%s=%s\n",
                                  key, value);
    assert_true(f->length < sizeof(f->text));
}

static struct facts describe_one(const struct platform *p, const struct platform_boot *boot,
                                 const char *variant)
{
    struct facts f = {.length = 0};
    const struct platform_fact_sink sink = {.put = add_fact, .opaque = &f};

    assert_int_equal(p->describe(boot, variant, &sink, NULL), 0);
    return f;
}

#endif
