/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/plan.c - read a boot's plan from the words of a command line.
 *
 * One table of words; whatever begins with "etl." and is not in it is refused, because a
 * misspelt word that is ignored would measure something else than was asked for.
 */
#include "hv-under-test/target/plan.h"
#include "collector/collector.h"
#include "workloads/text.h"

struct word {
    const char *name; /* after "etl." */
    int required;
    /* 0, or -1 if the value is not one of the allowed. */
    int (*set)(struct plan *p, const char *value, size_t n);
    const char *allowed;
};

static int parse_u64(const char *s, size_t n, unsigned base, uint64_t *value)
{
    uint64_t v = 0;

    if (n == 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        unsigned digit;

        if (s[i] >= '0' && s[i] <= '9')
            digit = (unsigned)(s[i] - '0');
        else if (s[i] >= 'a' && s[i] <= 'f')
            digit = (unsigned)(s[i] - 'a') + 10;
        else if (s[i] >= 'A' && s[i] <= 'F')
            digit = (unsigned)(s[i] - 'A') + 10;
        else
            return -1;
        if (digit >= base || v > (UINT64_MAX - digit) / base)
            return -1;
        v = v * base + digit;
    }
    *value = v;
    return 0;
}

static int parse_hex(const char *s, size_t n, uint64_t *value)
{
    if (n > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
        return parse_u64(s + 2, n - 2, 16, value);
    return parse_u64(s, n, 16, value);
}

static int set_boot(struct plan *p, const char *value, size_t n)
{
    uint64_t v;

    p->boot_from_card = text_equal("card", value, n);
    if (p->boot_from_card)
        return 0;
    if (parse_u64(value, n, 10, &v) || v > 0xFFFF)
        return -1;
    p->boot = (uint32_t)v;
    return 0;
}

static int set_seed(struct plan *p, const char *value, size_t n)
{
    return parse_u64(value, n, 10, &p->seed);
}

static int set_card(struct plan *p, const char *value, size_t n)
{
    return parse_hex(value, n, &p->card) || p->card % 4 ? -1 : 0;
}

static int set_mmio(struct plan *p, const char *value, size_t n)
{
    return parse_hex(value, n, &p->mmio) || p->mmio % 4 ? -1 : 0;
}

static int set_gap(struct plan *p, const char *value, size_t n)
{
    return parse_u64(value, n, 10, &p->gap_spins);
}

static int set_tsc_hz(struct plan *p, const char *value, size_t n)
{
    return parse_u64(value, n, 10, &p->tsc_hz);
}

static int set_console(struct plan *p, const char *value, size_t n)
{
    uint64_t v;

    if (parse_hex(value, n, &v) || v == 0 || v > 0xFFF8)
        return -1;
    p->console_port = (uint16_t)v;
    return 0;
}

static int set_counter(struct plan *p, const char *value, size_t n)
{
    uint64_t v;

    p->counter_trace = text_equal("trace", value, n);
    if (p->counter_trace)
        return 0;
    if (parse_hex(value, n, &v) || v > 0xFFF8)
        return -1;
    p->counter_port = (uint16_t)v;
    return 0;
}

static int set_exit(struct plan *p, const char *value, size_t n)
{
    if (!text_equal("debug", value, n) && !text_equal("hypercall", value, n))
        return -1;
    p->exit_hypercall = text_equal("hypercall", value, n);
    return 0;
}

static int set_collectors(struct plan *p, const char *value, size_t n)
{
    size_t count, length;
    const struct collector *const *table = collector_table(&count);

    p->collectors = 0;
    if (text_equal("none", value, n))
        return 0;
    for (const char *at = value;; at += length + 1) {
        size_t i = 0;

        for (length = 0; at + length < value + n && at[length] != ',';)
            length++;
        while (i < count && !text_equal(table[i]->name, at, length))
            i++;
        if (i == count || i >= COLLECTOR_MAX || (p->collectors & (1u << i)))
            return -1;
        p->collectors |= 1u << i;
        if (at + length == value + n)
            return 0;
    }
}

static int set_net(struct plan *p, const char *value, size_t n)
{
    p->net = text_equal("virtio", value, n) ? NET_KIND_VIRTIO
             : text_equal("xen", value, n)  ? NET_KIND_XEN
                                            : NET_KIND_NONE;
    return p->net == NET_KIND_NONE ? -1 : 0;
}

static int set_tolerance(struct plan *p, const char *value, size_t n)
{
    return tolerance_parse(value, n, &p->tolerance);
}

int plan_set_runs(struct plan *p, const char *value, size_t n)
{
    /* A run without a name cannot be parsed later; say it here, where the word is known. */
    if (n == 0 || value[0] == '/' || value[n - 1] == '/')
        return -1;
    for (size_t i = 1; i < n; i++) {
        if (value[i] == '/' && value[i - 1] == '/')
            return -1;
    }
    p->runs = value;
    p->runs_length = n;
    return 0;
}

static int set_plan(struct plan *p, const char *value, size_t n)
{
    p->runs_from_card = text_equal("card", value, n);
    return p->runs_from_card ? 0 : plan_set_runs(p, value, n);
}

static const struct word words[] = {
    {"boot", 1, set_boot, "a decimal number up to 65535, or card"},
    {"seed", 1, set_seed, "a decimal number of 64 bits"},
    {"card", 0, set_card, "a hex address, a multiple of 4"},
    {"mmio", 0, set_mmio, "a hex address, a multiple of 4"},
    {"gap", 0, set_gap, "a decimal number"},
    {"tsc_hz", 0, set_tsc_hz, "a decimal number"},
    {"console", 0, set_console, "a hex port"},
    {"counter", 0, set_counter, "a hex port, or trace"},
    {"exit", 0, set_exit, "debug or hypercall"},
    {"collectors", 0, set_collectors,
     "none, or names of collectors with commas between, each once"},
    {"tolerance", 0, set_tolerance, "counts up to 1000000 and ppm up to 10000, as 200,100"},
    {"net", 0, set_net, "virtio or xen"},
    {"plan", 1, set_plan, "<run>/<run>/…, or card"},
};

#define WORDS (sizeof(words) / sizeof(words[0]))

static int is_space(char c)
{
    return (unsigned char)c <= ' ';
}

/* The first refusal is what is told; text stands in *t. */
static int parse_word(const char *text, size_t n, struct plan *plan, unsigned *seen,
                      struct text *t)
{
    size_t name = 0;

    while (name < n && text[name] != '=')
        name++;
    for (size_t i = 0; i < WORDS; i++) {
        if (!text_equal(words[i].name, text, name))
            continue;
        if (*seen & (1u << i)) {
            text_put(t, "etl.");
            text_put(t, words[i].name);
            text_put(t, " is given twice");
            return -1;
        }
        *seen |= 1u << i;
        if (name < n && words[i].set(plan, text + name + 1, n - name - 1) == 0)
            return 0;
        text_put(t, "etl.");
        text_put_bytes(t, text, n > 64 ? 64 : n);
        text_put(t, ": the value must be ");
        text_put(t, words[i].allowed);
        return -1;
    }
    text_put(t, "unknown word etl.");
    text_put_bytes(t, text, n > 64 ? 64 : n);
    text_put(t, "; known are");
    for (size_t i = 0; i < WORDS; i++) {
        text_put(t, i ? ", " : " ");
        text_put(t, words[i].name);
    }
    return -1;
}

int plan_parse(const char *command_line, struct plan *plan, char *reason, size_t reason_size)
{
    struct text t = text_begin(reason, reason_size);
    const char *s = command_line;
    unsigned seen = 0;

    *plan = (struct plan){.console_port = PLAN_CONSOLE_PORT, .tolerance = pmu_tolerance_exact};
    while (*s) {
        const char *word = s;
        size_t n = 0;

        while (word[n] && !is_space(word[n]))
            n++;
        s += n ? n : 1;
        if (n < 4 || !text_equal("etl.", word, 4))
            continue;
        if (parse_word(word + 4, n - 4, plan, &seen, &t))
            return -1;
    }
    for (size_t i = 0; i < WORDS; i++) {
        if (!words[i].required || (seen & (1u << i)))
            continue;
        text_put(&t, "etl.");
        text_put(&t, words[i].name);
        text_put(&t, " is missing on the command line");
        return -1;
    }
    return 0;
}
