/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/text.h - the little text handling a hypervisor needs: no formats, no
 * allocation, results always NUL-terminated and cut at the buffer's end.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_TEXT_H
#define ETALON_HV_UNDER_TEST_VMM_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct vmm_text {
    char *buf;
    size_t size, used;
};

void vmm_text_start(struct vmm_text *t, char *buf, size_t size);
void vmm_text_put(struct vmm_text *t, const char *s);
void vmm_text_put_n(struct vmm_text *t, const char *s, size_t n);
void vmm_text_put_u64(struct vmm_text *t, uint64_t value);
void vmm_text_put_s64(struct vmm_text *t, int64_t value);
void vmm_text_put_ppm(struct vmm_text *t, int64_t ppb);    /* as it is parsed */
void vmm_text_put_hex(struct vmm_text *t, uint64_t value); /* with 0x */

/* Whole of s[0..n) equal to the C string `word`? */
int vmm_text_equal(const char *s, size_t n, const char *word);
/* Unsigned decimal or 0x hex in s[0..n): 0, or -1 if not a number or too large. */
int vmm_text_parse_u64(const char *s, size_t n, uint64_t *value);
/* The same with '-' before it or nothing; its magnitude is below 2^63. */
int vmm_text_parse_s64(const char *s, size_t n, int64_t *value);
/* Signed decimal parts per million with up to three decimals in s[0..n), as parts per billion:
 * 0, or -1 if not such a number or beyond 10^9 ppm. */
int vmm_text_parse_ppb(const char *s, size_t n, int64_t *ppb);

#endif
