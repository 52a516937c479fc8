/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/exception.c - any exception is an error record and the end of the
 * machine. Nothing here expects one: interrupts are off, only faults.c wants page faults, and
 * only the instructions of guarded.S may fault on purpose; start.S asks both first.
 *
 * On a stack of its own (IST 1), so that a fault for want of stack is told as well.
 * Layouts: AMD APM vol. 2, sections 4.8.3, 4.8.4 (gates, TSS descriptor), 12.2.5 (TSS).
 */
#include "hv-under-test/payload/cpu.h"
#include "hv-under-test/payload/payload.h"
#include "hv-under-test/payload/start.h"
#include "workloads/text.h"

struct __attribute__((packed)) gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_middle;
    uint32_t offset_high, zero;
};

struct __attribute__((packed)) task_state {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3, io_map;
};

struct __attribute__((packed)) table_pointer {
    uint16_t limit;
    uint64_t base;
};

#define GATE_INTERRUPT 0x8Eu /* present, ring 0, interrupt gate */
#define DESCRIPTOR_TSS 0x89ull
#define PAGE_FAULT 14u

struct exception_frame { /* as the stubs in start.S leave it */
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

extern uint64_t payload_gdt[];
extern char payload_exception_stubs[], payload_pv_exception_stubs[];
void payload_exception(const struct exception_frame *f);
int payload_recover(uint64_t *rip); /* start.S */

/* guarded.S: an instruction that may fault, and where its fault goes on. Ends with zeros. */
extern const struct {
    uint64_t from, to;
} guarded_table[];

static struct gate gates[EXCEPTION_VECTORS];
static struct task_state task_state;
static char stack[16384] __attribute__((aligned(16)));

void exception_init(void)
{
    const char *stubs = payload_is_pv ? payload_pv_exception_stubs : payload_exception_stubs;
    uint64_t base = (uintptr_t)&task_state, limit = sizeof task_state - 1;
    struct table_pointer idt = {sizeof gates - 1, (uintptr_t)gates};

    for (unsigned i = 0; i < EXCEPTION_VECTORS; i++) {
        uint64_t stub = (uintptr_t)stubs + i * EXCEPTION_STUB_BYTES;

        gates[i] = (struct gate){
            .offset_low = (uint16_t)stub,
            .selector = SELECTOR_CODE,
            .ist = 1,
            .type = GATE_INTERRUPT,
            .offset_middle = (uint16_t)(stub >> 16),
            .offset_high = (uint32_t)(stub >> 32),
        };
    }
    if (payload_is_pv) {
        pv_take_exceptions(gates, sizeof gates - 1, stack + sizeof stack);
        return;
    }
    task_state.ist[0] = (uintptr_t)(stack + sizeof stack);
    task_state.io_map = sizeof task_state;
    payload_gdt[SELECTOR_TSS / 8] =
        limit | (base & 0xFFFFFFu) << 16 | DESCRIPTOR_TSS << 40 | (base >> 24 & 0xFFu) << 56;
    payload_gdt[SELECTOR_TSS / 8 + 1] = base >> 32;
    __asm__ volatile("lidt %0" : : "m"(idt));
    __asm__ volatile("ltr %w0" : : "r"(SELECTOR_TSS) : "memory");
}

/* 1: the fault at *rip was expected; go on at the new *rip. General registers only. */
int payload_recover(uint64_t *rip)
{
    for (unsigned i = 0; guarded_table[i].from; i++) {
        if (guarded_table[i].from == *rip) {
            *rip = guarded_table[i].to;
            return 1;
        }
    }
    return 0;
}

void payload_exception(const struct exception_frame *f)
{
    char reason[128];
    struct text t = text_begin(reason, sizeof reason);

    text_put(&t, "exception ");
    text_put_u64(&t, f->vector);
    text_put(&t, " at 0x");
    text_put_hex(&t, f->rip, 16);
    text_put(&t, ", error code 0x");
    text_put_hex(&t, f->error, 8);
    if (f->vector == PAGE_FAULT) {
        text_put(&t, ", address 0x");
        text_put_hex(&t, cpu_cr2(), 16);
    }
    payload_fail(reason);
}
