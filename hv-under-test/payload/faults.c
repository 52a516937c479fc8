/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/faults.c - pages that the payload maps at their first touch, in a window
 * of addresses that nothing else uses (AMD APM vol. 2, section 5.3: 4 KiB pages).
 *
 * One root entry, one of page pointers, one page directory; page tables for as much as 1024
 * places 64 KiB apart take. A fault outside the window is an error of the payload, as ever.
 */
#include "hv-under-test/payload/cpu.h"
#include "hv-under-test/payload/payload.h"

#define WINDOW 0x8000000000u /* 512 GiB: the second entry of the root */
#define WINDOW_ROOT_ENTRY 1u
#define PAGE_BYTES 4096u
#define ENTRIES 512u
#define TABLES 33u /* of 2 MiB each */
#define PRESENT_WRITABLE 3u
#define ERROR_PRESENT 1u /* bit 0 of the error code: a right was missing, not the page */

extern uint64_t payload_page_root[ENTRIES];
int payload_serve_fault(uint64_t error, uint64_t address); /* start.S */

typedef uint64_t page_of_entries[ENTRIES];
static page_of_entries pointers __attribute__((aligned(4096)));
static page_of_entries directory __attribute__((aligned(4096)));
static page_of_entries tables[TABLES] __attribute__((aligned(4096)));

static struct {
    uint64_t frames;      /* physical, as virtual, address; 0: the window is closed */
    size_t pages, stride; /* of the places */
    size_t used;          /* frames given out since the last unmap */
    uint64_t served;
} window;

static uint64_t *entry_of(uint64_t address)
{
    uint64_t page = (address - WINDOW) / PAGE_BYTES;

    return &tables[page / ENTRIES][page % ENTRIES];
}

static void faults_unmap(void)
{
    for (size_t i = 0; window.frames && i < window.pages; i++) {
        uint64_t address = WINDOW + i * window.stride;

        *entry_of(address) = 0;
        cpu_invlpg(address);
    }
    window.used = 0;
}

static void faults_close(void)
{
    faults_unmap();
    window.frames = 0;
}

static void *faults_open(void *frames, size_t pages, size_t stride)
{
    faults_close();
    if (stride < PAGE_BYTES || !pages ||
        (pages - 1) > (TABLES * ENTRIES * PAGE_BYTES - 1) / stride)
        return NULL;
    for (unsigned i = 0; i < TABLES; i++)
        directory[i] = (uintptr_t)tables[i] | PRESENT_WRITABLE;
    pointers[0] = (uintptr_t)directory | PRESENT_WRITABLE;
    payload_page_root[WINDOW_ROOT_ENTRY] = (uintptr_t)pointers | PRESENT_WRITABLE;
    window.frames = (uintptr_t)frames;
    window.pages = pages;
    window.stride = stride;
    return (void *)(uintptr_t)WINDOW;
}

static uint64_t faults_count(void)
{
    return window.served;
}

/* 1: the page is there now, try again. General registers only. */
int payload_serve_fault(uint64_t error, uint64_t address)
{
    if (!window.frames || error & ERROR_PRESENT || address < WINDOW ||
        address > WINDOW + (window.pages - 1) * window.stride || window.used == window.pages)
        return 0;
    *entry_of(address) = (window.frames + window.used++ * PAGE_BYTES) | PRESENT_WRITABLE;
    window.served++;
    return 1;
}

const struct workload_faults payload_faults = {
    .open = faults_open,
    .unmap = faults_unmap,
    .count = faults_count,
    .close = faults_close,
};
