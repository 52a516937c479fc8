/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab/run.h - one boot of the lab: timer, observer, machine, and how it ended.
 *
 * In this order: the timer simulation starts; the observer opens its line, configures and arms
 * it; the machine starts; frames are moved to the frames file until the machine is gone; the
 * timer drains and is disarmed. So nothing that the host times reaches the timer between the
 * machine's first instruction and its last.
 *
 * Files that are of no use afterwards (links, sockets) live in a folder inside work_dir, which
 * is the working folder of both processes: their names are short and the same in each boot.
 */
#ifndef ETALON_BENCH_LAB_RUN_H
#define ETALON_BENCH_LAB_RUN_H

#include "bench/bench.h"

int run_boot(const struct bench_boot *boot, struct bench_outcome *outcome, struct err *e);

#endif
