/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * card_log [--take N] SOCKET - stands where the timer simulation stands: accepts one card model
 * and prints its messages, one line each. With --take it goes away after N messages. For tests
 * of the card alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/lab/card.h"

int main(int argc, char **argv)
{
    static const char *const kind[] = {"start", "pins", "time", "end"};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    unsigned long take = ~0ul;
    struct card_message m;
    int listener, fd;
    FILE *in;

    if (argc == 4 && strcmp(argv[1], "--take") == 0) {
        take = strtoul(argv[2], NULL, 10);
        argv += 2;
        argc -= 2;
    }
    if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path))
        return 2;
    strcpy(address.sun_path, argv[1]);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 1) != 0) {
        perror(argv[1]);
        return 1;
    }
    fd = accept(listener, NULL, NULL);
    in = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (!in)
        return 1;
    while (take-- && fread(&m, sizeof(m), 1, in) == 1)
        printf("%llu %s pins=%02x reason=%u\n", (unsigned long long)m.t_ns,
               m.kind < 4 ? kind[m.kind] : "?", m.pins, m.reason);
    return 0;
}
