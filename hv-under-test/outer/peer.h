/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/outer/peer.h - the network load's peer (workloads/net_peer.h) as children of
 * the outer system, one for UDP and one for TCP, for launchers whose setting net=on gives the
 * guest a network.
 */
#ifndef ETALON_HV_UNDER_TEST_OUTER_PEER_H
#define ETALON_HV_UNDER_TEST_OUTER_PEER_H

#include <stdint.h>

#include "hv-under-test/outer/outer.h"

/* net=on? */
int outer_peer_wanted(const struct outer *o);

/* Start both; they answer at this port on every interface there is, now or later. NULL or a
 * sentence. */
const char *outer_peer_start(uint16_t port);

/* End both and reap them; facts tell what they answered: outer.net.datagrams, .connections,
 * .messages, .streams. Does nothing if they were not started. A peer that had ended by itself is
 * an error record. */
void outer_peer_stop(struct outer *o);

#endif
