/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/record_write.c - the writer of console records (collector/record.h).
 *
 * Freestanding: linked into the agent, the payload, the hypervisor under test and, for tests,
 * the controller.
 */
#include "base/crc32c.h"
#include "collector/record.h"

#define CRC_BYTES 10u /* " xxxxxxxx\n" */

static void put(struct record_writer *w, char c)
{
    /* Room for the crc is kept free, and a record never outgrows what a reader accepts. */
    if (w->overflow || w->used + CRC_BYTES >= w->size ||
        w->used - w->start + CRC_BYTES >= RECORD_MAX_BYTES) {
        w->overflow = 1;
        return;
    }
    w->buf[w->used++] = c;
}

static void put_text(struct record_writer *w, const char *s)
{
    while (*s)
        put(w, *s++);
}

static void put_hex(struct record_writer *w, uint64_t value, unsigned digits)
{
    while (digits--)
        put(w, "0123456789abcdef"[(value >> (4u * digits)) & 0xFu]);
}

static void put_u64(struct record_writer *w, uint64_t value)
{
    char text[20];
    unsigned n = 0;

    do {
        text[n++] = (char)('0' + value % 10u);
        value /= 10u;
    } while (value);
    while (n)
        put(w, text[--n]);
}

static void put_key(struct record_writer *w, const char *key)
{
    put(w, ' ');
    put_text(w, key);
    put(w, '=');
}

/* Five digits always: boots of one seed are then the same boot, instruction by instruction. */
static void put_boot(struct record_writer *w)
{
    uint64_t left = w->boot;

    for (uint64_t unit = 10000; unit; unit /= 10) {
        put(w, (char)('0' + left / unit % 10u));
        left %= unit;
    }
}

void record_begin(struct record_writer *w, const char *type)
{
    w->start = w->used;
    w->overflow = 0;
    put(w, (char)RECORD_MARK);
    put_text(w, RECORD_MAGIC " ");
    put_boot(w);
    put(w, ' ');
    put_u64(w, w->seq);
    put(w, ' ');
    put_text(w, type);
}

void record_text(struct record_writer *w, const char *key, const char *value)
{
    put_key(w, key);
    if (!*value) {
        put(w, '-');
        return;
    }
    /* A value that is itself "-" must not read back as empty. */
    if (value[0] == '-' && !value[1]) {
        put_text(w, "%2d");
        return;
    }
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;

        if (c < 0x21 || c > 0x7E || c == '%' || c == '=') {
            put(w, '%');
            put_hex(w, c, 2);
        } else {
            put(w, (char)c);
        }
    }
}

void record_u64(struct record_writer *w, const char *key, uint64_t value)
{
    put_key(w, key);
    put_u64(w, value);
}

void record_s64(struct record_writer *w, const char *key, int64_t value)
{
    put_key(w, key);
    if (value < 0)
        put(w, '-');
    put_u64(w, value < 0 ? 0u - (uint64_t)value : (uint64_t)value);
}

void record_hex(struct record_writer *w, const char *key, uint64_t value)
{
    unsigned digits = 1;

    while (digits < 16 && value >> (4u * digits))
        digits++;
    put_key(w, key);
    put_text(w, "0x");
    put_hex(w, value, digits);
}

void record_pair(struct record_writer *w, const char *key, uint64_t a, uint64_t b)
{
    put_key(w, key);
    put_u64(w, a);
    put(w, ':');
    put_u64(w, b);
}

int record_end(struct record_writer *w)
{
    uint32_t crc;

    if (w->overflow) {
        w->used = w->start;
        w->overflow = 0;
        return -1;
    }
    /* From the 'E' on (the mark only helps to find the record), with the space. */
    w->buf[w->used++] = ' ';
    crc = crc32c(0, w->buf + w->start + 1, w->used - w->start - 1);
    for (unsigned digit = 8; digit--;)
        w->buf[w->used++] = "0123456789abcdef"[(crc >> (4u * digit)) & 0xFu];
    w->buf[w->used++] = '\n';
    w->seq++;
    return 0;
}
