/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * KVM's binary statistics as the outer system reads them: known values come back under their
 * names, and a file that is cut or lies about itself is refused with a reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "hv-under-test/outer/kvm_stats.c"
#include "hv-under-test/outer/outer.c"

#define NAME_BYTES 48u
#define DATA_AT 4096u

static const struct {
    const char *name;
    uint16_t size;
    uint64_t value;
} counters[] = {{"exits", 1, 43329},
                {"io_exits", 1, UINT64_MAX},
                {"halt_wait_hist", 32, 1},
                {"zero", 1, 0}};

#define COUNTERS (sizeof counters / sizeof counters[0])

static int write_file(uint32_t name_bytes, uint32_t count, size_t length, int ended)
{
    static char file[DATA_AT + 4096];
    const size_t one = sizeof(struct kvm_stats_desc) + NAME_BYTES;
    const struct kvm_stats_header h = {.name_size = name_bytes,
                                       .num_desc = count,
                                       .id_offset = sizeof h,
                                       .desc_offset = sizeof h + NAME_BYTES,
                                       .data_offset = DATA_AT};
    uint32_t at = 0;
    int fd = memfd_create("statistics", 0);

    memset(file, 0, sizeof file);
    memcpy(file, &h, sizeof h);
    for (size_t i = 0; i < COUNTERS; i++) {
        struct kvm_stats_desc *d = (void *)(file + h.desc_offset + i * one);

        d->size = counters[i].size;
        d->offset = at;
        memset(d->name, 'x', ended ? 0 : NAME_BYTES);
        memcpy(d->name, counters[i].name, strlen(counters[i].name));
        memcpy(file + DATA_AT + at, &counters[i].value, 8);
        at += 8u * counters[i].size;
    }
    assert_true(fd >= 0);
    assert_int_equal(write(fd, file, length), length);
    return fd;
}

static void values_come_back(void **state)
{
    struct kvm_stats s;
    uint64_t value;

    (void)state;
    assert_null(kvm_stats_open(&s, write_file(NAME_BYTES, COUNTERS, DATA_AT + 1024, 1)));
    assert_int_equal(kvm_stats_read(&s, "exits", &value), 0);
    assert_int_equal(value, 43329);
    assert_int_equal(kvm_stats_read(&s, "io_exits", &value), 0);
    assert_true(value == UINT64_MAX);
    assert_int_equal(kvm_stats_read(&s, "zero", &value), 0);
    assert_int_equal(value, 0);
    /* A histogram is no counter; a part of a name is no name. */
    assert_int_equal(kvm_stats_read(&s, "halt_wait_hist", &value), -1);
    assert_int_equal(kvm_stats_read(&s, "exit", &value), -1);
    kvm_stats_close(&s);
}

static void lies_are_refused(void **state)
{
    const size_t whole = DATA_AT + 1024;
    struct kvm_stats s;
    uint64_t value;

    (void)state;
    assert_non_null(kvm_stats_open(&s, write_file(NAME_BYTES, COUNTERS, 10, 1)));
    assert_int_equal(s.fd, -1);
    assert_non_null(kvm_stats_open(&s, write_file(NAME_BYTES, COUNTERS, 100, 1)));
    assert_non_null(kvm_stats_open(&s, write_file(0, COUNTERS, whole, 1)));
    assert_non_null(kvm_stats_open(&s, write_file(1u << 20, COUNTERS, whole, 1)));
    assert_non_null(kvm_stats_open(&s, write_file(NAME_BYTES, 0, whole, 1)));
    assert_non_null(kvm_stats_open(&s, write_file(NAME_BYTES, 1u << 30, whole, 1)));
    assert_non_null(kvm_stats_open(&s, write_file(NAME_BYTES, COUNTERS, whole, 0)));
    assert_non_null(kvm_stats_open(&s, -1));
    /* The values cut off: nothing is read, and that is said. */
    assert_null(kvm_stats_open(&s, write_file(NAME_BYTES, COUNTERS, DATA_AT, 1)));
    assert_int_equal(kvm_stats_read(&s, "exits", &value), -1);
    kvm_stats_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(lies_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
