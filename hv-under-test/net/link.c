/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/net/link.c - network interfaces by ioctl (netdevice(7), arp(7), tun.rst). */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hv-under-test/net/net.h"

#define MAC_BYTES 6
#define INTERFACES "/sys/class/net/"
#define POLL_MS 2u

static char reason[256];

static const char *refuse(const char *interface, const char *what, int error)
{
    snprintf(reason, sizeof reason, "interface %s: %s: %s", interface, what, strerror(error));
    return reason;
}

static void name_it(struct ifreq *r, const char *interface)
{
    memset(r, 0, sizeof *r);
    snprintf(r->ifr_name, sizeof r->ifr_name, "%s", interface);
}

static void parse_mac(const char *text, struct sockaddr *out)
{
    unsigned b[MAC_BYTES] = {0};

    sscanf(text, "%x:%x:%x:%x:%x:%x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]);
    memset(out, 0, sizeof *out);
    out->sa_family = ARPHRD_ETHER;
    for (unsigned i = 0; i < MAC_BYTES; i++)
        out->sa_data[i] = (char)b[i];
}

static void put_address(struct sockaddr *out, uint32_t address)
{
    const struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};

    memcpy(out, &in, sizeof in);
}

/* A kernel without IPv6 has no such file, and needs none. */
static const char *silence_ipv6(const char *interface)
{
    char path[96];
    const char *said = NULL;
    int fd;

    snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/disable_ipv6", interface);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? NULL : refuse(interface, "disable_ipv6", errno);
    if (write(fd, "1", 1) != 1)
        said = refuse(interface, "disable_ipv6", errno);
    close(fd);
    return said;
}

static const char *set_up(int fd, const char *interface, const struct net_station *station)
{
    struct arpreq arp = {.arp_flags = ATF_PERM | ATF_COM};
    struct ifreq r;

    name_it(&r, interface);
    put_address(&r.ifr_addr, station->address);
    if (ioctl(fd, SIOCSIFADDR, &r))
        return refuse(interface, "its address", errno);
    put_address(&r.ifr_netmask, NET_ADDRESS_MASK);
    if (ioctl(fd, SIOCSIFNETMASK, &r))
        return refuse(interface, "its network mask", errno);
    if (ioctl(fd, SIOCGIFFLAGS, &r))
        return refuse(interface, "its flags", errno);
    r.ifr_flags |= IFF_UP;
    if (ioctl(fd, SIOCSIFFLAGS, &r))
        return refuse(interface, "up", errno);
    put_address(&arp.arp_pa, station->other);
    parse_mac(station->other_mac, &arp.arp_ha);
    snprintf(arp.arp_dev, sizeof arp.arp_dev, "%s", interface);
    return ioctl(fd, SIOCSARP, &arp) ? refuse(interface, "the other station", errno) : NULL;
}

const char *net_link_raise(const char *interface, const struct net_station *station)
{
    const char *said = silence_ipv6(interface);
    int fd;

    if (said)
        return said;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return refuse(interface, "socket", errno);
    said = set_up(fd, interface, station);
    close(fd);
    return said;
}

const char *net_link_make_tap(const char *interface, const char *mac)
{
    const char *said = NULL;
    struct ifreq r;
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC), control;

    if (fd < 0)
        return refuse(interface, "/dev/net/tun", errno);
    name_it(&r, interface);
    r.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    if (ioctl(fd, TUNSETIFF, &r) || ioctl(fd, TUNSETPERSIST, 1))
        said = refuse(interface, "as a tap device", errno);
    close(fd);
    if (said)
        return said;
    control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (control < 0)
        return refuse(interface, "socket", errno);
    name_it(&r, interface);
    parse_mac(mac, &r.ifr_hwaddr);
    if (ioctl(control, SIOCSIFHWADDR, &r))
        said = refuse(interface, "its hardware address", errno);
    close(control);
    return said;
}

/* First line of a small file of the interface; "" if there is none. */
static void read_line(const char *interface, const char *file, char *out, size_t size)
{
    char path[256];
    ssize_t n;
    int fd;

    out[0] = '\0';
    snprintf(path, sizeof path, INTERFACES "%.64s/%.64s", interface, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    n = read(fd, out, size - 1);
    close(fd);
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

static int look(const char *mac, char name[16])
{
    DIR *d = opendir(INTERFACES);
    struct dirent *entry;
    int found = 0;

    while (d && !found && (entry = readdir(d))) {
        char text[32];

        read_line(entry->d_name, "address", text, sizeof text);
        found = entry->d_name[0] != '.' && strcmp(text, mac) == 0;
        if (found)
            snprintf(name, 16, "%.15s", entry->d_name);
    }
    if (d)
        closedir(d);
    return found;
}

const char *net_link_find(const char *mac, unsigned patience_ms, char name[16])
{
    for (unsigned ms = 0; !look(mac, name); ms += POLL_MS) {
        if (ms >= patience_ms) {
            snprintf(reason, sizeof reason,
                     "there is no network interface %s: the kernel has no driver for it", mac);
            return reason;
        }
        usleep(POLL_MS * 1000);
    }
    return NULL;
}

const char *net_link_wait(const char *interface, unsigned patience_ms)
{
    for (unsigned ms = 0;; ms += POLL_MS) {
        char text[8];

        read_line(interface, "carrier", text, sizeof text);
        if (text[0] == '1')
            return NULL;
        if (ms >= patience_ms) {
            snprintf(reason, sizeof reason,
                     "interface %s has no carrier: the other end is not connected", interface);
            return reason;
        }
        usleep(POLL_MS * 1000);
    }
}

void net_link_driver(const char *interface, char *out, unsigned size)
{
    char path[256], target[256];
    const char *name;
    ssize_t n;

    out[0] = '\0';
    snprintf(path, sizeof path, INTERFACES "%.64s/device/driver", interface);
    n = readlink(path, target, sizeof target - 1);
    if (n <= 0)
        return;
    target[n] = '\0';
    name = strrchr(target, '/');
    snprintf(out, size, "%s", name ? name + 1 : target);
}
