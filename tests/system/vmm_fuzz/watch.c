/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/system/vmm_fuzz/watch.c - a TCG plugin of QEMU 7.2 that looks at the hypervisor from
 * outside: which of its instructions ran, and what its memory holds at the end. The hypervisor
 * is the shipped one; nothing is built into it.
 *
 *   -plugin file=fuzz-watch.so,from=HEX,to=HEX,seen=PATH[,memory=PATH,bytes=HEX][,entries=HEX]
 *
 *   from, to  the hypervisor's code, by its own addresses (physical = virtual); the alias that
 *             cpu=soft runs it at (vmm/soft/soft.h) is folded onto it
 *   seen      receives one address a line, of each instruction in a block that was entered
 *   memory    receives `bytes` of physical memory from 1 MiB on, as it is when the machine ends
 *   entries   so many times the hypervisor may enter the guest (VMRUN, IRETQ); at the next one the
 *             machine ends with status 36, as one that gets nowhere
 *
 * A guest that runs code of its own at the hypervisor's virtual addresses would be taken for
 * it: the fuzz guest has none there. An instruction behind one that faulted counts as seen.
 *
 * Uses the public interface of plugins and one function that Debian's binary exports
 * (cpu_physical_memory_rw, include/exec/cpu-common.h).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define ALIAS 0xFFFFFF8000000000ull
#define MEMORY_FROM 0x100000ull
#define GETS_NOWHERE 36

/* include/qemu/qemu-plugin.h, version 1 */
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { INLINE_ADD_U64 };
typedef void (*translate_fn)(uint64_t id, struct qemu_plugin_tb *tb);
typedef void (*exit_fn)(uint64_t id, void *data);
typedef void (*run_fn)(unsigned vcpu, void *data);
enum { NO_REGISTERS };
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, translate_fn fn);
void qemu_plugin_register_atexit_cb(uint64_t id, exit_fn fn, void *data);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *where,
                                              uint64_t value);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, run_fn fn, int registers,
                                          void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
void cpu_physical_memory_rw(uint64_t address, void *buffer, uint64_t bytes, bool is_write);

EXPORT extern int qemu_plugin_version;
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

struct block {
    struct block *next;
    uint64_t entered;
    size_t n;
    uint64_t at[];
};

static struct {
    uint64_t from, to, bytes, entries, entered;
    const char *seen, *memory;
    struct block *blocks;
} watch;

static void ended(uint64_t id, void *data);

static void entering(unsigned vcpu, void *data)
{
    (void)vcpu;
    (void)data;
    if (watch.entered++ < watch.entries)
        return;
    ended(0, NULL);
    _Exit(GETS_NOWHERE);
}

static bool enters_guest(const struct qemu_plugin_insn *insn)
{
    static const uint8_t vmrun[] = {0x0f, 0x01, 0xd8}, iretq[] = {0x48, 0xcf};
    const uint8_t *code = qemu_plugin_insn_data(insn);
    const size_t n = qemu_plugin_insn_size(insn);

    return (n == sizeof(vmrun) && !memcmp(code, vmrun, n)) ||
           (n == sizeof(iretq) && !memcmp(code, iretq, n));
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
    const size_t n = qemu_plugin_tb_n_insns(tb);
    uint64_t at = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
    struct block *b;

    (void)id;
    at = at >= ALIAS ? at - ALIAS : at;
    if (at < watch.from || at >= watch.to)
        return;
    b = calloc(1, sizeof(*b) + n * sizeof(b->at[0]));
    if (!b)
        abort();
    for (b->n = 0; b->n < n; b->n++) {
        at = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, b->n));
        b->at[b->n] = at >= ALIAS ? at - ALIAS : at;
        if (watch.entries && enters_guest(qemu_plugin_tb_get_insn(tb, b->n)))
            qemu_plugin_register_vcpu_tb_exec_cb(tb, entering, NO_REGISTERS, NULL);
    }
    b->next = watch.blocks;
    watch.blocks = b;
    qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, &b->entered, 1);
}

static void die(const char *path)
{
    perror(path);
    _Exit(3);
}

static void write_seen(void)
{
    uint8_t *seen = calloc(1, watch.to - watch.from);
    FILE *f = fopen(watch.seen, "w");

    if (!seen || !f)
        die(watch.seen);
    for (const struct block *b = watch.blocks; b; b = b->next)
        for (size_t i = 0; b->entered && i < b->n; i++)
            if (b->at[i] >= watch.from && b->at[i] < watch.to)
                seen[b->at[i] - watch.from] = 1;
    for (uint64_t at = watch.from; at < watch.to; at++)
        if (seen[at - watch.from])
            fprintf(f, "%llx\n", (unsigned long long)at);
    if (fclose(f))
        die(watch.seen);
    free(seen);
}

static void write_memory(void)
{
    uint8_t *copy = malloc(watch.bytes);
    FILE *f = fopen(watch.memory, "wb");

    if (!copy || !f)
        die(watch.memory);
    cpu_physical_memory_rw(MEMORY_FROM, copy, watch.bytes, false);
    if (fwrite(copy, 1, watch.bytes, f) != watch.bytes || fclose(f))
        die(watch.memory);
    free(copy);
}

static void ended(uint64_t id, void *data)
{
    (void)id;
    (void)data;
    write_seen();
    if (watch.memory)
        write_memory();
}

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        const char *value = strchr(argv[i], '=');

        if (!value++)
            return -1;
        if (!strncmp(argv[i], "from=", 5))
            watch.from = strtoull(value, NULL, 16);
        else if (!strncmp(argv[i], "to=", 3))
            watch.to = strtoull(value, NULL, 16);
        else if (!strncmp(argv[i], "bytes=", 6))
            watch.bytes = strtoull(value, NULL, 16);
        else if (!strncmp(argv[i], "entries=", 8))
            watch.entries = strtoull(value, NULL, 16);
        else if (!strncmp(argv[i], "seen=", 5))
            watch.seen = value;
        else if (!strncmp(argv[i], "memory=", 7))
            watch.memory = value;
        else
            return -1;
    }
    if (watch.from >= watch.to || !watch.seen || (watch.memory && !watch.bytes))
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
