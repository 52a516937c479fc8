/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/agent/modules.c - load kernel modules, for agent and outer system. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hv-under-test/agent/agent.h"

static const char *load_one(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    const char *reason = NULL;

    if (fd < 0)
        return agent_reason(path, errno);
    if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
        reason = agent_reason(path, errno);
    close(fd);
    return reason;
}

const char *system_load_modules(const char *list)
{
    FILE *f = fopen(list, "re");
    const char *reason = NULL;
    char path[256];

    if (!f)
        return agent_reason(list, errno);
    while (!reason && fgets(path, sizeof path, f)) {
        path[strcspn(path, "\n")] = '\0';
        reason = load_one(path);
    }
    fclose(f);
    return reason;
}
