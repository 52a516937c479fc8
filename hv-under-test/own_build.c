/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/own_build.c - look at a build of the user's own; see own_build.h. */
#include "hv-under-test/own_build.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "bench/lab/elf.h"
#include "hv-under-test/platform_words.h"

/* Notes of a Linux kernel for Xen (xen/include/public/elfnote.h). */
#define XEN_NOTE_OWNER "Xen"
#define XEN_NOTE_ENTRY 1u
#define XEN_NOTE_PHYS32_ENTRY 18u

/* Multiboot 0.6.96, section 3.1: the header lies in the first 8 KiB, on 4 bytes. */
#define MULTIBOOT_MAGIC 0x1BADB002u
#define MULTIBOOT_SEARCH 8192u

/* "HdrS" at this offset: The Linux/x86 boot protocol. */
#define BZIMAGE_MAGIC_OFFSET 0x202u

static int is_multiboot(const uint8_t *data, size_t size)
{
    uint32_t word[3];

    if (elf_kind_of(data, size) != ELF_X86_32)
        return 0;
    for (size_t at = 0; at + sizeof(word) <= size && at < MULTIBOOT_SEARCH; at += 4) {
        memcpy(word, data + at, sizeof(word));
        if (word[0] == MULTIBOOT_MAGIC && word[0] + word[1] + word[2] == 0)
            return 1;
    }
    return 0;
}

static int is_gzip(const uint8_t *data, size_t size)
{
    return size > 2 && data[0] == 0x1f && data[1] == 0x8b;
}

static int is_bzimage(const uint8_t *data, size_t size)
{
    return size > BZIMAGE_MAGIC_OFFSET + 4 &&
           memcmp(data + BZIMAGE_MAGIC_OFFSET, "HdrS", 4) == 0;
}

/* NULL: it is of the kind; else what it should be, to be read after "is". */
static const char *judge_kernel(const uint8_t *data, size_t size, uint32_t note,
                                const char *otherwise)
{
    if (is_bzimage(data, size))
        return "a bzImage; give the vmlinux of the same build (or cut it out of the bzImage "
               "by scripts/extract-vmlinux of Linux's sources)";
    return elf_has_note(data, size, XEN_NOTE_OWNER, note) ? NULL : otherwise;
}

static const char *judge(enum own_build kind, const uint8_t *data, size_t size)
{
    switch (kind) {
    case OWN_BUILD_KERNEL:
        return judge_kernel(data, size, XEN_NOTE_PHYS32_ENTRY,
                            "no x86 ELF kernel with a PVH entry; build Linux with "
                            "CONFIG_PVH=y and give its vmlinux");
    case OWN_BUILD_PV_KERNEL:
        return judge_kernel(data, size, XEN_NOTE_ENTRY,
                            "no 64-bit x86 ELF kernel with an entry for Xen PV; build Linux "
                            "with CONFIG_XEN_PV=y (dom0: and CONFIG_XEN_DOM0=y) and give its "
                            "vmlinux");
    case OWN_BUILD_BZIMAGE:
        return is_bzimage(data, size) ? NULL
                                      : "no bzImage; give the arch/x86/boot/bzImage of the "
                                        "kernel's build";
    case OWN_BUILD_XEN:
        return is_gzip(data, size) || is_multiboot(data, size)
                   ? NULL
                   : "no multiboot ELF of 32 bits, plain or gzip'ed; give the file xen or "
                     "xen.gz of Xen's build";
    case OWN_BUILD_MULTIBOOT:
        return is_multiboot(data, size)
                   ? NULL
                   : "no multiboot ELF of 32 bits; give the vmm.elf that `make` leaves in "
                     "build/vmm (not the .elf64 beside it)";
    case OWN_BUILD_PROGRAM:
    default:
        return elf_kind_of(data, size) >= ELF_X86_64
                   ? NULL
                   : "no 64-bit x86 program of Linux; give the program itself, not a script "
                     "that starts it";
    }
}

int own_build_check(const char *platform, const struct platform_option *o, enum own_build kind,
                    struct err *e)
{
    const char *fault;
    struct stat st;
    size_t size;
    char *data;
    int rc;

    if (o->value[0] != '/')
        return err_set(e, ERR_USAGE, "%s: %s=%s: the path must begin with a slash", platform,
                       o->key, o->value);
    if (strlen(o->value) >= PLATFORM_PATH_BYTES)
        return err_set(e, ERR_USAGE, "%s: %s=%s: the path is longer than %d bytes", platform,
                       o->key, o->value, PLATFORM_PATH_BYTES - 1);
    if (stat(o->value, &st) != 0)
        return err_set_errno(e, ERR_USAGE, errno,
                             "%s: %s=%s cannot be found; build it, or mend the path", platform,
                             o->key, o->value);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_USAGE, "%s: %s=%s is no file; name the file itself", platform,
                       o->key, o->value);
    rc = file_read(o->value, &data, &size, e);
    if (rc != 0) {
        err_wrap(e, ERR_USAGE, "%s: %s=", platform, o->key);
        if (e)
            e->code = ERR_USAGE;
        return ERR_USAGE;
    }
    fault = judge(kind, (const uint8_t *)data, size);
    rc = fault ? err_set(e, ERR_USAGE, "%s: %s=%s is %s", platform, o->key, o->value, fault)
               : 0;
    free(data);
    return rc;
}

int own_build_describe(const struct platform_boot *boot, const char *const *keys,
                       const struct platform_fact_sink *sink, struct err *e)
{
    int rc = 0;

    for (; rc == 0 && *keys; keys++) {
        const char *path =
            platform_option_value(boot->options, boot->option_count, *keys, NULL);
        char key[64], hex[HASH_HEX_BYTES];

        if (!path)
            continue;
        rc = hash_file(path, hex, e);
        snprintf(key, sizeof(key), "own.%s.sha256", *keys);
        if (rc == 0)
            sink->put(sink->opaque, key, hex);
    }
    return rc;
}
