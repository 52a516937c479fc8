/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/host.h - what this computer's own Linux says of Xen and of KVM, read from /sys,
 * /proc and /dev alone: no library of either is linked, nothing is changed, no guest is created.
 * The platforms of the lab need neither; real hosts do. And whether Bochs is installed, in which
 * the tests of cpu=vmx run.
 *
 * `root` stands before each path: "" for this computer, a folder in tests.
 */
#ifndef ETALON_HV_UNDER_TEST_HOST_H
#define ETALON_HV_UNDER_TEST_HOST_H

#include <stddef.h>

/* NULL if guests could be created here, or all that is missing and how to get it, as one text in
 * out[size]. */
const char *host_xen_missing(const char *root, char *out, size_t size);
const char *host_kvm_missing(const char *root, char *out, size_t size);
const char *host_bochs_missing(const char *root, char *out, size_t size);

#endif
