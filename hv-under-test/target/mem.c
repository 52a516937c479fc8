/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/mem.c - the four functions a C compiler may call without being asked
 * (GCC manual, "Standards"). For the payload; the agent has them from glibc.
 *
 * By string instructions, so that the compiler cannot turn a loop here into a call of the very
 * function it stands in. Nothing that is measured uses them.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);

void *memcpy(void *to, const void *from, size_t n)
{
    void *at = to;

    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(n) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    unsigned char *last = (unsigned char *)to + n - 1;
    const unsigned char *from_last = (const unsigned char *)from + n - 1;

    if (n == 0 || (uintptr_t)to - (uintptr_t)from >= n)
        return memcpy(to, from, n);
    /* They overlap and `to` is behind: from the end. */
    __asm__ volatile("std\n\trep movsb\n\tcld"
                     : "+D"(last), "+S"(from_last), "+c"(n)
                     :
                     : "memory");
    return to;
}

void *memset(void *to, int value, size_t n)
{
    void *at = to;

    __asm__ volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(value) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for (size_t i = 0; i < n; i++) {
        if (x[i] != y[i])
            return x[i] - y[i];
    }
    return 0;
}
