/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stands for QEMU in the outer system of a KVM rung (option qemu=), and fails. How is told by
 * the guest's memory, the one word a campaign chooses:
 *   64 floods the guest's console   65 is ended by a signal   66 never ends
 *   67 says why it will not start
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *value_of(int argc, char **argv, const char *option)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], option) == 0)
            return argv[i + 1];
    return "";
}

static int flood(const char *serial)
{
    const char *path = strchr(serial, ':');
    FILE *f = path ? fopen(path + 1, "w") : NULL;

    while (f)
        fputs("\036ETL1 nothing that is a record, again and again and again\n", f);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts("false QEMU 0") < 0;
    switch (atoi(value_of(argc, argv, "-m"))) {
    case 64:
        return flood(value_of(argc, argv, "-serial"));
    case 65:
        return raise(SIGKILL);
    case 66:
        for (;;)
            pause();
    default:
        fputs("false QEMU will not start\n", stderr);
        return 1;
    }
}
