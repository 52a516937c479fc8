/* SPDX-License-Identifier: MIT */
/*
 * probe/marker/example.c - how a program of your own marks its work.
 *
 *   marker-example CARD [PLAN-INDEX]
 *
 * CARD is a file whose first page is the card's registers. On Linux the card is a PCI device;
 * its memory is a file in sysfs that root may map:
 *
 *   lspci -Dn | grep 1b36:0005            0000:00:03.0 00ff: 1b36:0005
 *   echo 1 >/sys/bus/pci/devices/0000:00:03.0/enable
 *   marker-example /sys/bus/pci/devices/0000:00:03.0/resource0
 *
 * (1b36:0005 is the lab's card; a real one has its own numbers.) In a guest that was given the
 * page at a physical address, open /dev/mem and pass that address to mmap() as the offset.
 *
 * To build it outside of this tree, as C or as C++:
 *
 *   cc -O2 $(pkg-config --cflags etalon-marker) -o marker-example example.c
 *
 * What to take over into your program:
 *   - one process alone marks, pinned to one processor, with its memory locked;
 *   - the value of a marker is computed before the interval (marker_next), and between the two
 *     stores (marker_store) stands your work and nothing else: no printing, no allocation;
 *   - each boot, or each run of the program, begins with a store of 0 and the preamble;
 *   - between two intervals is a pause, because the timer's link carries a limited number of
 *     edges a second. If it loses one, it says so.
 */
#ifndef _GNU_SOURCE /* sched_setaffinity */
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe/marker/marker.h"

#define PAGE_BYTES 4096
#define INTERVALS 10
#define PAUSE_US 100
#define NUMBERS 4096

/* The work to be measured: yours stands here. */
static uint32_t numbers[NUMBERS];

static void prepare_work(void)
{
    uint32_t x = 1;

    for (size_t i = 0; i < NUMBERS; i++)
        numbers[i] = x = x * 1664525u + 1013904223u;
}

static int compare(const void *a, const void *b)
{
    const uint32_t *x = (const uint32_t *)a, *y = (const uint32_t *)b;

    return (*x > *y) - (*x < *y);
}

static void work(void)
{
    qsort(numbers, NUMBERS, sizeof numbers[0], compare);
}

static void settle(void)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(sched_getcpu() < 0 ? 0 : (unsigned)sched_getcpu(), &one);
    /* Where either is refused the marks are still true; the work is only less steady. */
    if (sched_setaffinity(0, sizeof one, &one))
        perror("sched_setaffinity");
    if (mlockall(MCL_CURRENT | MCL_FUTURE))
        perror("mlockall");
}

static volatile uint32_t *open_card(const char *path)
{
    int fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
    void *page;

    if (fd < 0)
        return NULL;
    page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return page == MAP_FAILED ? NULL : (volatile uint32_t *)page;
}

static void write_preamble(struct marker *m, uint32_t plan_index)
{
    marker_store(m->pins, 0);
    m->strobe = 0;
    for (unsigned i = 0; i < MARKER_PREAMBLE_COUNT; i++) {
        usleep(PAUSE_US);
        marker_store(m->pins, marker_next(m, marker_code_preamble(plan_index, i)));
    }
}

int main(int argc, char **argv)
{
    struct marker m = {NULL, 0};

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: %s CARD [PLAN-INDEX]\n", argv[0]);
        return 2;
    }
    m.pins = open_card(argv[1]);
    if (!m.pins) {
        perror(argv[1]);
        return 1;
    }
    settle();
    write_preamble(&m, argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0);
    for (uint64_t n = 0; n < INTERVALS; n++) {
        uint32_t start = marker_next(&m, marker_code_start(n));
        uint32_t stop = marker_next(&m, marker_code_stop(n));

        prepare_work();
        usleep(PAUSE_US);
        marker_store(m.pins, start);
        work();
        marker_store(m.pins, stop);
    }
    printf("%d intervals marked\n", INTERVALS);
    return 0;
}
