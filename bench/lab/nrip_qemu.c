/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/lab/nrip_qemu.h"

#include "bench/lab/nrip_insn.h"
#include "bench/lab/qemu72.h"

#define VMCB_EXIT_CODE 0x70u /* APM volume 2, appendix B */
#define VMCB_NRIP 0xc8u
#define FEATURES_LEAF 0x8000000au
#define FEATURE_NRIP (1u << 3)

static struct qemu_cpu_operations operations;
static void (*deliver)(struct qemu_cpu *cpu);
static uint64_t unknown;

struct code {
    void *env;
    uint64_t at;
    uint64_t mask;
};

/* Through the code TLB, as the instruction itself was fetched a moment ago. */
static uint8_t fetch(void *opaque, unsigned i)
{
    const struct code *c = opaque;

    return (uint8_t)cpu_ldub_code(c->env, (c->at + i) & c->mask);
}

/* Exit codes of instructions: APM volume 2, appendix C; #BP and #OF because INT3 and INTO raise
 * them. */
static int is_instruction(uint64_t exit_code)
{
    return exit_code <= 0x3f || exit_code == 0x43 || exit_code == 0x44 ||
           (exit_code >= 0x65 && exit_code <= 0x7c) ||
           (exit_code >= 0x80 && exit_code <= 0x8d);
}

static uint64_t next_rip(void *env)
{
    const uint32_t hflags = *QEMU_ENV_HFLAGS(env);
    const int is_64 = (hflags & QEMU_HF_CS64) != 0;
    const uint64_t mask = is_64 ? UINT64_MAX : UINT32_MAX, rip = *QEMU_ENV_EIP(env);
    struct code c = {env, is_64 ? rip : *QEMU_ENV_CS_BASE(env) + rip, mask};
    unsigned length = nrip_length(fetch, &c, is_64 ? 64 : hflags & QEMU_HF_CS32 ? 32 : 16);

    if (!length)
        unknown++;
    return length ? (rip + length) & mask : 0;
}

static void nrip_do_interrupt(struct qemu_cpu *cpu)
{
    void *env = QEMU_CPU_ENV(cpu);

    if (*QEMU_CPU_EXCEPTION_INDEX(cpu) == QEMU_EXCEPTION_VMEXIT) {
        const uint64_t vmcb = *QEMU_ENV_VMCB(env);
        const uint64_t code = x86_ldq_phys(cpu, vmcb + VMCB_EXIT_CODE);

        x86_stq_phys(cpu, vmcb + VMCB_NRIP, is_instruction(code) ? next_rip(env) : 0);
    }
    deliver(cpu);
}

static int knows_layout(void)
{
    return qemu_code_has((const void *)(uintptr_t)&x86_cpu_do_interrupt,
                         QEMU_DO_INTERRUPT_BYTES, QEMU_CPU_ENV_AT) &&
           qemu_code_has((const void *)(uintptr_t)&x86_cpu_do_interrupt,
                         QEMU_DO_INTERRUPT_BYTES, QEMU_EXCEPTION_VMEXIT) &&
           qemu_code_has((const void *)(uintptr_t)&cpu_vmexit, QEMU_VMEXIT_BYTES,
                         QEMU_ENV_VMCB_AT) &&
           qemu_code_has((const void *)(uintptr_t)&cpu_vmexit, QEMU_VMEXIT_BYTES,
                         QEMU_ENV_EIP_AT) &&
           qemu_code_has((const void *)(uintptr_t)&do_vmexit, QEMU_DO_VMEXIT_BYTES,
                         QEMU_ENV_CS_AT) &&
           qemu_code_has((const void *)(uintptr_t)&cpu_ldub_code, QEMU_LDUB_CODE_BYTES,
                         QEMU_ENV_HFLAGS_AT) &&
           qemu_code_has((const void *)(uintptr_t)&cpu_x86_cpuid, QEMU_CPUID_BYTES,
                         QEMU_ENV_SVM_FEATURES_AT);
}

const char *nrip_start(void)
{
    struct qemu_cpu *cpu = qemu_get_cpu(0);
    struct qemu_cpu_operations **place;
    uint32_t eax, ebx, ecx, edx, *features;
    void *env;

    if (!cpu)
        return "this machine has no processor";
    if (!knows_layout())
        return "QEMU's processor is not laid out as in Debian's 7.2";
    env = QEMU_CPU_ENV(cpu);
    features = QEMU_ENV_SVM_FEATURES(env);
    cpu_x86_cpuid(env, FEATURES_LEAF, 0, &eax, &ebx, &ecx, &edx);
    if (edx != *features || !edx)
        return "the emulated processor has no SVM, or QEMU keeps its features elsewhere than "
               "Debian's 7.2";
    *features |= FEATURE_NRIP;
    place = QEMU_CPU_CLASS_OPERATIONS(object_get_class(cpu));
    operations = **place;
    deliver = operations.do_interrupt;
    operations.do_interrupt = nrip_do_interrupt;
    *place = &operations;
    return NULL;
}

uint64_t nrip_unknown(void)
{
    return unknown;
}
