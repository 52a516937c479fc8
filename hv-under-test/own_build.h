/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/own_build.h - builds of the user's own in place of the distribution's or ours:
 * options kernel=, dom0=, xen=, qemu=, vmm= of a platform.
 *
 * A build is looked at when the campaign is loaded and before each boot: it must be there and
 * of the kind its place takes, or the error says how to mend it. Its hash is provenance, and
 * the runner compares it around every boot (runner/execute.c): a build that changes under a
 * campaign ends it.
 */
#ifndef ETALON_HV_UNDER_TEST_OWN_BUILD_H
#define ETALON_HV_UNDER_TEST_OWN_BUILD_H

#include <stddef.h>

#include "base/err.h"
#include "hv-under-test/platform.h"

enum own_build {
    OWN_BUILD_KERNEL, /* ELF with a PVH entry, of 64 bits or a container of 32: what QEMU and
                            Xen's PVH load */
    OWN_BUILD_PV_KERNEL, /* 64-bit ELF with an entry for Xen's PV guests and dom0 */
    OWN_BUILD_BZIMAGE,   /* what a boot loader of a PC loads */
    OWN_BUILD_XEN,       /* multiboot ELF of 32 bits, may be gzip'ed */
    OWN_BUILD_MULTIBOOT, /* multiboot ELF of 32 bits: a hypervisor in place of ours */
    OWN_BUILD_PROGRAM,   /* 64-bit x86 program of Linux, static or dynamic */
};

/* ERR_USAGE, "PLATFORM: KEY=PATH …", with the mend. */
int own_build_check(const char *platform, const struct platform_option *option,
                    enum own_build kind, struct err *e);

/* "own.KEY.sha256" into the sink for each of the NULL-terminated keys that is an option
 * given. */
int own_build_describe(const struct platform_boot *boot, const char *const *keys,
                       const struct platform_fact_sink *sink, struct err *e);

#endif
