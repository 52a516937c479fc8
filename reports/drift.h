/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/drift.h - what is said of clocks (analysis/drift.h), for a terminal, for programs, and
 * as a certificate for each clock. All are pure functions of the set and the head: the same input
 * gives the same bytes.
 */
#ifndef ETALON_REPORTS_DRIFT_H
#define ETALON_REPORTS_DRIFT_H

#include <stdio.h>

#include "analysis/drift.h"
#include "reports/plot.h"

struct drift_head {       /* where the readings come from; "" where there is none */
    const char *campaign; /* "": a file of pairs */
    const char *bench, *hash;
    const char *source;   /* name of the file, without its folder */
    const char *evidence; /* SHA-256 of the file of pairs, hex */
    int lab;              /* virtual time of the emulated computer */
};

/* A line for each clock, what is wrong with it below; then whether the clocks agree. */
void drift_write_text(FILE *f, const struct drift_head *head, const struct drift_set *set);

/* One object: "clocks" with the columns of the view `clocks` under their names, and besides
 * check_ppm, jitter_ns, samples, events, stability; "pairs"; "closures"; "power" if it
 * was found. */
void drift_write_json(FILE *f, const struct drift_head *head, const struct drift_set *set);

/* A line of CSV for each bracket of each clock: its bounds and its verdict. */
void drift_write_samples(FILE *f, const struct drift_set *set);

/* Name of a clock's certificate, without ending: [A-Za-z0-9._+-] only, never a dot first. Other letters
 * of the platform, the variant and the clock become _, and each is cut at 60; if that changes the
 * clock's name, a piece of its SHA-256 stands at the end, so that two clocks have two files. */
#define DRIFT_NAME_BYTES 256
void drift_certificate_name(const struct drift_clock *k, char name[DRIFT_NAME_BYTES]);

/* The certificate of set->clock[i]. HTML draws by gnuplot (reports/plot.h); `back` is the address
 * of the page that links to it, or NULL. */
int drift_write_page(FILE *f, const struct drift_head *head, const struct drift_set *set,
                     size_t i, const char *back, struct err *e);
void drift_write_markdown(FILE *f, const struct drift_head *head, const struct drift_set *set,
                          size_t i);

/* --- shared by reports/drift*.c --- */

#define DRIFT_TEXT_BYTES 400

/* "+17.0000 ± 0.0002 ppm", "none" */
const char *drift_skew_text(const struct drift_clock *k, char buf[DRIFT_TEXT_BYTES]);
/* "jump of -15.0 us ± 0.2 us at 2.000 s (after 1.990 s)" */
const char *drift_event_text(const struct clock_event *event, char buf[DRIFT_TEXT_BYTES]);
/* How the readings stand to each other in time. */
const char *drift_spacing_text(const struct drift_clock *k, char buf[DRIFT_TEXT_BYTES]);
/* What the figures rest on. */
const char *drift_nature_text(const struct drift_head *head, const struct drift_set *set);
/* "1.23 us"; seconds where the value is large. */
const char *drift_time_text(double ns, char buf[DRIFT_TEXT_BYTES]);

/* "0.1 ppm", or as drift_time_text(). */
const char *drift_size_text(enum detection_kind kind, double size, char buf[DRIFT_TEXT_BYTES]);
/* What stood behind the figures, or why there are none. */
const char *drift_power_text(const struct drift_set *set, const struct drift_power *p,
                             char buf[DRIFT_TEXT_BYTES]);
/* drift_power.c: nothing where no power was asked for. */
void drift_write_power_text(FILE *f, const struct drift_set *set);
void drift_write_power_json(FILE *f, const struct drift_set *set);
int drift_put_power_page(FILE *f, const struct drift_set *set, const struct drift_clock *k,
                         struct err *e);
void drift_put_power_markdown(FILE *f, const struct drift_set *set,
                              const struct drift_clock *k);
/* A figure of a certificate; of `plot` size, title, marks and ranges are set here. `rows`: the id of
 * the table with its figures, or NULL. */
int drift_put_figure(FILE *f, const char *id, const char *title, const char *caption,
                     const char *rows, struct plot plot, struct err *e);

#define DRIFT_METHOD_LINES 7u
extern const char *const drift_method[DRIFT_METHOD_LINES];

/* How a format writes what both certificates say. It escapes every text. */
struct drift_form {
    void (*row)(FILE *f, const char *name, const char *text); /* "": there is no such thing */
    void (*item)(FILE *f, const char *text);                  /* of a list */
    /* A row of the table of stability: its averaging time in s, then each deviation (NaN: none;
     * of OADEV its bounds behind it), then the kind of noise, which ends it. */
    void (*tau)(FILE *f, double tau_s);
    void (*deviation)(FILE *f, double value);
    void (*noise)(FILE *f, const char *name);
    int unit; /* the provenance says what a reading counts */
};

void drift_put_evidence(FILE *f, const struct drift_form *form, const struct drift_clock *k);
/* The first hundred, then how many more there are. */
void drift_put_events(FILE *f, const struct drift_form *form, const struct drift_clock *k);
void drift_put_stability(FILE *f, const struct drift_form *form, const struct drift_clock *k);
void drift_put_method(FILE *f, const struct drift_form *form);
void drift_put_provenance(FILE *f, const struct drift_form *form,
                          const struct drift_head *head, const struct drift_clock *k);

#endif
