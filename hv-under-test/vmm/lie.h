/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/lie.h - what the hypervisor is asked to do to the guest's time: the words
 * `lie=FORM`, several of them allowed (docs/lies.md).
 *
 *   steal:periodic:PERIOD:LENGTH       every PERIOD the guest does not run for LENGTH
 *   steal:poisson:MEAN:LENGTH          the same at random: from end to begin an exponential
 *                                      time, MEAN on average
 *   steal:burst:PERIOD:COUNT:GAP:LENGTH   every PERIOD, COUNT of them, GAP from end to begin
 *   pause:hidden:AT:LENGTH             once, and the guest's clock does not show it
 *   pause:told:AT:LENGTH               once; the clock runs on and the accounts page says so
 *   restore:hidden:AT:APART:LENGTH:COUNT
 *                                      the guest is saved at its first checkpoint (abi.h) after
 *                                      AT; COUNT times, at the first one APART after that, or
 *                                      after the last, it is put back, when it has lain for
 *                                      LENGTH; its clocks go on from where they were saved
 *   restore:told:AT:APART:LENGTH:COUNT the same; its clocks go on with real time, and the
 *                                      accounts page says so
 *   offset_step:AT:TICKS               once: the guest's clock is set TICKS on (or back)
 *   backstep:PERIOD:TICKS              every PERIOD the guest's clock goes back by TICKS
 *   rate_ppm:PPM                       from the start the guest's clock runs fast by PPM
 *   jitter:TICKS                       every reading of the clock is late by 0 … TICKS
 *   exit_pad:CAUSE:INSTRUCTIONS        every exit of this cause takes so many more
 *   lost_ticks:PERIOD:COUNT            every PERIOD the next COUNT interrupts of the guest's
 *                                      timer do not come
 *   user_over_total:PPM                of its timer's interrupts that find the guest's user in
 *                                      the middle of something so many do not come: a guest
 *                                      that counts them for its clock and books user time by
 *                                      another one books more than its clock says passed
 *
 * Times are decimal ticks of the hypervisor's own TSC, counted from the guest's first
 * instruction. TICKS of offset_step has a sign, PPM of rate_ppm too, and up to three decimals.
 * A form that is not known, or cannot be done here, is refused with a reason.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_LIE_H
#define ETALON_HV_UNDER_TEST_VMM_LIE_H

#include <stddef.h>
#include <stdint.h>

#define LIE_MAX 8         /* at once */
#define LIE_FORM_BYTES 96 /* of the text, with its NUL */

#define LIE_RATE_MOST_PPB 500000000 /* half as fast again, or half as fast */

enum lie_kind {
    LIE_STEAL,
    LIE_PAUSE,
    LIE_RESTORE,
    LIE_OFFSET_STEP,
    LIE_BACKSTEP,
    LIE_RATE_PPM,
    LIE_JITTER,
    LIE_EXIT_PAD,
    LIE_LOST_TICKS,
    LIE_USER_OVER_TOTAL,
    LIE_GUESTS, /* no lie: what other guests take (guests.h), in the same ledger; has no form */
};

enum lie_shape { LIE_PLAIN, LIE_PERIODIC, LIE_POISSON, LIE_BURST, LIE_HIDDEN, LIE_TOLD };

struct lie {
    enum lie_kind kind;
    enum lie_shape shape;
    uint64_t at_ticks;     /* period, mean gap, or the one moment */
    uint64_t length_ticks; /* taken away each time; amplitude of a jitter */
    uint64_t count;        /* of a burst; of interrupts; of restores */
    uint64_t gap_ticks;    /* inside a burst; from snapshot or restore to restore */
    int64_t shift_ticks;   /* of the guest's clock; negative: back */
    int64_t rate_ppb;      /* positive: the guest's clock is fast; a share of interrupts */
    unsigned cause;        /* enum vmm_cause */
    uint64_t instructions;
    char form[LIE_FORM_BYTES]; /* as asked for */
};

/* The name of a kind in the ledger, and the unit of what is requested (ticks, ppb,
 * instructions or interrupts). */
const char *lie_kind_name(enum lie_kind kind);
const char *lie_unit(enum lie_kind kind);
/* Does it come by the clock, so that the hypervisor needs a timer of its own? */
int lie_is_timed(const struct lie *l);
/* Does it keep interrupts of the guest's timer from the guest? */
int lie_loses_ticks(const struct lie *l);

/* Read one form of n bytes. NULL, or what is wrong with it. */
const char *lie_parse(const char *s, size_t n, struct lie *l);

#endif
