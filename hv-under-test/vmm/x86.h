/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/x86.h - processor instructions and architectural numbers that C lacks.
 *
 * Ring 0 only, except CPUID and RDTSC. Numbers: AMD64 Architecture Programmer's Manual
 * (APM) volume 2, sections named at each group.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_X86_H
#define ETALON_HV_UNDER_TEST_VMM_X86_H

#include <stdint.h>

/* Control registers, APM vol. 2 section 3.1. */
#define X86_CR0_PE (1ull << 0)
#define X86_CR0_TS (1ull << 3)
#define X86_CR0_ET (1ull << 4)
#define X86_CR0_NE (1ull << 5)
#define X86_CR0_WP (1ull << 16)
#define X86_CR0_NW (1ull << 29)
#define X86_CR0_CD (1ull << 30)
#define X86_CR0_PG (1ull << 31)
#define X86_CR4_TSD (1ull << 2)
#define X86_CR4_PSE (1ull << 4)
#define X86_CR4_PAE (1ull << 5)
#define X86_CR4_OSFXSR (1ull << 9)
#define X86_CR4_PGE (1ull << 7)
#define X86_CR4_UMIP (1ull << 11)
#define X86_CR4_LA57 (1ull << 12)
#define X86_CR4_VMXE (1ull << 13) /* Intel's: SDM vol. 3 section 23.7 */
#define X86_CR4_FSGSBASE (1ull << 16)
#define X86_CR4_OSXSAVE (1ull << 18)
#define X86_CR4_SMEP (1ull << 20)
#define X86_CR4_SMAP (1ull << 21)
#define X86_EFER_SCE (1ull << 0)
#define X86_EFER_LME (1ull << 8)
#define X86_EFER_LMA (1ull << 10)
#define X86_EFER_NXE (1ull << 11)
#define X86_EFER_SVME (1ull << 12)
#define X86_RFLAGS_ONE (1ull << 1)
#define X86_RFLAGS_TF (1ull << 8)
#define X86_RFLAGS_IF (1ull << 9)
#define X86_RFLAGS_RF (1ull << 16)
#define X86_RFLAGS_AC (1ull << 18)

/* An entry of a page table, long mode and PAE, APM vol. 2 section 5.4. */
#define X86_PTE_PRESENT (1ull << 0)
#define X86_PTE_WRITE (1ull << 1)
#define X86_PTE_USER (1ull << 2)
#define X86_PTE_PWT (1ull << 3)
#define X86_PTE_PCD (1ull << 4)
#define X86_PTE_ACCESSED (1ull << 5)
#define X86_PTE_DIRTY (1ull << 6)
#define X86_PTE_LARGE (1ull << 7) /* in a table of 4 KiB pages: PAT */
#define X86_PTE_GLOBAL (1ull << 8)
#define X86_PTE_PAT_LARGE (1ull << 12)
#define X86_PTE_NO_EXECUTE (1ull << 63)
#define X86_PTE_ADDRESS 0x000ffffffffff000ull

/* Model-specific registers, APM vol. 2 appendix A. */
#define X86_MSR_TSC 0x00000010u
#define X86_MSR_APIC_BASE 0x0000001bu
#define X86_MSR_SYSENTER_CS 0x00000174u
#define X86_MSR_SYSENTER_ESP 0x00000175u
#define X86_MSR_SYSENTER_EIP 0x00000176u
#define X86_MSR_PAT 0x00000277u
#define X86_MSR_EFER 0xc0000080u
#define X86_MSR_STAR 0xc0000081u
#define X86_MSR_LSTAR 0xc0000082u
#define X86_MSR_CSTAR 0xc0000083u
#define X86_MSR_SFMASK 0xc0000084u
#define X86_MSR_FS_BASE 0xc0000100u
#define X86_MSR_GS_BASE 0xc0000101u
#define X86_MSR_KERNEL_GS_BASE 0xc0000102u
#define X86_MSR_TSC_RATIO 0xc0000104u
#define X86_MSR_INTERRUPT_PENDING 0xc0010055u
#define X86_MSR_VM_CR 0xc0010114u
#define X86_MSR_VM_HSAVE_PA 0xc0010117u

/* Exception vectors, APM vol. 2 section 8.2. */
#define X86_VECTOR_DB 1u
#define X86_VECTOR_NMI 2u
#define X86_VECTOR_BP 3u
#define X86_VECTOR_OF 4u
#define X86_VECTOR_UD 6u
#define X86_VECTOR_DF 8u
#define X86_VECTOR_GP 13u
#define X86_VECTOR_PF 14u
#define X86_VECTOR_MC 18u

/* Registers after reset, APM vol. 2 section 14.1.3. */
#define X86_DR6_RESET 0xffff0ff0ull
#define X86_DR7_RESET 0x400ull
#define X86_PAT_RESET 0x0007040600070406ull

/* Is the exception a fault: one of which the flags' image on the handler's stack has RF set (APM vol.
 * 2 sections 3.1.6 and 8.1.1)? Not the traps, aborts and the NMI among them. */
static inline int x86_is_fault(unsigned vector)
{
    return vector != X86_VECTOR_DB && vector != X86_VECTOR_NMI && vector != X86_VECTOR_BP &&
           vector != X86_VECTOR_OF && vector != X86_VECTOR_DF && vector != X86_VECTOR_MC &&
           vector < 32;
}

struct x86_cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct x86_cpuid x86_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct x86_cpuid r;

    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

static inline uint64_t x86_read_cr0(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

static inline uint64_t x86_read_cr3(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

static inline uint64_t x86_read_cr4(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

static inline void x86_write_cr4(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

static inline void x86_xsetbv(uint32_t number, uint64_t value)
{
    __asm__ volatile("xsetbv"
                     :
                     : "c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static inline uint64_t x86_xgetbv(uint32_t number)
{
    uint32_t low, high;

    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(number));
    return (uint64_t)high << 32 | low;
}

static inline uint64_t x86_rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static inline uint64_t x86_rdmsr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void x86_wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

static inline uint64_t x86_rdpmc(uint32_t counter)
{
    uint32_t low, high;

    __asm__ volatile("rdpmc" : "=a"(low), "=d"(high) : "c"(counter));
    return (uint64_t)high << 32 | low;
}

static inline void x86_out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t x86_in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline void x86_out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void x86_out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint32_t x86_in32(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

/* Write back and invalidate all caches. */
static inline void x86_wbinvd(void)
{
    __asm__ volatile("wbinvd" : : : "memory");
}

static inline void x86_lidt(const void *table, uint16_t limit)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) descriptor = {limit, (uint64_t)(uintptr_t)table};

    __asm__ volatile("lidt %0" : : "m"(descriptor));
}

/* Where the tables of segments and of interrupts are. */
static inline uint64_t x86_gdt_base(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) descriptor;

    __asm__ volatile("sgdt %0" : "=m"(descriptor));
    return descriptor.base;
}

static inline uint64_t x86_idt_base(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) descriptor;

    __asm__ volatile("sidt %0" : "=m"(descriptor));
    return descriptor.base;
}

/* Stop this processor for good: interrupts off, halted. */
_Noreturn static inline void x86_halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

#endif
