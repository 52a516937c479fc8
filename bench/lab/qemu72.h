/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench/lab/qemu72.h - what the card model uses of QEMU 7.2's inside.
 *
 * Not an interface that QEMU keeps: Debian's binary exports these functions for its own
 * modules, and the layouts are those of 7.2 alone. Written down here, because a plugin is
 * built without QEMU's headers. Sources: include/exec/memory.h (MemoryRegionOps),
 * include/qemu/timer.h (QEMUTimer), include/qemu/notify.h (Notifier), include/exec/memattrs.h
 * (MemTxAttrs, 32 bits), qapi/control.json (VersionInfo), qapi/util.h (QEnumLookup),
 * qapi/run-state.json (ShutdownCause). A MemoryRegion is opaque; its size is asked of
 * QEMU.
 */
#ifndef ETALON_BENCH_LAB_QEMU72_H
#define ETALON_BENCH_LAB_QEMU72_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QEMU_MAJOR 7
#define QEMU_MINOR 2
#define QEMU_CLOCK_VIRTUAL 1
#define SCALE_NS 1
#define DEVICE_LITTLE_ENDIAN 2
#define MEMTXATTRS_UNSPECIFIED 1u

struct qemu_object;
struct qemu_memory_region;
struct qemu_error;

struct qemu_access_sizes {
    unsigned min, max;
    bool unaligned;
};

struct qemu_memory_region_ops {
    uint64_t (*read)(void *opaque, uint64_t addr, unsigned size);
    void (*write)(void *opaque, uint64_t addr, uint64_t data, unsigned size);
    void *read_with_attrs, *write_with_attrs;
    int endianness;
    struct {
        unsigned min, max;
        bool unaligned;
        void *accepts;
    } valid;
    struct qemu_access_sizes impl;
};

struct qemu_timer {
    int64_t expire_time;
    void *list;
    void (*cb)(void *opaque);
    void *opaque, *next;
    int attributes, scale;
};

struct qemu_notifier {
    void (*notify)(struct qemu_notifier *n, void *data);
    void *next, *prev;
};

struct qemu_version_info {
    struct {
        int64_t major, minor, micro;
    } * qemu;
    char *package;
};

struct qemu_enum_lookup {
    const char *const *array;
    const unsigned char *special_features;
    int size;
};

/* include/hw/core/tcg-cpu-ops.h (TCGCPUOps): fifteen functions. */
struct qemu_cpu;
struct qemu_cpu_operations {
    void *before[6];
    void (*do_interrupt)(struct qemu_cpu *cpu);
    void *after[8];
};

/* Fields of CPUState, X86CPU and CPUClass, by their place in Debian's build; checked before use
 * (injection_qemu.c). */
#define QEMU_CPU_EXCEPTION_INDEX_AT 0x304u
#define QEMU_CPU_EXCEPTION_IS_INT_AT 0x4734u
#define QEMU_CPU_CLASS_OPERATIONS_AT 0x140u
#define QEMU_CPU_EXCEPTION_INDEX(cpu)                                                         \
    ((int32_t *)((char *)(cpu) + QEMU_CPU_EXCEPTION_INDEX_AT))
#define QEMU_CPU_EXCEPTION_IS_INT(cpu)                                                        \
    ((int32_t *)((char *)(cpu) + QEMU_CPU_EXCEPTION_IS_INT_AT))
#define QEMU_CPU_CLASS_OPERATIONS(class)                                                      \
    ((struct qemu_cpu_operations **)((char *)(class) + QEMU_CPU_CLASS_OPERATIONS_AT))
/* CPUX86State.tr: its place in x86_cpu_dump_state(), and of its flags (a descriptor's upper
 * word: APM volume 2, section 4.8.3) */
#define QEMU_CPU_TR_AT 0x1510u
#define QEMU_CPU_TR_FLAGS(cpu) ((uint32_t *)((char *)(cpu) + QEMU_CPU_TR_AT + 20))
#define QEMU_TSS_TYPE 0xF00u
#define QEMU_TSS_AVAILABLE 0x900u
#define QEMU_TSS_BUSY 0xB00u
#define QEMU_DUMP_STATE_BYTES 1024u  /* at least so long is x86_cpu_dump_state() */
#define QEMU_DO_INTERRUPT_BYTES 160u /* at least so long is x86_cpu_do_interrupt() */

/* CPUX86State inside X86CPU, and in it: instruction pointer, hidden flags (target/i386/cpu.h,
 * HF_*), CS (selector, base, limit, flags), the control block's address while a guest runs, and
 * the word of CPUID Fn8000_000A_EDX. Checked before use (nrip_qemu.c). */
#define QEMU_EXCEPTION_VMEXIT 0x100
#define QEMU_CPU_ENV_AT 0x13b0u
#define QEMU_ENV_EIP_AT 0x80u
#define QEMU_ENV_HFLAGS_AT 0xb0u
#define QEMU_ENV_CS_AT 0xd0u
#define QEMU_ENV_VMCB_AT 0x33f8u
#define QEMU_ENV_SVM_FEATURES_AT 0x34e8u
#define QEMU_HF_CS32 (1u << 4)
#define QEMU_HF_CS64 (1u << 15)
#define QEMU_CPU_ENV(cpu) ((void *)((char *)(cpu) + QEMU_CPU_ENV_AT))
#define QEMU_ENV_EIP(env) ((uint64_t *)((char *)(env) + QEMU_ENV_EIP_AT))
#define QEMU_ENV_HFLAGS(env) ((uint32_t *)((char *)(env) + QEMU_ENV_HFLAGS_AT))
#define QEMU_ENV_CS_BASE(env) ((uint64_t *)((char *)(env) + QEMU_ENV_CS_AT + 8))
#define QEMU_ENV_VMCB(env) ((uint64_t *)((char *)(env) + QEMU_ENV_VMCB_AT))
#define QEMU_ENV_SVM_FEATURES(env) ((uint32_t *)((char *)(env) + QEMU_ENV_SVM_FEATURES_AT))
#define QEMU_VMEXIT_BYTES 160u    /* at least so long is cpu_vmexit() */
#define QEMU_DO_VMEXIT_BYTES 512u /* … do_vmexit() */
#define QEMU_LDUB_CODE_BYTES 64u  /* … cpu_ldub_code() */
#define QEMU_CPUID_BYTES 6144u    /* … cpu_x86_cpuid() */

/* Does the machine code of this function of QEMU's use this offset? */
int qemu_code_has(const void *function, unsigned bytes, uint32_t offset);

struct qemu_plugin_info; /* nothing in it is needed */

extern const struct qemu_enum_lookup ShutdownCause_lookup;
extern int use_icount;

struct qemu_version_info *qmp_query_version(struct qemu_error **e);
void memory_region_init_io(struct qemu_memory_region *mr, struct qemu_object *owner,
                           const struct qemu_memory_region_ops *ops, void *opaque,
                           const char *name, uint64_t size);
void memory_region_add_subregion_overlap(struct qemu_memory_region *mr, uint64_t offset,
                                         struct qemu_memory_region *sub, int priority);
uint32_t memory_region_dispatch_read(struct qemu_memory_region *mr, uint64_t addr,
                                     uint64_t *data, int op, uint32_t attrs);
uint32_t memory_region_dispatch_write(struct qemu_memory_region *mr, uint64_t addr,
                                      uint64_t data, int op, uint32_t attrs);
struct qemu_memory_region *get_system_io(void);
struct qemu_object *object_resolve_path_type(const char *path, const char *type, bool *ambig);
struct qemu_object *object_resolve_path_component(struct qemu_object *parent,
                                                  const char *name);
size_t object_type_get_instance_size(const char *type);
int64_t qemu_clock_get_ns(int type);
void timer_init_full(struct qemu_timer *t, void *group, int type, int scale, int attributes,
                     void (*cb)(void *opaque), void *opaque);
void timer_mod(struct qemu_timer *t, int64_t expire_time);
void qemu_add_machine_init_done_notifier(struct qemu_notifier *n);
void qemu_register_shutdown_notifier(struct qemu_notifier *n);
void qemu_add_exit_notifier(struct qemu_notifier *n);
struct qemu_cpu *qemu_get_cpu(int index);
void cpu_exit(struct qemu_cpu *cpu);
void x86_cpu_do_interrupt(struct qemu_cpu *cpu);
void x86_cpu_dump_state(struct qemu_cpu *cpu, void *file, int flags);
void cpu_vmexit(void *env, uint32_t exit_code, uint64_t exit_info_1, uintptr_t return_address);
void do_vmexit(void *env);
uint32_t cpu_ldub_code(void *env, uint64_t address);
void cpu_x86_cpuid(void *env, uint32_t leaf, uint32_t subleaf, uint32_t *eax, uint32_t *ebx,
                   uint32_t *ecx, uint32_t *edx);
uint64_t x86_ldq_phys(struct qemu_cpu *cpu, uint64_t address);
void x86_stq_phys(struct qemu_cpu *cpu, uint64_t address, uint64_t value);
void *object_get_class(void *object);
void qemu_system_shutdown_request(int cause);

#endif
