/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/workload.h - the seam between "what is run" and everything else.
 *
 * One file is one workload. A portable workload is compiled once, freestanding, for baseline
 * x86-64 (no libc, no libm: workloads/math.h, workloads/arena.h), and the same object is
 * linked into the Linux agent, the payload and the controller (which only reads the table). A
 * Linux-only one (suffix _linux.c) is linked into the agent; elsewhere its table entry is the
 * stub of workloads/no_linux.c, whose unavailable() says why.
 *
 * A workload knows neither the platform nor the probe: it does not mark, print or read the
 * guest's clocks. The caller (hv-under-test/target/) does, in this order for each run:
 *     unavailable → prepare → { reset [clocks] START run STOP [clocks] } × iterations → check →
 *     cleanup
 *
 * run() must do the same work in every iteration, and must not allocate, print, lock or
 * (unless that is the thing measured) enter the kernel.
 */
#ifndef ETALON_WORKLOADS_WORKLOAD_H
#define ETALON_WORKLOADS_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

/* Facts about the place, filled by the agent or the payload. */
#define WORKLOAD_ON_LINUX 0x1u /* user space of a Linux kernel */
#define WORKLOAD_RING0 0x2u    /* privileged instructions may be executed */
#define WORKLOAD_VMMCALL 0x4u  /* AMD hypercall instruction answers (never faults) */
#define WORKLOAD_VMCALL 0x8u   /* Intel hypercall instruction answers */
#define WORKLOAD_PORT_IO 0x10u /* `port` may be written */
#define WORKLOAD_PV 0x20u      /* the hypercall is INT 82h, and a port is written by one */

#define WORKLOAD_RING_CONSUMED 64
#define WORKLOAD_RING_FIRST_SLOT 128
#define WORKLOAD_RING_SLOTS 128
#define WORKLOAD_RING_SLOT_BYTES 16

/* Pages that are not there until they are touched. One set at a time. */
struct workload_faults {
    /* `pages` places, each on a page of its own, `stride` bytes from one to the next (at least
     * a page); the first one's address, or NULL if they are not to be had. None is mapped.
     * `frames`: page-aligned memory of as many pages, for where no kernel finds some. */
    void *(*open)(void *frames, size_t pages, size_t stride);
    void (*unmap)(void);     /* all of them: the next touch of each faults, once */
    uint64_t (*count)(void); /* page faults of this place that were served, so far */
    void (*close)(void);     /* twice does no harm */
};

/* What is read around the intervals, by name ("none": nothing), for a workload that measures the
 * reading itself. `place` goes into each call. */
struct workload_observer {
    void *place;
    const char *(*unavailable)(void *place, const char *collector); /* NULL, or why not */
    void (*choose)(void *place, const char *collector);             /* one that is available */
    void (*sample)(void *place);      /* all of it once, as before START and after STOP */
    uint64_t (*samples)(void *place); /* taken so far */
};

struct workload_env {
    uint32_t flags;
    uint64_t seed; /* of this boot; derive everything random from it */
    void *arena;   /* page-aligned, at least arena_bytes, contents undefined */
    size_t arena_bytes;
    volatile uint32_t *mmio;   /* a device register that may be written, or NULL */
    uint16_t port;             /* a harmless I/O port, with WORKLOAD_PORT_IO */
    uint64_t hypercall_nop;    /* RAX of a hypercall that does nothing (RDI is 0) … */
    uint64_t hypercall_result; /* … and what it leaves in RAX */
    uint64_t port_out_call;    /* with WORKLOAD_PV: RAX of a hypercall, RDX port, RCX byte */
    /* The page of a paravirtual ring, or NULL: a count of slots posted first, of those served at
     * WORKLOAD_RING_CONSUMED; both wrap. A slot of zeroes asks for nothing. ring_kick() has all
     * that is posted served, by a hypercall with this in RAX, which leaves 0 there. */
    volatile uint32_t *ring;
    void (*ring_kick)(void);
    uint64_t ring_kick_call;
    /* RAX of a hypercall that lets other guests run and leaves 0 in RAX, where each of them gives the
     * processor back at once; 0: there are none such. */
    uint64_t yield_call;
    uint64_t (*clock_ns)(void); /* the guest's own clock, for guest-timed scores only */
    uint32_t net_peer; /* IPv4 address of the peer in the outer system, host byte order … */
    uint16_t net_port; /* … and its port, UDP and TCP; net_peer 0: there is none … */
    const char *net_broken; /* … although there should be, and why; else NULL */
    const struct workload_faults *faults;     /* NULL: no page can be left unmapped here */
    const struct workload_observer *observer; /* NULL: nobody reads collectors here */
};

#define WORKLOAD_MAX_ARGS 8
#define WORKLOAD_ANSWER_BYTES 128
#define WORKLOAD_REASON_BYTES 256
#define WORKLOAD_MAX_FIGURES 4

enum workload_param_kind { WORKLOAD_NUMBER, WORKLOAD_CHOICE };

struct workload_param {
    const char *name; /* NULL ends the list */
    const char *summary;
    enum workload_param_kind kind;
    uint64_t initial, min, max; /* NUMBER */
    uint64_t multiple_of;       /* NUMBER: 0 any */
    int power_of_two;           /* NUMBER: nothing else is allowed */
    const char *const *choices; /* CHOICE: NULL-terminated; the value is the index */
};

/* What a time means: value = true_ns / work, or work / true_ns * 1e9 (scaled by unit). */
enum workload_form { WORKLOAD_PER, WORKLOAD_RATE };

struct workload_figure { /* a further figure of a run, e.g. the guest-timed score */
    const char *key;     /* NULL ends */
    uint64_t value;
};

/* One run: a workload with its arguments, between prepare() and cleanup(). The caller zeroes
 * it before workload_parse() and sets env. */
struct workload_run {
    const struct workload *workload;
    const struct workload_env *env;
    uint64_t arg[WORKLOAD_MAX_ARGS]; /* in the order of workload->params */
    void *state;                     /* the workload's own, inside the arena */

    /* Filled by prepare(): */
    uint64_t work; /* operations, bytes, digits … done by one run(); never 0 */

    /* Set by each run() of a workload with has_reading: the guest clock as read inside the
     * interval, ns of env->clock_ns. The caller puts it into the record of the interval. */
    uint64_t reading;

    /* Filled by check(): */
    char answer[WORKLOAD_ANSWER_BYTES]; /* digest or last digits, for a human and the store */
    char reason[WORKLOAD_REASON_BYTES]; /* set when prepare() or check() is not content */
    struct workload_figure figure[WORKLOAD_MAX_FIGURES];

    /* Kept by the caller for check(): the number of run() calls since prepare() (warm-ups would
     * count), and the guest-timed sum of their intervals (0: not timed; below 0, as a signed
     * number, where the guest's clock went back by more than it went on). */
    uint64_t guest_ns_total, iterations;
};

struct workload {
    const char *name;    /* as in campaign files: [a-z0-9-]+ */
    const char *summary; /* one line */
    const char *metric;  /* "time", "bandwidth", "latency", … */
    const char *unit; /* of the summary value: "ns/op", "MB/s", "ns" … (MB = 10^6 bytes) */
    enum workload_form form;
    double scale; /* value in `unit` = PER: ns / work * scale; RATE: work / s * scale */
    const struct workload_param *params; /* never NULL; may be empty */
    uint32_t default_iterations;
    int linux_only;
    int has_reading; /* run() sets run->reading */

    /* Does the run need a network to the outer system? The controller asks it of a plan, to
     * give the guest one only then. NULL: never. */
    int (*needs_net)(const struct workload_run *run);

    /* NULL, or a sentence on why this run makes no sense here (becomes verdict skip). */
    const char *(*unavailable)(const struct workload_run *run);
    /* Outside the interval. 0, or -1 with run->reason (verdict error). May be NULL. */
    int (*prepare)(struct workload_run *run);
    /* Outside the interval, before each run(): put back what run() uses up. May be NULL. */
    void (*reset)(struct workload_run *run);
    /* Between the markers. NULL: STOP follows START at once (the workload `null`). */
    void (*run)(struct workload_run *run);
    /* After the last iteration: 0 ok, -1 wrong answer with run->reason (verdict fail). */
    int (*check)(struct workload_run *run);
    /* Also after a prepare() that failed (state may then be NULL); twice does no harm. May be
     * NULL. */
    void (*cleanup)(struct workload_run *run);
};

/* All workloads in the order of reports; *count receives the number. */
const struct workload *const *workload_table(size_t *count);
const struct workload *workload_find(const char *name); /* NULL if unknown */

/*
 * Parse "name,key=value,key=value" with defaults applied into run->workload and run->arg.
 * Returns 0, or -1 with a sentence in reason[] naming what is allowed. Freestanding.
 * workload_format() writes the canonical text of all parameters: "key=value key=value", in
 * the order of params ("" for none); returns its length.
 */
int workload_parse(const char *text, size_t length, struct workload_run *run,
                   uint32_t *iterations, char reason[WORKLOAD_REASON_BYTES]);
size_t workload_format(const struct workload_run *run, char *out, size_t size);

#endif
