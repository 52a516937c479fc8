/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/machine/memory.c - the memory functions a freestanding compiler may call
 * (GCC manual, "Standards": memcpy, memmove, memset, memcmp).
 */
#include <stddef.h>
#include <stdint.h>

#define LARGE_BYTES 256u

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);

void *memcpy(void *to, const void *from, size_t n)
{
    void *at = to;
    size_t words = n / 8;

    /* Where an emulator counts each repetition as an instruction, eight bytes for one. */
    if (n >= LARGE_BYTES) {
        n %= 8;
        __asm__ volatile("rep movsq" : "+D"(at), "+S"(from), "+c"(words) : : "memory");
    }
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(n) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    if (t <= f || t >= f + n)
        return memcpy(to, from, n);
    while (n) {
        n--;
        __asm__ volatile("" : : : "memory"); /* keep the loop a loop */
        t[n] = f[n];
    }
    return to;
}

void *memset(void *to, int value, size_t n)
{
    void *at = to;
    size_t words = n / 8;

    if (n >= LARGE_BYTES) {
        n %= 8;
        __asm__ volatile("rep stosq"
                         : "+D"(at), "+c"(words)
                         : "a"((uint64_t)(uint8_t)value * 0x0101010101010101ull)
                         : "memory");
    }
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(value) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *p = a, *q = b;

    for (; n; n--, p++, q++)
        if (*p != *q)
            return *p - *q;
    return 0;
}
