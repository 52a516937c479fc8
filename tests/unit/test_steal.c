/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the collector `steal` finds what the hypervisor wrote: lines of /proc/kallsyms, segments
 * of /proc/kcore, the run state area. Both files damaged at every place.
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collector/steal_linux.c"

static const char symbols[] = "0000000000000000 A fixed_percpu_data\n"
                              "0000000000034b80 d xen_runstate_x\n"
                              "0000000000034b40 d xen_runstate\n"
                              "ffffffff82a1b2c0 R __per_cpu_offset\n"
                              "ffffffffc0401000 t steal_time\t[some_module]\n"
                              "ffffffff82a1b2c8 D last";

static void symbols_are_found_by_their_whole_name(void **state)
{
    uint64_t v = 0;

    (void)state;
    assert_int_equal(steal_find_symbol(symbols, "xen_runstate", &v), 0);
    assert_true(v == 0x34b40);
    assert_int_equal(steal_find_symbol(symbols, "__per_cpu_offset", &v), 0);
    assert_true(v == 0xffffffff82a1b2c0);
    assert_int_equal(steal_find_symbol(symbols, "steal_time", &v), 0);
    assert_true(v == 0xffffffffc0401000);
    assert_int_equal(steal_find_symbol(symbols, "runstate", &v), -1);
    assert_int_equal(steal_find_symbol(symbols, "xen", &v), -1);
    assert_int_equal(steal_find_symbol(symbols, "", &v), -1);
    assert_int_equal(steal_find_symbol("", "x", &v), -1);
    /* Hidden from who has no right to see them. */
    assert_int_equal(steal_find_symbol("0000000000000000 D hidden\n", "hidden", &v), -1);
    assert_int_equal(steal_find_symbol("no lines\n\n at all\n", "at", &v), -1);
}

struct core {
    Elf64_Ehdr h;
    Elf64_Phdr p[3];
};

static struct core make_core(void)
{
    struct core c = {
        .h = {.e_phoff = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 3}};

    memcpy(c.h.e_ident, ELFMAG, SELFMAG);
    c.h.e_ident[EI_CLASS] = ELFCLASS64;
    c.p[0] = (Elf64_Phdr){.p_type = PT_NOTE, .p_vaddr = 0x1000, .p_memsz = 1u << 20};
    c.p[1] = (Elf64_Phdr){.p_type = PT_LOAD,
                          .p_vaddr = 0xffffffff81000000,
                          .p_memsz = 0x1000000,
                          .p_offset = 0x7fff81003000};
    c.p[2] = (Elf64_Phdr){.p_type = PT_LOAD,
                          .p_vaddr = 0xffff888000001000,
                          .p_memsz = 0x8000000,
                          .p_offset = 0x4000};
    return c;
}

static void addresses_are_found_in_their_segment(void **state)
{
    const struct core c = make_core();
    const unsigned char *head = (const unsigned char *)&c;
    uint64_t at;

    (void)state;
    assert_int_equal(steal_find_offset(head, sizeof c, 0xffffffff81000010, 8, &at), 0);
    assert_true(at == 0x7fff81003010);
    assert_int_equal(steal_find_offset(head, sizeof c, 0xffff888000001000, 48, &at), 0);
    assert_true(at == 0x4000);
    /* The last bytes of a segment, and one beyond. */
    assert_int_equal(steal_find_offset(head, sizeof c, 0xffff888008000fd0, 48, &at), 0);
    assert_int_equal(steal_find_offset(head, sizeof c, 0xffff888008000fd1, 48, &at), -1);
    assert_int_equal(steal_find_offset(head, sizeof c, 0xffff888000000fff, 48, &at), -1);
    assert_int_equal(steal_find_offset(head, sizeof c, 0x1000, 8, &at), -1); /* a note */
    assert_int_equal(steal_find_offset(head, sizeof c, UINT64_MAX, 8, &at), -1);
}

static void a_damaged_core_is_refused(void **state)
{
    const struct core good = make_core();
    uint64_t at;

    (void)state;
    for (size_t size = 0; size < sizeof good; size++) {
        if (size >= sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Phdr))
            break;
        assert_int_equal(
            steal_find_offset((const unsigned char *)&good, size, 0xffff888000001000, 48, &at),
            -1);
    }
    for (size_t i = 0; i < sizeof good; i++) { /* no byte may make it read elsewhere */
        for (unsigned bit = 0; bit < 8; bit++) {
            struct core bad = good;

            ((unsigned char *)&bad)[i] ^= (unsigned char)(1u << bit);
            (void)steal_find_offset((const unsigned char *)&bad, sizeof bad,
                                    0xffff888000001000, 48, &at);
        }
    }
}

static void stolen_is_runnable_and_offline(void **state)
{
    const struct steal_xen area = {.ns = {1, 20, 300, 4000}};
    uint64_t slot[STEAL_READINGS];

    (void)state;
    steal_of_xen(&area, slot);
    assert_true(slot[STEAL_STOLEN] == 4020);
    assert_true(slot[STEAL_BLOCKED] == 300);
}

/* The areas as they lie in the kernel's memory, here in a file. */
static void each_hypervisor_fills_its_slots(void **state)
{
    const struct steal_xen xen = {.ns = {1, 20, 300, 4000}};
    struct steal_kvm kvm = {.ns = 77, .version = 2};
    char path[] = "/tmp/test_steal.XXXXXX";
    uint64_t slot[STEAL_READINGS + 1] = {1, 2, 3};

    (void)state;
    assert_true((fd = mkstemp(path)) >= 0);
    unlink(path);
    trouble[0] = '\0';
    kind = XEN;
    place = 4096;
    assert_int_equal(pwrite(fd, &xen, sizeof xen, 4096), sizeof xen);
    assert_int_equal(collector_steal.here()->readings, 2);
    assert_string_equal(collector_steal.here()->reading[STEAL_BLOCKED].name, "blocked");
    collector_steal.before(slot);
    assert_true(slot[0] == 4020 && slot[1] == 300 && slot[2] == 3);
    assert_null(collector_steal.failed());
    /* KVM does not tell how long the guest was idle: no slot of that, not a 0. */
    kind = KVM;
    assert_int_equal(pwrite(fd, &kvm, sizeof kvm, 4096), sizeof kvm);
    assert_int_equal(collector_steal.here()->readings, 1);
    collector_steal.after(slot);
    assert_true(slot[0] == 77 && slot[1] == 300);
    assert_null(collector_steal.failed());
    kvm.version = 3; /* being written, for ever */
    assert_int_equal(pwrite(fd, &kvm, sizeof kvm, 4096), sizeof kvm);
    collector_steal.after(slot);
    assert_non_null(strstr(collector_steal.failed(), "steal time record"));
    kind = XEN;
    place = 1u << 20; /* beyond the end */
    trouble[0] = '\0';
    collector_steal.after(slot);
    assert_non_null(strstr(collector_steal.failed(), "run state area"));
    trouble[0] = '\0';
    close(fd);
    fd = -1;
}

/* On this computer it either reads, and never backwards, or says in a sentence why not. */
static void here_it_reads_or_says_why_not(void **state)
{
    const char *reason = collector_steal.unavailable();
    uint64_t before[STEAL_READINGS], after[STEAL_READINGS];

    (void)state;
    if (reason) {
        assert_true(strlen(reason) > 20);
        return;
    }
    collector_steal.before(before);
    collector_steal.after(after);
    for (unsigned i = 0; i < collector_steal.here()->readings; i++)
        assert_true(after[i] >= before[i]);
    assert_null(collector_steal.failed());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symbols_are_found_by_their_whole_name),
        cmocka_unit_test(addresses_are_found_in_their_segment),
        cmocka_unit_test(a_damaged_core_is_refused),
        cmocka_unit_test(stolen_is_runnable_and_offline),
        cmocka_unit_test(each_hypervisor_fills_its_slots),
        cmocka_unit_test(here_it_reads_or_says_why_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
