/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/report.c - records on the second serial port (vmm/report.h).
 *
 * The record writer may use SSE registers. That is harmless here: before the first entry the
 * guest has no state yet, and after the last exit it never runs again.
 */
#include "hv-under-test/vmm/report.h"

#include "collector/record.h"
#include "hv-under-test/vmm/accounts.h"
#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/console.h"
#include "hv-under-test/vmm/distort.h"
#include "hv-under-test/vmm/distort_ledger.h"
#include "hv-under-test/vmm/guests.h"
#include "hv-under-test/vmm/machine.h"
#include "hv-under-test/vmm/text.h"
#include "hv-under-test/vmm/time.h"

static const char *const cause_names[] = VMM_CAUSE_NAMES;

_Static_assert(sizeof(cause_names) / sizeof(cause_names[0]) == VMM_CAUSE_COUNT,
               "a name for every cause");

/* The linker's build id note: header of 12 bytes, "GNU\0", then a SHA-1. */
extern const uint8_t vmm_build_id[];
#define BUILD_ID_AT 16
#define BUILD_ID_BYTES 20

static void (*more_at_end)(void);
static char buffer[RECORD_MAX_BYTES];
static struct record_writer writer = {.buf = buffer, .size = sizeof(buffer)};

static void send(void)
{
    record_end(&writer);
    console_write(buffer, writer.used);
    writer.used = 0;
}

static void put_build_id(const char *key)
{
    char hex[2 * BUILD_ID_BYTES + 1];

    for (unsigned i = 0; i < BUILD_ID_BYTES; i++) {
        uint8_t byte = vmm_build_id[BUILD_ID_AT + i];

        hex[2 * i] = "0123456789abcdef"[byte >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[byte & 15];
    }
    hex[2 * BUILD_ID_BYTES] = '\0';
    record_text(&writer, key, hex);
}

static void put_key(const char *prefix, const char *key, const char *value)
{
    char name[40];
    struct vmm_text t;

    vmm_text_start(&t, name, sizeof(name));
    vmm_text_put(&t, prefix);
    vmm_text_put(&t, key);
    record_text(&writer, name, value);
}

void report_start(uint64_t boot)
{
    console_start();
    writer.boot = boot;
}

void report_facts(const char *line, const struct vmm_config *c, const struct report_place *p)
{
    const char *key;
    char value[CONFIG_VALUE_BYTES];
    int requested;

    record_begin(&writer, "fact");
    record_u64(&writer, "vmm.abi", VMM_ABI_VERSION);
    put_build_id("vmm.build");
    record_hex(&writer, "vmm.processor_features", p->processor_features);
    send();
    record_begin(&writer, "fact");
    for (unsigned i = 0; config_describe(line, c, i, &key, value, &requested); i++) {
        put_key("vmm.request.", key, requested ? value : "");
        put_key("vmm.", key, value);
    }
    send();
    record_begin(&writer, "fact");
    record_text(&writer, "vmm.tsc.how", time_how());
    record_hex(&writer, "vmm.tsc.ratio", time_ratio());
    send();
    record_begin(&writer, "fact");
    record_u64(&writer, "vmm.guest_ram_bytes", p->guest_ram_bytes);
    record_hex(&writer, "vmm.host_ram_base", p->host_ram_base);
    record_hex(&writer, "vmm.card_page", p->card_page);
    send();
}

void report_number(const char *key, uint64_t value)
{
    record_begin(&writer, "fact");
    record_u64(&writer, key, value);
    send();
}

void report_text(const char *key, const char *value)
{
    record_begin(&writer, "fact");
    record_text(&writer, key, value);
    send();
}

static void put_exits(void)
{
    const struct vmm_accounts *a = &accounts_page.a;

    for (unsigned i = 0; i < VMM_CAUSE_COUNT; i++) {
        if (!a->count[i])
            continue;
        record_begin(&writer, "exits");
        record_text(&writer, "cause", cause_names[i]);
        record_u64(&writer, "count", a->count[i]);
        record_u64(&writer, "ticks", a->tsc_in_vmm[i]);
        record_u64(&writer, "ticks_min", a->tsc_min[i] == UINT64_MAX ? 0 : a->tsc_min[i]);
        record_u64(&writer, "ticks_max", a->tsc_max[i]);
        send();
    }
}

static void put_lie(const struct distort_ledger *l, unsigned i)
{
    const struct distort_totals *t = &l->total[i];

    record_begin(&writer, "lie");
    record_u64(&writer, "n", i);
    record_text(&writer, "kind", lie_kind_name(l->lie[i].kind));
    record_text(&writer, "unit", lie_unit(l->lie[i].kind));
    record_text(&writer, "form", l->lie[i].form);
    record_u64(&writer, "entries", t->entries);
    record_u64(&writer, "count", t->count);
    record_s64(&writer, "requested", t->requested);
    record_s64(&writer, "delivered", t->delivered);
    record_s64(&writer, "visible", t->visible);
    send();
}

static void put_distortion(const struct distort_ledger *l, uint64_t seq)
{
    const struct distort_entry *e = &l->entry[seq];

    record_begin(&writer, "distortion");
    record_u64(&writer, "seq", seq);
    record_u64(&writer, "lie", e->lie);
    record_text(&writer, "kind", lie_kind_name(l->lie[e->lie].kind));
    record_text(&writer, "unit", lie_unit(l->lie[e->lie].kind));
    record_u64(&writer, "begin", e->begin);
    record_u64(&writer, "end", e->end);
    record_u64(&writer, "guest", e->guest);
    record_s64(&writer, "requested", e->requested);
    record_s64(&writer, "delivered", e->delivered);
    record_s64(&writer, "visible", e->visible);
    record_u64(&writer, "count", e->count);
    send();
}

static void put_ledger(void)
{
    const struct distort_ledger *l;

    distort_end();
    l = distort_told();
    if (!l)
        return;
    for (uint64_t i = 0; i < l->used; i++)
        put_distortion(l, i);
    for (unsigned i = 0; i < l->lies; i++)
        put_lie(l, i);
    record_begin(&writer, "ledger");
    record_u64(&writer, "lies", l->lies);
    record_u64(&writer, "entries", l->used);
    record_u64(&writer, "dropped", l->dropped);
    record_u64(&writer, "seed", l->seed);
    put_build_id("build");
    send();
}

void report_at_end(void (*more)(void))
{
    more_at_end = more;
}

static void put_end(const char *status)
{
    if (more_at_end)
        more_at_end();
    record_begin(&writer, "end");
    record_u64(&writer, "exits", accounts_page.a.exits_total);
    record_text(&writer, "status", status);
    send();
    console_finish(); /* what is under way when the machine ends is lost */
}

_Noreturn void report_end(void)
{
    const char *missing = distort_missing();

    if (!missing)
        missing = guests_missing();
    if (missing)
        report_error(missing, NULL, 0);
    put_ledger();
    put_exits();
    put_end("ok");
    machine_end(MACHINE_END_OK);
}

_Noreturn void report_error(const char *reason, const struct report_detail *details,
                            unsigned count)
{
    static int reporting;

    /* A fault inside the report itself must not report again. */
    if (reporting++)
        machine_end(MACHINE_END_ERROR);
    writer.used = 0;
    put_ledger();
    put_exits();
    record_begin(&writer, "error");
    record_text(&writer, "reason", reason);
    for (unsigned i = 0; i < count; i++)
        record_hex(&writer, details[i].key, details[i].value);
    send();
    put_end("error");
    machine_end(MACHINE_END_ERROR);
}
