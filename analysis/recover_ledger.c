/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/recover_ledger.c - where the entries of a ledger of distortions lie among the samples
 * of their boot; see recover.h.
 *
 * The ledger has the hypervisor's time, the samples have true time and the guest's. All are tied
 * at the first reading: the guest's clock is the hypervisor's plus what the ledger says was done
 * to it until then. Where that leaves a choice the last reading decides.
 *
 * Where between a reading and its marker the clock was read nobody knows, so the tie is good to
 * half of that way and back. An entry that takes time and lies so near to an edge of known work may
 * have come on either side of it: it is put where the interval's own length has room for it.
 */
#include "analysis/recover.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of an entry's place: what leaving the guest and the way from reading to marker leave open. */
#define PLACE_NS 2.0

static int is(const struct recover_entry *e, const char *kind)
{
    return strcmp(e->kind, kind) == 0;
}

static int is_hidden(const struct recover_entry *e)
{
    return is(e, "pause") && e->visible == 0;
}

/* Ticks by which the entry set the guest's clock. */
static int64_t shift(const struct recover_entry *e)
{
    if (is(e, "offset_step") || is(e, "backstep"))
        return e->delivered;
    if (is(e, "restore"))
        return e->visible;
    return is_hidden(e) ? -e->delivered : 0;
}

struct tie { /* one moment in both times */
    double true_ns;
    int64_t ticks; /* hypervisor's, since the earliest entry began */
    uint64_t origin;
};

struct history { /* of the guest's clock, as the ledger has it */
    const struct recover_entry *entry, *earliest;
    size_t entries;
    double rate;
};

static struct history read_history(const struct recover_entry *entry, size_t n)
{
    struct history h = {.entry = entry, .earliest = entry, .entries = n};

    for (size_t i = 0; i < n; i++) {
        if (entry[i].begin < h.earliest->begin)
            h.earliest = &entry[i];
        if (is(&entry[i], "rate_ppm"))
            h.rate = (double)entry[i].delivered / 1e9;
    }
    return h;
}

/* What the guest's clock was set by until `ticks` after the earliest entry. */
static int64_t shifted_until(const struct history *h, int64_t ticks)
{
    int64_t sum = 0;

    for (size_t i = 0; i < h->entries; i++)
        if ((int64_t)(h->entry[i].begin - h->earliest->begin) < ticks)
            sum += shift(&h->entry[i]);
    return sum;
}

/* How far the last reading is from what it must be if the first was made at `ticks`. */
static double misfit(const struct history *h, const struct recover_sample *first,
                     const struct recover_sample *last, int64_t ticks, double unit_ns)
{
    const double passed = (last->bracket.start_ns - first->bracket.start_ns) / unit_ns;
    const int64_t guest = (int64_t)(last->bracket.before - first->bracket.before);
    const int64_t shifted =
        shifted_until(h, ticks + (int64_t)passed) - shifted_until(h, ticks);

    return fabs((double)(guest - shifted) - passed * (1 + h->rate));
}

/* The guest's clock may have shown the first reading several times, if it went back. */
static struct tie tie_readings(const struct recover_sample *sample, size_t n, double width_ns,
                               const struct history *h, double unit_ns)
{
    const int64_t guest = (int64_t)(sample->bracket.before - h->earliest->guest);
    struct tie tie = {.true_ns = sample->bracket.start_ns - width_ns / 2,
                      .origin = h->earliest->begin};
    double best = INFINITY;
    int64_t shifted = 0;

    for (size_t i = 0; i <= h->entries; i++) {
        const int64_t ticks = (int64_t)((double)(guest - shifted) / (1 + h->rate));
        const double fit = misfit(h, &sample[0], &sample[n - 1], ticks, unit_ns);

        if (shifted_until(h, ticks) == shifted && fit < best) {
            best = fit;
            tie.ticks = ticks;
        }
        if (i < h->entries)
            shifted += shift(&h->entry[i]);
    }
    return tie;
}

/* The last sample that starts by true time t; n if there is none. */
static size_t find_last(const struct recover_sample *sample, size_t n, double t)
{
    size_t low = 0, high = n;

    while (low < high) {
        const size_t middle = (low + high) / 2;

        if (sample[middle].bracket.start_ns <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? low - 1 : n;
}

/* The sample in which true time t lies; n if in none. */
static size_t find_sample(const struct recover_sample *sample, size_t n, double t)
{
    const size_t at = find_last(sample, n, t + PLACE_NS);

    return at < n && t < sample[at].bracket.stop_ns + PLACE_NS ? at : n;
}

/* Other guests are a steal, too: a real one. */
static int is_steal(const struct recover_entry *e)
{
    return is(e, "steal") || is(e, "guests") || (is(e, "pause") && !is_hidden(e));
}

/* Something that a hidden pause in the same interval is not told from. */
static int is_other(const struct recover_entry *e)
{
    return !is_hidden(e) && (shift(e) || is_steal(e));
}

/* What it looks like from outside; of a hidden pause only `alone` in known work. */
static enum recover_kind kind_of(const struct recover_entry *e, int alone)
{
    if (is(e, "rate_ppm"))
        return RECOVER_RATE;
    if (is(e, "jitter"))
        return RECOVER_JITTER;
    if (is_hidden(e))
        return alone ? RECOVER_PAUSE : RECOVER_BACK;
    if (is(e, "restore")) /* one that is told leaves a clock that is right */
        return RECOVER_BACK;
    if (shift(e))
        return shift(e) > 0 ? RECOVER_FORWARD : RECOVER_BACK;
    return is_steal(e) ? RECOVER_STEAL : RECOVER_KINDS;
}

struct place { /* sums of one sample */
    double delivered_ns, open_ns;
    uint64_t times, open_times; /* of what takes time; open: of entries partly in it */
    size_t others;              /* steals, told pauses and steps in it */
};

struct spot { /* where an entry lies */
    double t, end;
    size_t at;   /* sample; as many as there are: in none */
    size_t edge; /* sample of known work with an edge so near that it may lie on either side of
                    it; as many as there are: none */
    int known;   /* and its work is known */
    /* It sums up what is not all in one sample, or in none: the samples that it touches. */
    int partly;
    size_t first, behind;
};

/* All that was taken of it is less than an interval shows. */
static int is_small(const struct recover_sample *s, const struct place *p, double excess_ns)
{
    return excess_ns == 0 && p->delivered_ns + p->open_ns <= RECOVER_GAP_NS + s->slack_ns;
}

static void find_gaps(const struct recover_sample *sample, size_t n, const struct place *place,
                      const double *excess_ns, struct recover_gaps *gaps)
{
    *gaps = (struct recover_gaps){NAN, NAN, NAN, NAN};
    for (size_t i = 0; i < n; i++) {
        const struct recover_sample *s = &sample[i];
        const struct place *p = &place[i];
        const double times = (double)(p->times + p->open_times);
        double cost, left;

        if (times == 0 || isnan(s->clean_ns) || is_small(s, p, excess_ns[i]))
            continue;
        cost = s->bracket.stop_ns - s->bracket.start_ns - s->clean_ns - p->delivered_ns;
        left = cost - p->open_ns;
        /* Of NaN and a number the number. */
        if (!p->open_times) {
            gaps->least_ns = fmin(gaps->least_ns, cost / times);
            gaps->most_ns = fmax(gaps->most_ns, cost / times);
        }
        gaps->short_ns = fmin(gaps->short_ns, cost / times);
        gaps->unexplained_ns = fmax(gaps->unexplained_ns, (left - s->slack_ns) / times);
    }
}

/* `width_ns`: from a reading to its marker and back. */
static int can_be_seen(const struct recover_entry *e, enum recover_kind kind, int known,
                       double t, const struct recover_sample *sample, size_t n,
                       double width_ns)
{
    switch (kind) {
    case RECOVER_RATE:
    case RECOVER_JITTER:
        return 1;
    case RECOVER_STEAL:
        return known;
    case RECOVER_FORWARD: /* at the ends it might be a delay */
        return t >= sample[0].bracket.stop_ns + width_ns &&
               t < sample[n - 1].bracket.start_ns - width_ns;
    default:
        return (!is(e, "restore") || shift(e)) && t >= sample[0].bracket.start_ns &&
               t < sample[n - 1].bracket.stop_ns;
    }
}

/* The sample of known work with an edge within u_ns of true time t; n if there is none. */
static size_t find_edge(const struct recover_sample *sample, size_t n, double t, double u_ns)
{
    const size_t at = find_last(sample, n, t + u_ns);
    const struct clock_bracket *b = &sample[at < n ? at : 0].bracket;

    if (at == n || isnan(sample[at].clean_ns) || b->stop_ns < t - u_ns)
        return n;
    return b->start_ns < t - u_ns && b->stop_ns > t + u_ns ? n : at;
}

static double time_of(const struct tie *tie, uint64_t ticks, double unit_ns)
{
    return tie->true_ns + (double)((int64_t)(ticks - tie->origin) - tie->ticks) * unit_ns;
}

static struct spot find_spot(const struct recover_sample *sample, size_t n,
                             const struct tie *tie, double unit_ns, double u_ns,
                             const struct recover_entry *e)
{
    struct spot s = {.t = time_of(tie, e->begin, unit_ns),
                     .end = time_of(tie, e->end, unit_ns)};

    s.at = find_sample(sample, n, s.t);
    s.known = s.at < n && !isnan(sample[s.at].clean_ns);
    s.edge = find_edge(sample, n, s.t, u_ns);
    /* What happened once lies between two of the guest's instructions, and in one place. */
    s.partly = is_steal(e) && e->count > 1 &&
               (s.at == n || s.end >= sample[s.at].bracket.stop_ns + PLACE_NS);
    return s;
}

/* Does the guest not run meanwhile? */
static int takes_time(const struct recover_entry *e)
{
    return is_steal(e) || is_hidden(e);
}

/* Entries near an edge, on its inner side if what their interval took longer than undisturbed, less
 * what lies in it for certain, is nearer to theirs than to nothing. */
static void settle_edges(const struct recover_sample *sample, size_t n, double unit_ns,
                         const struct recover_entry *entry, size_t entries, double *sure_ns,
                         struct spot *spot)
{
    for (size_t i = 0; i < entries; i++)
        if (takes_time(&entry[i]) && spot[i].edge == n && spot[i].known && !spot[i].partly)
            sure_ns[spot[i].at] += (double)entry[i].delivered * unit_ns;
    for (size_t i = 0; i < entries; i++) {
        const size_t at = spot[i].edge;
        const double length = (double)entry[i].delivered * unit_ns;

        if (!takes_time(&entry[i]) || at == n || spot[i].partly)
            continue;
        spot[i].known = sample[at].bracket.stop_ns - sample[at].bracket.start_ns -
                            sample[at].clean_ns - sure_ns[at] >
                        length / 2;
        spot[i].at = spot[i].known ? at : n;
        sure_ns[at] += spot[i].known ? length : 0;
    }
}

/* The first sample that ends behind t. */
static size_t first_behind(const struct recover_sample *sample, size_t n, double t)
{
    size_t low = 0, high = n;

    while (low < high) {
        const size_t middle = (low + high) / 2;

        if (sample[middle].bracket.stop_ns <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void find_touched(const struct recover_sample *sample, size_t n, struct spot *s)
{
    s->first = s->behind = first_behind(sample, n, s->t);
    while (s->behind < n && sample[s->behind].bracket.start_ns < s->end)
        s->behind++;
}

static void add(struct recover_truth *t, const struct recover_entry *e, double unit)
{
    t->injected++;
    t->times += e->count;
    t->requested += (double)e->requested * unit;
    t->delivered += (double)e->delivered * unit;
}

static void add_entry(const struct recover_entry *e, const struct spot *s, double unit_ns,
                      struct recover_truth truth[RECOVER_KINDS], enum recover_kind kind)
{
    if (kind == RECOVER_BACK && is_hidden(e)) { /* a length, there seen as a step … */
        add(&truth[kind], e, -unit_ns);
        if (s->known) /* … and as time taken */
            add(&truth[RECOVER_STEAL], e, unit_ns);
    } else {
        add(&truth[kind], e, kind == RECOVER_RATE ? 1e-3 : unit_ns);
    }
}

/* Time taken that is not in one place, or too little to be found: 1 if *e is either. */
static int add_vague(const struct recover_entry *e, const struct spot *s,
                     const struct recover_sample *sample, const struct place *place,
                     const double *excess_ns, double unit_ns, struct recover_truth *t)
{
    const size_t first = s->partly ? s->first : s->at;
    const size_t behind = s->partly ? s->behind : s->at + (size_t)s->known;
    const double ns = (double)e->delivered * unit_ns;
    unsigned shown = 0, small = 0;

    for (size_t i = first; i < behind; i++) {
        if (isnan(sample[i].clean_ns))
            continue;
        if (is_small(&sample[i], &place[i], excess_ns[i]))
            small++;
        else
            shown++;
    }
    if (shown && !s->partly)
        return 0;
    if (shown) {
        t->partly++;
        t->partly_ns += ns;
    } else if (small) {
        t->small++;
        t->small_ns += ns;
    } else {
        t->missed++;
    }
    return 1;
}

/* What the entries take of each sample. */
static void fill_places(const struct recover_sample *sample, size_t n,
                        const struct recover_entry *entry, size_t entries, double unit_ns,
                        struct spot *spot, struct place *place)
{
    for (size_t i = 0; i < entries; i++) {
        struct spot *s = &spot[i];

        if (s->at < n && is_other(&entry[i]))
            place[s->at].others++;
        if (s->partly) {
            find_touched(sample, n, s);
            for (size_t j = s->first; j < s->behind; j++) {
                place[j].open_ns += (double)entry[i].delivered * unit_ns;
                place[j].open_times += entry[i].count;
            }
        } else if (s->known && takes_time(&entry[i])) {
            place[s->at].delivered_ns += (double)entry[i].delivered * unit_ns;
            place[s->at].times += entry[i].count;
        }
    }
}

int recover_place(const struct recover_sample *sample, size_t n,
                  const struct recover_found *found, const struct clock_question *q,
                  const struct recover_entry *entry, size_t entries,
                  struct recover_truth truth[RECOVER_KINDS], struct recover_gaps *gaps)
{
    struct place *place = calloc(n, sizeof(*place));
    struct spot *spot = calloc(entries + 1, sizeof(*spot));
    double *sure_ns = calloc(n, sizeof(*sure_ns));
    struct history history;
    struct tie tie;
    int rc = place && spot && sure_ns ? 0 : -1;

    memset(truth, 0, RECOVER_KINDS * sizeof(*truth));
    *gaps = (struct recover_gaps){NAN, NAN, NAN, NAN};
    if (!rc && entries) {
        history = read_history(entry, entries);
        tie = tie_readings(sample, n, found->width_ns, &history, q->unit_ns);
        for (size_t i = 0; i < entries; i++)
            spot[i] = find_spot(sample, n, &tie, q->unit_ns, PLACE_NS + found->width_ns / 2,
                                &entry[i]);
        settle_edges(sample, n, q->unit_ns, entry, entries, sure_ns, spot);
        fill_places(sample, n, entry, entries, q->unit_ns, spot, place);
    }
    for (size_t i = 0; !rc && i < entries; i++) {
        const struct spot *s = &spot[i];
        const enum recover_kind kind = kind_of(&entry[i], s->known && !place[s->at].others);

        if (kind == RECOVER_KINDS ||
            (kind == RECOVER_STEAL && add_vague(&entry[i], s, sample, place, found->excess_ns,
                                                q->unit_ns, &truth[kind])))
            continue;
        if (can_be_seen(&entry[i], kind, s->known, s->t, sample, n, found->width_ns))
            add_entry(&entry[i], s, q->unit_ns, truth, kind);
        else
            truth[kind].missed++;
    }
    if (!rc)
        find_gaps(sample, n, place, found->excess_ns, gaps);
    free(sure_ns);
    free(spot);
    free(place);
    return rc;
}
