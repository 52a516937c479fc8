/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe/table.h - the probes there are; add a line here and in table.c. */
#ifndef ETALON_PROBE_TABLE_H
#define ETALON_PROBE_TABLE_H

#include "probe/probe.h"

extern const struct probe_ops probe_fpga_uart, probe_replay;

#endif
