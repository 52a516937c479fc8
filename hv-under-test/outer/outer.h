/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/outer/outer.h - the outer system: the Linux on the machine under test that runs
 * the hypervisor under test. One program (PID 1 of its initramfs) starts one guest, relays what
 * the guest says, tells what the hypervisor counted, and switches the machine off.
 *
 * The kernel's command line of the outer system:
 *   etl.launch=<platform>[,key=value]…   which launcher, with its settings
 *   etl.…                                 every other etl. word is the guest's, passed on as is
 * Settings every launcher has: console=<device of the first console, default ttyS0>,
 * records=<device of the second, default ttyS1>, net=on|off (a network to the guest with the
 * peer of the network load: hv-under-test/net/net.h).
 *
 * The guest's console is collected in a file and written to the first console, unchanged, when
 * the guest has ended: relaying it live would disturb what is measured. Records of the outer
 * system itself (collector/record.h: exits, audit, fact, error, end) go to the second console.
 *
 * Which launchers there are is decided at link time: outer_table() is defined by table_*.c.
 * Functions that can fail return NULL or a sentence for an error record; the sentence stays
 * valid until the next failure.
 */
#ifndef ETALON_HV_UNDER_TEST_OUTER_OUTER_H
#define ETALON_HV_UNDER_TEST_OUTER_OUTER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collector/record.h"

#define OUTER_WORDS_BYTES 4096
#define OUTER_MODULES_LIST "/etalon/modules"
/* A guest's console beyond this many bytes is a flood: the process that writes it is ended. */
#define OUTER_CONSOLE_MAX_BYTES (2u << 20)

struct outer {
    const char *platform;                /* of etl.launch= */
    char settings[OUTER_WORDS_BYTES];    /* "key=value\0key=value\0\0" */
    char guest_words[OUTER_WORDS_BYTES]; /* "etl.boot=… etl.plan=…" */
    int boot_from_card;                  /* etl.boot=card */
    uint64_t boot;                       /* etl.boot= */
    int console, records;                /* file descriptors of the two consoles */
    struct record_writer out;
    char text[RECORD_MAX_BYTES * 2];
    int failed;     /* an error record was written: the end says so */
    uint64_t exits; /* as the end record tells, set by the launcher; UINT64_MAX: not known */
};

struct launcher {
    const char *platform; /* the name in the ladder */
    /* Start the guest, wait for its end, relay, tell exits and facts. */
    const char *(*launch)(struct outer *o);
};

const struct launcher *const *outer_table(size_t *count);
/* The command `etalon-outer --probe`, beside the table: print on standard output what this host
 * offers the launchers, key=value lines, and on standard error what is missing. 0, or 1 if no
 * guest could be started here. */
int outer_probe(void);

/* --- outer.c --- */

/* Value of a setting of etl.launch=, or `fallback`. */
const char *outer_setting(const struct outer *o, const char *key, const char *fallback);
/* A small file, whole, without its last newline. */
const char *outer_read(const char *path, char *out, size_t size);
const char *outer_write(const char *path, const char *text);
/* Since this Linux began, in milliseconds. */
int64_t outer_uptime_ms(void);
/* "what: strerror(error)" */
const char *outer_reason(const char *what, int error);
/* A sentence, formatted. */
const char *outer_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* --- main.c --- */

/* Load the modules that the image lists, in order. */
const char *outer_load_modules(void);

/* --- records.c: the second stream --- */

void outer_fact(struct outer *o, const char *key, const char *value);
void outer_exit_count(struct outer *o, const char *cause, uint64_t count);
/* K and 2K operations had these exits. */
void outer_audit(struct outer *o, const char *what, uint64_t k, uint64_t exits_k,
                 uint64_t exits_2k);
void outer_error(struct outer *o, const char *reason);

/* --- guest.c: the process that is, or stands for, the guest --- */

/* Fork and exec argv; standard output and error go to the file `log`. Files it writes are
 * bounded by OUTER_CONSOLE_MAX_BYTES. */
const char *outer_start(char *const argv[], const char *log, pid_t *pid);
/* Write a file's bytes to the first console, as they are; returns when they have left. */
const char *outer_relay(struct outer *o, const char *path);
/* The end of a log as one line, for reasons. */
void outer_quote(const char *path, char *out, size_t size);

#endif
