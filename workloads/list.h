/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workloads/list.h - the descriptors that table.c lists; private to workloads/ and its tests. */
#ifndef ETALON_WORKLOADS_LIST_H
#define ETALON_WORKLOADS_LIST_H

#include "workloads/workload.h"

extern const struct workload workload_null;
extern const struct workload workload_spin;

#endif
