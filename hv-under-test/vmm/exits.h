/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/exits.h - what the hypervisor does about an exit, whatever processor
 * feature brought it there.
 *
 * A handler returns the neutral cause under which its exit is booked, with the guest ready to
 * go on; or it does not return: the exit is then booked and the machine ends, with a report
 * that is ok only after the SHUTDOWN hypercall or a HLT that is the end (exits_halt_ends).
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_EXITS_H
#define ETALON_HV_UNDER_TEST_VMM_EXITS_H

#include <stdint.h>

#include "hv-under-test/vmm/abi.h"
#include "hv-under-test/vmm/vcpu.h"

struct exits_port {
    uint16_t port;
    unsigned bytes;  /* 1, 2 or 4 */
    unsigned length; /* of the instruction */
    int in;
    int string; /* INS, OUTS, with or without REP */
};

struct exits_memory_fault {
    uint64_t guest;   /* guest-physical address */
    uint64_t code;    /* page-fault error code bits, APM vol. 2 section 15.25.6 */
    int nested_event; /* the processor was delivering an event to the guest */
};

/* What the guest does is not carried: the exit is booked, the machine ends with an error, the
 * guest's place and, where key is not NULL, one value. */
_Noreturn void exits_give_up(struct vcpu *v, enum vmm_cause cause, const char *reason,
                             const char *key, uint64_t value);

/* What HLT with interrupts off means, with which Linux ends when there is no power to switch
 * off: an error, or the machine's good end. */
void exits_halt_ends(int good);

/* A hypercall: returns the guest's RAX. NOP (number 0, result 0) is the yardstick of the whole
 * hypervisor: a backend may serve it by itself. */
uint64_t exits_hypercall(struct vcpu *v, uint64_t number);
enum vmm_cause exits_cpuid(struct vcpu *v);
enum vmm_cause exits_rdtsc(struct vcpu *v); /* RDTSCP too */
enum vmm_cause exits_port(struct vcpu *v, const struct exits_port *p);
enum vmm_cause exits_msr_read(struct vcpu *v);
enum vmm_cause exits_msr_write(struct vcpu *v);
enum vmm_cause exits_memory_fault(struct vcpu *v, const struct exits_memory_fault *f);
/* An instruction the guest was not shown by CPUID: #UD. */
enum vmm_cause exits_hidden_instruction(struct vcpu *v);

enum vmm_cause exits_invd(struct vcpu *v);
enum vmm_cause exits_xsetbv(struct vcpu *v);

enum vmm_cause exits_hlt(struct vcpu *v);
enum vmm_cause exits_shutdown(struct vcpu *v); /* triple fault */
enum vmm_cause exits_nmi(struct vcpu *v);
/* An interrupt of the machine, still pending. */
enum vmm_cause exits_interrupt(struct vcpu *v);
/* An exit the backend has no handler for; `code` is its own number. */
enum vmm_cause exits_unknown(struct vcpu *v, uint64_t code);
/* The processor refused to enter the guest. */
enum vmm_cause exits_refused(struct vcpu *v);

/* For backends that do a part by themselves. CPUID's four registers for the guest, without a look
 * at the instruction; `cr4`: the guest's. And: may the guest write this to EFER? LME may not
 * change while paging is on; LMA is not the guest's to change, and what it writes there is
 * ignored. */
void exits_cpuid_result(struct vcpu *v, uint64_t cr4);
int exits_is_efer(const struct vcpu *v, uint64_t value);
int exits_is_pat(uint64_t value); /* and to PAT? */

/* The same without the step behind the instruction, for a backend whose processor says how long
 * it is. The ints: 0, or -1 with an exception for the guest instead of that step. HLT is in two
 * parts: whether the guest may halt, from which there may be no return; then, behind the step, the
 * wait for an interrupt. */
void exits_rdtsc_result(struct vcpu *v);
int exits_msr_read_result(struct vcpu *v);
int exits_msr_write_result(struct vcpu *v);
int exits_xsetbv_result(struct vcpu *v);
void exits_hlt_check(struct vcpu *v);
void exits_hlt_wait(struct vcpu *v);

/* For snapshots: what the guest has in the emulated register. */
uint32_t exits_emulated_register(void);
void exits_set_emulated_register(uint32_t value);

/* Ports that cost no exit under any backend; ended by a zero. */
struct exits_ports {
    uint16_t first, last;
};
extern const struct exits_ports *exits_passed_ports;
/* The guest's console is none of them; before the backend is prepared. */
void exits_trap_console(void);

#endif
