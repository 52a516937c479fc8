/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/text.h - append text to a bounded buffer; freestanding.
 *
 * The buffer always ends in NUL. What does not fit is dropped: answers and reasons are for
 * humans and have a fixed room in the record. used counts what was kept.
 */
#ifndef ETALON_WORKLOADS_TEXT_H
#define ETALON_WORKLOADS_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
    char *buf; /* owned by the caller */
    size_t size, used;
};

/* Start with an empty text in buf[size]; size must not be 0. */
struct text text_begin(char *buf, size_t size);
void text_put(struct text *t, const char *s);
/* At most `length` bytes of s, unprintable ones as '?'. */
void text_put_bytes(struct text *t, const char *s, size_t length);
void text_put_u64(struct text *t, uint64_t value);
void text_put_hex(struct text *t, uint64_t value, unsigned digits); /* no 0x, zero-filled */

void text_set(char *buf, size_t size, const char *s);
/* As text_set(), returning -1: for `return text_refuse(run->reason, …)`. */
int text_refuse(char *buf, size_t size, const char *s);

int text_equal(const char *s, const char *bytes, size_t length);

#endif
