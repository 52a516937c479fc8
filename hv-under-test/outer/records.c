/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/outer/records.c - the outer system's own records, on the second console. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "hv-under-test/outer/outer.h"
#include "hv-under-test/outer/outer_private.h"

void outer_write_all(int fd, const char *data, size_t n)
{
    while (n) {
        ssize_t done = write(fd, data, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return; /* nobody to tell: the reader finds the records missing */
        data += done;
        n -= (size_t)done;
    }
}

static struct record_writer *begin(struct outer *o, const char *type)
{
    o->out.buf = o->text;
    o->out.size = sizeof o->text;
    o->out.used = o->out.start = 0;
    o->out.boot = o->boot;
    record_begin(&o->out, type);
    return &o->out;
}

static void end(struct outer *o)
{
    if (record_end(&o->out) != 0) {
        /* Too long for a record: its loss must be said. */
        begin(o, "error");
        record_text(&o->out, "reason", "a record was longer than a record may be");
        record_end(&o->out);
        o->failed = 1;
    }
    outer_write_all(o->records, o->text, o->out.used);
}

void outer_fact(struct outer *o, const char *key, const char *value)
{
    record_text(begin(o, "fact"), key, value);
    end(o);
}

void outer_exit_count(struct outer *o, const char *cause, uint64_t count)
{
    struct record_writer *w = begin(o, "exits");

    record_text(w, "cause", cause);
    record_u64(w, "count", count);
    /* Linux does not stamp single exits: 0 is "not known". */
    record_u64(w, "ticks", 0);
    record_u64(w, "ticks_min", 0);
    record_u64(w, "ticks_max", 0);
    end(o);
}

void outer_audit(struct outer *o, const char *what, uint64_t k, uint64_t exits_k,
                 uint64_t exits_2k)
{
    struct record_writer *w = begin(o, "audit");

    record_text(w, "what", what);
    record_u64(w, "k", k);
    record_u64(w, "exits_k", exits_k);
    record_u64(w, "exits_2k", exits_2k);
    end(o);
}

void outer_error(struct outer *o, const char *reason)
{
    o->failed = 1;
    record_text(begin(o, "error"), "reason", reason);
    end(o);
}

void outer_write_end(struct outer *o)
{
    struct record_writer *w = begin(o, "end");

    if (o->exits == UINT64_MAX)
        record_text(w, "exits", "unknown");
    else
        record_u64(w, "exits", o->exits);
    record_text(w, "status", o->failed ? "error" : "ok");
    end(o);
}
