/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench/table.c - the benches there are. */
#include <string.h>

#include "bench/bench.h"
#include "bench/lab.h"

static const struct bench *const benches[] = {&bench_lab};

const struct bench *const *bench_table(size_t *count)
{
    *count = sizeof(benches) / sizeof(benches[0]);
    return benches;
}

const struct bench *bench_find(const char *name)
{
    for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++)
        if (strcmp(benches[i]->name, name) == 0)
            return benches[i];
    return NULL;
}
