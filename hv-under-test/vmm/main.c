/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/main.c - the order of things: configuration, memory, guest, backend.
 *
 * Physical memory: the hypervisor is linked at 1 MiB; the boot loader puts the modules where it
 * likes; guest memory is the largest piece of RAM free of both (place.h), and all the guest can
 * reach of the machine's RAM.
 */
#include <stddef.h>
#include <stdint.h>

#include "bench/lab/card.h"
#include "hv-under-test/vmm/accounts.h"
#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/devices.h"
#include "hv-under-test/vmm/distort.h"
#include "hv-under-test/vmm/exits.h"
#include "hv-under-test/vmm/fault.h"
#include "hv-under-test/vmm/guest.h"
#include "hv-under-test/vmm/guests.h"
#include "hv-under-test/vmm/host_clock.h"
#include "hv-under-test/vmm/machine.h"
#include "hv-under-test/vmm/multiboot.h"
#include "hv-under-test/vmm/paging.h"
#include "hv-under-test/vmm/pci.h"
#include "hv-under-test/vmm/place.h"
#include "hv-under-test/vmm/report.h"
#include "hv-under-test/vmm/restore.h"
#include "hv-under-test/vmm/ring.h"
#include "hv-under-test/vmm/snapshot.h"
#include "hv-under-test/vmm/time.h"

extern const struct backend svm_backend, soft_backend, pv_backend, vmx_backend;
extern const uint8_t vmm_end[]; /* link.ld */

const struct backend *const backend_table[] = {&svm_backend, &soft_backend, &pv_backend,
                                               &vmx_backend, NULL};

#define MODULES 2
static struct multiboot_module module[MODULES]; /* the guest's image, its initramfs */
static char config_line[CONFIG_LINE_BYTES];
static char guest_line[GUEST_COMMAND_LINE_BYTES];

_Noreturn void vmm_main(uint32_t magic, const struct multiboot_info *info);

static const void *at(uint64_t physical)
{
    return (const void *)(uintptr_t)physical;
}

/* The loader's strings lie where guest memory will be: copy them out. 0, or -1: too long. */
static int copy_line(char *to, size_t size, uint32_t from)
{
    const char *s = at(from);

    for (size_t i = 0; i < size; i++) {
        to[i] = s[i];
        if (!s[i])
            return 0;
    }
    to[size - 1] = '\0';
    return -1;
}

/* The loader's list of modules lies where it pleased the loader: copied before anything is
 * written. */
static void take_modules(const struct multiboot_info *info)
{
    const struct multiboot_module *list = at(info->modules);
    const struct report_detail found = {"modules", info->module_count};

    if (info->module_count > MODULES)
        report_error("more than two modules: the guest's image and its initramfs", &found, 1);
    for (uint32_t i = 0; i < info->module_count; i++)
        module[i] = list[i];
}

/* `own`: bytes behind it for the backend; as many again as the guest has lie between where it may be
 * put back. */
static uint64_t find_guest_ram(const struct multiboot_info *info, const struct vmm_config *c,
                               uint64_t own, uint64_t *base)
{
    const struct place_range taken[] = {{0, (uint64_t)(uintptr_t)vmm_end},
                                        {module[0].start, module[0].end},
                                        {module[1].start, module[1].end}};
    const struct place_range place = place_guest(at(info->map), info->map_bytes, taken,
                                                 1 + info->module_count, PAGING_LARGE_BYTES);
    uint64_t bytes = place.end - place.start;

    *base = place.start;
    own = (own + PAGING_LARGE_BYTES - 1) / PAGING_LARGE_BYTES * PAGING_LARGE_BYTES;
    bytes = bytes > own ? bytes - own : 0;
    if (restore_is_asked(c)) /* one half for the guest, one for its copy */
        bytes = bytes / 2 / PAGING_LARGE_BYTES * PAGING_LARGE_BYTES;
    if (bytes > GUEST_RAM_LIMIT)
        bytes = GUEST_RAM_LIMIT;
    if (c->ram_mb) {
        const struct report_detail found = {"ram_bytes", bytes};

        if (c->ram_mb > bytes >> 20)
            report_error("ram_mb: more than this machine has for a guest", &found, 1);
        bytes = c->ram_mb << 20;
    }
    if (bytes < PAGING_LARGE_BYTES)
        report_error("no memory left for a guest", NULL, 0);
    return bytes;
}

static uint64_t find_card(const struct vmm_config *c, uint64_t ram_bytes,
                          struct pci_identity *id)
{
    uint64_t found = pci_find_bar0(CARD_PCI_VENDOR, CARD_PCI_DEVICE, id);
    uint64_t card = c->card ? c->card : found;
    const struct report_detail where = {"card_page", card};

    if (!card)
        report_error("no card on PCI (1b36:0005) and no card= given", NULL, 0);
    if (card < ram_bytes || card == GUEST_ACCOUNTS_PAGE || card == GUEST_REGISTER_PAGE ||
        card == GUEST_RING_PAGE || card % PAGING_PAGE_BYTES)
        report_error("the card's page collides with the guest's memory", &where, 1);
    if (card >> 32)
        report_error("the card's page lies above 4 GiB", &where, 1);
    return card;
}

/* Everything else faults; the emulated register page is among it on purpose. */
static void map_guest(enum paging_format format, uint64_t base, uint64_t bytes, uint64_t card)
{
    paging_start(format);
    if (paging_map(0, base, bytes, PAGING_WRITE | PAGING_EXECUTE) ||
        paging_map(card, card, PAGING_PAGE_BYTES, PAGING_WRITE | PAGING_UNCACHED) ||
        paging_map(GUEST_ACCOUNTS_PAGE, (uint64_t)(uintptr_t)&accounts_page, PAGING_PAGE_BYTES,
                   0))
        report_error("the nested page tables are full", NULL, 0);
}

static void choose_console(const struct vmm_config *c)
{
    if (c->io == CONFIG_IO_TRAP) {
        exits_trap_console();
        devices_add_console();
    }
    if (c->io != CONFIG_IO_RING)
        return;
    ring_start();
    if (paging_map(GUEST_RING_PAGE, (uint64_t)(uintptr_t)&ring_page, PAGING_PAGE_BYTES,
                   PAGING_WRITE))
        report_error("the nested page tables are full", NULL, 0);
}

static void check_loader(uint32_t magic, const struct multiboot_info *info)
{
    const uint32_t needed =
        MULTIBOOT_HAS_COMMAND_LINE | MULTIBOOT_HAS_MODULES | MULTIBOOT_HAS_MEMORY_MAP;
    const struct report_detail flags = {"flags", info->flags};

    if (magic != MULTIBOOT_BOOT_MAGIC)
        report_error("not started by a multiboot loader", NULL, 0);
    if ((info->flags & needed) != needed)
        report_error("the boot loader gave no command line, modules or memory map", &flags, 1);
    if (!info->module_count)
        report_error("no guest: the first multiboot module is the guest's image", NULL, 0);
}

static void load_guest(const struct report_place *place, struct guest_start *start)
{
    const struct guest_files files = {
        .image = at(module[0].start),
        .image_bytes = module[0].end - module[0].start,
        .initramfs = at(module[1].start),
        .initramfs_bytes = module[1].end - module[1].start,
        .command_line = guest_line,
    };
    const char *reason;

    guest_memory.base = (uint8_t *)(uintptr_t)place->host_ram_base;
    guest_memory.bytes = place->guest_ram_bytes;
    if (guest_load(&files, start, &reason))
        report_error(reason, NULL, 0);
    start->image = files.image;
    start->image_bytes = files.image_bytes;
}

_Noreturn void vmm_main(uint32_t magic, const struct multiboot_info *info)
{
    struct pci_identity bridge, card = {CARD_PCI_DEVICE << 16 | CARD_PCI_VENDOR, 0, 0};
    const struct backend *backend;
    struct guest_start start;
    struct report_place place;
    struct vcpu *v;
    static struct vmm_config config; /* the lies in it are told of at the end */
    char reason[CONFIG_REASON_BYTES];
    const char *missing;

    machine_mask_interrupts();
    fault_start();
    accounts_start();
    report_start(0);
    check_loader(magic, info);
    take_modules(info);
    if (copy_line(config_line, sizeof(config_line), info->command_line))
        report_error("the hypervisor's command line is longer than 1023 bytes", NULL, 0);
    if (config_parse(config_line, &config, reason)) {
        report_start(config.boot);
        report_error(reason, NULL, 0);
    }
    report_start(config.boot);
    if (copy_line(guest_line, sizeof(guest_line), module[0].arguments))
        report_error("the guest's command line is longer than 4095 bytes", NULL, 0);
    backend = backend_table[config.cpu];
    missing = backend->unavailable(&config);
    if (missing)
        report_error(missing, NULL, 0);

    place.processor_features = backend->features();
    place.guest_ram_bytes =
        find_guest_ram(info, &config, backend->own_bytes ? backend->own_bytes(&config) : 0,
                       &place.host_ram_base);
    place.card_page = find_card(&config, place.guest_ram_bytes, &card);
    time_start(&config, backend->scales_tsc && backend->scales_tsc());
    report_facts(config_line, &config, &place);

    host_clock_start(config.tsc_hz);
    exits_halt_ends(config.end == CONFIG_END_HALT);
    pci_identify_bridge(&bridge);
    devices_start(&bridge, &card, place.card_page);
    map_guest(backend->nested, place.host_ram_base, place.guest_ram_bytes, place.card_page);
    choose_console(&config);
    load_guest(&place, &start);
    snapshot_place(guest_memory.base + guest_memory.bytes);
    start.own_memory = guest_memory.base + guest_memory.bytes;
    if (restore_is_asked(&config))
        start.own_memory = guest_memory.base + 2 * guest_memory.bytes;
    v = backend->prepare(&config, &start, paging_root());
    guests_start(&config, backend);
    distort_start(&config);
    guests_begin();
    backend->run(v);
    report_error("the backend came back", NULL, 0);
}
