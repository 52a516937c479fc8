/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/payload/cpu.h - single instructions of ring 0, or their hypercalls. */
#ifndef ETALON_HV_UNDER_TEST_PAYLOAD_CPU_H
#define ETALON_HV_UNDER_TEST_PAYLOAD_CPU_H

#include <stdint.h>

#include "hv-under-test/payload/pv.h"

struct cpu_id {
    uint32_t eax, ebx, ecx, edx;
};

/* Aligned, so that it is never where a sentinel is (target/sentinel.h): those are at 5 or 10
 * beyond a multiple of 16. */
static inline struct cpu_id cpu_id_sub(uint32_t leaf, uint32_t subleaf)
{
    struct cpu_id r;

    if (payload_is_pv) {
        uint64_t number = VMM_PV_CPUID;

        __asm__ volatile("int %4"
                         : "+a"(number), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                         : "i"(VMM_PV_VECTOR), "D"((uint64_t)leaf), "S"((uint64_t)subleaf));
        r.eax = (uint32_t)number;
        return r;
    }
    __asm__ volatile(".balign 16\n\tcpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

static inline struct cpu_id cpu_id(uint32_t leaf)
{
    return cpu_id_sub(leaf, 0);
}

static inline void cpu_out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t cpu_in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline void cpu_out32(uint16_t port, uint32_t value)
{
    if (payload_is_pv)
        pv_port(VMM_PV_OUT32, port, value);
    else
        __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint32_t cpu_in32(uint16_t port)
{
    uint32_t value;

    if (payload_is_pv)
        return (uint32_t)pv_port(VMM_PV_IN32, port, 0);
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint64_t cpu_cr2(void)
{
    uint64_t value;

    if (payload_is_pv)
        return pv_call(VMM_PV_READ_CR2, 0, 0);
    __asm__ volatile("movq %%cr2, %0" : "=r"(value));
    return value;
}

static inline void cpu_invlpg(uint64_t address)
{
    if (payload_is_pv)
        pv_call(VMM_PV_INVLPG, address, 0);
    else
        __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline void cpu_wbinvd(void)
{
    if (!payload_is_pv) /* there is nothing a guest may flush */
        __asm__ volatile("wbinvd" : : : "memory");
}

/* The hypercall instructions; RAX in and out, everything else preserved (vmm/abi.h). */
static inline uint64_t cpu_vmmcall(uint64_t number)
{
    __asm__ volatile("vmmcall" : "+a"(number) : : "memory");
    return number;
}

static inline uint64_t cpu_vmcall(uint64_t number)
{
    __asm__ volatile("vmcall" : "+a"(number) : : "memory");
    return number;
}

/* With two arguments. */
static inline uint64_t cpu_vmmcall_with(uint64_t number, uint64_t first, uint64_t second)
{
    __asm__ volatile("vmmcall" : "+a"(number) : "D"(first), "S"(second) : "memory");
    return number;
}

static inline uint64_t cpu_vmcall_with(uint64_t number, uint64_t first, uint64_t second)
{
    __asm__ volatile("vmcall" : "+a"(number) : "D"(first), "S"(second) : "memory");
    return number;
}

#endif
