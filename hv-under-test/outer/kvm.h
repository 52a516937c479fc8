/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/outer/kvm.h - the launchers that start QEMU, and their parts.
 *
 * Settings: memory=<MiB of the guest>, limit=<ms of this system's uptime after which the guest
 * is ended>, trace=1 (count exits by cause through the tracepoint kvm:kvm_exit as well).
 *
 * What the image must hold: KVM_QEMU with its libraries and firmware, KVM_PAYLOAD or
 * KVM_KERNEL and KVM_INITRAMFS, and the modules of KVM and VFIO.
 */
#ifndef ETALON_HV_UNDER_TEST_OUTER_KVM_H
#define ETALON_HV_UNDER_TEST_OUTER_KVM_H

#include <stdint.h>
#include <sys/types.h>

#include "hv-under-test/outer/outer.h"

#define KVM_QEMU "/usr/bin/qemu-system-x86_64"
#define KVM_PAYLOAD "/etalon/payload.elf"
#define KVM_KERNEL "/etalon/vmlinux"
#define KVM_INITRAMFS "/etalon/initramfs.cpio"

extern const struct launcher launcher_kvm_bare, launcher_kvm, launcher_tcg;

/* --- kvm_card.c: the card handed to a guest --- */

/* Bind the card to vfio-pci; `address` gets its bus address ("0000:00:02.0"). */
const char *kvm_card_take(char *address, size_t size);

/* --- kvm_net.c: a network to the guest --- */

/* For the setting net=on: a tap device with our end of the link, the peer behind it (the caller
 * ends it, outer/peer.h), and the four words that give QEMU the other end; facts outer.net, the
 * back end, and outer.net.image, the hash that the setting image= tells. */
const char *kvm_net_begin(struct outer *o, int kvm, const char *words[4]);

/* --- kvm_exits.c: what KVM counts --- */

struct kvm_exits {
    char folder[128]; /* the virtual machine's own statistics in debugfs; "" until attached */
    int vm;           /* a descriptor of ours keeps the machine's counts after its end */
    int trace[24];    /* tracepoint counters, one per cause, and the total */
    unsigned traces;
};

/* Before QEMU starts: attach the tracepoint, if asked for. */
const char *kvm_exits_begin(struct kvm_exits *x, int trace);
/* Wait until the process has created its virtual machine, and hold on to it. NULL also when
 * the process ended before, or this system's uptime passed limit_ms: that is found by who waits
 * for it. */
const char *kvm_exits_attach(struct kvm_exits *x, pid_t qemu, int64_t limit_ms);
/* Exits so far other than port I/O, which the asking itself is made of. */
uint64_t kvm_exits_count(const struct kvm_exits *x);
/* Has the machine run at all? */
int kvm_exits_seen(const struct kvm_exits *x);
/* Write exits records; an error record where the two sources disagree. Releases everything. */
const char *kvm_exits_tell(struct kvm_exits *x, struct outer *o);

#endif
