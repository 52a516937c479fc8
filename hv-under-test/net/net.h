/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/net/net.h - the network between a guest and the outer system: what both ends
 * have to agree on, and how each sets up its own.
 *
 * One link of two stations with fixed addresses, from the block that RFC 5737 keeps for
 * documentation: nothing routes them, and no packet leaves the machine. Both ends know the
 * other's hardware address beforehand (permanent ARP entries) and IPv6 is off on the link, so
 * that it carries the messages of the load and nothing else.
 *
 * There is a network only in boots whose plan needs one (platform_needs_net()); others are as
 * if it did not exist. The rungs kvm, tcg, xen-pv and xen-pvh can have one. The setting net=on
 * tells the launcher, the word etl.net=virtio|xen the guest, whose image then holds the driver's
 * modules.
 *
 * Functions that can fail return NULL or a sentence for the error record, valid until the next
 * failure. They need CAP_NET_ADMIN. Not handled: a second link, IPv6, addresses by DHCP.
 */
#ifndef ETALON_HV_UNDER_TEST_NET_NET_H
#define ETALON_HV_UNDER_TEST_NET_NET_H

#include <stdint.h>

#define NET_ADDRESS_OUTER 0xC0000201u /* 192.0.2.1, host byte order */
#define NET_ADDRESS_GUEST 0xC0000202u /* 192.0.2.2 */
#define NET_ADDRESS_MASK 0xFFFFFF00u
#define NET_PEER_PORT 7007u

/* Locally administered. Xen's netback has an address of its own choice, always the same. */
#define NET_MAC_GUEST "02:e7:a1:00:00:02"
#define NET_MAC_TAP "02:e7:a1:00:00:01"
#define NET_MAC_XEN_VIF "fe:ff:ff:ff:ff:ff"

/* As the driver in the guest calls its bus, and as etl.net= says it. */
enum net_kind { NET_KIND_NONE, NET_KIND_VIRTIO, NET_KIND_XEN };

struct net_station {
    uint32_t address, other; /* IPv4, host byte order */
    const char *other_mac;
};

/* Address, IPv6 off, up, and the other station's hardware address. */
const char *net_link_raise(const char *interface, const struct net_station *station);

/* Create a tap device that stays, with this hardware address. */
const char *net_link_make_tap(const char *interface, const char *mac);

/* Wait, at most patience_ms, for an interface with this hardware address, and tell its name
 * (room for 16 bytes). */
const char *net_link_find(const char *mac, unsigned patience_ms, char name[16]);

/* Wait until the interface has a carrier. */
const char *net_link_wait(const char *interface, unsigned patience_ms);

/* The driver's name, as sysfs has it; "" if it tells none. */
void net_link_driver(const char *interface, char *out, unsigned size);

#endif
