/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench/lab.h - the lab: an emulated computer whose time is exact (docs: LAB). */
#ifndef ETALON_BENCH_LAB_H
#define ETALON_BENCH_LAB_H

#include "bench/bench.h"

extern const struct bench bench_lab;

#endif
