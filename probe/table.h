/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe/table.h - the probes there are; a new one is declared here and listed in table.c. */
#ifndef ETALON_PROBE_TABLE_H
#define ETALON_PROBE_TABLE_H

#include "probe/probe.h"

extern const struct probe_ops probe_fpga_uart;
extern const struct probe_ops probe_replay;

#endif
