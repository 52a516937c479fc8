/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many frames a second go from a file into the store, raw bytes, intervals and all; and
 * how the time divides: decoding alone, decoding with the grammar, everything. The aim is
 * 500,000 frames a second; the figures are those of this computer now, so nothing fails here.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analysis/interval.h"
#include "collector/store.h"
#include "runner/ingest.h"
#include "tests/unit/wire_stream.h"

#define FRAMES 1000000u
#define ROUNDS 3
#define AIM 500000.0
#define NONCE 1u

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void no_frame(void *opaque, const struct wire_frame *f)
{
    *(uint64_t *)opaque += f->type;
}

static void no_damage(void *opaque, const struct wire_damage *d)
{
    (void)opaque;
    fprintf(stderr, "damage: %s\n", wire_damage_name(d->kind));
    exit(1);
}

static double decode_s(const struct stream *s)
{
    uint64_t sum = 0;
    const struct wire_handler h = {.frame = no_frame, .damage = no_damage, .opaque = &sum};
    struct wire_decoder d;
    const double start = now_s();

    wire_decoder_init(&d);
    wire_decode(&d, s->bytes, s->size, &h);
    wire_decode_end(&d, &h);
    if (d.stats.frames != s->frames || !sum)
        exit(1);
    return now_s() - start;
}

static double ingest_s(const char *dir, const char *frames_path, const struct stream *s,
                       int round)
{
    static const struct bench bench = {.name = "lab", .grade = 'A', .deterministic = 1};
    const struct store_campaign campaign = {
        .name = "bench", .hash = "0", .text = "", .bench = "lab", .deterministic = 1};
    struct ingest_boot boot = {
        .plan_index = 7,
        .platform = "bare",
        .variant = "",
        .nonce = NONCE,
        .plan_text = "",
        .bench = &bench,
    };
    struct ingest_result result;
    struct store *store;
    struct err e = {.code = 0};
    char path[128];
    double start, took;

    snprintf(path, sizeof path, "%s/%d.db", dir, round);
    start = now_s();
    if (store_open(path, STORE_CREATE, &store, &e) ||
        store_put_campaign(store, &campaign, &boot.campaign, &e) ||
        ingest_frames(store, &boot, frames_path, &result, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    took = now_s() - start;
    if (result.verdict != VERDICT_OK || result.frames != s->frames ||
        result.intervals_ok != s->intervals) {
        fprintf(stderr, "verdict %s: %s\n", verdict_name(result.verdict), result.reason);
        exit(1);
    }
    store_close(store);
    unlink(path);
    return took;
}

int main(void)
{
    char dir[] = "/tmp/etalon-bench-XXXXXX", frames_path[64];
    double decode = INFINITY, ingest = INFINITY;
    struct stream s;
    FILE *file;

    if (!mkdtemp(dir))
        return 1;
    stream_make(&s, 7, NONCE, FRAMES * 48 / 100, 1);
    snprintf(frames_path, sizeof frames_path, "%s/frames.bin", dir);
    file = fopen(frames_path, "w");
    if (!file || fwrite(s.bytes, 1, s.size, file) != s.size || fclose(file))
        return 1;
    for (int round = 0; round < ROUNDS; round++) {
        const double d = decode_s(&s), i = ingest_s(dir, frames_path, &s, round);

        decode = d < decode ? d : decode;
        ingest = i < ingest ? i : ingest;
    }
    printf("frames %zu, bytes %zu, intervals %llu, best of %d\n", s.frames, s.size,
           (unsigned long long)s.intervals, ROUNDS);
    printf("decode            %12.0f frames/s\n", (double)s.frames / decode);
    printf("decode and store  %12.0f frames/s  (aim %.0f: %s)\n", (double)s.frames / ingest,
           AIM, (double)s.frames / ingest >= AIM ? "reached" : "not reached");
    printf("share of decoding %11.1f %%\n", 100 * decode / ingest);
    unlink(frames_path);
    rmdir(dir);
    stream_free(&s);
    return 0;
}
