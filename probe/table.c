/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/table.h"

#include <string.h>

static const struct probe_ops *const table[] = {
    &probe_fpga_uart,
    &probe_replay,
};

const struct probe_ops *const *probe_table(size_t *count)
{
    *count = sizeof table / sizeof table[0];
    return table;
}

const struct probe_ops *probe_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
    }
    return NULL;
}
