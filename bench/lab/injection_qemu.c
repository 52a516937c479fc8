/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/lab/injection_qemu.h"

#include <string.h>

#include "bench/lab/qemu72.h"

static struct qemu_cpu_operations operations;
static uint64_t dropped;

static void injection_do_interrupt(struct qemu_cpu *cpu)
{
    const int32_t vector = *QEMU_CPU_EXCEPTION_INDEX(cpu);

    if (vector >= 32 && vector < 256 && !*QEMU_CPU_EXCEPTION_IS_INT(cpu)) {
        dropped++;
        /* Whoever made the processor leave its loop was overlooked for the sake of it. */
        cpu_exit(cpu);
        return;
    }
    x86_cpu_do_interrupt(cpu);
}

/* Does the machine code of QEMU's own do_interrupt() use this offset? */
static int injection_code_has(uint32_t offset)
{
    const unsigned char *code = (const unsigned char *)(uintptr_t)&x86_cpu_do_interrupt;

    for (unsigned i = 0; i < QEMU_DO_INTERRUPT_BYTES; i++)
        if (memcmp(code + i, &offset, sizeof(offset)) == 0)
            return 1;
    return 0;
}

const char *injection_mend(void)
{
    struct qemu_cpu *cpu = qemu_get_cpu(0);
    struct qemu_cpu_operations **place;

    if (!cpu)
        return "this machine has no processor";
    place = QEMU_CPU_CLASS_OPERATIONS(object_get_class(cpu));
    /* Another build may have other layouts: then nothing may be touched. */
    if (!injection_code_has(QEMU_CPU_EXCEPTION_INDEX_AT) ||
        !injection_code_has(QEMU_CPU_EXCEPTION_IS_INT_AT) || !*place ||
        (*place)->do_interrupt != x86_cpu_do_interrupt)
        return "QEMU's processor is not laid out as in Debian's 7.2";
    operations = **place;
    operations.do_interrupt = injection_do_interrupt;
    *place = &operations;
    return NULL;
}

uint64_t injection_dropped(void)
{
    return dropped;
}
