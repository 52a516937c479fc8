/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/agent/agent.h - the parts of the Linux agent, private to it.
 *
 * Functions that can fail return NULL or a sentence for the error record; the sentence stays
 * valid until the next failure.
 */
#ifndef ETALON_HV_UNDER_TEST_AGENT_AGENT_H
#define ETALON_HV_UNDER_TEST_AGENT_AGENT_H

#include <stddef.h>
#include <stdint.h>

#include "collector/record.h"
#include "hv-under-test/net/net.h"
#include "hv-under-test/target/plan.h"
#include "workloads/workload.h"

/* "what: strerror(error)" in a static buffer. */
const char *agent_reason(const char *what, int error);

/* --- console.c --- */

/* By path; a terminal is put into raw mode. */
const char *console_open(const char *path);
/* Of the serial port at this I/O address, by the PC's numbering of /dev/ttyS*. */
const char *console_open_port(uint16_t port);
/* "/dev/ttyS…" of a port. */
const char *console_find_port(uint16_t port, const char **path);
/* A terminal of its own in raw mode, beside the console. */
const char *console_open_raw(const char *path, int *terminal);
/* Standard output, as it is. */
void console_use_stdout(void);
/* Returns when the bytes have left the machine. */
void console_write(const char *data, size_t n);

/* --- card.c --- */

struct card {
    volatile uint32_t *pins, *scratch;
    volatile uint32_t *id;
    uint64_t address;  /* physical; 0 for a file */
    const char *route; /* "resource0", "resource2" (shared memory), "devmem", "file" */
};

/* The card's page through PCI's sysfs, or at `address` through /dev/mem if that is not 0. */
const char *card_open(uint64_t address, struct card *card);
/* For tests: a file stands in for the page. No marker leaves the machine. */
const char *card_open_file(const char *path, struct card *card);
/* One 32-bit register at a physical address, through /dev/mem. */
const char *card_map_register(uint64_t address, volatile uint32_t **reg);

/* A page at a physical address, to be read only. */
const char *card_map_page(uint64_t address, const volatile void **page);

/* --- accounts.c --- */

/* Map the in-tree hypervisor's accounts, if that is what is below. */
const char *accounts_open(void);
int accounts_found(void);
/* All exits so far. */
uint64_t accounts_exits(void);
uint64_t accounts_yield_call(void); /* as in struct workload_env */
/* "boot_exits", and "boot_exits.CAUSE" for each cause there was. */
void accounts_describe(struct record_writer *w);

/* --- system.c: this Linux --- */

/* /proc, /sys and /dev, kernel messages off the console: what PID 1 has to do. */
const char *system_mount(void);
/* The kernel's command line, into a static buffer. */
const char *system_command_line(const char **text);
/* Bind this process to one processor, the lowest it may use. */
const char *system_pin(void);
/* Memory that is there and stays there, aligned to TARGET_ARENA_ALIGN. */
const char *system_arena(void **arena, size_t bytes);
/* Early in a boot Linux keeps time by a provisional clock source and changes it, and with it
 * the rate of its clocks, about a second later, in the background. Wait for that (at most 5 s)
 * rather than measure it. 0, or -1 if the provisional one stays. */
int system_wait_clock(void);
/* Switch the machine off; for PID 1. Does not return. */
void system_power_off(void) __attribute__((noreturn));

/* --- modules.c --- */

#define AGENT_MODULES_LIST "/etalon/modules" /* bench/lab/recipe.h */

/* Load the kernel modules whose paths the file lists, in order; one that is there is fine. */
const char *system_load_modules(const char *list);

/* --- net.c --- */

/* Bring the guest's end of the network up; the peer is then at NET_ADDRESS_OUTER. */
const char *agent_net_begin(enum net_kind kind);
void agent_net_facts(struct record_writer *w);

/* --- exits.c --- */

/* Prepare to ask at this port (etl.counter=). */
const char *exits_open(uint16_t port);
/* 0, or -1 if nobody answers. */
int exits_ask(uint64_t *count);
/* The hypercall of facts_hypercall(), once; prepared before, or by exits_open(), because
 * preparing exits itself. */
void exits_prepare_hypercall(void);
void exits_hypercall(void);
/* May this process use the port? It is read to find out: an emulated processor may refuse what
 * the kernel has granted (bench/lab/injection_qemu.h). */
int exits_port_usable(uint16_t port);

/* --- faults.c --- */

extern const struct workload_faults agent_faults;

/* --- observing.c --- */

/* etalon-agent --observing COLLECTOR: print one line (hv-under-test/observing.h); 0 or 1, the
 * exit status. */
int agent_observe(const char *collector);

/* --- facts.c --- */

#define FACTS_CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

/* 12 characters of CPUID leaf 0x40000000, "none" on bare metal. */
const char *facts_hypervisor(void);
/* WORKLOAD_VMMCALL, WORKLOAD_VMCALL or 0: which hypercall instruction user space may execute
 * without a fault. */
uint32_t facts_hypercall(void);
/* … and what hypercall 0 leaves in RAX then. */
uint64_t facts_hypercall_result(void);
/* Is this a PV guest of Xen, or its control domain? */
int facts_xen_pv(void);
void facts_boot(struct record_writer *w);
void facts_more(struct record_writer *w);

#endif
