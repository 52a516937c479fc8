/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/outer/kvm.h - the launchers that start QEMU, and their parts.
 *
 * Settings: memory=<MiB of the guest>, limit=<ms of this system's uptime after which the guest
 * is ended>, trace=1 (count exits by cause through the tracepoint kvm:kvm_exit as well),
 * card=auto|vfio|mapped (how the card is handed over), vcpus=<processors of the guest>,
 * pin=<processor of this system that runs the guest's>, absent: not pinned.
 *
 * What the image must hold: KVM_QEMU with its libraries and firmware, KVM_PAYLOAD or
 * KVM_KERNEL and KVM_INITRAMFS, and the modules of KVM and VFIO.
 */
#ifndef ETALON_HV_UNDER_TEST_OUTER_KVM_H
#define ETALON_HV_UNDER_TEST_OUTER_KVM_H

#include <stdint.h>
#include <sys/types.h>

#include "collector/pmu/watch.h"
#include "hv-under-test/outer/outer.h"

#define KVM_QEMU "/usr/bin/qemu-system-x86_64"
#define KVM_PAYLOAD "/etalon/payload.elf"
#define KVM_KERNEL "/etalon/vmlinux"
#define KVM_INITRAMFS "/etalon/initramfs.cpio"

#define KVM_VCPUS_MAX 8
/* Of the boot's bound, what the guest may use: the rest is for telling what it said. */
#define KVM_GUEST_SHARE_PERCENT 75

extern const struct launcher launcher_kvm_bare, launcher_kvm, launcher_tcg;

/* --- kvm_card.c: the card handed to a guest --- */

struct kvm_card {
    char address[64];    /* on the bus: "0000:00:02.0" */
    int mapped;          /* its page is mapped into the guest; else the device is passed on */
    const char *why;     /* a sentence: why in this way */
    char option[2][240]; /* QEMU's words for it: -object if [0] is not "", and -device */
};

/* `wish`: "vfio" binds the card to vfio-pci, which needs an IOMMU; "mapped" leaves it to this
 * system and maps its page; "auto" is vfio where there is an IOMMU. */
const char *kvm_card_take(const char *wish, struct kvm_card *card);

/* --- kvm_process.c: QEMU's process --- */

/* Thread of the guest's processor `index`; 0 while there is none. */
pid_t kvm_process_vcpu(pid_t qemu, unsigned index);
/* The descriptor that /proc shows as a link to `target` ("anon_inode:kvm-vm"); -1 while there
 * is none. */
int kvm_process_descriptor(pid_t qemu, const char *target);
/* Has it ended (or was it never there)? */
int kvm_process_ended(pid_t qemu);
/*
 * ioctl(fd, request, 0), made by that thread of another process: KVM takes calls from the
 * process only that created the machine. The thread is stopped with ptrace(2), makes the call
 * and goes on where it was; a system call it waited in returns EINTR. *result is the value, or
 * -errno.
 */
const char *kvm_process_ioctl(pid_t thread, int fd, unsigned long request, long *result);
/* Bind the threads of `vcpus` processors to processor `cpu` of this system, once they are
 * there. NULL also when QEMU ended or this system's uptime passed limit_ms. */
const char *kvm_process_pin(pid_t qemu, unsigned vcpus, unsigned cpu, int64_t limit_ms);

/* --- kvm_stats.c: KVM's binary statistics (Documentation/virt/kvm/api.rst, 4.134) --- */

struct kvm_stats {
    int fd; /* owned, once opened */
    char *descriptors;
    unsigned count;
    size_t descriptor_bytes;
    uint32_t data_offset, name_bytes;
};

/* Takes fd over, also on failure. */
const char *kvm_stats_open(struct kvm_stats *s, int fd);
/* 0, or -1 if there is no such counter (or it cannot be read). */
int kvm_stats_read(const struct kvm_stats *s, const char *name, uint64_t *value);
void kvm_stats_close(struct kvm_stats *s);

/* --- kvm_net.c: a network to the guest --- */

/* For the setting net=on: a tap device with our end of the link, the peer behind it (the caller
 * ends it, outer/peer.h), and the four words that give QEMU the other end; facts outer.net, the
 * back end, and outer.net.image, the hash that the setting image= tells. */
const char *kvm_net_begin(struct outer *o, int kvm, const char *words[4]);

/* --- kvm_exits.c: what KVM counts --- */

struct kvm_exits {
    int vm; /* a descriptor of ours keeps the machine's counts after its end; -1: none */
    struct kvm_stats vcpu[KVM_VCPUS_MAX];
    unsigned vcpus;
    int trace[24]; /* tracepoint counters, one per cause, and the total */
    unsigned traces;
};

/* Before QEMU starts: attach the tracepoint, if asked for. */
const char *kvm_exits_begin(struct kvm_exits *x, int trace);
/* Wait until the process has created its virtual machine with all processors, and take its
 * statistics. NULL also when the process ended before, or this system's uptime passed limit_ms:
 * that is found by who waits for it. */
const char *kvm_exits_attach(struct kvm_exits *x, pid_t qemu, unsigned vcpus,
                             int64_t limit_ms);
/* Exits so far of processor 0, where the emitter runs, other than port I/O, which the asking
 * itself is made of. */
uint64_t kvm_exits_count(const struct kvm_exits *x);
/* Has the machine run at all? */
int kvm_exits_seen(const struct kvm_exits *x);
/* Write exits records, and KVM's statistics as facts; an error record where the two sources
 * disagree. Releases everything. */
const char *kvm_exits_tell(struct kvm_exits *x, struct outer *o);

/* --- kvm_sides.c: what the PMU says of guest and host --- */

struct kvm_sides {
    struct pmu_watch watch;
    struct err why; /* code 0: counted; else why not */
};

/* Before QEMU starts: is there a PMU, and does it count? */
void kvm_sides_begin(struct kvm_sides *s);
/* After kvm_exits_attach(): count on the processors' threads. */
void kvm_sides_attach(struct kvm_sides *s, pid_t qemu, unsigned vcpus);
/* Facts kvm.pmu, the event or why there is none, and kvm.pmu.vcpuN. Releases everything. */
void kvm_sides_tell(struct kvm_sides *s, struct outer *o);

/* --- kvm_monitor.c: what QEMU tells of its end (QMP, the event SHUTDOWN) --- */

/* Before QEMU starts; `chardev` gets the value of its option -chardev, with id=monitor. */
const char *kvm_monitor_open(char *chardev, size_t size);
/* After it ended: "guest-reset", "guest-shutdown" …; "" if it told nothing. */
const char *kvm_monitor_end(void);

#endif
