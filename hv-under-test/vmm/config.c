/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/config.c - the `key=value` line (vmm/config.h).
 *
 * One table line per key. A key is a choice, a number or a list (config_guests.h); `tsc` is a choice with an argument.
 * `lie`, which may come several times, is none of them.
 */
#include "hv-under-test/vmm/config.h"

#include "hv-under-test/vmm/abi.h"
#include "hv-under-test/vmm/config_guests.h"
#include "hv-under-test/vmm/text.h"

#define MAX_CHOICES 4
#define LIE "lie"

struct key {
    const char *name;
    const char *choices[MAX_CHOICES]; /* value = index; none: a number */
    size_t offset;                    /* in struct vmm_config: unsigned, or uint64_t */
    int hex;
    /* Of a list, which is neither. */
    const char *(*parse)(const char *s, size_t n, struct vmm_config *c);
    void (*describe)(const struct vmm_config *c, struct vmm_text *t);
};

static const struct key keys[] = {
    {.name = "cpu",
     .choices = {"svm", "soft", "pv", "vmx"},
     .offset = offsetof(struct vmm_config, cpu)},
    {.name = "paging",
     .choices = {"nested", "shadow-lazy", "shadow-eager"},
     .offset = offsetof(struct vmm_config, paging)},
    {.name = "asid", .choices = {"on", "off"}, .offset = offsetof(struct vmm_config, asid)},
    {.name = "hypercall",
     .choices = {"full", "fast"},
     .offset = offsetof(struct vmm_config, hypercall)},
    {.name = "tsc",
     .choices = {"pass", "trap", "offset:", "scale:"},
     .offset = offsetof(struct vmm_config, tsc)},
    {.name = "pmu", .choices = {"none", "guest"}, .offset = offsetof(struct vmm_config, pmu)},
    {.name = "io",
     .choices = {"pass", "trap", "ring"},
     .offset = offsetof(struct vmm_config, io)},
    {.name = "end",
     .choices = {"hypercall", "halt"},
     .offset = offsetof(struct vmm_config, end)},
    {.name = "tsc_hz", .offset = offsetof(struct vmm_config, tsc_hz)},
    {.name = "popf",
     .choices = {"closed", "open"},
     .offset = offsetof(struct vmm_config, popf)},
    {.name = "card", .offset = offsetof(struct vmm_config, card), .hex = 1},
    {.name = "ram_mb", .offset = offsetof(struct vmm_config, ram_mb)},
    {.name = "boot", .offset = offsetof(struct vmm_config, boot)},
    {.name = "seed", .offset = offsetof(struct vmm_config, seed)},
    {.name = "guests", .offset = offsetof(struct vmm_config, guests)},
    {.name = "weights", .parse = config_weights_parse, .describe = config_weights_describe},
    {.name = "slice", .offset = offsetof(struct vmm_config, slice_us)},
    {.name = "loads", .parse = config_loads_parse, .describe = config_loads_describe},
};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

struct word {
    const char *key, *value;
    size_t key_length, value_length; /* value NULL: no '=' */
};

/* The next word at *at; 0 at the end of the line. */
static int next_word(const char **at, struct word *w)
{
    const char *p = *at;

    while (*p == ' ')
        p++;
    if (!*p)
        return 0;
    w->key = p;
    while (*p && *p != ' ' && *p != '=')
        p++;
    w->key_length = (size_t)(p - w->key);
    w->value = NULL;
    w->value_length = 0;
    if (*p == '=') {
        w->value = ++p;
        while (*p && *p != ' ')
            p++;
        w->value_length = (size_t)(p - w->value);
    }
    *at = p;
    return 1;
}

static int refuse(char reason[CONFIG_REASON_BYTES], const struct word *w, const char *why)
{
    struct vmm_text t;

    vmm_text_start(&t, reason, CONFIG_REASON_BYTES);
    vmm_text_put_n(&t, w->key, w->key_length);
    if (w->value) {
        vmm_text_put(&t, "=");
        vmm_text_put_n(&t, w->value, w->value_length);
    }
    vmm_text_put(&t, ": ");
    vmm_text_put(&t, why);
    return -1;
}

/* More words behind what refuse() has written. */
static struct vmm_text go_on(char reason[CONFIG_REASON_BYTES])
{
    struct vmm_text t = {.buf = reason, .size = CONFIG_REASON_BYTES};

    while (reason[t.used])
        t.used++;
    return t;
}

static int refuse_choice(char reason[CONFIG_REASON_BYTES], const struct word *w,
                         const struct key *k)
{
    struct vmm_text t;

    refuse(reason, w, "not supported by this build; allowed:");
    t = go_on(reason);
    for (unsigned i = 0; i < MAX_CHOICES && k->choices[i]; i++) {
        vmm_text_put(&t, " ");
        vmm_text_put(&t, k->choices[i]);
    }
    return -1;
}

static int refuse_key(char reason[CONFIG_REASON_BYTES], const struct word *w)
{
    struct vmm_text t;

    refuse(reason, w, "unknown word; known:");
    t = go_on(reason);
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        vmm_text_put(&t, " ");
        vmm_text_put(&t, keys[i].name);
    }
    vmm_text_put(&t, " " LIE);
    return -1;
}

static int parse_choice(const struct word *w, const struct key *k, struct vmm_config *c,
                        char reason[CONFIG_REASON_BYTES])
{
    unsigned *field = (unsigned *)((char *)c + k->offset);

    for (unsigned i = 0; i < MAX_CHOICES && k->choices[i]; i++) {
        if (vmm_text_equal(w->value, w->value_length, k->choices[i]) &&
            k->choices[i][w->value_length - 1] != ':') {
            *field = i;
            return 0;
        }
    }
    if (field == &c->tsc && w->value_length > 7 && vmm_text_equal(w->value, 7, "offset:")) {
        *field = CONFIG_TSC_OFFSET;
        if (vmm_text_parse_s64(w->value + 7, w->value_length - 7, &c->tsc_offset_ticks))
            return refuse(reason, w, "the offset is a decimal number of ticks below 2^63");
        return 0;
    }
    if (field == &c->tsc && w->value_length > 6 && vmm_text_equal(w->value, 6, "scale:")) {
        *field = CONFIG_TSC_SCALE;
        if (vmm_text_parse_ppb(w->value + 6, w->value_length - 6, &c->tsc_scale_ppb) ||
            c->tsc_scale_ppb > LIE_RATE_MOST_PPB || c->tsc_scale_ppb < -LIE_RATE_MOST_PPB)
            return refuse(reason, w,
                          "the scale is in ppm, from -500000 to 500000 with up to three "
                          "decimals");
        return 0;
    }
    return refuse_choice(reason, w, k);
}

static int parse_lie(const struct word *w, struct vmm_config *c,
                     char reason[CONFIG_REASON_BYTES])
{
    const char *wrong;

    if (c->lies == LIE_MAX)
        return refuse(reason, w, "more than eight lies at once");
    wrong = lie_parse(w->value, w->value_length, &c->lie[c->lies]);
    if (wrong)
        return refuse(reason, w, wrong);
    c->lies++;
    return 0;
}

static int parse_word(const struct word *w, struct vmm_config *c,
                      char reason[CONFIG_REASON_BYTES])
{
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        const struct key *k = &keys[i];

        if (!vmm_text_equal(w->key, w->key_length, k->name))
            continue;
        if (!w->value_length)
            return refuse(reason, w, "a value is missing");
        if (k->choices[0])
            return parse_choice(w, k, c, reason);
        if (k->parse) {
            const char *wrong = k->parse(w->value, w->value_length, c);

            return wrong ? refuse(reason, w, wrong) : 0;
        }
        if (vmm_text_parse_u64(w->value, w->value_length, (uint64_t *)((char *)c + k->offset)))
            return refuse(reason, w, "not an unsigned number of 64 bits");
        return 0;
    }
    if (vmm_text_equal(w->key, w->key_length, LIE))
        return w->value_length ? parse_lie(w, c, reason)
                               : refuse(reason, w, "a value is missing");
    return refuse_key(reason, w);
}

/* Loaders put the path of the image in front: a word with '/' or without '='. */
static void skip_path(const char **at)
{
    const char *after = *at;
    struct word w;

    if (next_word(&after, &w)) {
        for (size_t i = 0; i < w.key_length; i++)
            if (w.key[i] == '/')
                w.value = NULL;
        if (!w.value) {
            while (*after && *after != ' ')
                after++;
            *at = after;
        }
    }
}

static int is_requested(const char *line, const char *key)
{
    struct word w;

    skip_path(&line);
    while (next_word(&line, &w))
        if (vmm_text_equal(w.key, w.key_length, key))
            return 1;
    return 0;
}

/* Has the hypervisor a timer while the guest runs, and a place behind each exit's handler? */
static int serves_interrupts(const struct vmm_config *c)
{
    return c->cpu == CONFIG_CPU_SVM || c->cpu == CONFIG_CPU_VMX;
}

static const char *restore_conflict(const struct vmm_config *c, unsigned i)
{
    if (c->cpu == CONFIG_CPU_VMX)
        return "needs cpu=svm, cpu=soft or cpu=pv: VT-x's guests are not copied";
    for (unsigned j = 0; j < c->lies; j++)
        if (j != i && (lie_is_timed(&c->lie[j]) || c->lie[j].kind == LIE_RESTORE))
            return "cannot stand beside another one, or beside what comes by the clock, which "
                   "would happen to a guest that lies saved";
    if (c->pmu == CONFIG_PMU_GUEST)
        return "needs pmu=none: counters are no part of a snapshot";
    if (c->lie[i].shape == LIE_TOLD)
        return NULL;
    if (c->cpu == CONFIG_CPU_PV)
        return "needs cpu=svm or cpu=soft: a paravirtual guest's readings do not exit";
    if (c->cpu == CONFIG_CPU_SOFT && c->tsc != CONFIG_TSC_TRAP)
        return "needs cpu=svm or tsc=trap: a reading that does not exit cannot be changed";
    return c->tsc == CONFIG_TSC_SCALE
               ? "cannot stand beside tsc=scale, a rate that no ledger has: ask for tsc=trap "
                 "lie=rate_ppm"
               : NULL;
}

/* What a lie needs of the rest of the configuration. */
static const char *lie_conflict(const struct vmm_config *c, unsigned i)
{
    const struct lie *l = &c->lie[i];
    const int changes_readings = l->kind == LIE_RATE_PPM || l->kind == LIE_JITTER;

    if (!serves_interrupts(c) && lie_loses_ticks(l))
        return "needs cpu=svm or cpu=vmx: the other backends give the guest no timer's "
               "interrupts";
    if (l->kind == LIE_RESTORE)
        return restore_conflict(c, i);
    if (!serves_interrupts(c) && !changes_readings)
        return "needs cpu=svm or cpu=vmx: the other backends have neither timer nor place for "
               "a pad";
    if (c->cpu == CONFIG_CPU_PV)
        return "needs cpu=svm, cpu=vmx or cpu=soft: a paravirtual guest's readings do not "
               "exit";
    if (changes_readings && c->tsc != CONFIG_TSC_TRAP)
        return "needs tsc=trap: a reading that does not exit cannot be changed";
    if (c->tsc == CONFIG_TSC_SCALE)
        return "cannot stand beside tsc=scale, a rate that no ledger has: ask for tsc=trap "
               "lie=rate_ppm";
    if (l->kind == LIE_EXIT_PAD && l->cause == VMM_CAUSE_HYPERCALL &&
        c->hypercall == CONFIG_HYPERCALL_FAST)
        return "needs hypercall=full: the fast path has no place for a pad";
    for (unsigned j = 0; j < i; j++)
        if (c->lie[j].kind == l->kind && changes_readings)
            return "a clock has one rate and one jitter, and both are asked for once already";
    for (unsigned j = 0; j < i; j++)
        if (lie_loses_ticks(&c->lie[j]) && lie_loses_ticks(l))
            return "an interrupt is lost once: one lie of that kind is asked for already";
    return NULL;
}

static int check_lies(const struct vmm_config *c, char reason[CONFIG_REASON_BYTES])
{
    for (unsigned i = 0; i < c->lies; i++) {
        const char *wrong = lie_conflict(c, i);
        size_t n = 0;

        while (c->lie[i].form[n])
            n++;
        if (wrong)
            return refuse(reason, &(struct word){LIE, c->lie[i].form, sizeof(LIE) - 1, n},
                          wrong);
    }
    return 0;
}

static int check_guests(struct vmm_config *c, int sliced, char reason[CONFIG_REASON_BYTES])
{
    const char *word, *wrong = config_guests_finish(c, &word);
    size_t n = 0;

    if (!wrong && sliced && c->guests == 1) {
        word = "slice";
        wrong = "needs guests=2, 3 or 4";
    }
    if (!wrong)
        return 0;
    while (word[n])
        n++;
    return refuse(reason, &(struct word){word, NULL, n, 0}, wrong);
}

int config_parse(const char *line, struct vmm_config *c, char reason[CONFIG_REASON_BYTES])
{
    const char *whole = line;
    char first[CONFIG_REASON_BYTES];
    struct word w;
    int rc = 0;

    *c = (struct vmm_config){.popf_requested = is_requested(line, "popf"),
                             .asid_requested = is_requested(line, "asid")};
    reason[0] = '\0';
    config_guests_start(c);
    skip_path(&line);
    /* Read on after an error, so that a boot number behind it still reaches the record; the
     * first error is the one told. */
    while (next_word(&line, &w)) {
        if (parse_word(&w, c, rc ? first : reason))
            rc = -1;
    }
    if ((c->cpu == CONFIG_CPU_SOFT || c->cpu == CONFIG_CPU_PV) &&
        !is_requested(whole, "paging"))
        c->paging = CONFIG_PAGING_SHADOW_LAZY;
    if (!rc && (c->card & 0xfff)) {
        rc = refuse(reason, &(struct word){"card", NULL, 4, 0},
                    "the address is not that of a page");
    }
    if (!rc && c->tsc_hz &&
        (c->tsc_hz < CONFIG_TSC_HZ_LEAST || c->tsc_hz > CONFIG_TSC_HZ_MOST))
        rc = refuse(reason, &(struct word){"tsc_hz", NULL, 6, 0},
                    "a rate between 1 MHz and 10 GHz, or 0");
    if (!rc && c->ram_mb % 2)
        rc = refuse(reason, &(struct word){"ram_mb", NULL, 6, 0}, "not an even number");
    if (!rc && c->cpu == CONFIG_CPU_VMX && c->io != CONFIG_IO_PASS)
        rc = refuse(reason, &(struct word){"io", NULL, 2, 0},
                    "needs io=pass with cpu=vmx, where nothing else has been tested");
    if (!rc)
        rc = check_lies(c, reason);
    return rc ? rc : check_guests(c, is_requested(whole, "slice"), reason);
}

int config_describe(const char *line, const struct vmm_config *c, unsigned i, const char **key,
                    char value[CONFIG_VALUE_BYTES], int *requested)
{
    const struct key *k;
    struct vmm_text t;

    if (i >= KEY_COUNT)
        return 0;
    k = &keys[i];
    *key = k->name;
    *requested = is_requested(line, k->name);
    vmm_text_start(&t, value, CONFIG_VALUE_BYTES);
    if (k->choices[0]) {
        unsigned choice = *(const unsigned *)((const char *)c + k->offset);

        vmm_text_put(&t, k->choices[choice]);
        if (k->offset == offsetof(struct vmm_config, tsc) && choice == CONFIG_TSC_OFFSET)
            vmm_text_put_s64(&t, c->tsc_offset_ticks);
        if (k->offset == offsetof(struct vmm_config, tsc) && choice == CONFIG_TSC_SCALE)
            vmm_text_put_ppm(&t, c->tsc_scale_ppb);
    } else if (k->describe) {
        k->describe(c, &t);
    } else {
        uint64_t number = *(const uint64_t *)((const char *)c + k->offset);

        if (k->hex)
            vmm_text_put_hex(&t, number);
        else
            vmm_text_put_u64(&t, number);
    }
    return 1;
}
