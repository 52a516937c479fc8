/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workloads/text.c - bounded text without a libc. */
#include "workloads/text.h"

struct text text_begin(char *buf, size_t size)
{
    struct text t = {buf, size, 0};

    buf[0] = '\0';
    return t;
}

static void put_char(struct text *t, char c)
{
    if (t->used + 1 >= t->size)
        return;
    t->buf[t->used++] = c;
    t->buf[t->used] = '\0';
}

void text_put(struct text *t, const char *s)
{
    while (*s)
        put_char(t, *s++);
}

void text_put_bytes(struct text *t, const char *s, size_t length)
{
    for (size_t i = 0; i < length; i++)
        put_char(t, s[i] >= 0x20 && s[i] < 0x7f ? s[i] : '?');
}

void text_put_u64(struct text *t, uint64_t value)
{
    char digits[20];
    unsigned n = 0;

    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    while (n)
        put_char(t, digits[--n]);
}

void text_put_hex(struct text *t, uint64_t value, unsigned digits)
{
    while (digits--) {
        unsigned nibble = (unsigned)(value >> (4 * digits)) & 0xfu;

        put_char(t, (char)(nibble < 10 ? '0' + nibble : 'a' + nibble - 10));
    }
}

void text_set(char *buf, size_t size, const char *s)
{
    struct text t = text_begin(buf, size);

    text_put(&t, s);
}

int text_refuse(char *buf, size_t size, const char *s)
{
    text_set(buf, size, s);
    return -1;
}

int text_equal(const char *s, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (s[i] == '\0' || s[i] != bytes[i])
            return 0;
    }
    return s[length] == '\0';
}
