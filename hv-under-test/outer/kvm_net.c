/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/outer/kvm_net.c - a virtio network card for QEMU's guest, on a tap device. */
#include <stdio.h>
#include <unistd.h>

#include "hv-under-test/net/net.h"
#include "hv-under-test/outer/kvm.h"
#include "hv-under-test/outer/peer.h"

#define TAP "etalon0"

const char *kvm_net_begin(struct outer *o, int kvm, const char *words[4])
{
    static const struct net_station station = {
        .address = NET_ADDRESS_OUTER, .other = NET_ADDRESS_GUEST, .other_mac = NET_MAC_GUEST};
    static char netdev[96];
    /* The kernel's own back end is made for KVM's interrupts. */
    const int vhost = kvm && access("/dev/vhost-net", F_OK) == 0;
    const char *reason = net_link_make_tap(TAP, NET_MAC_TAP);

    if (!reason)
        reason = net_link_raise(TAP, &station);
    if (!reason)
        reason = outer_peer_start(NET_PEER_PORT);
    if (reason)
        return reason;
    snprintf(netdev, sizeof netdev,
             "tap,id=net,ifname=" TAP ",script=no,downscript=no,vhost=%s",
             vhost ? "on" : "off");
    words[0] = "-netdev";
    words[1] = netdev;
    words[2] = "-device";
    /* No boot from it, so no firmware of its own. */
    words[3] = "virtio-net-pci,netdev=net,romfile=,mac=" NET_MAC_GUEST;
    outer_fact(o, "outer.net",
               vhost ? "virtio, tap, vhost" : "virtio, tap, QEMU's user space");
    outer_fact(o, "outer.net.image", outer_setting(o, "image", ""));
    return NULL;
}
