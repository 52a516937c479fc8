/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/net.h - the network load: net-lat and net-bw against a peer (net_peer.h).
 *
 * path=loopback: the peer is a child of this process, on the same Linux; every Linux has it.
 * path=outer: it is a child of the outer system that runs the hypervisor, reached through the
 * guest's paravirtual network; env->net_peer says where, and where there is none the run is
 * skipped. The peer's own work, and every switch to it and back, is part of the time.
 *
 * net.c holds the descriptors; the operations are net_linux.c in the agent and net_none.c
 * elsewhere.
 */
#ifndef ETALON_WORKLOADS_NET_H
#define ETALON_WORKLOADS_NET_H

#include "workloads/net_peer.h"
#include "workloads/workload.h"

/* Arguments, in the order of the descriptors' params. */
enum { NET_LAT_OP, NET_LAT_PATH, NET_LAT_BYTES, NET_LAT_N }; /* op: enum net_protocol */
enum { NET_BW_PATH, NET_BW_CHUNK, NET_BW_CHUNKS };
enum { NET_LOOPBACK, NET_OUTER };

/* Longer than this without an answer: a datagram is lost, a connection is dead. */
#define NET_PATIENCE_MS 500u
/* After so many lost datagrams a run makes no more exchanges. */
#define NET_LOST_MAX 8u

const char *net_unavailable(const struct workload_run *run);

int net_lat_prepare(struct workload_run *run);
void net_lat_run(struct workload_run *run);
int net_lat_check(struct workload_run *run);

int net_bw_prepare(struct workload_run *run);
void net_bw_run(struct workload_run *run);
int net_bw_check(struct workload_run *run);

void net_cleanup(struct workload_run *run);

#endif
