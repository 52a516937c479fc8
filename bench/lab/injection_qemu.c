/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/lab/injection_qemu.h"

#include <string.h>

#include "bench/lab/qemu72.h"

static struct qemu_cpu_operations operations;
static uint64_t dropped;

/* Any exception or fault of the guest will do: a program of it has had one before it comes to
 * use a port. */
static void injection_free_tss(struct qemu_cpu *cpu)
{
    uint32_t *flags = QEMU_CPU_TR_FLAGS(cpu);

    if ((*flags & QEMU_TSS_TYPE) == QEMU_TSS_BUSY)
        *flags = (*flags & ~QEMU_TSS_TYPE) | QEMU_TSS_AVAILABLE;
}

static void injection_do_interrupt(struct qemu_cpu *cpu)
{
    const int32_t vector = *QEMU_CPU_EXCEPTION_INDEX(cpu);

    injection_free_tss(cpu);
    if (vector >= 32 && vector < 256 && !*QEMU_CPU_EXCEPTION_IS_INT(cpu)) {
        dropped++;
        /* Whoever made the processor leave its loop was overlooked for the sake of it. */
        cpu_exit(cpu);
        return;
    }
    x86_cpu_do_interrupt(cpu);
}

int qemu_code_has(const void *function, unsigned bytes, uint32_t offset)
{
    const unsigned char *code = function;

    for (unsigned i = 0; i < bytes; i++)
        if (memcmp(code + i, &offset, sizeof(offset)) == 0)
            return 1;
    return 0;
}

static int injection_knows_layout(void)
{
    const void *deliver = (const void *)(uintptr_t)&x86_cpu_do_interrupt;
    const void *dump = (const void *)(uintptr_t)&x86_cpu_dump_state;

    return qemu_code_has(deliver, QEMU_DO_INTERRUPT_BYTES, QEMU_CPU_EXCEPTION_INDEX_AT) &&
           qemu_code_has(deliver, QEMU_DO_INTERRUPT_BYTES, QEMU_CPU_EXCEPTION_IS_INT_AT) &&
           qemu_code_has(dump, QEMU_DUMP_STATE_BYTES, QEMU_CPU_TR_AT);
}

const char *injection_mend(void)
{
    struct qemu_cpu *cpu = qemu_get_cpu(0);
    struct qemu_cpu_operations **place;

    if (!cpu)
        return "this machine has no processor";
    place = QEMU_CPU_CLASS_OPERATIONS(object_get_class(cpu));
    /* Another build may have other layouts: then nothing may be touched. */
    if (!injection_knows_layout() || !*place || (*place)->do_interrupt != x86_cpu_do_interrupt)
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
