/* SPDX-License-Identifier: GPL-3.0-or-later */
/* collector/msr/counter.c - programming and reading one counter (pmu_private.h). */
#include "collector/msr/pmu_private.h"
#include "collector/msr/registers.h"
#include "workloads/text.h"

static uint64_t width_mask(unsigned bits)
{
    return (1ull << bits) - 1; /* bits < 64 */
}

static int refuse(char *reason, const char *what, uint32_t msr, const char *then)
{
    struct text t = text_begin(reason, PMU_REASON_BYTES);

    text_put(&t, what);
    text_put(&t, " 0x");
    text_put_hex(&t, msr, 8);
    text_put(&t, then);
    return -1;
}

static int refuse_kept(char *reason, const char *what, uint32_t msr, uint64_t wrote,
                       uint64_t reads)
{
    struct text t = text_begin(reason, PMU_REASON_BYTES);

    text_put(&t, what);
    text_put(&t, " 0x");
    text_put_hex(&t, msr, 8);
    text_put(&t, " does not keep what is written to it: wrote 0x");
    text_put_hex(&t, wrote, 16);
    text_put(&t, ", reads 0x");
    text_put_hex(&t, reads, 16);
    return -1;
}

static int read_msr(const struct pmu *p, uint32_t msr, uint64_t *value, char *reason)
{
    if (p->access->read(p->access->place, msr, value))
        return refuse(reason, "RDMSR", msr, " faults: the register is not there");
    return 0;
}

static int write_msr(const struct pmu *p, uint32_t msr, uint64_t value, char *reason)
{
    if (p->access->write(p->access->place, msr, value))
        return refuse(reason, "WRMSR", msr,
                      " faults: the register is not there or refuses the value");
    return 0;
}

/* Set this counter's bits of its select register to `select`, and see that they are set. */
static int set_select(const struct pmu *p, const struct pmu_counter *c, uint64_t select,
                      char *reason)
{
    uint64_t others = 0, kept;

    if (~c->select_mask && read_msr(p, c->select_msr, &others, reason))
        return -1;
    others &= ~c->select_mask;
    if (write_msr(p, c->select_msr, others | select, reason) ||
        read_msr(p, c->select_msr, &kept, reason))
        return -1;
    if ((kept & c->select_mask) == select)
        return 0;
    if ((kept ^ select) == AMD_SELECT_GUEST_ONLY && p->kind != PMU_INTEL)
        return refuse(reason, "select register", c->select_msr,
                      " does not keep its guest-only bit: the host would be counted too");
    if ((kept ^ select) == AMD_SELECT_HOST_ONLY && p->kind != PMU_INTEL)
        return refuse(reason, "select register", c->select_msr,
                      " does not keep its host-only bit: the guest would be counted too");
    return refuse_kept(reason, "select register", c->select_msr, select,
                       kept & c->select_mask);
}

static uint64_t select_off(const struct pmu_counter *c)
{
    return c->fixed ? 0 : c->select & ~SELECT_ENABLE;
}

int counter_program(const struct pmu *p, const struct pmu_counter *c, uint64_t count,
                    char *reason)
{
    uint64_t kept;

    if (set_select(p, c, select_off(c), reason) || write_msr(p, c->write_msr, count, reason) ||
        read_msr(p, c->count_msr, &kept, reason))
        return -1;
    if (kept != count)
        return refuse_kept(reason, "counter", c->count_msr, count, kept);
    return 0;
}

int counter_run(const struct pmu *p, const struct pmu_counter *c, char *reason)
{
    return set_select(p, c, c->select, reason);
}

int counter_stop(const struct pmu *p, const struct pmu_counter *c, char *reason)
{
    return set_select(p, c, select_off(c), reason);
}

int counter_read(const struct pmu *p, const struct pmu_counter *c, uint64_t *count,
                 char *reason)
{
    struct text t;

    if (read_msr(p, c->count_msr, count, reason))
        return -1;
    if (!(*count & ~width_mask(c->bits)))
        return 0;
    t = text_begin(reason, PMU_REASON_BYTES);
    text_put(&t, "counter 0x");
    text_put_hex(&t, c->count_msr, 8);
    text_put(&t, " is wider than the ");
    text_put_u64(&t, c->bits);
    text_put(&t, " bits it should have: reads 0x");
    text_put_hex(&t, *count, 16);
    return -1;
}

void counter_release(const struct pmu *p, const struct pmu_counter *c)
{
    char reason[PMU_REASON_BYTES];
    uint64_t others;

    if (!~c->select_mask) {
        p->access->write(p->access->place, c->select_msr, 0);
        return;
    }
    if (!read_msr(p, c->select_msr, &others, reason))
        p->access->write(p->access->place, c->select_msr, others & ~c->select_mask);
}

uint64_t pmu_read(struct pmu *p, unsigned counter)
{
    struct pmu_counter *c = &p->counter[counter];
    uint64_t now = c->last;

    p->faulted |= c->by_rdpmc ? p->access->rdpmc(p->access->place, c->rdpmc_index, &now)
                              : p->access->read(p->access->place, c->count_msr, &now);
    c->value += pmu_difference(c->last, now, c->bits);
    c->last = now;
    return c->value;
}
