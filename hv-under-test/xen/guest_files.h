/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/xen/guest_files.h - where dom0's image holds what the guest is made of. */
#ifndef ETALON_HV_UNDER_TEST_XEN_GUEST_FILES_H
#define ETALON_HV_UNDER_TEST_XEN_GUEST_FILES_H

#define GUEST_KERNEL "/guest/kernel"
#define GUEST_INITRAMFS "/guest/initramfs"
/* libxl's hotplug script of the guest's network: a program that succeeds. */
#define GUEST_NET_SCRIPT "/usr/bin/true"
/* Where dom0 is measured itself. */
#define GUEST_AGENT "/guest/agent"

#endif
