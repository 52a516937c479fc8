/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/host.c - what is missing here for guests of Xen and KVM (host.h). */
#include "hv-under-test/host.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct missing {
    const char *root;
    char *text;
    size_t size, used;
};

static void say(struct missing *m, const char *what)
{
    int n = snprintf(m->text + m->used, m->size - m->used, "%s%s", m->used ? "; " : "", what);

    if (n > 0)
        m->used = m->used + (size_t)n < m->size ? m->used + (size_t)n : m->size - 1;
}

static struct missing begin(const char *root, char *out, size_t size)
{
    out[0] = '\0';
    return (struct missing){.root = root, .text = out, .size = size};
}

static int may(const struct missing *m, const char *path, int how)
{
    char whole[512];

    snprintf(whole, sizeof whole, "%s%s", m->root, path);
    return access(whole, how) == 0;
}

/* The first bytes of a file; "" if there is none. */
static void read_some(const struct missing *m, const char *path, char *out, size_t size)
{
    char whole[512];
    size_t used = 0;
    ssize_t n;
    int fd;

    snprintf(whole, sizeof whole, "%s%s", m->root, path);
    fd = open(whole, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && used + 1 < size && (n = read(fd, out + used, size - 1 - used)) > 0)
        used += (size_t)n;
    if (fd >= 0)
        close(fd);
    out[used] = '\0';
}

static int is_empty(const struct missing *m, const char *folder)
{
    char whole[512];
    int entries = 0;
    DIR *dir;

    snprintf(whole, sizeof whole, "%s%s", m->root, folder);
    dir = opendir(whole);
    for (const struct dirent *d; dir && (d = readdir(dir));)
        entries += d->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return entries == 0;
}

/* --- Xen --- */

const char *host_xen_missing(const char *root, char *out, size_t size)
{
    static const char *const devices[] = {"/dev/xen/privcmd", "/dev/xen/evtchn",
                                          "/dev/xen/gntdev"};
    struct missing m = begin(root, out, size);
    char text[256];

    read_some(&m, "/sys/hypervisor/type", text, sizeof text);
    if (strncmp(text, "xen", 3) != 0) {
        say(&m, "this computer does not run Xen: install xen-hypervisor-amd64 and "
                "xen-utils-4.17 and boot the entry \"with Xen hypervisor\"");
        return out;
    }
    read_some(&m, "/proc/xen/capabilities", text, sizeof text);
    if (!text[0] && !may(&m, "/proc/xen/capabilities", F_OK)) {
        say(&m,
            "/proc/xen is empty: `mount -t xenfs xenfs /proc/xen` says whether this is the "
            "control domain");
    } else if (!strstr(text, "control_d")) {
        say(&m, "this is a guest of Xen, not its control domain: run Etalon in dom0");
        return out;
    }
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        if (may(&m, devices[i], F_OK) && may(&m, devices[i], R_OK | W_OK))
            continue;
        snprintf(text, sizeof text,
                 may(&m, devices[i], F_OK)
                     ? "%s may not be opened: be root"
                     : "%s is missing: `modprobe -a xen-privcmd xen-evtchn xen-gntdev`",
                 devices[i]);
        say(&m, text);
    }
    if (!may(&m, "/run/xenstored/socket", F_OK) && !may(&m, "/var/run/xenstored/socket", F_OK))
        say(&m, "xenstored does not run: install xen-utils-common and `systemctl start xen` "
                "(or /etc/init.d/xen start)");
    return out[0] ? out : NULL;
}

/* --- KVM --- */

/* A flag of the first processor: a word of the line that begins so. */
static int has_flag(const char *cpuinfo, const char *flag)
{
    const char *line = strstr(cpuinfo, "\nflags");
    char flags[8192], *rest, *word;

    if (!line)
        return 0;
    snprintf(flags, sizeof flags, "%.*s", (int)strcspn(line + 1, "\n"), line + 1);
    for (word = strtok_r(flags, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
        if (strcmp(word, flag) == 0)
            return 1;
    }
    return 0;
}

const char *host_kvm_missing(const char *root, char *out, size_t size)
{
    struct missing m = begin(root, out, size);
    char cpuinfo[8192];

    read_some(&m, "/proc/cpuinfo", cpuinfo, sizeof cpuinfo);
    if (!has_flag(cpuinfo, "svm") && !has_flag(cpuinfo, "vmx"))
        say(&m, "the processor shows neither SVM nor VT-x: enable it in the firmware's setup "
                "(in a virtual machine: nested virtualization in its host)");
    if (!may(&m, "/dev/kvm", F_OK))
        say(&m, "/dev/kvm is missing: `modprobe kvm-amd` or `modprobe kvm-intel`");
    else if (!may(&m, "/dev/kvm", R_OK | W_OK))
        say(&m, "/dev/kvm may not be opened: be root or join the group kvm");
    if (!may(&m, "/dev/vfio/vfio", F_OK))
        say(&m, "/dev/vfio/vfio is missing, so that no card can be handed to a guest: "
                "`modprobe vfio-pci`");
    if (is_empty(&m, "/sys/kernel/iommu_groups"))
        say(&m, "there is no IOMMU: enable it in the firmware's setup and boot Linux with "
                "intel_iommu=on (AMD's is on by itself)");
    return out[0] ? out : NULL;
}

/* --- Bochs --- */

const char *host_bochs_missing(const char *root, char *out, size_t size)
{
    static const struct {
        const char *path, *package;
    } parts[] = {
        {"/usr/bin/bochs", "bochs"},
        {"/usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_term_gui.so", "bochs-term"},
        {"/usr/share/bochs/BIOS-bochs-latest", "bochsbios"},
        {"/usr/share/vgabios/vgabios.bin", "vgabios"},
        {"/usr/bin/grub-mkrescue", "grub-common"},
        {"/usr/lib/grub/i386-pc/multiboot.mod", "grub-pc-bin"},
        {"/usr/bin/xorriso", "xorriso"},
    };
    struct missing m = begin(root, out, size);
    char text[128];

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (may(&m, parts[i].path, R_OK))
            continue;
        snprintf(text, sizeof text, "install %s", parts[i].package);
        say(&m, text);
    }
    return out[0] ? out : NULL;
}
