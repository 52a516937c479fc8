/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/ingest_fixture.h - the raw files of a boot with the flaws that a test asks for, put
 * into a fresh store (store_fixture.h): what was made of them is `result` and the store's rows.
 */
#ifndef ETALON_TESTS_INGEST_FIXTURE_H
#define ETALON_TESTS_INGEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/record.h"
#include "runner/ingest.h"
#include "tests/unit/store_fixture.h"
#include "tests/unit/wire_stream.h"

#define NONCE 0xFEEDFACECAFEBEEFull
#define NULLS 6u
#define SPINS 4u
#define CLOCKS 3u
#define INTERVALS (NULLS + SPINS + CLOCKS)

static const struct bench bench = {
    .name = "lab",
    .grade = 'A',
    .deterministic = 1,
    .ns_per_instruction = 2.0,
    .tsc_hz = 1000000000,
};

/* What the target and the timer say, and with which flaw. */
struct flaws {
    int no_end, error_end, no_boot, no_answer, skip_iv, twice_iv, wrong_run, wrong_boot;
    int wrong_answer, gave_up, hypervisor, no_hypervisor_end, end_count, strange;
    int hypervisor_gave_up;
    const char
        *operation;   /* run 1 makes 1000 of them in each interval instead of spinning … */
    uint64_t counted; /* … and the hypervisor counts so many hypercalls; 0: names none */
    int lost, lost_counted, tail_hole, no_hello, no_arm, no_disarm, wrong_nonce;
};

struct boot_files {
    struct stream stream;
    char console[65536], console2[8192];
    size_t console_size, console2_size;
};

static struct boot_files files;

static void put(struct record_writer *w)
{
    assert_int_equal(record_end(w), 0);
}

static void put_run(struct record_writer *w, unsigned index, const char *name,
                    const char *param, uint64_t first, uint64_t iterations)
{
    record_begin(w, "run");
    record_u64(w, "w", index);
    record_text(w, "name", name);
    record_text(w, "param", param);
    record_u64(w, "iters", iterations);
    record_u64(w, "first", first);
    record_text(w, "metric", "time");
    record_text(w, "unit", "ns");
    record_u64(w, "work", 7);
    record_text(w, "form", "per");
    put(w);
}

static void put_intervals(struct record_writer *w, const struct flaws *x, unsigned index,
                          uint64_t first, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t n = first + i;

        for (int again = 0; again < 1 + (x->twice_iv && n == 3); again++) {
            if (x->skip_iv && n == 4)
                continue;
            record_begin(w, "iv");
            record_u64(w, "n", n);
            record_u64(w, "w", x->wrong_run && n == 5 ? 1 : index);
            record_u64(w, "i", i);
            record_pair(w, "tsc", 10 * n, 10 * n + 5);
            record_pair(w, "raw", 1000 + n, 1500 + n);
            if (index == 2)
                record_u64(w, "read", 1200 + n);
            if (x->strange && n == 2)
                record_pair(w, "sundial", 1, 2);
            put(w);
        }
    }
}

static void put_answer(struct record_writer *w, unsigned index, int wrong)
{
    record_begin(w, "answer");
    record_u64(w, "w", index);
    record_text(w, "verdict", wrong ? "fail" : "ok");
    if (wrong)
        record_text(w, "reason", "the sum is wrong");
    record_text(w, "answer", "42");
    record_u64(w, "guest_ns_total", 12345);
    put(w);
}

static void write_console(struct boot_files *f, const struct flaws *x, uint32_t plan_index)
{
    struct record_writer w = {
        .buf = f->console, .size = sizeof f->console, .boot = plan_index + x->wrong_boot};

    if (!x->no_boot) {
        record_begin(&w, "boot");
        record_text(&w, "env", "linux");
        record_hex(&w, "card", 0xfe000000);
        record_u64(&w, "tsc_hz", 1000000000);
        record_text(&w, "clock.tsc", "ticks");
        record_text(&w, "clock.raw", "ns");
        put(&w);
    }
    record_begin(&w, "fact");
    record_text(&w, "kernel", "6.1.0 with a space");
    put(&w);
    put_run(&w, 0, "null", "", 0, NULLS);
    put_intervals(&w, x, 0, 0, NULLS);
    put_answer(&w, 0, 0);
    put_run(&w, 1, x->operation ? "exits" : "spin", x->operation ? x->operation : "n=1000",
            NULLS, SPINS);
    put_intervals(&w, x, 1, NULLS, SPINS);
    if (!x->no_answer)
        put_answer(&w, 1, x->wrong_answer);
    put_run(&w, 2, "clock", "", NULLS + SPINS, CLOCKS);
    put_intervals(&w, x, 2, NULLS + SPINS, CLOCKS);
    put_answer(&w, 2, 0);
    record_begin(&w, "run");
    record_u64(&w, "w", 3);
    record_text(&w, "name", "exits");
    record_text(&w, "param", "op=hypercall n=100");
    record_u64(&w, "iters", 0);
    record_u64(&w, "first", INTERVALS);
    record_text(&w, "verdict", "skip");
    record_text(&w, "reason", "there is no hypervisor here");
    put(&w);
    record_begin(&w, "audit");
    record_text(&w, "what", "null");
    record_u64(&w, "k", 100);
    record_u64(&w, "exits_k", 2);
    record_u64(&w, "exits_2k", 2);
    put(&w);
    if (x->gave_up) {
        record_begin(&w, "error");
        record_text(&w, "reason", "no card on any bus");
        put(&w);
    }
    if (!x->no_end) {
        record_begin(&w, "end");
        record_u64(&w, "intervals", (uint64_t)((int)INTERVALS + x->end_count));
        record_text(&w, "status", x->error_end || x->gave_up ? "error" : "ok");
        put(&w);
    }
    f->console_size = w.used;
    w = (struct record_writer){
        .buf = f->console2, .size = sizeof f->console2, .boot = plan_index};
    if (x->hypervisor) {
        record_begin(&w, "fact");
        record_u64(&w, "vmm.abi", 1);
        put(&w);
        record_begin(&w, "exits");
        record_text(&w, "cause", "cpuid");
        record_u64(&w, "count", 17);
        record_u64(&w, "instructions", 0);
        record_u64(&w, "ticks", 2000);
        put(&w);
        if (x->counted) {
            record_begin(&w, "exits");
            record_text(&w, "cause", "hypercall");
            record_u64(&w, "count", x->counted);
            put(&w);
        }
        if (x->hypervisor_gave_up) {
            record_begin(&w, "error");
            record_text(&w, "reason", "the guest was ended");
            put(&w);
        }
        if (!x->no_hypervisor_end) {
            record_begin(&w, "end");
            record_u64(&w, "exits", 17);
            record_text(&w, "status", "ok");
            put(&w);
        }
    }
    f->console2_size = w.used;
}

static void write_frames(struct boot_files *f, const struct flaws *x, uint32_t plan_index)
{
    struct stream *s = &f->stream;

    stream_begin(s, plan_index, x->wrong_nonce ? NONCE + 1 : NONCE);
    if (x->no_hello || x->no_arm) {
        stream_free(s);
        memset(s, 0, sizeof *s);
        s->plan_index = plan_index;
        s->nonce = NONCE;
        s->t = 100;
        if (!x->no_hello)
            stream_hello(s);
        if (!x->no_arm)
            stream_reply(s, WIRE_ARM, 0, WIRE_STATUS_OK, NONCE);
    }
    stream_preamble(s);
    for (unsigned n = 0; n < INTERVALS; n++) {
        stream_interval(s, 50, n < NULLS ? 1 : 1000 + n);
        if (x->lost && n == 7)
            stream_lost(s, 3);
        if (x->tail_hole && n == 7)
            stream_flush(s), s->seq++;
    }
    s->lost_total += (uint32_t)x->lost_counted;
    if (x->tail_hole)
        stream_reply(s, WIRE_DISARM, 0, WIRE_STATUS_OK, NONCE);
    else if (x->no_disarm)
        stream_heartbeat(s);
    else
        stream_end(s);
}

static void save(const struct fixture *f, const char *name, const void *bytes, size_t n)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    file = fopen(path, "w");
    assert_non_null(file);
    if (n)
        assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
}

static void discard(const struct fixture *f)
{
    static const char *const names[] = {BENCH_FRAMES_FILE, BENCH_CONSOLE_FILE,
                                        BENCH_HYPERVISOR_FILE, BENCH_MACHINE_FILE};
    char path[128];

    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", f->dir, names[i]);
        unlink(path);
    }
    stream_free(&files.stream);
}

static struct ingest_result result;
static struct bench_outcome outcome;

static int ingest_now(struct fixture *f, uint32_t plan_index, const struct flaws *x)
{
    const struct ingest_boot boot = {
        .campaign = f->campaign,
        .plan_index = plan_index,
        .platform = "bare",
        .variant = "",
        .seed = 5,
        .nonce = NONCE,
        .plan_text = "null/spin/clock",
        .bench = &bench,
        .second_console = x->hypervisor,
        .outcome = &outcome,
    };

    return ingest_boot(f->store, &boot, f->dir, &result, &f->err);
}

/* Make the files with these flaws, save and ingest them. */
static void ingest_flawed(struct fixture *f, uint32_t plan_index, const struct flaws *x)
{
    write_frames(&files, x, plan_index);
    write_console(&files, x, plan_index);
    save(f, BENCH_FRAMES_FILE, files.stream.bytes, files.stream.size);
    save(f, BENCH_CONSOLE_FILE, files.console, files.console_size);
    save(f, BENCH_HYPERVISOR_FILE, files.console2, files.console2_size);
    save(f, BENCH_MACHINE_FILE, "machine\n", 8);
    if (ingest_now(f, plan_index, x))
        fail_msg("%s", f->err.text);
    discard(f);
}

static int setup(void **state)
{
    memset(&outcome, 0, sizeof outcome);
    outcome.machine_time_ns = 5000000;
    return fixture_open(state);
}

#endif
