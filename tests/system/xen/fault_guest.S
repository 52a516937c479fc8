/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/xen/fault_guest.S - PVH guests of Xen that go wrong, one per FAULT_… given to the
 * assembler. 32-bit protected mode without paging, as PVH begins (Xen, docs/misc/pvh.pandoc).
 * Hypercalls: number in EAX, arguments in EBX and ECX.
 */
#define SCHED_OP 29
#define EVENT_CHANNEL_OP 32
#define HVM_OP 34
#define SCHED_YIELD 0
#define SCHED_SHUTDOWN 2
#define EVENT_SEND 4
#define GET_PARAM 1
#define CONSOLE_PFN 17
#define CONSOLE_EVTCHN 18

#define RING_OUT 1024
#define RING_OUT_BYTES 2048
#define RING_OUT_TAKEN 3080
#define RING_OUT_PUT 3084

        .code32
        .section .note.Xen, "a", @note
        .p2align 2
        .long   4, 4, 18                /* XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz  "Xen"
        .long   start

        .text
        .globl  start
start:
        movl    $stack_end, %esp

#if defined FAULT_loop                  /* it boots and never gets anywhere */
1:      jmp     1b

#elif defined FAULT_crash               /* what a kernel does that panics */
        movl    $SCHED_OP, %eax
        movl    $SCHED_SHUTDOWN, %ebx
        movl    $crash_reason, %ecx
        vmmcall
1:      hlt
        jmp     1b

#elif defined FAULT_triple              /* a fault whose handling faults */
        lidt    no_table
        int3

#elif defined FAULT_off                 /* no processor of it will ever run again */
        cli
        hlt

#else                                   /* silent, flood: they have a console */
        movl    $CONSOLE_EVTCHN, %edx
        call    get_param
        movl    %eax, port
        movl    $CONSOLE_PFN, %edx
        call    get_param
        shll    $12, %eax
        movl    %eax, %ebp
again:
        leal    RING_OUT(%ebp), %edi
        movl    $RING_OUT_BYTES, %ecx
        movl    $0x1E00FF58, %eax       /* a record's first byte among them */
        shrl    $2, %ecx
        rep stosl
#if defined FAULT_silent                /* it says something and then nothing more */
        movl    $40, RING_OUT_PUT(%ebp)
#else
        movl    RING_OUT_TAKEN(%ebp), %eax
        addl    $RING_OUT_BYTES, %eax
        movl    %eax, RING_OUT_PUT(%ebp)
#endif
        movl    $EVENT_CHANNEL_OP, %eax
        movl    $EVENT_SEND, %ebx
        movl    $port, %ecx
        vmmcall
#if defined FAULT_silent
        lidt    no_table
1:      sti
        hlt                             /* nothing will ever wake it */
        jmp     1b
#else
2:      movl    $SCHED_OP, %eax
        movl    $SCHED_YIELD, %ebx
        xorl    %ecx, %ecx
        vmmcall
        movl    RING_OUT_TAKEN(%ebp), %eax
        cmpl    RING_OUT_PUT(%ebp), %eax
        jne     2b
        jmp     again
#endif

get_param:                              /* EDX index; EAX its value, low half */
        movl    %edx, param + 4
        movl    $HVM_OP, %eax
        movl    $GET_PARAM, %ebx
        movl    $param, %ecx
        vmmcall
        movl    param + 8, %eax
        ret
#endif

        .data
        .p2align 4
param:  .word   0x7FF0, 0               /* DOMID_SELF */
        .long   0, 0, 0
port:   .long   0
crash_reason:
        .long   3
no_table:
        .word   0
        .long   0
        .bss
        .p2align 4
        .skip   4096
stack_end:

        .section .note.GNU-stack, "", @progbits
