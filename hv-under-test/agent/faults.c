/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/agent/faults.c - pages that Linux maps at their first touch: private anonymous
 * memory, small pages, dropped by MADV_DONTNEED. Counted by getrusage (ru_minflt).
 *
 * The agent locks its memory, and locked pages would be there from the start and not let
 * themselves be dropped: the range is made without access, which populates nothing, unlocked,
 * and then opened.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "hv-under-test/agent/agent.h"

static char *range;
static size_t range_bytes;

static void faults_close(void)
{
    if (range)
        munmap(range, range_bytes);
    range = NULL;
}

static void *faults_open(void *frames, size_t pages, size_t stride)
{
    (void)frames; /* the kernel finds its own */
    faults_close();
    range_bytes = (pages - 1) * stride + 1;
    range =
        mmap(NULL, range_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED) {
        range = NULL;
        return NULL;
    }
    /* A kernel without huge pages refuses the advice, and needs none. */
    madvise(range, range_bytes, MADV_NOHUGEPAGE);
    if (munlock(range, range_bytes) || mprotect(range, range_bytes, PROT_READ | PROT_WRITE)) {
        faults_close();
        return NULL;
    }
    return range;
}

static void faults_unmap(void)
{
    /* A refusal shows: there will be no faults to count. */
    madvise(range, range_bytes, MADV_DONTNEED);
}

static uint64_t faults_count(void)
{
    struct rusage usage = {.ru_minflt = 0};

    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_minflt;
}

const struct workload_faults agent_faults = {
    .open = faults_open,
    .unmap = faults_unmap,
    .count = faults_count,
    .close = faults_close,
};
