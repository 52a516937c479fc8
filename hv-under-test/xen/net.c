/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/xen/net.c - dom0's end of the guest's network.
 *
 * libxl makes the device and Linux's netback the interface vifD.0; what a hotplug script would
 * do is done here: the interface gets its address, and xenstore is told that it is connected
 * (netback waits for that, drivers/net/xen-netback/xenbus.c).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <xenstore.h>

#include "hv-under-test/net/net.h"
#include "hv-under-test/outer/peer.h"
#include "hv-under-test/xen/launch.h"

static const char *say_connected(uint32_t domain)
{
    static const char status[] = "connected";
    struct xs_handle *store = xs_open(0);
    char path[64];
    int written;

    if (!store)
        return outer_reason("xenstore does not answer", errno);
    snprintf(path, sizeof path, "backend/vif/%" PRIu32 "/0/hotplug-status", domain);
    written = xs_write(store, XBT_NULL, path, status, sizeof status - 1);
    xs_close(store);
    return written ? NULL : outer_reason(path, errno);
}

const char *net_connect(struct outer *o, uint32_t domain)
{
    static const struct net_station station = {
        .address = NET_ADDRESS_OUTER, .other = NET_ADDRESS_GUEST, .other_mac = NET_MAC_GUEST};
    char interface[16];
    const char *reason;

    snprintf(interface, sizeof interface, "vif%" PRIu32 ".0", domain);
    reason = net_link_raise(interface, &station);
    if (!reason)
        reason = outer_peer_start(NET_PEER_PORT);
    if (!reason)
        reason = say_connected(domain);
    if (!reason)
        outer_fact(o, "outer.net", "netfront, netback");
    return reason;
}
