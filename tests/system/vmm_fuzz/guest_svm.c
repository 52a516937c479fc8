/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tests/system/vmm_fuzz/guest_svm.c - the guest of svm: its descriptors and its operations. */
#include "tests/system/vmm_fuzz/fuzz.h"
#include "tests/system/vmm_fuzz/svm.h"

#define TASK_SELECTOR 0x28u
#define DOUBLE_FAULT 8u

struct gate idt[256] __attribute__((aligned(4096)));
struct table_pointer idt_pointer = {sizeof(idt) - 1, 0};
uint8_t made_code[4096] __attribute__((aligned(4096)));
static uint64_t gdt[8];
static struct __attribute__((packed)) {
    uint32_t reserved0;
    uint64_t rsp[3], reserved1, ist[7], reserved2;
    uint16_t reserved3, io_map_at;
} task;
static uint8_t ring0_stack[8192] __attribute__((aligned(16)));
static uint8_t double_fault_stack[4096] __attribute__((aligned(16)));

static void set_idt(void)
{
    for (unsigned i = 0; i < 256; i++) {
        const uint64_t to = (uint64_t)fault_table + 16 * i;

        idt[i] = (struct gate){(uint16_t)to,         CODE_64, 0x8e00, (uint16_t)(to >> 16),
                               (uint32_t)(to >> 32), 0};
    }
    idt[RING3_DONE].type = 0xee00;
    idt[DOUBLE_FAULT].type |= 1;
    idt_pointer.base = (uint64_t)idt;
    load_idt(&idt_pointer);
}

static void set_gdt(void)
{
    const uint64_t base = (uint64_t)&task;
    struct table_pointer p = {sizeof(gdt) - 1, (uint64_t)gdt};

    task.rsp[0] = (uint64_t)(ring0_stack + sizeof(ring0_stack));
    task.ist[0] = (uint64_t)(double_fault_stack + sizeof(double_fault_stack));
    task.io_map_at = sizeof(task); /* none: ring 3 has no port */
    gdt[1] = 0x00af9b000000ffffull;
    gdt[2] = 0x00cf93000000ffffull;
    gdt[USER_DATA / 8] = 0x00cff3000000ffffull;
    gdt[USER_CODE / 8] = 0x00affb000000ffffull;
    gdt[TASK_SELECTOR / 8] = (sizeof(task) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 |
                             (base >> 24 & 0xff) << 56;
    gdt[TASK_SELECTOR / 8 + 1] = base >> 32;
    gdt[COMPAT_CODE / 8] = 0x00cf9b000000ffffull;
    __asm__ volatile("lgdt %0; ltr %w1" : : "m"(p), "r"(TASK_SELECTOR));
}

void make_code(const uint8_t *bytes, unsigned n)
{
    const uint64_t to = (uint64_t)exec_done;
    unsigned at = 0;

    while (at < n) {
        made_code[at] = bytes[at];
        at++;
    }
    made_code[at++] = 0xff;
    made_code[at++] = 0x25;
    for (unsigned i = 0; i < 4; i++)
        made_code[at++] = 0;
    for (unsigned i = 0; i < 8; i++)
        made_code[at++] = (uint8_t)(to >> (8 * i));
}

void make_user_code(const uint8_t *bytes, unsigned n)
{
    volatile uint8_t *code = (volatile uint8_t *)USER_AREA;

    for (unsigned i = 0; i < n; i++)
        code[i] = bytes[i];
    code[n] = 0xcd;
    code[n + 1] = RING3_DONE;
}

void run_user(void)
{
    exec_user(USER_AREA);
    __asm__ volatile("push $2; popfq" : : : "memory", "cc");
}

void user_must_keep(unsigned results)
{
    if (exec_vector != RING3_DONE)
        bug("a fault in ring 3", exec_vector << 32 | exec_error, RING3_DONE);
    exec_vector = NO_FAULT;
    must_keep(results);
}

/* In the order of mix=. */
static const struct operation operations[] = {{"hypercall", op_hypercall},
                                              {"cpuid", op_cpuid},
                                              {"port", op_port_empty},
                                              {"device", op_port_device},
                                              {"pci", op_pci},
                                              {"msr", op_msr_kept},
                                              {"refused", op_msr_refused},
                                              {"register", op_register_page},
                                              {"rdtsc", op_rdtsc},
                                              {"card", op_card},
                                              {"paging", op_paging},
                                              {"path", op_paging_path},
                                              {"root", op_root},
                                              {"control", op_control},
                                              {"hidden", op_hidden},
                                              {"event", op_event},
                                              {"descriptor", op_descriptor},
                                              {"table", op_table},
                                              {"interrupt", op_interrupt},
                                              {"deferred", op_deferred},
                                              {"ring3", op_ring3},
                                              {"wild", op_wild},
                                              {"legacy", op_legacy},
                                              {"xsetbv", op_xsetbv},
                                              {"ring", op_ring},
                                              {"checkpoint", op_checkpoint}};

const struct operation *guest_operations(unsigned *count)
{
    *count = sizeof(operations) / sizeof(operations[0]);
    return operations;
}

void guest_prepare(void)
{
    set_gdt();
    set_idt();
    paging_prepare();
}
