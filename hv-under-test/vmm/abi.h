/* SPDX-License-Identifier: MIT */
/*
 * hv-under-test/vmm/abi.h - what a guest of the in-tree hypervisor may rely on.
 *
 * Discovery: CPUID leaf 0x40000000 returns EBX,ECX,EDX = "EtalonEtalon", EAX = highest leaf.
 * Leaf 0x40000001: EAX = ABI version, EBX = bits 31:0 and ECX = bits 63:32 of the
 * guest-physical address of the accounts page (mapped read-only, no exit to read it).
 * Leaf 0x40000002: EAX = guest-physical address (bits 31:0) of the emulated register page:
 * every access exits and is emulated (a 32-bit scratch register at offset 0).
 *
 * Hypercall: VMMCALL/VMCALL with RAX = number; RAX returns 0 or -1 (unknown number). All
 * other registers are preserved.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_ABI_H
#define ETALON_HV_UNDER_TEST_VMM_ABI_H

/*
 * cpu=pv. The image has a note of owner VMM_PV_NOTE_NAME and type VMM_PV_NOTE_ENTRY: the entry
 * (four bytes), where the guest starts in 64-bit code outside ring 0 with RSI = address of
 * start_info, memory identity-mapped, interrupts off, no stack. Hypercalls are INT 82h: RAX
 * the number, arguments as below; RAX returns 0 or -1 unless it says otherwise, everything
 * else is preserved. CPUID itself shows the processor, not the hypervisor. Ports 3F8h-3FFh and
 * CF8h-CFFh, RDTSC and memory need no call; any other privileged instruction is a #GP.
 */
#define VMM_PV_NOTE_NAME "Etalon"
#define VMM_PV_NOTE_ENTRY 1
#define VMM_PV_VECTOR 0x82

#define VMM_PV_FIRST 16    /* lower numbers are those of enum vmm_hypercall */
#define VMM_PV_CPUID 16    /* RDI leaf, RSI subleaf; returns RAX RBX RCX RDX */
#define VMM_PV_IRET 17     /* stack: RAX, RIP, CS, RFLAGS, RSP, SS */
#define VMM_PV_SET_CR3 18  /* RDI: root of four levels; from then on they hold */
#define VMM_PV_READ_CR2 19 /* returns the address of the last page fault */
#define VMM_PV_INVLPG 20   /* RDI address */
#define VMM_PV_SET_IDT 21 /* RDI base, RSI limit: gates as the processor's, selectors unused */
#define VMM_PV_SET_EXCEPTION_STACK 22 /* RDI top: for gates with an IST */
#define VMM_PV_SET_IF 23              /* RDI 0 or 1 */
#define VMM_PV_HLT 24
#define VMM_PV_IN8 25 /* RDX port; returns the value */
#define VMM_PV_IN32 26
#define VMM_PV_OUT8 27 /* RDX port, RCX value */
#define VMM_PV_OUT32 28
#define VMM_PV_MSR_READ 29  /* RDI number; returns RDX */
#define VMM_PV_MSR_WRITE 30 /* RDI number, RSI value */

#ifndef __ASSEMBLER__

#include <stdint.h>

#define VMM_ABI_VERSION 1u
#define VMM_CPUID_BASE 0x40000000u
#define VMM_SIGNATURE "EtalonEtalon"

enum vmm_hypercall {
    VMM_HYPERCALL_NOP = 0,
    VMM_HYPERCALL_SHUTDOWN = 1, /* the guest is done: report and end the machine */
    /*
     * Here the guest may be saved or put back to where it was saved (lie=restore). Asked for
     * where the accounts page says `checkpoints`; elsewhere, from outside ring 0, or with a bad
     * area the result is -1. RDI: guest-physical address of what a restore does not touch, for
     * the guest to keep account there of what has left the machine, which no restore brings
     * back; RSI: its bytes, at most VMM_CARRIED_MOST. Back from it the guest's memory, registers
     * and devices may be those of the checkpoint at which it was saved. The result is 0 then,
     * too: only a restore that is told is told.
     */
    VMM_HYPERCALL_CHECKPOINT = 2,
    /* Serve all that is posted in the ring (struct vmm_ring). -1: there is none, or it is broken. */
    VMM_HYPERCALL_RING_KICK = 3,
    /* The rest of this guest's turn is the other guests' (guests=N); 0 when it has the processor
     * again. -1: there are none. Of any ring: a program gives up no more than it could burn. */
    VMM_HYPERCALL_YIELD = 4,
};

#define VMM_CARRIED_MOST 4096u

/* Neutral causes: the same names on svm, vmx and soft. Order is ABI. */
enum vmm_cause {
    VMM_CAUSE_HYPERCALL = 0,
    VMM_CAUSE_CPUID,
    VMM_CAUSE_PORT_IN,
    VMM_CAUSE_PORT_OUT,
    VMM_CAUSE_MMIO,         /* nested fault on an emulated register */
    VMM_CAUSE_NESTED_FAULT, /* nested fault that filled or refused a mapping */
    VMM_CAUSE_RDTSC,
    VMM_CAUSE_MSR_READ,
    VMM_CAUSE_MSR_WRITE,
    VMM_CAUSE_CONTROL_REGISTER,
    VMM_CAUSE_INVLPG,
    VMM_CAUSE_PAGE_FAULT, /* shadow paging */
    VMM_CAUSE_HLT,
    VMM_CAUSE_PAUSE,
    VMM_CAUSE_INTERRUPT, /* host interrupt while in guest */
    VMM_CAUSE_INTERRUPT_WINDOW,
    VMM_CAUSE_EXCEPTION,
    VMM_CAUSE_SHUTDOWN, /* triple fault */
    VMM_CAUSE_OTHER,
    VMM_CAUSE_COUNT,
};

#define VMM_CAUSE_NAMES                                                                       \
    {                                                                                         \
        "hypercall", "cpuid", "port-in", "port-out", "mmio", "nested-fault", "rdtsc",         \
            "msr-read", "msr-write", "control-register", "invlpg", "page-fault", "hlt",       \
            "pause", "interrupt", "interrupt-window", "exception", "shutdown", "other"        \
    }

/* The accounts page. Counters only grow; the guest reads them without an exit. */
struct vmm_accounts {
    uint32_t abi_version;
    uint32_t causes; /* VMM_CAUSE_COUNT */
    uint64_t exits_total;
    uint64_t count[32];      /* by cause */
    uint64_t tsc_in_vmm[32]; /* hypervisor's TSC ticks from exit to entry, by cause */
    uint64_t tsc_min[32], tsc_max[32]; /* per single exit */
    /* Pauses of the guest that it is told of, and their ticks (lie=pause:told). */
    uint64_t pauses_told, pause_ticks_told;
    /* 1: the guest is to make checkpoints (VMM_HYPERCALL_CHECKPOINT). */
    uint64_t checkpoints;
    /* Restores that the guest is told of (lie=restore:told), and by how many ticks in all what
     * it is now is older than its clock says. */
    uint64_t restores_told, restore_ticks_told;
    uint64_t ring; /* guest-physical address of struct vmm_ring (io=ring); 0: there is none */
    /* Other guests on this processor (guests=N), and 1 if each gives it back as soon as it has
     * it. Times this guest would have run and another did, and times it yielded, with their
     * ticks, which are in none of tsc_in_vmm. */
    uint64_t neighbours, neighbours_yield;
    uint64_t steals, steal_ticks;
    uint64_t yields, yield_ticks;
};

/*
 * The ring: a page that guest and hypervisor share. The guest fills slot[produced mod
 * VMM_RING_SLOTS], counts produced up, and kicks when it likes, at the latest when
 * VMM_RING_SLOTS are posted: at a kick that finds more the ring is broken for good. Counts begin
 * at 0 and wrap. The page is no part of a snapshot.
 */
#define VMM_RING_SLOTS 128u
#define VMM_RING_FIRST_SLOT 128u /* bytes into the page */
#define VMM_RING_BYTES_MOST 1024u

enum vmm_ring_operation {
    VMM_RING_NONE = 0,    /* nothing: the yardstick */
    VMM_RING_CONSOLE = 1, /* the bytes go to the first serial port */
};

enum vmm_ring_status { /* the hypervisor's */
                       VMM_RING_POSTED = 0,
                       VMM_RING_DONE = 1,
                       VMM_RING_REFUSED =
                           2, /* not known, too long, or not wholly in the guest's RAM */
};

struct vmm_ring_slot {
    uint64_t address; /* guest-physical */
    uint32_t bytes;   /* at most VMM_RING_BYTES_MOST */
    uint16_t operation, status;
};

struct vmm_ring {
    uint32_t produced; /* slots posted, ever: the guest's */
    uint32_t zero_04[15];
    uint32_t consumed; /* slots served, ever: the hypervisor's, who goes by its own */
    uint32_t broken;
    uint32_t zero_48[14];
    struct vmm_ring_slot slot[VMM_RING_SLOTS];
};

#endif
#endif
