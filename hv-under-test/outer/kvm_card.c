/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/outer/kvm_card.c - hand the card to a guest with VFIO
 * (Documentation/driver-api/vfio.rst).
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/lab/card.h"
#include "hv-under-test/outer/kvm.h"

#define PCI_DEVICES "/sys/bus/pci/devices"

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
            snprintf(address, size, "%s", d->d_name);
    }
    closedir(dir);
    return address[0] ? NULL : "no card on the outer system's PCI bus";
}

const char *kvm_card_take(char *address, size_t size)
{
    char path[400];
    const char *reason = find(address, size);

    if (reason)
        return reason;
    snprintf(path, sizeof path, PCI_DEVICES "/%.255s/iommu_group", address);
    if (access(path, F_OK))
        return "the outer system sees no IOMMU in front of the card";
    snprintf(path, sizeof path, PCI_DEVICES "/%.255s/driver_override", address);
    reason = outer_write(path, "vfio-pci");
    if (!reason)
        reason = outer_write("/sys/bus/pci/drivers_probe", address);
    snprintf(path, sizeof path, "/sys/bus/pci/drivers/vfio-pci/%.255s", address);
    if (!reason && access(path, F_OK))
        reason = "vfio-pci did not take the card";
    return reason;
}
