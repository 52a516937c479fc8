/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/guest/snapshot.c - the guest, copied and put back (vmm/guest/snapshot.h).
 */
#include "hv-under-test/vmm/guest/snapshot.h"

#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/devices/devices.h"
#include "hv-under-test/vmm/exits.h"
#include "hv-under-test/vmm/guest/guest.h"
#include "hv-under-test/vmm/vcpu.h"

static struct {
    void *memory;
    struct vcpu vcpu;
    uint64_t rax, rsp, rip, rflags;
    uint32_t emulated_register;
    struct devices_state devices;
} saved;

void snapshot_place(void *memory)
{
    saved.memory = memory;
}

void snapshot_take(struct vcpu *v)
{
    __builtin_memcpy(saved.memory, guest_memory.base, guest_memory.bytes);
    saved.vcpu = *v;
    saved.rax = *v->rax;
    saved.rsp = *v->rsp;
    saved.rip = *v->rip;
    saved.rflags = *v->rflags;
    saved.emulated_register = exits_emulated_register();
    v->backend->save(v);
    devices_save(v, &saved.devices);
}

/* All but the time of the exit and the pointers, which are of the exit that is served. */
static void put_registers(struct vcpu *v)
{
    struct vcpu now = saved.vcpu;

    now.exit_tsc = v->exit_tsc;
    now.control = v->control;
    now.rax = v->rax;
    now.rsp = v->rsp;
    now.rip = v->rip;
    now.rflags = v->rflags;
    now.backend = v->backend;
    *v = now;
    *v->rax = saved.rax;
    *v->rsp = saved.rsp;
    *v->rip = saved.rip;
    *v->rflags = saved.rflags;
}

void snapshot_restore(struct vcpu *v, int stopped)
{
    __builtin_memcpy(guest_memory.base, saved.memory, guest_memory.bytes);
    v->backend->restore(v);
    put_registers(v);
    exits_set_emulated_register(saved.emulated_register);
    devices_restore(v, &saved.devices, stopped);
}
