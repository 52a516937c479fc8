/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/outer/kvm_card.c - hand the card to a guest: the device with VFIO
 * (Documentation/driver-api/vfio.rst), or its page alone, as shared memory of the guest
 * (QEMU's memory-backend-file on the file that sysfs has of BAR 0, Documentation/PCI/
 * sysfs-pci.rst). Both ways the page is memory of the guest to KVM: a store does not exit.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/lab/card.h"
#include "hv-under-test/outer/kvm.h"

#define PCI_DEVICES "/sys/bus/pci/devices"
#define PAGE_BYTES 4096

static unsigned long read_id(const char *device, const char *attribute)
{
    char path[400], text[32];

    snprintf(path, sizeof path, PCI_DEVICES "/%.255s/%s", device, attribute);
    return outer_read(path, text, sizeof text) ? 0 : strtoul(text, NULL, 16);
}

/* The card with the lowest bus address: readdir() has no order to rely on. */
static const char *find(char *address, size_t size)
{
    DIR *dir = opendir(PCI_DEVICES);
    const struct dirent *d;

    address[0] = '\0';
    if (!dir)
        return outer_reason(PCI_DEVICES, errno);
    while ((d = readdir(dir))) {
        if (d->d_name[0] == '.' || read_id(d->d_name, "vendor") != CARD_PCI_VENDOR ||
            read_id(d->d_name, "device") != CARD_PCI_DEVICE)
            continue;
        if (!address[0] || strcmp(d->d_name, address) < 0)
            snprintf(address, size, "%.63s", d->d_name);
    }
    closedir(dir);
    return address[0] ? NULL : "no card on the outer system's PCI bus";
}

static const char *path_of(const struct kvm_card *card, const char *attribute)
{
    static char path[160];

    snprintf(path, sizeof path, PCI_DEVICES "/%s/%s", card->address, attribute);
    return path;
}

static const char *pass_on(struct kvm_card *card)
{
    char bound[160];
    const char *reason = outer_write(path_of(card, "driver_override"), "vfio-pci");

    if (!reason)
        reason = outer_write("/sys/bus/pci/drivers_probe", card->address);
    snprintf(bound, sizeof bound, "/sys/bus/pci/drivers/vfio-pci/%s", card->address);
    if (!reason && access(bound, F_OK))
        reason = "vfio-pci did not take the card";
    snprintf(card->option[1], sizeof card->option[1], "vfio-pci,host=%s", card->address);
    return reason;
}

static const char *map_page(struct kvm_card *card)
{
    const char *reason = outer_write(path_of(card, "enable"), "1");
    const char *page = path_of(card, "resource0");
    struct stat st;

    if (reason)
        return reason;
    if (stat(page, &st))
        return outer_reason(page, errno);
    if (st.st_size != PAGE_BYTES)
        return outer_say("BAR 0 of the card has %lld bytes and should be one page",
                         (long long)st.st_size);
    card->mapped = 1;
    snprintf(card->option[0], sizeof card->option[0],
             "memory-backend-file,id=card,share=on,size=%d,mem-path=%s", PAGE_BYTES, page);
    snprintf(card->option[1], sizeof card->option[1], "ivshmem-plain,memdev=card");
    return NULL;
}

const char *kvm_card_take(const char *wish, struct kvm_card *card)
{
    const char *reason;
    int has_iommu;

    memset(card, 0, sizeof *card);
    reason = find(card->address, sizeof card->address);
    if (reason)
        return reason;
    has_iommu = access(path_of(card, "iommu_group"), F_OK) == 0;
    if (strcmp(wish, "mapped") == 0) {
        card->why = "its page is mapped into the guest, as card=mapped asks for";
        return map_page(card);
    }
    if (has_iommu) {
        card->why = "an IOMMU stands in front of the card, so the device is passed on";
        return pass_on(card);
    }
    if (strcmp(wish, "vfio") == 0)
        return "card=vfio, but this Linux sees no IOMMU in front of the card: switch it on "
               "(in "
               "the firmware, and with intel_iommu=on or amd_iommu=on; in the lab iommu=on), "
               "or "
               "use card=auto or card=mapped";
    card->why = "no IOMMU stands in front of the card, so its page is mapped into the guest";
    return map_page(card);
}
