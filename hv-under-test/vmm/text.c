/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/text.c - text without a C library (vmm/text.h). */
#include "hv-under-test/vmm/text.h"

void vmm_text_start(struct vmm_text *t, char *buf, size_t size)
{
    t->buf = buf;
    t->size = size;
    t->used = 0;
    buf[0] = '\0';
}

void vmm_text_put_n(struct vmm_text *t, const char *s, size_t n)
{
    while (n-- && t->used + 1 < t->size)
        t->buf[t->used++] = *s++;
    t->buf[t->used] = '\0';
}

void vmm_text_put(struct vmm_text *t, const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    vmm_text_put_n(t, s, n);
}

void vmm_text_put_u64(struct vmm_text *t, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    vmm_text_put_n(t, digits + at, sizeof(digits) - at);
}

void vmm_text_put_s64(struct vmm_text *t, int64_t value)
{
    if (value < 0)
        vmm_text_put(t, "-");
    vmm_text_put_u64(t, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void vmm_text_put_ppm(struct vmm_text *t, int64_t ppb)
{
    uint64_t magnitude = ppb < 0 ? 0 - (uint64_t)ppb : (uint64_t)ppb;
    const char decimals[4] = {(char)('0' + magnitude / 100 % 10),
                              (char)('0' + magnitude / 10 % 10), (char)('0' + magnitude % 10)};

    if (ppb < 0)
        vmm_text_put(t, "-");
    vmm_text_put_s64(t, (int64_t)(magnitude / 1000));
    if (magnitude % 1000) {
        vmm_text_put(t, ".");
        vmm_text_put(t, decimals);
    }
}

void vmm_text_put_hex(struct vmm_text *t, uint64_t value)
{
    char digits[16];
    size_t at = sizeof(digits);

    do {
        digits[--at] = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value);
    vmm_text_put(t, "0x");
    vmm_text_put_n(t, digits + at, sizeof(digits) - at);
}

int vmm_text_equal(const char *s, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++)
        if (!word[i] || s[i] != word[i])
            return 0;
    return !word[n];
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

int vmm_text_parse_u64(const char *s, size_t n, uint64_t *value)
{
    uint64_t base = 10, sum = 0;

    if (n > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        base = 16;
        s += 2;
        n -= 2;
    }
    if (n == 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        uint64_t digit = (uint64_t)digit_value(s[i]);

        if (digit >= base || sum > (UINT64_MAX - digit) / base)
            return -1;
        sum = sum * base + digit;
    }
    *value = sum;
    return 0;
}

int vmm_text_parse_s64(const char *s, size_t n, int64_t *value)
{
    const size_t negative = n && s[0] == '-';
    uint64_t magnitude;

    if (vmm_text_parse_u64(s + negative, n - negative, &magnitude) || magnitude > INT64_MAX)
        return -1;
    *value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return 0;
}

int vmm_text_parse_ppb(const char *s, size_t n, int64_t *ppb)
{
    int negative = n && s[0] == '-';
    uint64_t whole, part = 0, unit = 1000;
    size_t dot = (size_t)negative;

    while (dot < n && s[dot] != '.')
        dot++;
    if (dot + 1 == n || n - dot > 4 ||
        vmm_text_parse_u64(s + negative, dot - (size_t)negative, &whole) ||
        whole > 1000000000u)
        return -1;
    for (size_t i = dot + 1; i < n; i++) {
        if (digit_value(s[i]) > 9)
            return -1;
        unit /= 10;
        part += unit * (uint64_t)digit_value(s[i]);
    }
    *ppb = (int64_t)(whole * 1000 + part);
    if (negative)
        *ppb = -*ppb;
    return 0;
}
