/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/guest/place.c - a place for the guest's memory (vmm/guest/place.h). */
#include "hv-under-test/vmm/guest/place.h"

/* The first taken range that reaches beyond `from`; start = end = `limit` if there is none. */
static struct place_range next_taken(const struct place_range *taken, unsigned count,
                                     uint64_t from, uint64_t limit)
{
    struct place_range next = {limit, limit};

    for (unsigned i = 0; i < count; i++)
        if (taken[i].start < taken[i].end && taken[i].end > from &&
            taken[i].start < next.start)
            next = taken[i];
    return next;
}

static void try_piece(uint64_t start, uint64_t end, uint64_t align, struct place_range *best)
{
    start = (start + align - 1) / align * align;
    end = end / align * align;
    if (start < end && end - start > best->end - best->start)
        *best = (struct place_range){start, end};
}

struct place_range place_guest(const uint8_t *map, uint32_t bytes,
                               const struct place_range *taken, unsigned count, uint64_t align)
{
    struct place_range best = {0, 0};

    for (uint32_t at = 0; at < bytes && bytes - at >= sizeof(struct multiboot_region);) {
        struct multiboot_region r;
        uint64_t from, end;

        __builtin_memcpy(&r, map + at, sizeof(r));
        from = r.base;
        end = r.bytes > PLACE_LIMIT ? PLACE_LIMIT : r.base + r.bytes;
        if (end > PLACE_LIMIT)
            end = PLACE_LIMIT;
        while (r.type == MULTIBOOT_MEMORY_RAM && from < end) {
            const struct place_range hole = next_taken(taken, count, from, end);

            try_piece(from, hole.start < end ? hole.start : end, align, &best);
            from = hole.end > from ? hole.end : end;
        }
        if (r.size > bytes - at - 4)
            break;
        at += r.size + 4;
    }
    return best;
}
