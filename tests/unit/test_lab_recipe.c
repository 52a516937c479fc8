/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Images by recipe. The package tools are replaced by scripts in PATH and packages are small
 * tar files, so that nothing needs the network and damage can be had at will. ELF files are
 * made here, with known needs.
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/paths.h"
#include "bench/lab/elf.h"
#include "bench/lab/modules.h"
#include "bench/lab/package.h"
#include "bench/lab/recipe.h"

#define SEED 20250102u

/* --- ELF ------------------------------------------------------------------------------------- */

/* Header, three program headers, interpreter, strings, dynamic section; loaded at 0x1000. */
struct small_elf {
    Elf64_Ehdr header;
    Elf64_Phdr program[3];
    char interpreter[32];
    char strings[96];
    Elf64_Dyn dynamic[8];
};

static size_t make_elf(struct small_elf *f, const char *interpreter, const char *a,
                       const char *b)
{
    size_t used = 1, n = 0;
    const char *const needed[] = {a, b};

    memset(f, 0, sizeof(*f));
    memcpy(f->header.e_ident, ELFMAG, SELFMAG);
    f->header.e_ident[EI_CLASS] = ELFCLASS64;
    f->header.e_ident[EI_DATA] = ELFDATA2LSB;
    f->header.e_type = ET_DYN;
    f->header.e_machine = EM_X86_64;
    f->header.e_phoff = offsetof(struct small_elf, program);
    f->header.e_phentsize = sizeof(Elf64_Phdr);
    f->header.e_phnum = 3;
    f->program[0] = (Elf64_Phdr){.p_type = PT_LOAD, .p_vaddr = 0x1000, .p_filesz = sizeof(*f)};
    f->program[1] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
                                 .p_offset = offsetof(struct small_elf, dynamic),
                                 .p_filesz = sizeof(f->dynamic)};
    f->program[2] = (Elf64_Phdr){.p_type = interpreter ? PT_INTERP : PT_NULL,
                                 .p_offset = offsetof(struct small_elf, interpreter)};
    if (interpreter)
        strcpy(f->interpreter, interpreter);
    for (unsigned i = 0; i < 2; i++) {
        if (!needed[i])
            continue;
        f->dynamic[n++] = (Elf64_Dyn){.d_tag = DT_NEEDED, .d_un.d_val = used};
        strcpy(f->strings + used, needed[i]);
        used += strlen(needed[i]) + 1;
    }
    /* After those that need it, as linkers may. */
    f->dynamic[n] = (Elf64_Dyn){.d_tag = DT_STRTAB,
                                .d_un.d_ptr = 0x1000 + offsetof(struct small_elf, strings)};
    return sizeof(*f);
}

static void test_elf_needs(void **state)
{
    struct small_elf f;
    struct elf_needs n;
    size_t size = make_elf(&f, "/lib64/ld-test.so", "liba.so.1", "libb.so.2");

    (void)state;
    assert_int_equal(elf_read_needs((uint8_t *)&f, size, &n), 1);
    assert_string_equal(n.interpreter, "/lib64/ld-test.so");
    assert_int_equal(n.sonames, 2);
    assert_string_equal(n.soname[0], "liba.so.1");
    assert_string_equal(n.soname[1], "libb.so.2");
    size = make_elf(&f, NULL, NULL, NULL);
    assert_int_equal(elf_read_needs((uint8_t *)&f, size, &n), 1);
    assert_null(n.interpreter);
    assert_int_equal(n.sonames, 0);
    assert_int_equal(elf_read_needs((const uint8_t *)"#!/bin/sh\n", 10, &n), 0);
    f.header.e_machine = EM_AARCH64;
    assert_int_equal(elf_read_needs((uint8_t *)&f, size, &n), 0);
}

/* This very program: the kernel could start it, so its needs can be read. */
static void test_elf_self(void **state)
{
    struct elf_needs n;
    char *data;
    size_t size;
    int libc = 0;

    (void)state;
    assert_int_equal(file_read("/proc/self/exe", &data, &size, NULL), 0);
    assert_int_equal(elf_read_needs((uint8_t *)data, size, &n), 1);
    assert_string_equal(n.interpreter, "/lib64/ld-linux-x86-64.so.2");
    for (unsigned i = 0; i < n.sonames; i++)
        libc |= strcmp(n.soname[i], "libc.so.6") == 0;
    assert_true(libc);
    free(data);
}

static void test_elf_damage(void **state)
{
    uint8_t copy[sizeof(struct small_elf)];
    struct small_elf f;
    struct elf_needs n;
    size_t size = make_elf(&f, "/lib64/ld-test.so", "liba.so.1", "libb.so.2");
    uint32_t x = SEED;
    unsigned seen = 0;

    (void)state;
    printf("# seed %u\n", SEED);
    f.program[1].p_offset = size;
    assert_int_equal(elf_read_needs((uint8_t *)&f, size, &n), -1);
    make_elf(&f, NULL, "liba.so.1", NULL);
    f.dynamic[0].d_un.d_val = UINT64_MAX - 5;
    assert_int_equal(elf_read_needs((uint8_t *)&f, size, &n), -1);
    make_elf(&f, "/lib64/ld-test.so", "liba.so.1", "libb.so.2");
    /* Nothing outside the file is ever read (the sanitizer watches), and every name that is
     * returned ends inside it. */
    for (unsigned round = 0; round < 20000; round++) {
        size_t length = size;

        memcpy(copy, &f, size);
        for (unsigned i = 0; i < 3; i++) {
            x = x * 1664525u + 1013904223u;
            copy[(x >> 8) % size] = (uint8_t)(x >> 24);
        }
        if (round % 4 == 0)
            length = (x >> 4) % size;
        uint8_t *exact = malloc(length ? length : 1);
        memcpy(exact, copy, length);
        int rc = elf_read_needs(exact, length, &n);
        for (unsigned i = 0; rc == 1 && i < n.sonames; i++)
            assert_true(n.soname[i] + strlen(n.soname[i]) < (char *)exact + length);
        seen += rc == -1;
        free(exact);
    }
    assert_true(seen > 100);
}

/* --- a place with packages -------------------------------------------------------------------- */

struct place {
    char dir[64], old_path[4096];
};

static void __attribute__((format(printf, 1, 2))) shell(const char *fmt, ...)
{
    char text[4096];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (system(text) != 0)
        fail_msg("failed: %s", text);
}

static void write_elf(const struct place *p, const char *name, const char *interpreter,
                      const char *a, const char *b)
{
    struct small_elf f;
    char path[256];
    size_t size = make_elf(&f, interpreter, a, b);

    snprintf(path, sizeof(path), "%s/%s", p->dir, name);
    assert_int_equal(file_write(path, &f, size, NULL), 0);
}

static int make_place(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    char path[4200];

    strcpy(p->dir, "/tmp/etalon-test-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    shell("cd %s && mkdir -p bin debs tool/usr/bin tool/lib64 tool/usr/share/tool "
          "libtool1/usr/lib/x86_64-linux-gnu libtool1/usr/lib/tool && "
          "echo one >tool/usr/share/tool/one && echo two >tool/usr/share/tool/two",
          p->dir);
    write_elf(p, "tool/usr/bin/tool", "/lib64/ld-test.so", "libmine-test.so.1", NULL);
    write_elf(p, "tool/lib64/ld-test.so", NULL, NULL, NULL);
    write_elf(p, "libtool1/usr/lib/x86_64-linux-gnu/libmine-test.so.1.0", NULL,
              "libprivate-test.so", "ld-test.so");
    write_elf(p, "libtool1/usr/lib/tool/libprivate-test.so", NULL, NULL, NULL);
    shell("cd %s && ln -s libmine-test.so.1.0 "
          "libtool1/usr/lib/x86_64-linux-gnu/libmine-test.so.1 && "
          "for p in tool libtool1; do tar -C $p -cf debs/$p.deb .; done",
          p->dir);
    shell("cd %s/bin && cat >apt-cache <<'X'\n#!/bin/sh\n"
          "echo 'W: configured twice' >&2\n"
          "case $3 in\n"
          "tool) echo 'Package: tool'; echo 'Pre-Depends: installed-one';\n"
          "  echo 'Depends: libtool1 (>= 1) | other, a-virtual-one, installed-two:any';;\n"
          "libtool1) echo 'Package: libtool1'; echo 'Depends: tool';;\n"
          "*) exit 100;;\nesac\nX\n"
          "cat >dpkg-query <<'X'\n#!/bin/sh\n"
          "case $3 in installed-*) echo installed;; *) exit 1;; esac\nX\n"
          "cat >apt-get <<'X'\n#!/bin/sh\necho \"$3\" >>%s/calls\n"
          "cp %s/debs/$3.deb ./$3_1.deb\nX\n"
          "cat >dpkg-deb <<'X'\n#!/bin/sh\n"
          "case $1 in -x) exec tar -x -f \"$2\" -C \"$3\";; -f) echo 1.0-1;; esac\nX\n"
          "chmod 755 *",
          p->dir, p->dir, p->dir);
    snprintf(p->old_path, sizeof(p->old_path), "%s", getenv("PATH"));
    snprintf(path, sizeof(path), "%s/bin:%.4000s", p->dir, p->old_path);
    setenv("PATH", path, 1);
    snprintf(path, sizeof(path), "%s/cache", p->dir);
    setenv("ETALON_CACHE", path, 1);
    shell("echo own >%s/own", p->dir);
    *state = p;
    return 0;
}

static int remove_place(void **state)
{
    struct place *p = *state;

    setenv("PATH", p->old_path, 1);
    unsetenv("ETALON_CACHE");
    paths_remove_tree(p->dir, NULL);
    free(p);
    return 0;
}

static char said[4096];

static void hear(void *opaque, const char *line)
{
    (void)opaque;
    snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s\n", line);
}

static const struct image_say ears = {.line = hear};

/* A file that is nowhere but in the recipe, NULs and all. */
static const char *own_text = "one\0two";
static size_t own_text_bytes = 8;

static int get(const struct place *p, const char *const *files, struct image_result *r,
               struct err *e)
{
    static const char *const packages[] = {"tool", NULL};
    static const char *const folders[] = {"/var/lib/tool", NULL};
    char own_path[128];
    struct image_own own[] = {{.source = own_path, .target = "/init", .mode = 0755},
                              {.source = "text",
                               .target = "/etalon/text",
                               .mode = 0644,
                               .data = own_text,
                               .bytes = own_text_bytes},
                              {.source = NULL}};
    const struct image_recipe recipe = {
        .name = "test", .packages = packages, .files = files, .folders = folders, .own = own};

    snprintf(own_path, sizeof(own_path), "%s/own", p->dir);
    said[0] = '\0';
    return recipe_get(&recipe, &ears, r, e);
}

static const char *const tool_files[] = {"/usr/bin/tool", "/usr/share/tool/", NULL};

/* Lines "file PATH …" of the manifest, in order. */
static void list_files(const struct image_result *r, char *out, size_t size)
{
    char *text, *save, path[256], hex[HASH_HEX_BYTES], from[64];
    size_t n, used = 0;

    out[0] = '\0';
    assert_int_equal(file_read(r->manifest, &text, &n, NULL), 0);
    for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
        if (sscanf(l, "file %255s %64s %63s", path, hex, from) == 3)
            used += (size_t)snprintf(out + used, size - used, "%s %s\n", path, from);
    free(text);
}

static void test_closure(void **state)
{
    struct err e = {0};
    char *names;

    (void)state;
    assert_int_equal(package_closure("tool", &names, &e), 0);
    assert_string_equal(names, "tool\nlibtool1\n");
    free(names);
    assert_int_equal(package_closure("nowhere", &names, &e), ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "nowhere"));
}

static void test_image(void **state)
{
    struct image_result r, again;
    struct place *p = *state;
    struct err e = {0};
    char files[2048], *data;
    size_t size;

    if (get(p, tool_files, &r, &e) != 0)
        fail_msg("%s", e.text);
    list_files(&r, files, sizeof(files));
    assert_string_equal(files, "/usr/bin/tool tool\n"
                               "/lib64/ld-test.so tool\n"
                               "/lib/x86_64-linux-gnu/libmine-test.so.1 libtool1\n"
                               "/lib/x86_64-linux-gnu/libprivate-test.so libtool1\n"
                               "/lib/x86_64-linux-gnu/ld-test.so tool\n"
                               "/usr/share/tool/one tool\n"
                               "/usr/share/tool/two tool\n"
                               "/init etalon\n"
                               "/etalon/text etalon\n");
    assert_int_equal(file_read(r.path, &data, &size, NULL), 0);
    assert_non_null(memmem(data, size, "var/lib/tool", 13));
    assert_non_null(memmem(data, size, "one\0two", 8));
    free(data);
    /* Asked again: nothing is done. Made again from nothing: the same bytes. */
    assert_int_equal(get(p, tool_files, &again, &e), 0);
    assert_string_equal(said, "");
    shell("rm -r %s/cache/images", p->dir);
    assert_int_equal(get(p, tool_files, &again, &e), 0);
    assert_string_equal(again.sha256, r.sha256);
    shell("test $(wc -l <%s/calls) = 2", p->dir);
}

static void test_own_part_makes_another_image(void **state)
{
    struct image_result r, other;
    struct place *p = *state;
    struct err e = {0};

    assert_int_equal(get(p, tool_files, &r, &e), 0);
    shell("echo changed >%s/own", p->dir);
    assert_int_equal(get(p, tool_files, &other, &e), 0);
    assert_string_not_equal(r.path, other.path);
    assert_string_not_equal(r.sha256, other.sha256);
    own_text_bytes = 7;
    assert_int_equal(get(p, tool_files, &r, &e), 0);
    assert_string_not_equal(r.path, other.path);
    own_text_bytes = 8;
}

static void test_damage(void **state)
{
    struct image_result r, again;
    struct place *p = *state;
    struct err e = {0};

    assert_int_equal(get(p, tool_files, &r, &e), 0);
    shell("printf X | dd of=%s bs=1 seek=2000 conv=notrunc 2>/dev/null", r.path);
    assert_int_equal(get(p, tool_files, &again, &e), 0);
    assert_non_null(strstr(said, "making the image"));
    assert_string_equal(again.sha256, r.sha256);
    /* A file of an unpacked package: seen, unpacked again, the same image. */
    shell("cd %s/cache && rm -r images && echo bad >packages/tool/tree/usr/share/tool/one",
          p->dir);
    assert_int_equal(get(p, tool_files, &again, &e), 0);
    assert_non_null(strstr(said, "damaged"));
    assert_string_equal(again.sha256, r.sha256);
    /* A file that is gone. */
    shell("cd %s/cache && rm -r images packages/tool/tree/usr/bin/tool", p->dir);
    assert_int_equal(get(p, tool_files, &again, &e), 0);
    assert_string_equal(again.sha256, r.sha256);
    /* The package file as well: fetched again. */
    shell("cd %s/cache && rm -r images packages/tool/tree && "
          "echo bad >packages/tool/tool_1.deb && echo >%s/calls",
          p->dir, p->dir);
    assert_int_equal(get(p, tool_files, &again, &e), 0);
    assert_string_equal(again.sha256, r.sha256);
    shell("grep -qx tool %s/calls", p->dir);
}

static void test_missing(void **state)
{
    static const char *const absent[] = {"/usr/bin/absent-tool", NULL};
    static const char *const folder[] = {"/usr/share/absent/", NULL};
    struct place *p = *state;
    struct image_result r;
    struct err e = {0};

    assert_int_equal(get(p, absent, &r, &e), ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "/usr/bin/absent-tool"));
    assert_int_equal(get(p, folder, &r, &e), ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "/usr/share/absent/"));
    /* A library nobody has. */
    write_elf(p, "own", NULL, "libnobody-test.so.9", NULL);
    assert_int_equal(get(p, tool_files, &r, &e), ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "libnobody-test.so.9"));
    assert_non_null(strstr(e.text, "/init"));
}

/* --- modules ---------------------------------------------------------------------------------- */

static void write_module(const struct place *p, const char *name, const char *depends)
{
    char path[256], data[256];
    int n;

    snprintf(path, sizeof(path), "%s/m/kernel/%s", p->dir, name);
    /* Something that reads like it, but is no string of its own, comes first. */
    n = snprintf(data, sizeof(data), "\177ELF xdepends=no%clicense=GPL%cdepends=%s%cname=x", 0,
                 0, depends, 0);
    assert_int_equal(file_write(path, data, (size_t)n + 1, NULL), 0);
}

static void test_modules(void **state)
{
    static const char *const wanted[] = {"kvm_amd", "vfio-pci", "vfio_pci", NULL};
    static const char *const unknown[] = {"kvm-amd", "nonesuch", NULL};
    static const char *const ring[] = {"ring-a", NULL};
    static const char *const order[] = {"irqbypass.ko", "kvm.ko", "kvm-amd.ko", "vfio-pci.ko"};
    struct place *p = *state;
    char folder[128];
    struct modules m;
    struct err e = {0};

    shell("mkdir -p %s/m/kernel && cd %s/m && "
          "for f in kvm-amd kvm irqbypass vfio-pci ring-a ring-b; do "
          "echo kernel/$f.ko; done >modules.order && echo kernel/ccp.ko >modules.builtin",
          p->dir, p->dir);
    write_module(p, "kvm-amd.ko", "kvm,ccp");
    write_module(p, "kvm.ko", "irqbypass");
    write_module(p, "irqbypass.ko", "");
    write_module(p, "vfio-pci.ko", "irqbypass");
    write_module(p, "ring-a.ko", "ring-b");
    write_module(p, "ring-b.ko", "ring_a");
    snprintf(folder, sizeof(folder), "%s/m", p->dir);
    if (modules_resolve(folder, wanted, &m, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(m.count, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_string_equal(strrchr(m.path[i], '/') + 1, order[i]);
    modules_release(&m);
    assert_int_equal(modules_resolve(folder, unknown, &m, &e), ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "nonesuch"));
    modules_release(&m);
    assert_int_equal(modules_resolve(folder, ring, &m, &e), ERR_DATA);
    modules_release(&m);
    assert_null(modules_depends("no module", 9));
}

#define IN_PLACE(f) cmocka_unit_test_setup_teardown(f, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elf_needs),
        cmocka_unit_test(test_elf_self),
        cmocka_unit_test(test_elf_damage),
        IN_PLACE(test_closure),
        IN_PLACE(test_image),
        IN_PLACE(test_own_part_makes_another_image),
        IN_PLACE(test_damage),
        IN_PLACE(test_missing),
        IN_PLACE(test_modules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
