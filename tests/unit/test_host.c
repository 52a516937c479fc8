/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is missing on a computer for guests of Xen and KVM, on computers made of folders. */
#include <ftw.h>
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

#include "hv-under-test/host.h"

static char root[64], out[2048];

static int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/etalon-test-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
    (void)st;
    (void)flag;
    (void)f;
    return remove(path);
}

static int remove_root(void **state)
{
    (void)state;
    return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *path, const char *text)
{
    char whole[256];
    FILE *f;

    snprintf(whole, sizeof whole, "%s%s", root, path);
    for (char *p = whole + strlen(root) + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(whole, 0700);
        *p = '/';
    }
    f = fopen(whole, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void drop(const char *path)
{
    char whole[256];

    snprintf(whole, sizeof whole, "%s%s", root, path);
    assert_int_equal(unlink(whole), 0);
}

static void xen_says(const char *text)
{
    const char *said = host_xen_missing(root, out, sizeof out);

    assert_non_null(said);
    if (!strstr(said, text))
        fail_msg("\"%s\" is not in: %s", text, said);
}

static void kvm_says(const char *text)
{
    const char *said = host_kvm_missing(root, out, sizeof out);

    assert_non_null(said);
    if (!strstr(said, text))
        fail_msg("\"%s\" is not in: %s", text, said);
}

static void put_dom0(void)
{
    put("/sys/hypervisor/type", "xen\n");
    put("/proc/xen/capabilities", "control_d\n");
    put("/dev/xen/privcmd", "");
    put("/dev/xen/evtchn", "");
    put("/dev/xen/gntdev", "");
    put("/run/xenstored/socket", "");
}

static void test_xen(void **state)
{
    (void)state;
    xen_says("this computer does not run Xen: install xen-hypervisor-amd64");
    put("/sys/hypervisor/type", "vmware\n");
    xen_says("does not run Xen");
    put_dom0();
    assert_null(host_xen_missing(root, out, sizeof out));
    put("/proc/xen/capabilities", "\n");
    xen_says("a guest of Xen, not its control domain");
    drop("/proc/xen/capabilities");
    xen_says("mount -t xenfs");
    put_dom0();
    drop("/dev/xen/gntdev");
    xen_says("/dev/xen/gntdev is missing: `modprobe");
    drop("/run/xenstored/socket");
    xen_says("/dev/xen/gntdev is missing"); /* all of it is said */
    xen_says("xenstored does not run");
    put("/dev/xen/gntdev", "");
    put("/var/run/xenstored/socket", "");
    assert_null(host_xen_missing(root, out, sizeof out));
}

static void test_kvm(void **state)
{
    (void)state;
    kvm_says("neither SVM nor VT-x");
    kvm_says("/dev/kvm is missing");
    kvm_says("/dev/vfio/vfio is missing");
    kvm_says("no IOMMU");
    put("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu svmx xsvm lm\nsvm\t: svm \n");
    kvm_says("neither SVM nor VT-x"); /* other words, another line */
    put("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu svm lm\nbugs\t:\n");
    put("/dev/kvm", "");
    put("/dev/vfio/vfio", "");
    put("/sys/kernel/iommu_groups/0/type", "DMA\n");
    assert_null(host_kvm_missing(root, out, sizeof out));
    put("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vmx\n");
    assert_null(host_kvm_missing(root, out, sizeof out));
}

/* Each part that is missing is told by its package, and none else. */
static void test_bochs(void **state)
{
    static const struct {
        const char *path, *package;
    } parts[] = {{"/usr/bin/bochs", "install bochs;"},
                 {"/usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_term_gui.so", "bochs-term"},
                 {"/usr/share/bochs/BIOS-bochs-latest", "bochsbios"},
                 {"/usr/share/vgabios/vgabios.bin", "vgabios"},
                 {"/usr/bin/grub-mkrescue", "grub-common"},
                 {"/usr/lib/grub/i386-pc/multiboot.mod", "grub-pc-bin"},
                 {"/usr/bin/xorriso", "xorriso"}};
    const size_t count = sizeof parts / sizeof parts[0];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_non_null(host_bochs_missing(root, out, sizeof out));
        for (size_t k = 0; k < count; k++)
            assert_int_equal(strstr(out, parts[k].package) != NULL, k >= i);
        put(parts[i].path, "");
    }
    assert_null(host_bochs_missing(root, out, sizeof out));
}

/* Whatever the room, the text ends. */
static void test_little_room(void **state)
{
    char whole[2048];

    (void)state;
    host_kvm_missing(root, whole, sizeof whole);
    for (size_t n = 1; n < strlen(whole); n += 7) {
        memset(out, 'x', sizeof out);
        host_kvm_missing(root, out, n);
        assert_true(strlen(out) < n);
        assert_memory_equal(out, whole, strlen(out));
        assert_int_equal(out[n], 'x');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_xen, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_kvm, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_bochs, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_little_room, make_root, remove_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
