/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The image builder. Kernels are made here, packed in every way that is handled, and damaged;
 * the package tools are replaced by scripts in PATH, so that nothing needs the network and a
 * missing network, a damaged cache and two processes at once can be had at will.
 */
#include <lz4.h>
#include <lzma.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/paths.h"
#include "bench/lab/cpio.h"
#include "bench/lab/image.h"
#include "bench/lab/kernel.h"

#define ELF_BYTES 100000u
#define SEED 20250101u

static uint8_t elf[ELF_BYTES]; /* something that packs, but not to nothing */
static uint8_t packed[4 * ELF_BYTES];

static void make_elf(void)
{
    uint32_t x = SEED;

    for (size_t i = 0; i < ELF_BYTES; i++) {
        x = x * 1664525u + 1013904223u;
        elf[i] = (uint8_t)(i % 3 ? x >> 28 : i >> 8);
    }
    memcpy(elf, "\177ELF", 4);
}

static void put_u32(uint8_t *p, size_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static size_t pack_gzip(uint8_t *out, size_t room)
{
    z_stream z = {
        .next_in = elf, .avail_in = ELF_BYTES, .next_out = out, .avail_out = (unsigned)room};

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out; /* its own last four bytes are the size already */
}

static size_t with_size(uint8_t *out, size_t n)
{
    put_u32(out + n, ELF_BYTES);
    return n + 4;
}

static size_t pack_xz(uint8_t *out, size_t room)
{
    size_t n = 0;

    assert_int_equal(
        lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, elf, ELF_BYTES, out, &n, room),
        LZMA_OK);
    return with_size(out, n);
}

static size_t pack_lzma(uint8_t *out, size_t room)
{
    lzma_stream s = LZMA_STREAM_INIT;
    lzma_options_lzma o;

    lzma_lzma_preset(&o, 6);
    assert_int_equal(lzma_alone_encoder(&s, &o), LZMA_OK);
    s.next_in = elf;
    s.avail_in = ELF_BYTES;
    s.next_out = out;
    s.avail_out = room;
    assert_int_equal(lzma_code(&s, LZMA_FINISH), LZMA_STREAM_END);
    room = s.total_out;
    lzma_end(&s);
    return with_size(out, room);
}

static size_t pack_zstd(uint8_t *out, size_t room)
{
    size_t n = ZSTD_compress(out, room, elf, ELF_BYTES, 3);

    assert_false(ZSTD_isError(n));
    return with_size(out, n);
}

static size_t pack_lz4(uint8_t *out, size_t room)
{
    int n = LZ4_compress_default((const char *)elf, (char *)out + 8, ELF_BYTES, (int)room - 8);

    assert_true(n > 0);
    memcpy(out, "\x02\x21\x4c\x18", 4);
    put_u32(out + 4, (size_t)n);
    return with_size(out, 8 + (size_t)n);
}

/* A bzImage of 3 setup sectors and `payload`. */
static size_t make_bzimage(uint8_t *out, const uint8_t *payload, size_t n)
{
    const size_t start = (3 + 1) * 512, offset = 0x2cc;

    memset(out, 0, start + offset);
    out[0x1f1] = 3;
    memcpy(out + 0x202, "HdrS\x0f\x02", 6);
    put_u32(out + 0x248, offset);
    put_u32(out + 0x24c, n);
    memcpy(out + start + offset, payload, n);
    memset(out + start + offset + n, 0x90, 64); /* code follows */
    return start + offset + n + 64;
}

static const struct {
    const char *name;
    size_t (*pack)(uint8_t *out, size_t room);
} packings[] = {{"gzip", pack_gzip},
                {"xz", pack_xz},
                {"lzma", pack_lzma},
                {"zstd", pack_zstd},
                {"lz4", pack_lz4}};

#define PACKINGS (sizeof(packings) / sizeof(packings[0]))

static void every_packing_unpacks(void **state)
{
    static uint8_t image[4 * ELF_BYTES + 4096];

    (void)state;
    for (size_t i = 0; i < PACKINGS; i++) {
        size_t n = packings[i].pack(packed, sizeof(packed)), got;
        size_t size = make_bzimage(image, packed, n);
        uint8_t *out = NULL;
        struct err e = {0};

        if (kernel_unpack(image, size, packings[i].name, &out, &got, &e) != 0)
            fail_msg("%s: %s", packings[i].name, e.text);
        assert_int_equal(got, ELF_BYTES);
        assert_memory_equal(out, elf, ELF_BYTES);
        free(out);
    }
}

/* Cut or with a byte changed it must be refused, or (where the format has no check of its own
 * there: lzma) at least never be read beyond its end. */
static void damage_is_noticed(void **state)
{
    static uint8_t image[4 * ELF_BYTES + 4096], hurt[4 * ELF_BYTES + 4096];

    (void)state;
    for (size_t i = 0; i < PACKINGS; i++) {
        size_t n = packings[i].pack(packed, sizeof(packed)), got;
        size_t size = make_bzimage(image, packed, n), payload = 2048 + 0x2cc;
        uint8_t *out;
        struct err e = {0};

        for (size_t cut = 0; cut < size - 64; cut += 997)
            assert_int_equal(kernel_unpack(image, cut, "cut", &out, &got, &e), ERR_DATA);
        for (size_t at = 0; at + 4 < n; at += 1 + n / 50) {
            memcpy(hurt, image, size);
            hurt[payload + at] ^= 0x10;
            if (kernel_unpack(hurt, size, "hurt", &out, &got, &e) != 0)
                continue;
            /* zstd here, lzma and lz4 have no checksum; gzip's header has bytes of no meaning */
            assert_true(i >= 2 || (i == 0 && at < 10));
            free(out);
        }
        memcpy(hurt, image, size);
        hurt[payload] ^= 0xff;
        assert_int_equal(kernel_unpack(hurt, size, "other", &out, &got, &e), ERR_DATA);
        assert_non_null(strstr(e.text, "not known here"));
        put_u32(image + payload + n - 4, 0xffffffff);
        assert_int_equal(kernel_unpack(image, size, "large", &out, &got, &e), ERR_DATA);
    }
}

static void archives_are_deterministic(void **state)
{
    struct cpio a = {0}, b = {0};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct cpio *c = i ? &b : &a;

        cpio_add(c, "dev", S_IFDIR | 0755, NULL, 0);
        cpio_add_device(c, "dev/null", S_IFCHR | 0666, 1, 3);
        cpio_add(c, "init", S_IFREG | 0755, "hello", 5);
        assert_int_equal(cpio_finish(c), 0);
    }
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    assert_int_equal(a.size % 512, 0);
    assert_memory_equal(a.data,
                        "070701"
                        "00000001"
                        "000041ED",
                        22);
    free(a.data);
    free(b.data);
}

/* --- the cache --- */

struct place {
    char dir[64]; /* cache/, bin/ with the replaced tools, deb (what they serve) */
    char old_path[4096];
};

static void write_text(const char *dir, const char *name, const char *text, mode_t mode)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    assert_int_equal(file_write(path, text, strlen(text), NULL), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* A package is a tar file here, and dpkg-deb prints it. calls counts the downloads. */
static int make_place(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    static uint8_t image[4 * ELF_BYTES + 4096];
    char path[4200], text[512];
    size_t n = pack_xz(packed, sizeof(packed));

    assert_non_null(p);
    assert_int_equal(paths_make_temporary(p->dir, sizeof(p->dir), NULL), 0);
    snprintf(path, sizeof(path), "%s/bin", p->dir);
    assert_int_equal(paths_make_dirs(path, NULL), 0);
    snprintf(path, sizeof(path), "%s/root/boot", p->dir);
    assert_int_equal(paths_make_dirs(path, NULL), 0);
    snprintf(path, sizeof(path), "%s/root/boot/vmlinuz-6.1.0-9-cloud-amd64", p->dir);
    n = make_bzimage(image, packed, n);
    assert_int_equal(file_write(path, image, n, NULL), 0);
    snprintf(text, sizeof(text), "cd %s/root && tar cf ../deb ./boot", p->dir);
    assert_int_equal(system(text), 0);

    snprintf(path, sizeof(path), "%s/bin", p->dir);
    write_text(path, "apt-cache",
               "#!/bin/sh\necho 'W: configured twice' >&2\n"
               "echo Package: $3\necho Version: 6.1.9-1\n"
               "echo 'Depends: linux-image-6.1.0-9-cloud-amd64 (= 6.1.9-1)'\n",
               0755);
    snprintf(text, sizeof(text),
             "#!/bin/sh\n"
             "test -f %s/offline && { echo 'E: no network' >&2; exit 100; }\n"
             "echo \"$3\" >>%s/calls\nsleep 0.1\n"
             "cp %s/deb ./linux-image.deb\n",
             p->dir, p->dir, p->dir);
    write_text(path, "apt-get", text, 0755);
    write_text(path, "dpkg-deb", "#!/bin/sh\nexec cat \"$2\"\n", 0755);

    snprintf(p->old_path, sizeof(p->old_path), "%s", getenv("PATH"));
    snprintf(path, sizeof(path), "%.64s/bin:%.4000s", p->dir, p->old_path);
    setenv("PATH", path, 1);
    snprintf(path, sizeof(path), "%s/cache", p->dir);
    setenv("ETALON_CACHE", path, 1);
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

static unsigned downloads(const struct place *p)
{
    char path[128], *text;
    unsigned n = 0;
    size_t size;

    snprintf(path, sizeof(path), "%s/calls", p->dir);
    if (access(path, R_OK) != 0)
        return 0;
    assert_int_equal(file_read(path, &text, &size, NULL), 0);
    for (size_t i = 0; i < size; i++)
        n += text[i] == '\n';
    free(text);
    return n;
}

static char said[4096];

static void hear(void *opaque, const char *line)
{
    (void)opaque;
    snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s\n", line);
}

static const struct image_say ears = {.line = hear};

/* In a process of its own, as the memory of what was seen to be sound belongs to a process. */
static int in_child(const struct image_say *say, int expect)
{
    struct image_kernel k;
    struct err e = {0};
    int status, out[2];
    pid_t pid;
    ssize_t n;

    assert_int_equal(pipe(out), 0);
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        char hex[HASH_HEX_BYTES], want[HASH_HEX_BYTES];
        int rc;

        said[0] = '\0';
        rc = image_get_kernel(say, &k, &e);
        if (rc != 0)
            hear(NULL, e.text);
        hash_bytes(elf, ELF_BYTES, want);
        if (rc == 0 && (hash_file(k.path, hex, NULL) != 0 || strcmp(hex, want) != 0 ||
                        strcmp(k.sha256, want) != 0 || strcmp(k.version, "6.1.9-1") != 0))
            rc = ERR_BUG;
        if (write(out[1], said, strlen(said) + 1) < 0)
            rc = ERR_IO;
        _exit(-rc);
    }
    close(out[1]);
    n = read(out[0], said, sizeof(said) - 1);
    said[n > 0 ? n : 0] = '\0';
    close(out[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != -expect)
        fail_msg("status %d, wanted %d; said: %s", -WEXITSTATUS(status), expect, said);
    return 0;
}

static void spoil(const struct place *p, const char *name)
{
    char path[128], *data;
    size_t size;

    snprintf(path, sizeof(path), "%s/cache/kernel/%s", p->dir, name);
    assert_int_equal(file_read(path, &data, &size, NULL), 0);
    data[size / 2] ^= 1;
    assert_int_equal(file_write(path, data, size, NULL), 0);
    free(data);
}

static void set_offline(const struct place *p)
{
    write_text(p->dir, "offline", "", 0644);
}

static void fetched_once_then_offline(void **state)
{
    struct place *p = *state;

    in_child(&ears, 0);
    assert_non_null(strstr(said, "fetching linux-image-6.1.0-9-cloud-amd64 6.1.9-1"));
    assert_int_equal(downloads(p), 1);
    set_offline(p);
    in_child(&ears, 0);
    assert_string_equal(said, "");
    assert_int_equal(downloads(p), 1);
}

static void no_network_names_the_package(void **state)
{
    set_offline(*state);
    in_child(&ears, ERR_UNAVAILABLE);
    assert_non_null(strstr(said, "cannot fetch package linux-image-6.1.0-9-cloud-amd64"));
    assert_non_null(strstr(said, "no network"));
}

static void unknown_package_says_apt_update(void **state)
{
    struct place *p = *state;
    char bin[80];

    snprintf(bin, sizeof(bin), "%s/bin", p->dir);
    write_text(bin, "apt-cache", "#!/bin/sh\nexit 100\n", 0755);
    in_child(&ears, ERR_UNAVAILABLE);
    assert_non_null(strstr(said, "linux-image-cloud-amd64"));
    assert_non_null(strstr(said, "apt-get update"));
}

static void damaged_kernel_is_rebuilt_from_the_package(void **state)
{
    struct place *p = *state;

    in_child(NULL, 0);
    set_offline(p);
    spoil(p, "vmlinux");
    in_child(&ears, 0);
    assert_non_null(strstr(said, "damaged"));
    assert_int_equal(downloads(p), 1);
}

static void damaged_package_is_fetched_again(void **state)
{
    struct place *p = *state;

    in_child(NULL, 0);
    spoil(p, "vmlinux");
    spoil(p, "linux-image.deb");
    in_child(&ears, 0);
    assert_non_null(strstr(said, "the package linux-image-6.1.0-9-cloud-amd64 in the cache"));
    assert_int_equal(downloads(p), 2);
}

static void damaged_manifest_is_rebuilt(void **state)
{
    struct place *p = *state;
    char dir[96];

    in_child(NULL, 0);
    snprintf(dir, sizeof(dir), "%s/cache/kernel", p->dir);
    write_text(dir, "manifest", "package linux\nversion", 0644);
    in_child(&ears, 0);
    assert_int_equal(downloads(p), 2);
}

static void damaged_package_from_the_mirror_is_refused(void **state)
{
    struct place *p = *state;

    write_text(p->dir, "deb", "not a package", 0644);
    in_child(&ears, ERR_IO);
    assert_non_null(strstr(said, "cannot unpack"));
}

static void processes_at_once_fetch_once(void **state)
{
    struct place *p = *state;
    pid_t pid[6];
    int status;

    fflush(NULL);
    for (int i = 0; i < 6; i++) {
        pid[i] = fork();
        if (pid[i] == 0) {
            struct image_kernel k;

            _exit(-image_get_kernel(NULL, &k, NULL));
        }
    }
    for (int i = 0; i < 6; i++) {
        assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(downloads(p), 1);
}

static void initramfs_is_named_by_content_and_mended(void **state)
{
    struct place *p = *state;
    char program[96], path[512], again[512], a[HASH_HEX_BYTES], b[HASH_HEX_BYTES];

    snprintf(program, sizeof(program), "%s/agent", p->dir);
    write_text(p->dir, "agent", "one", 0755);
    assert_int_equal(image_get_initramfs(program, path, sizeof(path), a, NULL), 0);
    write_text(p->dir, "agent", "two", 0755);
    assert_int_equal(image_get_initramfs(program, again, sizeof(again), b, NULL), 0);
    assert_string_not_equal(a, b);
    assert_string_not_equal(path, again);
    assert_int_equal(file_write(again, "damage", 6, NULL), 0);
    assert_int_equal(image_get_initramfs(program, again, sizeof(again), a, NULL), 0);
    assert_string_equal(a, b);
    assert_int_equal(hash_file(again, a, NULL), 0);
    assert_string_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_packing_unpacks),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(archives_are_deterministic),
#define PLACED(f) cmocka_unit_test_setup_teardown(f, make_place, remove_place)
        PLACED(fetched_once_then_offline),
        PLACED(no_network_names_the_package),
        PLACED(unknown_package_says_apt_update),
        PLACED(damaged_kernel_is_rebuilt_from_the_package),
        PLACED(damaged_package_is_fetched_again),
        PLACED(damaged_manifest_is_rebuilt),
        PLACED(damaged_package_from_the_mirror_is_refused),
        PLACED(processes_at_once_fetch_once),
        PLACED(initramfs_is_named_by_content_and_mended),
    };

    make_elf();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
