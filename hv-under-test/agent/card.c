/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/agent/card.c - the card's page, mapped into this process.
 *
 * The kernel maps PCI memory uncached through sysfs (Documentation/PCI/sysfs-pci.rst) and
 * through /dev/mem opened with O_SYNC, so a store is a bus write of its own on real machines.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/lab/card.h"
#include "hv-under-test/agent/agent.h"

#define PCI_DEVICES "/sys/bus/pci/devices"
#define PAGE_BYTES 4096u
#define PATH_BYTES 320 /* PCI_DEVICES, a name of 255 bytes, an attribute */

static const char *map(int fd, uint64_t offset, const char *what, void **page)
{
    int error;

    if (fd < 0)
        return agent_reason(what, errno);
    *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
    error = errno;
    close(fd);
    return *page == MAP_FAILED ? agent_reason(what, error) : NULL;
}

static void place(struct card *card, void *page, uint64_t in_page)
{
    volatile uint32_t *regs = (volatile uint32_t *)((char *)page + in_page);

    card->pins = regs + CARD_REG_PINS / 4;
    card->scratch = regs + CARD_REG_SCRATCH / 4;
    card->id = regs + CARD_REG_ID / 4;
}

/* The first line of a sysfs attribute as text; "" if there is none. */
static void read_attribute(const char *device, const char *name, char *out, size_t size)
{
    char path[PATH_BYTES];
    FILE *f;

    out[0] = '\0';
    snprintf(path, sizeof path, PCI_DEVICES "/%s/%s", device, name);
    f = fopen(path, "re");
    if (!f)
        return;
    if (!fgets(out, (int)size, f))
        out[0] = '\0';
    fclose(f);
}

/* Where the page may be: in the card itself, or in the shared memory of a hypervisor that mapped
 * it (bench/lab/card.h). */
static const struct place {
    unsigned long vendor, device;
    unsigned bar;
    const char *route;
} places[] = {
    {CARD_PCI_VENDOR, CARD_PCI_DEVICE, 0, "resource0"},
    {CARD_SHARED_VENDOR, CARD_SHARED_DEVICE, CARD_SHARED_BAR, "resource2"},
};

#define PLACES (sizeof places / sizeof places[0])

static int is_at(const struct place *p, const char *device)
{
    char vendor[32], id[32];

    read_attribute(device, "vendor", vendor, sizeof vendor);
    read_attribute(device, "device", id, sizeof id);
    return strtoul(vendor, NULL, 16) == p->vendor && strtoul(id, NULL, 16) == p->device;
}

/* The device with the lowest bus address: readdir() has no order to rely on. "" if there is
 * none. */
static const char *find(const struct place *p, char device[256])
{
    DIR *dir = opendir(PCI_DEVICES);
    const struct dirent *d;

    device[0] = '\0';
    if (!dir)
        return agent_reason(PCI_DEVICES, errno);
    while ((d = readdir(dir))) {
        if (d->d_name[0] == '.' || !is_at(p, d->d_name))
            continue;
        if (!device[0] || strcmp(d->d_name, device) < 0)
            snprintf(device, 256, "%s", d->d_name);
    }
    closedir(dir);
    return NULL;
}

static const char *enable(const char *device)
{
    char path[PATH_BYTES];
    const char *reason = NULL;
    int fd;

    snprintf(path, sizeof path, PCI_DEVICES "/%s/enable", device);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "1", 1) != 1)
        reason = agent_reason(path, errno);
    if (fd >= 0)
        close(fd);
    return reason;
}

/* Start of a BAR: line `bar` of the attribute resource. 0: it has no address. */
static uint64_t bar_address(const char *device, unsigned bar)
{
    char path[PATH_BYTES], line[128] = "";
    FILE *f;

    snprintf(path, sizeof path, PCI_DEVICES "/%s/resource", device);
    f = fopen(path, "re");
    if (!f)
        return 0;
    for (unsigned i = 0; i <= bar; i++) {
        if (!fgets(line, sizeof line, f))
            line[0] = '\0';
    }
    fclose(f);
    return strtoull(line, NULL, 16);
}

static const char *open_sysfs(struct card *card)
{
    const struct place *p = places;
    char device[256], path[PATH_BYTES];
    const char *reason = find(p, device);
    void *page;

    while (!reason && !device[0] && ++p < places + PLACES)
        reason = find(p, device);
    if (!reason && !device[0])
        reason = "no card on the PCI bus; pass its address as etl.card=";
    if (!reason)
        reason = enable(device);
    if (reason)
        return reason;
    card->address = bar_address(device, p->bar);
    if (!card->address)
        return "the card's BAR has no address";
    snprintf(path, sizeof path, PCI_DEVICES "/%s/%s", device, p->route);
    reason = map(open(path, O_RDWR | O_SYNC | O_CLOEXEC), 0, path, &page);
    if (reason)
        return reason;
    place(card, page, card->address % PAGE_BYTES);
    card->route = p->route;
    if (*card->id != CARD_ID_VALUE)
        return "the memory on the PCI bus that should be the card's page is not";
    return NULL;
}

static const char *map_memory(uint64_t address, void **page)
{
    return map(open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC), address - address % PAGE_BYTES,
               "/dev/mem", page);
}

const char *card_open(uint64_t address, struct card *card)
{
    const char *reason;
    void *page;

    if (!address)
        return open_sysfs(card);
    reason = map_memory(address, &page);
    if (reason)
        return reason;
    place(card, page, address % PAGE_BYTES);
    card->address = address;
    card->route = "devmem";
    return NULL;
}

const char *card_open_file(const char *path, struct card *card)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    const char *reason;
    void *page;

    if (fd >= 0 && ftruncate(fd, PAGE_BYTES)) {
        reason = agent_reason(path, errno);
        close(fd);
        return reason;
    }
    reason = map(fd, 0, path, &page);
    if (reason)
        return reason;
    place(card, page, 0);
    card->address = 0;
    card->route = "file";
    return NULL;
}

const char *card_map_page(uint64_t address, const volatile void **page)
{
    int fd = open("/dev/mem", O_RDONLY | O_SYNC | O_CLOEXEC), error;
    void *p;

    if (fd < 0)
        return agent_reason("/dev/mem", errno);
    p = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, fd, (off_t)address);
    error = errno;
    close(fd);
    *page = p;
    return p == MAP_FAILED ? agent_reason("/dev/mem", error) : NULL;
}

const char *card_map_register(uint64_t address, volatile uint32_t **reg)
{
    void *page;
    const char *reason = map_memory(address, &page);

    if (!reason)
        *reg = (volatile uint32_t *)((char *)page + address % PAGE_BYTES);
    return reason;
}
