/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/pv.h - the privileged operations of a payload that has no privileges:
 * hypercalls of vmm/abi.h, "cpu=pv". cpu.h and the few other places where the payload is
 * privileged ask payload_is_pv and come here; the same ELF does both.
 */
#ifndef ETALON_HV_UNDER_TEST_PAYLOAD_PV_H
#define ETALON_HV_UNDER_TEST_PAYLOAD_PV_H

#include <stdint.h>

#include "hv-under-test/vmm/abi.h"

extern int payload_is_pv; /* set once, at the paravirtual entry */

static inline uint64_t pv_call(uint64_t number, uint64_t first, uint64_t second)
{
    __asm__ volatile("int %1"
                     : "+a"(number)
                     : "i"(VMM_PV_VECTOR), "D"(first), "S"(second)
                     : "memory");
    return number;
}

/* VMM_PV_OUT32, VMM_PV_IN32 and their like. */
static inline uint64_t pv_port(uint64_t number, uint16_t port, uint32_t value)
{
    __asm__ volatile("int %1"
                     : "+a"(number)
                     : "i"(VMM_PV_VECTOR), "c"((uint64_t)value), "d"((uint64_t)port)
                     : "memory");
    return number;
}

/* 0, or -1: there is no such register for this guest, or not with that value. */
int pv_msr_read(uint32_t msr, uint64_t *value);
int pv_msr_write(uint32_t msr, uint64_t value);

/* Exceptions go to these gates; those with an IST use this stack. */
void pv_take_exceptions(const void *gates, uint16_t limit, const void *stack_top);

#endif
