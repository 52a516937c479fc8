/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/main.c - the order of things: configuration, memory, guest, backend.
 *
 * Physical memory: the hypervisor is linked at 1 MiB; the boot loader puts the modules behind
 * it; guest memory begins at the next 2 MiB border above both and is all the guest can reach
 * of the machine's RAM.
 */
#include <stddef.h>
#include <stdint.h>

#include "bench/lab/card.h"
#include "hv-under-test/vmm/accounts.h"
#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/distort.h"
#include "hv-under-test/vmm/fault.h"
#include "hv-under-test/vmm/guest.h"
#include "hv-under-test/vmm/machine.h"
#include "hv-under-test/vmm/multiboot.h"
#include "hv-under-test/vmm/paging.h"
#include "hv-under-test/vmm/pci.h"
#include "hv-under-test/vmm/report.h"
#include "hv-under-test/vmm/time.h"

#define CONFIG_LINE_BYTES 1024

extern const struct backend svm_backend, soft_backend, pv_backend;
extern const uint8_t vmm_end[]; /* link.ld */

const struct backend *const backend_table[] = {&svm_backend, &soft_backend, &pv_backend, NULL};

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

/* RAM above `from` up to the end of the region that holds it: base and bytes in whole large
 * pages, bytes = 0 if there is none. */
static uint64_t find_ram(const struct multiboot_info *info, uint64_t from, uint64_t *base)
{
    uint64_t start = (from + PAGING_LARGE_BYTES - 1) & ~(PAGING_LARGE_BYTES - 1);

    for (uint32_t offset = 0; offset < info->map_bytes;) {
        const struct multiboot_region *r = at(info->map + offset);
        uint64_t end = r->base + r->bytes;

        if (r->type == MULTIBOOT_MEMORY_RAM && r->base <= start && end > start) {
            uint64_t bytes = (end - start) & ~(PAGING_LARGE_BYTES - 1);

            *base = start;
            return bytes < GUEST_RAM_LIMIT ? bytes : GUEST_RAM_LIMIT;
        }
        offset += r->size + 4;
    }
    *base = start;
    return 0;
}

static uint64_t find_guest_ram(const struct multiboot_info *info, const struct vmm_config *c,
                               uint64_t *base)
{
    const struct multiboot_module *module = at(info->modules);
    uint64_t end = (uint64_t)(uintptr_t)vmm_end, bytes;

    for (uint32_t i = 0; i < info->module_count; i++)
        if (module[i].end > end)
            end = module[i].end;
    bytes = find_ram(info, end, base);
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

static uint64_t find_card(const struct vmm_config *c, uint64_t ram_bytes)
{
    uint64_t card = c->card ? c->card : pci_find_bar0(CARD_PCI_VENDOR, CARD_PCI_DEVICE);
    const struct report_detail where = {"card_page", card};

    if (!card)
        report_error("no card on PCI (1b36:0005) and no card= given", NULL, 0);
    if (card < ram_bytes || card == GUEST_ACCOUNTS_PAGE || card == GUEST_REGISTER_PAGE ||
        card % PAGING_PAGE_BYTES)
        report_error("the card's page collides with the guest's memory", &where, 1);
    return card;
}

/* Everything else faults; the emulated register page is among it on purpose. */
static void map_guest(uint64_t base, uint64_t bytes, uint64_t card)
{
    paging_start();
    if (paging_map(0, base, bytes, PAGING_WRITE | PAGING_EXECUTE) ||
        paging_map(card, card, PAGING_PAGE_BYTES, PAGING_WRITE | PAGING_UNCACHED) ||
        paging_map(GUEST_ACCOUNTS_PAGE, (uint64_t)(uintptr_t)&accounts_page, PAGING_PAGE_BYTES,
                   0))
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

_Noreturn void vmm_main(uint32_t magic, const struct multiboot_info *info)
{
    const struct multiboot_module *module;
    const struct backend *backend;
    struct guest_start start = {.start_info = GUEST_START_INFO};
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
    module = at(info->modules);
    if (copy_line(config_line, sizeof(config_line), info->command_line))
        report_error("the hypervisor's command line is longer than 1023 bytes", NULL, 0);
    if (config_parse(config_line, &config, reason)) {
        report_start(config.boot);
        report_error(reason, NULL, 0);
    }
    report_start(config.boot);
    if (copy_line(guest_line, sizeof(guest_line), module->arguments))
        report_error("the guest's command line is longer than 4095 bytes", NULL, 0);
    backend = backend_table[config.cpu];
    missing = backend->unavailable(&config);
    if (missing)
        report_error(missing, NULL, 0);

    place.processor_features = backend->features();
    place.guest_ram_bytes = find_guest_ram(info, &config, &place.host_ram_base);
    place.card_page = find_card(&config, place.guest_ram_bytes);
    time_start(&config, backend->scales_tsc && backend->scales_tsc());
    report_facts(config_line, &config, &place);

    map_guest(place.host_ram_base, place.guest_ram_bytes, place.card_page);
    guest_memory.base = (uint8_t *)(uintptr_t)place.host_ram_base;
    guest_memory.bytes = place.guest_ram_bytes;
    start.image = at(module->start);
    start.image_bytes = module->end - module->start;
    if (guest_load(start.image, start.image_bytes, guest_line, &start.entry, &missing))
        report_error(missing, NULL, 0);
    v = backend->prepare(&config, &start, paging_root());
    distort_start(&config);
    backend->run(v);
    report_error("the backend came back", NULL, 0);
}
