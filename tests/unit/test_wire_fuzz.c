/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A seeded walk of the fuzz target: random bytes, frames of random content with a right CRC,
 * and markers that are nearly right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/fuzz/wire_fuzz.c"
#include "wire_stream.h"

#define SEED 4711u
#define ROUNDS 3000u

static void random_bytes(void **state)
{
    uint64_t random = SEED;
    uint8_t data[2048];

    (void)state;
    print_message("# seed %u\n", SEED);
    for (unsigned round = 0; round < ROUNDS; round++) {
        const size_t n = 3 + stream_random(&random) % (sizeof data - 3);

        for (size_t i = 0; i < n; i++) {
            const uint64_t r = stream_random(&random);

            data[i] = (r & 31u) == 0 ? 0xC0 : (r & 31u) == 1 ? 0xDB : (uint8_t)(r >> 8);
        }
        LLVMFuzzerTestOneInput(data, n);
    }
}

/* EVENTs that follow one another, now and then something else. */
static void nearly_markers(void **state)
{
    uint64_t random = SEED + 1;
    uint8_t data[4096];

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const uint64_t chaos = 1 + stream_random(&random) % 60;
        struct marker m = {.strobe = 0};
        uint8_t levels = 0;
        size_t n = 3;

        data[0] = 0;
        data[1] = (uint8_t)stream_random(&random);
        data[2] = (uint8_t)stream_random(&random);
        for (uint64_t k = 0; n + 16 < sizeof data; k++) {
            const uint64_t r = stream_random(&random);
            const uint32_t code = k < MARKER_PREAMBLE_COUNT
                                      ? marker_code_preamble(0, (unsigned)k)
                                  : (k - MARKER_PREAMBLE_COUNT) & 1u
                                      ? marker_code_stop((k - MARKER_PREAMBLE_COUNT) / 2)
                                      : marker_code_start((k - MARKER_PREAMBLE_COUNT) / 2);
            const uint8_t after =
                (uint8_t)marker_next(&m, r % chaos ? code : (uint32_t)(r >> 8));

            data[n++] = (r >> 16) % chaos ? 0x80 : (uint8_t)(r >> 24); /* type */
            data[n++] = (r >> 32) % chaos ? 0 : 0xFF;                  /* seq */
            data[n++] = (r >> 40) % (5 * chaos) ? 0 : 0xFF;            /* epoch */
            data[n++] = (uint8_t)(5 + (r >> 48) % 200);                /* time */
            data[n++] = 3;
            data[n++] = levels;
            data[n++] = 1;
            data[n++] = after;
            levels = after;
        }
        LLVMFuzzerTestOneInput(data, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_bytes),
        cmocka_unit_test(nearly_markers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
