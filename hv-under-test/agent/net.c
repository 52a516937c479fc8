/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/agent/net.c - the guest's end of the network (hv-under-test/net/net.h). */
#include <stdio.h>
#include <unistd.h>

#include "hv-under-test/agent/agent.h"
#include "hv-under-test/net/net.h"

#define PATIENCE_MS 5000u

static const struct net_station station = {
    .address = NET_ADDRESS_GUEST, .other = NET_ADDRESS_OUTER, .other_mac = NULL};

static char interface[16];

const char *agent_net_begin(enum net_kind kind)
{
    struct net_station s = station;
    const char *reason = NULL;

    s.other_mac = kind == NET_KIND_XEN ? NET_MAC_XEN_VIF : NET_MAC_TAP;
    /* A kernel of the user's own comes without: it has the driver built in. */
    if (access(AGENT_MODULES_LIST, F_OK) == 0)
        reason = system_load_modules(AGENT_MODULES_LIST);
    if (!reason)
        reason = net_link_find(NET_MAC_GUEST, PATIENCE_MS, interface);
    if (!reason)
        reason = net_link_raise(interface, &s);
    if (!reason)
        reason = net_link_wait(interface, PATIENCE_MS);
    return reason;
}

void agent_net_facts(struct record_writer *w)
{
    char driver[64];

    if (!interface[0])
        return;
    net_link_driver(interface, driver, sizeof driver);
    record_text(w, "net_driver", driver);
}
