/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/lie.c - the grammar of lies (vmm/lie.h): one table line per form. */
#include "hv-under-test/vmm/lie.h"

#include "hv-under-test/vmm/abi.h"
#include "hv-under-test/vmm/text.h"

#define FIELDS 4
/* Of any time: no sum of two may wrap, and none is meant to be longer than an hour or so. */
#define TICKS_MOST (1ull << 48)
/* Below this a guest would hardly get from one to the next: the hypervisor's own path between
 * two of them is some hundred instructions long. */
#define PERIOD_LEAST 10000u
#define PAD_MOST 1000000u
/* A clock that gets none of its ticks stands still, and with it whoever waits for it. */
#define SHARE_MOST_PPB 900000000

enum field {
    NONE,
    AT,
    PERIOD,
    LENGTH,
    COUNT,
    GAP,
    SHIFT,
    BACK,
    RATE,
    CAUSE,
    PAD,
    LOST,
    SHARE,
    TIMES
};

static const struct form {
    const char *name; /* up to the first field, without the colon */
    enum lie_kind kind;
    enum lie_shape shape;
    enum field field[FIELDS];
    const char *usage; /* the sentence for a wrong number of fields */
} forms[] = {
    {"steal:periodic",
     LIE_STEAL,
     LIE_PERIODIC,
     {PERIOD, LENGTH},
     "steal:periodic:PERIOD:LENGTH"},
    {"steal:poisson", LIE_STEAL, LIE_POISSON, {PERIOD, LENGTH}, "steal:poisson:MEAN:LENGTH"},
    {"steal:burst",
     LIE_STEAL,
     LIE_BURST,
     {PERIOD, COUNT, GAP, LENGTH},
     "steal:burst:PERIOD:COUNT:GAP:LENGTH"},
    {"pause:hidden", LIE_PAUSE, LIE_HIDDEN, {AT, LENGTH}, "pause:hidden:AT:LENGTH"},
    {"pause:told", LIE_PAUSE, LIE_TOLD, {AT, LENGTH}, "pause:told:AT:LENGTH"},
    {"restore:hidden",
     LIE_RESTORE,
     LIE_HIDDEN,
     {AT, GAP, LENGTH, TIMES},
     "restore:hidden:AT:APART:LENGTH:COUNT"},
    {"restore:told",
     LIE_RESTORE,
     LIE_TOLD,
     {AT, GAP, LENGTH, TIMES},
     "restore:told:AT:APART:LENGTH:COUNT"},
    {"offset_step", LIE_OFFSET_STEP, LIE_PLAIN, {AT, SHIFT}, "offset_step:AT:TICKS"},
    {"backstep", LIE_BACKSTEP, LIE_PERIODIC, {PERIOD, BACK}, "backstep:PERIOD:TICKS"},
    {"rate_ppm", LIE_RATE_PPM, LIE_PLAIN, {RATE}, "rate_ppm:PPM"},
    {"jitter", LIE_JITTER, LIE_PLAIN, {LENGTH}, "jitter:TICKS"},
    {"exit_pad", LIE_EXIT_PAD, LIE_PLAIN, {CAUSE, PAD}, "exit_pad:CAUSE:INSTRUCTIONS"},
    {"lost_ticks", LIE_LOST_TICKS, LIE_PERIODIC, {PERIOD, LOST}, "lost_ticks:PERIOD:COUNT"},
    {"user_over_total", LIE_USER_OVER_TOTAL, LIE_PLAIN, {SHARE}, "user_over_total:PPM"},
};

static const char *const kinds[] = {
    [LIE_STEAL] = "steal",           [LIE_PAUSE] = "pause",
    [LIE_RESTORE] = "restore",       [LIE_OFFSET_STEP] = "offset_step",
    [LIE_BACKSTEP] = "backstep",     [LIE_RATE_PPM] = "rate_ppm",
    [LIE_JITTER] = "jitter",         [LIE_EXIT_PAD] = "exit_pad",
    [LIE_LOST_TICKS] = "lost_ticks", [LIE_USER_OVER_TOTAL] = "user_over_total",
    [LIE_GUESTS] = "guests",
};

static const char *const units[] = {
    [LIE_STEAL] = "ticks",           [LIE_PAUSE] = "ticks",
    [LIE_RESTORE] = "ticks",         [LIE_OFFSET_STEP] = "ticks",
    [LIE_BACKSTEP] = "ticks",        [LIE_RATE_PPM] = "ppb",
    [LIE_JITTER] = "ticks",          [LIE_EXIT_PAD] = "instructions",
    [LIE_LOST_TICKS] = "interrupts", [LIE_USER_OVER_TOTAL] = "interrupts",
    [LIE_GUESTS] = "ticks",
};

static const char *const causes[] = VMM_CAUSE_NAMES;

/* The one being told; room for the names of all forms or causes. */
static char sentence[LIE_FORM_BYTES + 160];

const char *lie_kind_name(enum lie_kind kind)
{
    return kinds[kind];
}

const char *lie_unit(enum lie_kind kind)
{
    return units[kind];
}

int lie_is_timed(const struct lie *l)
{
    return l->kind == LIE_STEAL || l->kind == LIE_PAUSE || l->kind == LIE_OFFSET_STEP ||
           l->kind == LIE_BACKSTEP;
}

int lie_loses_ticks(const struct lie *l)
{
    return l->kind == LIE_LOST_TICKS || l->kind == LIE_USER_OVER_TOTAL;
}

#define NO_TICKS "a time must be a number of ticks from 1 to 2^48"

static const char *read_ticks(const char *s, size_t n, uint64_t *out)
{
    return vmm_text_parse_u64(s, n, out) || !*out || *out > TICKS_MOST ? NO_TICKS : NULL;
}

static const char *read_shift(const char *s, size_t n, int64_t *out)
{
    const int64_t most = TICKS_MOST;

    return vmm_text_parse_s64(s, n, out) || !*out || *out > most || *out < -most ? NO_TICKS
                                                                                 : NULL;
}

static const char *read_rate(const char *s, size_t n, int64_t *out)
{
    if (vmm_text_parse_ppb(s, n, out) || !*out || *out > LIE_RATE_MOST_PPB ||
        *out < -LIE_RATE_MOST_PPB)
        return "a rate must be in ppm, not 0, from -500000 to 500000 with up to three "
               "decimals";
    return NULL;
}

static const char *no_such_cause(void)
{
    struct vmm_text t;

    vmm_text_start(&t, sentence, sizeof(sentence));
    vmm_text_put(&t, "no such cause of exits; known:");
    for (unsigned i = 0; i < VMM_CAUSE_COUNT; i++) {
        vmm_text_put(&t, " ");
        vmm_text_put(&t, causes[i]);
    }
    return sentence;
}

static const char *read_cause(const char *s, size_t n, unsigned *out)
{
    for (unsigned i = 0; i < VMM_CAUSE_COUNT; i++)
        if (vmm_text_equal(s, n, causes[i])) {
            *out = i;
            return NULL;
        }
    return no_such_cause();
}

static const char *read_field(enum field f, const char *s, size_t n, struct lie *l)
{
    const char *wrong = NULL;

    switch (f) {
    case AT:
        return read_ticks(s, n, &l->at_ticks);
    case PERIOD:
        wrong = read_ticks(s, n, &l->at_ticks);
        if (!wrong && l->at_ticks < PERIOD_LEAST)
            wrong = "a period must be at least 10000 ticks, or the guest would not get on";
        return wrong;
    case LENGTH:
        return read_ticks(s, n, &l->length_ticks);
    case COUNT:
        if (vmm_text_parse_u64(s, n, &l->count) || l->count < 2 || l->count > 1000)
            return "a burst has from 2 to 1000 parts";
        return NULL;
    case GAP:
        wrong = read_ticks(s, n, &l->gap_ticks);
        if (!wrong && l->gap_ticks < PERIOD_LEAST)
            wrong = "a gap must be at least 10000 ticks, or the guest would not get on";
        return wrong;
    case SHIFT:
        return read_shift(s, n, &l->shift_ticks);
    case BACK:
        wrong = read_shift(s, n, &l->shift_ticks);
        if (!wrong && l->shift_ticks < 0)
            wrong = "a backstep goes back already: its size has no sign";
        l->shift_ticks = -l->shift_ticks;
        return wrong;
    case RATE:
        return read_rate(s, n, &l->rate_ppb);
    case CAUSE:
        return read_cause(s, n, &l->cause);
    case PAD:
        if (vmm_text_parse_u64(s, n, &l->instructions) || !l->instructions ||
            l->instructions % 2 || l->instructions > PAD_MOST)
            return "a pad must be an even number of instructions from 2 to 1000000";
        return NULL;
    case LOST:
        if (vmm_text_parse_u64(s, n, &l->count) || !l->count || l->count > 1000)
            return "from 1 to 1000 interrupts can be lost at once";
        return NULL;
    case TIMES:
        if (vmm_text_parse_u64(s, n, &l->count) || !l->count || l->count > 1000)
            return "a snapshot can be put back from 1 to 1000 times";
        return NULL;
    case SHARE:
        if (vmm_text_parse_ppb(s, n, &l->rate_ppb) || l->rate_ppb <= 0 ||
            l->rate_ppb > SHARE_MOST_PPB)
            return "a share must be in ppm, above 0, up to 900000 with up to three decimals";
        return NULL;
    default:
        return "too many fields";
    }
}

/* What no single field can tell. */
static const char *check(const struct lie *l)
{
    uint64_t busy = l->length_ticks;

    if (l->shape == LIE_POISSON) /* MEAN is from the end of one to the begin of the next */
        return NULL;
    if (l->shape == LIE_BURST)
        busy = l->count * (l->length_ticks + l->gap_ticks);
    if (l->kind == LIE_STEAL && busy >= l->at_ticks)
        return "more would be stolen than there is: PERIOD must be longer than all that comes "
               "in it";
    return NULL;
}

static const char *usage(const struct form *f)
{
    struct vmm_text t;

    vmm_text_start(&t, sentence, sizeof(sentence));
    vmm_text_put(&t, "must be ");
    vmm_text_put(&t, f->usage);
    return sentence;
}

static const char *no_such_lie(void)
{
    struct vmm_text t;

    vmm_text_start(&t, sentence, sizeof(sentence));
    vmm_text_put(&t, "no such lie; known:");
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        vmm_text_put(&t, " ");
        vmm_text_put(&t, forms[i].name);
    }
    return sentence;
}

/* The fields behind the form's name: ":A:B". */
static const char *read_fields(const struct form *f, const char *s, size_t n, struct lie *l)
{
    unsigned i = 0;

    while (n) {
        size_t length = 0;
        const char *wrong;

        if (i == FIELDS || f->field[i] == NONE)
            return usage(f);
        while (length + 1 < n && s[length + 1] != ':')
            length++;
        if (!length)
            return usage(f);
        wrong = read_field(f->field[i], s + 1, length, l);
        if (wrong)
            return wrong;
        s += length + 1;
        n -= length + 1;
        i++;
    }
    return i == FIELDS || f->field[i] == NONE ? check(l) : usage(f);
}

/* Does s[0..n) begin with `name`, followed by nothing or a colon? Its length, or 0. */
static size_t named(const char *s, size_t n, const char *name)
{
    size_t length = 0;

    while (name[length])
        length++;
    return n >= length && vmm_text_equal(s, length, name) && (n == length || s[length] == ':')
               ? length
               : 0;
}

const char *lie_parse(const char *s, size_t n, struct lie *l)
{
    struct vmm_text t;

    *l = (struct lie){.kind = LIE_STEAL};
    if (n >= LIE_FORM_BYTES)
        return "too long to be a lie";
    vmm_text_start(&t, l->form, sizeof(l->form));
    vmm_text_put_n(&t, s, n);
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        size_t length = named(s, n, forms[i].name);

        if (!length)
            continue;
        l->kind = forms[i].kind;
        l->shape = forms[i].shape;
        return read_fields(&forms[i], s + length, n - length, l);
    }
    return no_such_lie();
}
