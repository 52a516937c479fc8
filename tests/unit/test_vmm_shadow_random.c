/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shadow paging against a model: a processor that keeps all it ever walked (shadow_fixture.h),
 * beside the architecture, which knows for each address all that a TLB may still hold. Random
 * guests edit tables, invalidate, switch and access.
 *
 *   safety    an access goes through only to where, and with what right and memory type, some
 *             translation says that a TLB may hold; eager: that the tables say now
 *   faults    the guest's own faults and their error codes are those of its tables
 *   A and D   are set by an access that the tables allow, on its path, and never else
 *   progress  an access ends, and what the tables allow is served
 *
 * The model's walk shares nothing with guest_walk.c. A seed is told when it fails.
 */
#include "tests/unit/shadow_fixture.h"

#define TABLE_PAGES 10u
#define LINEARS 60u
#define MAY 96u
#define LINKS 64u

/* --- chance --- */

static uint64_t chance;

static unsigned random_below(unsigned n)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (unsigned)((chance >> 16) % n);
}

static int one_in(unsigned n)
{
    return random_below(n) == 0;
}

/* --- the guest --- */

static uint64_t linears[LINEARS];
static int eager;

static void make_linears(void)
{
    static const uint64_t at_21[] = {0, 1, 4}, at_12[] = {0, 1, 2, 256, 257};
    unsigned n = 0;

    for (uint64_t i = 0; i < 2; i++)
        for (uint64_t j = 0; j < 2; j++)
            for (unsigned k = 0; k < 3; k++)
                for (unsigned l = 0; l < 5; l++)
                    linears[n++] = i << 39 | j << 30 | at_21[k] << 21 | at_12[l] << 12;
}

static uint64_t linear_of(unsigned n)
{
    return is_long_mode() ? linears[n] : (uint32_t)linears[n];
}

/* --- the architecture --- */

static struct may {
    unsigned n;
    struct translation t[MAY];
} may[LINEARS];

/* Values that entries for a table had since such entries were last dropped. */
static struct link {
    uint64_t at, value;
} links[LINKS];
static unsigned link_count;

static uint64_t top_table(void)
{
    return is_long_mode() ? guest.cr3 & FRAME : guest.cr3 & 0xffffffe0u;
}

static int has_bad_bits(uint64_t e, int level)
{
    const int root_of_pae = level == 2 && !is_long_mode();

    if ((e & NX) && (!(guest.efer & X86_EFER_NXE) || root_of_pae))
        return 1;
    if ((e & PS) && (level == 3 || root_of_pae))
        return 1;
    return level > 0 && ends(e, level) && (e & (level == 1 ? 0x1fe000ull : 0x3fffe000ull));
}

static unsigned rights_in(uint64_t e, int level)
{
    if (level == 2 && !is_long_mode())
        return 7;
    return (e & W ? 1u : 0) | (e & U ? 2u : 0) | (e & NX ? 0 : 4u);
}

static struct translation end_of(uint64_t e, int level, uint64_t linear, unsigned rights)
{
    const uint64_t size = 4096ull << (9 * level), pat = level ? 1ull << 12 : PS;
    const unsigned index = (unsigned)(e >> 3 & 3) | (e & pat ? 4u : 0);

    return (struct translation){.page = ((e & FRAME & ~(size - 1)) | (linear & (size - 1))) &
                                        ~0xfffull,
                                .size = size,
                                .rights = rights,
                                .type = (unsigned)(guest_pat >> (8 * index)) & 7u,
                                .dirty = (e & D) != 0,
                                .global = (guest.cr4 & X86_CR4_PGE) && (e & G)};
}

static void add_translation(struct may *m, const struct translation *t)
{
    for (unsigned i = 0; i < m->n; i++)
        if (!memcmp(&m->t[i], t, sizeof(*t)))
            return;
    REQUIRE(m->n < MAY, "the model is too small\n");
    m->t[m->n++] = *t;
}

static void forget_in(struct may *m, int global)
{
    for (unsigned i = 0; i < m->n;)
        if (global || !m->t[i].global)
            m->t[i] = m->t[--m->n];
        else
            i++;
}

/* All that a TLB may enter now: levels above may be cached as they were, the last is read. */
static void walk_all(struct may *m, uint64_t linear, uint64_t table, int level,
                     unsigned rights)
{
    const uint64_t at = table + ((linear >> (12 + 9 * level)) & 511) * 8;
    const int root_of_pae = level == 2 && !is_long_mode();

    if (at + 8 > RAM_BYTES)
        return;
    for (int n = -1; n < (int)link_count; n++) {
        const uint64_t e = n < 0 ? *word_at(at) : links[n].value;

        if ((n >= 0 && (links[n].at != at || ends(e, level))) || !(e & P) ||
            has_bad_bits(e, level) || (!(e & A) && !root_of_pae))
            continue;
        if (ends(e, level)) {
            const struct translation t =
                end_of(e, level, linear, rights & rights_in(e, level));

            add_translation(m, &t);
        } else {
            walk_all(m, linear, e & FRAME, level - 1, rights & rights_in(e, level));
        }
    }
}

static void learn(void)
{
    for (unsigned n = 0; n < LINEARS; n++) {
        if (eager)
            may[n].n = 0;
        if (is_paged())
            walk_all(&may[n], linear_of(n), top_table(), top_level(), 7);
    }
}

enum verdict { ALLOWED, FAULTS, NO_TABLE };

/* What the tables say now, and with `mark` the bits that the access leaves in them. */
static enum verdict walk_now(uint64_t linear, uint64_t access, int mark, struct translation *t,
                             uint64_t *code)
{
    uint64_t table = top_table(), path[4];
    unsigned rights = 7, n = 0;

    *code = access & (GUEST_CODE_WRITE | GUEST_CODE_USER);
    if ((guest.efer & X86_EFER_NXE) || (guest.cr4 & X86_CR4_SMEP))
        *code |= access & GUEST_CODE_FETCH;
    if (!is_paged()) {
        *t = (struct translation){linear & ~0xfffull, 0, 7, 6, 1, 0};
        return ALLOWED;
    }
    for (int level = top_level();; level--) {
        const uint64_t at = table + ((linear >> (12 + 9 * level)) & 511) * 8;
        uint64_t e;

        t->page = at;
        if (at + 8 > RAM_BYTES)
            return NO_TABLE;
        e = *word_at(at);
        if (!(e & P))
            return FAULTS;
        if (has_bad_bits(e, level)) {
            *code |= 9;
            return FAULTS;
        }
        if (level != 2 || is_long_mode())
            path[n++] = at;
        rights &= rights_in(e, level);
        if (ends(e, level)) {
            *t = end_of(e, level, linear, rights);
            break;
        }
        table = e & FRAME;
    }
    if (!permits(t, access)) {
        *code |= 1;
        return FAULTS;
    }
    for (unsigned i = 0; mark && i < n; i++)
        *word_at(path[i]) |= A | (i == n - 1 && access & GUEST_CODE_WRITE ? D : 0);
    return ALLOWED;
}

/* --- one access --- */

static void require_allowed(unsigned n, const struct cached *c, uint64_t access)
{
    const uint64_t linear = linear_of(n);
    const uint64_t host = c->host + (linear & (c->size - 1));
    const struct translation off = {linear & ~0xfffull, 0, 7, 6, 1, 0};
    const struct translation *t = is_paged() ? may[n].t : &off;

    for (unsigned i = 0; i < (is_paged() ? may[n].n : 1); i++)
        if (host_page(t[i].page) == host && permits(&t[i], access) &&
            (t[i].dirty || !(access & GUEST_CODE_WRITE)) &&
            (t[i].page == DEVICE_PAGE ? c->type == 0 : c->type == t[i].type) &&
            !(t[i].page == READ_ONLY_PAGE && access & (GUEST_CODE_WRITE | GUEST_CODE_FETCH)) &&
            !(t[i].page == DEVICE_PAGE && access & GUEST_CODE_FETCH))
            return;
    REQUIRE(0, "%s %llx: access %llx reached %llx of %llx, type %u, which nothing allows\n",
            eager ? "eager" : "lazy", (unsigned long long)linear, (unsigned long long)access,
            (unsigned long long)(host - (uint64_t)(uintptr_t)guest_memory.base),
            (unsigned long long)c->entry_rights, c->type);
}

/* The page is its guest's to have, and the right to this access, too. */
static int host_allows(uint64_t page, uint64_t access)
{
    uint64_t host;
    unsigned flags;

    return !paging_find(page, &host, &flags) &&
           (!(access & GUEST_CODE_WRITE) || flags & PAGING_WRITE) &&
           (!(access & GUEST_CODE_FETCH) || flags & PAGING_EXECUTE);
}

static uint8_t tables_before[TABLE_PAGES * 4096], tables_wanted[TABLE_PAGES * 4096];

/* A fault of the shadow: what comes of it is what the tables say. 1: the access is over. */
static int take_fault(unsigned n, uint64_t access)
{
    uint8_t *const memory = guest_memory.base + TABLE(0);
    struct shadow_outcome out = {0};
    struct translation t;
    enum shadow_result result;
    enum verdict v;
    uint64_t code;
    int was_table;

    memcpy(tables_before, memory, sizeof(tables_before));
    v = walk_now(linear_of(n), access, 1, &t, &code);
    memcpy(tables_wanted, memory, sizeof(tables_wanted));
    memcpy(memory, tables_before, sizeof(tables_before));
    was_table = v == ALLOWED && tables_is_table(t.page); /* the fault may make it one */
    result = shadow_fault(&guest, linear_of(n), access, &out);
    REQUIRE(!memcmp(memory, tables_wanted, sizeof(tables_wanted)),
            "accessed and dirty bits of access %llx to %llx\n", (unsigned long long)access,
            (unsigned long long)linear_of(n));
    if (v != ALLOWED) {
        REQUIRE(result == (v == FAULTS ? SHADOW_GUEST_FAULT : SHADOW_NO_TABLE),
                "result %d, the tables say %d\n", result, v);
        if (v == FAULTS)
            REQUIRE(out.code == code, "code %llx, not %llx\n", (unsigned long long)out.code,
                    (unsigned long long)code);
        else
            REQUIRE(out.physical == t.page, "table at %llx\n",
                    (unsigned long long)out.physical);
        if (v == FAULTS)
            forget_in(&may[n], 0);
        learn();
        return 1;
    }
    learn();
    if (!host_allows(t.page, access)) {
        REQUIRE(result == SHADOW_MEMORY && (out.physical & ~0xfffull) == t.page,
                "result %d for no memory\n", result);
        return 1;
    }
    if (eager && access & GUEST_CODE_WRITE && was_table) {
        REQUIRE(result == SHADOW_TABLE_WRITE && (out.physical & ~0xfffull) == t.page,
                "result %d for a table\n", result);
        return 1;
    }
    REQUIRE(result == SHADOW_ENTERED, "result %d for memory\n", result);
    return 0;
}

static void do_access(void)
{
    static const uint64_t accesses[] = {0,
                                        GUEST_CODE_WRITE,
                                        GUEST_CODE_USER,
                                        GUEST_CODE_USER | GUEST_CODE_WRITE,
                                        GUEST_CODE_FETCH,
                                        GUEST_CODE_USER | GUEST_CODE_FETCH};
    const uint64_t access = accesses[random_below(6)] | (one_in(3) ? GUEST_ACCESS_AC : 0);
    const unsigned n = random_below(LINEARS);
    const struct cached *c;

    for (unsigned turn = 0; !(c = access_memory(linear_of(n), access)); turn++) {
        REQUIRE(turn < 3, "no end to the faults of %llx at %llx\n", (unsigned long long)access,
                (unsigned long long)linear_of(n));
        if (take_fault(n, access))
            return;
    }
    require_allowed(n, c, access);
}

/* --- what else a guest does --- */

/* Tables 0 and 1 are roots of long mode, 2 and 3 theirs and PAE's, and so on: mostly. */
static int level_of(unsigned table)
{
    return table < 2 ? 3 : table < 4 ? 2 : table < 7 ? 1 : 0;
}

static uint64_t table_of(int level)
{
    static const unsigned first[] = {7, 4, 2, 0}, count[] = {3, 3, 2, 2};

    return TABLE(one_in(12) ? random_below(TABLE_PAGES)
                            : first[level] + random_below(count[level]));
}

static uint64_t random_entry(int level)
{
    static const uint64_t small[] = {0x40000,        0x41000,     0x42000, 0x600000,
                                     READ_ONLY_PAGE, DEVICE_PAGE, NOTHING, TABLE(1)};
    static const uint64_t large[] = {0, 0x200000, 0x400000, 0x800000};
    uint64_t e;

    if (level == 0)
        e = one_in(8) ? table_of((int)random_below(4)) : small[random_below(8)];
    else if (level < 3 && one_in(5))
        e = PS | (level == 1 ? large[random_below(4)] : 0) | (one_in(40) ? 0x2000 : 0);
    else
        e = one_in(60) ? NOTHING : table_of(level - 1);
    e |= one_in(20) ? 0 : P;
    e |= one_in(8) ? 0 : W;
    e |= one_in(8) ? 0 : U;
    e |= (one_in(2) ? A : 0) | (one_in(2) ? D : 0) | (one_in(4) ? G : 0);
    e |= one_in(30) ? NX : 0;
    e |= one_in(10) ? 8 : 0;
    e |= one_in(10) ? 16 : 0;
    if (one_in(10))
        e |= level == 0 ? PS : level < 3 && e & PS ? 1ull << 12 : 0;
    return e;
}

/* Nothing may write to a table that has a shadow without a fault. */
static void require_protected(uint64_t physical)
{
    const uint64_t host = (uint64_t)(uintptr_t)guest_memory.base + (physical & ~0xfffull);

    for (unsigned n = 0; n < LINEARS; n++) {
        const struct cached *c = access_memory(linear_of(n), 0);

        if (!c || !(c->entry_rights & W))
            continue;
        REQUIRE((c->host + (linear_of(n) & (c->size - 1) & ~0xfffull)) != host,
                "the table at %llx may be written at %llx\n", (unsigned long long)physical,
                (unsigned long long)linear_of(n));
    }
}

static void do_edit(void)
{
    static const unsigned indices[] = {0, 0, 0, 1, 1, 2, 4, 256, 257};
    const unsigned table = random_below(TABLE_PAGES);
    const int level = one_in(20) ? (int)random_below(4) : level_of(table);
    const uint64_t at = TABLE(table) + indices[random_below(9)] * 8ull;
    const uint64_t old = *word_at(at);
    uint64_t e = random_entry(level);

    if (one_in(3) && old) {
        static const uint64_t bits[] = {P, W, U, A, D, A | D, NX, G, 8};

        e = old ^ bits[random_below(9)];
    }
    if (eager && tables_is_table(at)) {
        before_entry();
        require_protected(at);
        if (one_in(8) && !shadow_unshadow(at)) {
            REQUIRE(!tables_is_table(at), "a table is left\n");
            *word_at(at) = e;
        } else {
            *word_at(at) = e;
            shadow_written(at + random_below(2) * 4, 4);
        }
    } else {
        *word_at(at) = e;
    }
    /* Too long a memory is a TLB's that knows more than it may be asked here: then all is
     * dropped. */
    if (link_count < LINKS && !eager)
        links[link_count++] = (struct link){at, old};
    learn();
}

static void forget_page(uint64_t linear)
{
    for (unsigned n = 0; n < LINEARS; n++)
        for (unsigned i = 0; i < may[n].n;)
            if ((linear_of(n) ^ linear) < may[n].t[i].size)
                may[n].t[i] = may[n].t[--may[n].n];
            else
                i++;
}

static void do_invlpg(uint64_t linear)
{
    if (!is_paged())
        return;
    if (eager)
        tlb_forget(linear, shadow_id()); /* the processor does it alone */
    else
        shadow_drop(linear);
    forget_page(linear);
    link_count = 0;
    learn();
}

static void forget_all(int global)
{
    for (unsigned n = 0; n < LINEARS; n++)
        forget_in(&may[n], global);
    link_count = 0;
}

static void do_switch(void)
{
    guest.cr3 = one_in(4) ? TABLE(random_below(TABLE_PAGES)) : table_of(top_level());
    guest.cr3 |= one_in(2) ? 0 : 0x18;
    if (!is_long_mode() && one_in(3))
        guest.cr3 += 0x20;
    if (one_in(50))
        guest.cr3 = NOTHING;
    forget_all(0);
    if (is_paged())
        shadow_set_root(&guest);
    learn();
}

static void do_mode(void)
{
    static const uint64_t pats[] = {0x0007040600070406ull, 0x0007010600070406ull,
                                    0x0407050600070106ull};

    switch (random_below(8)) {
    case 0:
        guest.cr0 ^= X86_CR0_WP;
        break;
    case 1:
        guest.efer ^= X86_EFER_NXE;
        break;
    case 2:
        guest.cr4 ^= X86_CR4_SMEP;
        break;
    case 3:
        guest.cr4 ^= X86_CR4_SMAP;
        break;
    case 4:
    case 5:
        guest.cr4 ^= X86_CR4_PGE;
        break;
    case 6:
        guest_pat = pats[random_below(3)];
        break;
    default:
        guest.cr0 |= X86_CR0_PG;
        guest.efer |= X86_EFER_LMA;
        if (one_in(3)) {
            guest.efer &= ~X86_EFER_LMA;
            guest.cr0 ^= one_in(2) ? X86_CR0_PG : 0;
        }
        guest.cr3 = table_of(top_level());
        break;
    }
    if (!(guest.cr0 & X86_CR0_WP)) /* not carried together */
        guest.cr4 &= ~X86_CR4_SMAP;
    shadow_reset(&guest, guest_pat);
    forget_all(1);
    learn();
}

static void do_step(void)
{
    const unsigned what = random_below(200);

    if (what < 130)
        do_access();
    else if (what < 165)
        do_edit();
    else if (what < 181)
        do_invlpg(linear_of(random_below(LINEARS)) + random_below(4096));
    else if (what < 197)
        do_switch();
    else if (what < 198)
        for (unsigned k = 0; k < 70; k++) /* more than a root remembers */
            do_invlpg(linear_of(k % LINEARS));
    else if (what < 199 || one_in(3))
        do_mode();
    if (link_count > 8) /* enough of cached levels; a page of its own drops them */
        do_invlpg(linear_of(random_below(LINEARS)));
}

static void run(uint64_t seed, unsigned steps, enum shadow_kind k, uint32_t ids)
{
    seed_now = seed;
    chance = seed * 0x9e3779b97f4a7c15ull + 1;
    eager = k == SHADOW_EAGER;
    memset(guest_memory.base, 0, RAM_BYTES);
    for (unsigned t = 0; t < TABLE_PAGES; t++)
        for (unsigned i = 0; i < 5; i++)
            *word_at(TABLE(t) + 8ull * i) = random_entry(level_of(t));
    start_guest(k, ids);
    forget_all(1);
    learn();
    for (step_now = 0; step_now < steps; step_now++)
        do_step();
}

static void run_many(enum shadow_kind k)
{
    const char *given = getenv("SHADOW_SEED");
    struct shadow_numbers sum = {0};

    if (given) {
        run(strtoull(given, NULL, 10), 3000, k, strtoull(given, NULL, 10) % 3 ? 5 : 1);
        return;
    }
    for (uint64_t seed = 1; seed <= 150; seed++) {
        run(seed, 3000, k, seed % 3 ? 5 : 1);
        sum.entered += shadow_numbers.entered;
        sum.delivered += shadow_numbers.delivered;
        sum.found += shadow_numbers.found;
        sum.revalidated += shadow_numbers.revalidated;
        sum.evicted += shadow_numbers.evicted;
        sum.written += shadow_numbers.written;
        sum.unshadowed += shadow_numbers.unshadowed;
    }
    print_message(
        "# entered %llu delivered %llu roots found %llu entries dropped %llu evicted "
        "%llu written %llu unshadowed %llu\n",
        (unsigned long long)sum.entered, (unsigned long long)sum.delivered,
        (unsigned long long)sum.found, (unsigned long long)sum.revalidated,
        (unsigned long long)sum.evicted, (unsigned long long)sum.written,
        (unsigned long long)sum.unshadowed);
    /* Each thing that can go wrong was there to go wrong. */
    assert_true(sum.entered > 10000 && sum.delivered > 10000 && sum.found > 1000);
    assert_true(sum.evicted > 50);
    if (k == SHADOW_LAZY)
        assert_true(sum.revalidated > 1000);
    else
        assert_true(sum.written > 1000 && sum.unshadowed > 100);
}

static void test_lazy(void **state)
{
    (void)state;
    run_many(SHADOW_LAZY);
}

static void test_eager(void **state)
{
    (void)state;
    run_many(SHADOW_EAGER);
}

static int make_guest(void **state)
{
    make_linears();
    return make_memory(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lazy),
                                       cmocka_unit_test(test_eager)};

    return cmocka_run_group_tests(tests, make_guest, free_memory);
}
