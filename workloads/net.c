/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workloads/net.c - descriptors of the network load (net.h), the same on every side. */
#include "workloads/net.h"
#include "workloads/list.h"

static const char *const paths[] = {
    [NET_LOOPBACK] = "loopback", [NET_OUTER] = "outer", [NET_OUTER + 1] = NULL};

#define PATH_SUMMARY "the peer: on this Linux, or in the outer system of a guest"

static const char *const lat_ops[] = {
    [NET_UDP] = "udp", [NET_TCP] = "tcp", [NET_TCP + 1] = NULL};

static int lat_needs_net(const struct workload_run *run)
{
    return run->arg[NET_LAT_PATH] == NET_OUTER;
}

static int bw_needs_net(const struct workload_run *run)
{
    return run->arg[NET_BW_PATH] == NET_OUTER;
}

static const struct workload_param lat_params[] = {
    [NET_LAT_OP] = {.name = "op",
                    .summary = "protocol",
                    .kind = WORKLOAD_CHOICE,
                    .choices = lat_ops},
    [NET_LAT_PATH] = {.name = "path",
                      .summary = PATH_SUMMARY,
                      .kind = WORKLOAD_CHOICE,
                      .choices = paths},
    [NET_LAT_BYTES] = {.name = "bytes",
                       .summary = "of a message, and of its reply",
                       .kind = WORKLOAD_NUMBER,
                       .initial = 64,
                       .min = 1,
                       .max = NET_MAX_MESSAGE},
    [NET_LAT_N] = {.name = "n",
                   .summary = "exchanges in one interval",
                   .kind = WORKLOAD_NUMBER,
                   .initial = 5,
                   .min = 1,
                   .max = 100000},
    {.name = NULL},
};

const struct workload workload_net_lat = {
    .name = "net-lat",
    .summary = "a message to a peer and its reply, over UDP or TCP",
    .metric = "latency",
    .unit = "ns/exchange",
    .form = WORKLOAD_PER,
    .scale = 1.0,
    .params = lat_params,
    .default_iterations = 20,
    .linux_only = 1,
    .needs_net = lat_needs_net,
    .unavailable = net_unavailable,
    .prepare = net_lat_prepare,
    .run = net_lat_run,
    .check = net_lat_check,
    .cleanup = net_cleanup,
};

static const struct workload_param bw_params[] = {
    [NET_BW_PATH] = {.name = "path",
                     .summary = PATH_SUMMARY,
                     .kind = WORKLOAD_CHOICE,
                     .choices = paths},
    [NET_BW_CHUNK] = {.name = "chunk",
                      .summary = "bytes of one write",
                      .kind = WORKLOAD_NUMBER,
                      .initial = 16384,
                      .min = 64,
                      .max = 1048576,
                      .power_of_two = 1},
    [NET_BW_CHUNKS] = {.name = "chunks",
                       .summary = "writes in one interval",
                       .kind = WORKLOAD_NUMBER,
                       .initial = 4,
                       .min = 1,
                       .max = 100000},
    {.name = NULL},
};

const struct workload workload_net_bw = {
    .name = "net-bw",
    .summary = "bytes to a peer over TCP until it acknowledges them with their digest",
    .metric = "bandwidth",
    .unit = "MB/s",
    .form = WORKLOAD_RATE,
    .scale = 1e-6,
    .params = bw_params,
    .default_iterations = 20,
    .linux_only = 1,
    .needs_net = bw_needs_net,
    .unavailable = net_unavailable,
    .prepare = net_bw_prepare,
    .run = net_bw_run,
    .check = net_bw_check,
    .cleanup = net_cleanup,
};
