/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/record_read.c - the reader of console records (collector/record.h).
 *
 * A console is hostile ground: kernel messages cut records in two, firmware writes escape
 * sequences, a crash ends in the middle of a line. So a record counts only if everything of it
 * is in place, and its CRC is looked at before its fields.
 */
#include <string.h>

#include "base/crc32c.h"
#include "collector/record.h"

#define MAGIC_BYTES (sizeof RECORD_MAGIC) /* with the space behind it, instead of the NUL */
#define CRC_DIGITS 8u

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* All of text[0 .. n-1] as a number; 0, or -1. */
static int parse_u64(const char *text, size_t n, uint64_t *value)
{
    const unsigned base = n > 2 && text[0] == '0' && text[1] == 'x' ? 16 : 10;
    uint64_t v = 0;
    size_t i = base == 16 ? 2 : 0;

    if (i == n)
        return -1;
    for (; i < n; i++) {
        const int digit = hex_digit(text[i]);

        if (digit < 0 || (unsigned)digit >= base)
            return -1;
        if (v > (UINT64_MAX - (unsigned)digit) / base)
            return -1;
        v = v * base + (unsigned)digit;
    }
    *value = v;
    return 0;
}

/* Unescape in place; 0, or -1 on a byte that a writer would never have left as it is. */
static int unescape(char *text)
{
    char *out = text;

    for (const char *in = text; *in; in++) {
        if (*in == '%') {
            const int high = hex_digit(in[1]);
            const int low = high < 0 ? -1 : hex_digit(in[2]);

            if (low < 0 || (high | low) == 0)
                return -1;
            *out++ = (char)(high << 4 | low);
            in += 2;
        } else if (*in < 0x21 || *in > 0x7E || *in == '=') {
            return -1;
        } else {
            *out++ = *in;
        }
    }
    *out = '\0';
    return 0;
}

/* The next word of *cursor, cut off by a NUL; NULL at the end or where two spaces meet. */
static char *next_word(char **cursor)
{
    char *word = *cursor;
    char *end;

    if (!word || !*word || *word == ' ')
        return NULL;
    end = strchr(word, ' ');
    if (end)
        *end++ = '\0';
    *cursor = end;
    return word;
}

static int parse_number_word(char **cursor, uint64_t *value)
{
    const char *word = next_word(cursor);

    return word ? parse_u64(word, strlen(word), value) : -1;
}

/* text = "ETL1 boot seq type key=value … crc" without mark and LF. 0, or -1: damaged. */
static int parse_record(const char *text, size_t n, struct record *r)
{
    uint32_t crc = 0;
    char *cursor = r->text;
    char *word;

    if (n < MAGIC_BYTES + 1 + CRC_DIGITS || n >= sizeof r->text ||
        text[n - CRC_DIGITS - 1] != ' ')
        return -1;
    for (size_t i = n - CRC_DIGITS; i < n; i++) {
        const int digit = hex_digit(text[i]);

        if (digit < 0)
            return -1;
        crc = crc << 4 | (uint32_t)digit;
    }
    if (crc32c(0, text, n - CRC_DIGITS) != crc || memchr(text, '\0', n))
        return -1;
    n -= CRC_DIGITS + 1 + MAGIC_BYTES;
    memcpy(r->text, text + MAGIC_BYTES, n);
    r->text[n] = '\0';
    if (parse_number_word(&cursor, &r->boot) || parse_number_word(&cursor, &r->seq))
        return -1;
    r->type = next_word(&cursor);
    if (!r->type)
        return -1;
    r->fields = 0;
    while (cursor) {
        struct record_field *f = &r->field[r->fields];
        char *value;

        word = next_word(&cursor);
        value = word ? strchr(word, '=') : NULL;
        if (!value || value == word || r->fields == RECORD_MAX_FIELDS)
            return -1;
        *value++ = '\0';
        f->key = word;
        f->value = value;
        if (!*value || (strcmp(value, "-") ? unescape(value) : (*value = '\0', 0)))
            return -1;
        r->fields++;
    }
    return 0;
}

static void count_seq(const struct record *r, uint64_t *next_seq, struct record_stats *s)
{
    if (r->seq > *next_seq)
        s->missing += r->seq - *next_seq;
    if (r->seq >= *next_seq)
        *next_seq = r->seq + 1;
}

int record_next(const char *log, size_t size, size_t *pos, struct record *r,
                uint64_t *next_seq, struct record_stats *s)
{
    while (*pos < size) {
        const char *mark = memchr(log + *pos, RECORD_MARK, size - *pos);
        size_t start, limit, end;

        if (!mark) {
            s->noise_bytes += size - *pos;
            *pos = size;
            return 0;
        }
        start = (size_t)(mark - log);
        s->noise_bytes += start - *pos;
        if (size - start < 1 + MAGIC_BYTES ||
            memcmp(mark + 1, RECORD_MAGIC " ", MAGIC_BYTES) != 0) {
            /* Not ours, or cut within its first word. */
            s->damaged += size - start > 1 && mark[1] == RECORD_MAGIC[0];
            s->noise_bytes++;
            *pos = start + 1;
            continue;
        }
        limit = size - start < RECORD_MAX_BYTES ? size - start : RECORD_MAX_BYTES;
        for (end = 1; end < limit && mark[end] != '\n' && mark[end] != RECORD_MARK; end++)
            ;
        if (end == limit || mark[end] != '\n') {
            s->damaged++;
            *pos = start + end;
            continue;
        }
        *pos = start + end + 1;
        /* Some consoles put CR before LF. */
        if (mark[end - 1] == '\r')
            end--;
        if (parse_record(mark + 1, end - 1, r)) {
            s->damaged++;
            continue;
        }
        s->records++;
        if (r->seq < *next_seq) {
            s->repeated++;
            continue;
        }
        count_seq(r, next_seq, s);
        return 1;
    }
    return 0;
}

const char *record_get(const struct record *r, const char *key)
{
    for (unsigned i = 0; i < r->fields; i++) {
        if (strcmp(r->field[i].key, key) == 0)
            return r->field[i].value;
    }
    return NULL;
}

int record_get_u64(const struct record *r, const char *key, uint64_t *value)
{
    const char *text = record_get(r, key);

    return text ? parse_u64(text, strlen(text), value) : -1;
}

int record_get_pair(const struct record *r, const char *key, uint64_t *a, uint64_t *b)
{
    const char *text = record_get(r, key);
    const char *colon = text ? strchr(text, ':') : NULL;

    if (!colon)
        return -1;
    return parse_u64(text, (size_t)(colon - text), a) ||
                   parse_u64(colon + 1, strlen(colon + 1), b)
               ? -1
               : 0;
}
