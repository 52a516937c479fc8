/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/outer/kvm_stats.c - KVM's binary statistics of a machine or a processor: a header,
 * descriptors that name each counter, and the counters themselves, all in one readable file
 * (Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD).
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hv-under-test/outer/kvm.h"

/* KVM has some 60 counters; a header that says more than this is not one. */
#define MAX_COUNTERS 1024u
#define MAX_NAME_BYTES 256u

static const struct kvm_stats_desc *descriptor(const struct kvm_stats *s, unsigned i)
{
    return (const void *)(s->descriptors + i * s->descriptor_bytes);
}

static const char *read_descriptors(struct kvm_stats *s, uint32_t offset)
{
    const size_t bytes = s->count * s->descriptor_bytes;

    s->descriptors = malloc(bytes);
    if (!s->descriptors)
        return "no memory for KVM's statistics";
    if (pread(s->fd, s->descriptors, bytes, offset) != (ssize_t)bytes)
        return "KVM's statistics end within their descriptors";
    for (unsigned i = 0; i < s->count; i++) {
        if (!memchr(descriptor(s, i)->name, '\0', s->name_bytes))
            return "a name in KVM's statistics has no end";
    }
    return NULL;
}

const char *kvm_stats_open(struct kvm_stats *s, int fd)
{
    struct kvm_stats_header h;
    const char *reason;

    memset(s, 0, sizeof *s);
    s->fd = fd;
    if (pread(fd, &h, sizeof h, 0) != (ssize_t)sizeof h) {
        reason = "KVM's statistics have no header";
    } else if (!h.name_size || h.name_size > MAX_NAME_BYTES || !h.num_desc ||
               h.num_desc > MAX_COUNTERS) {
        reason = outer_say("the header of KVM's statistics names %u counters with names of %u "
                           "bytes",
                           h.num_desc, h.name_size);
    } else {
        s->count = h.num_desc;
        s->name_bytes = h.name_size;
        s->descriptor_bytes = sizeof(struct kvm_stats_desc) + h.name_size;
        s->data_offset = h.data_offset;
        reason = read_descriptors(s, h.desc_offset);
    }
    if (reason)
        kvm_stats_close(s);
    return reason;
}

int kvm_stats_read(const struct kvm_stats *s, const char *name, uint64_t *value)
{
    for (unsigned i = 0; i < s->count; i++) {
        const struct kvm_stats_desc *d = descriptor(s, i);

        if (strcmp(d->name, name) != 0)
            continue;
        return d->size == 1 && pread(s->fd, value, sizeof *value,
                                     s->data_offset + d->offset) == (ssize_t)sizeof *value
                   ? 0
                   : -1;
    }
    return -1;
}

void kvm_stats_close(struct kvm_stats *s)
{
    free(s->descriptors);
    close(s->fd);
    memset(s, 0, sizeof *s);
    s->fd = -1;
}
