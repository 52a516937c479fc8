/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/outer/table_kvm.c - the launchers of build/outer/etalon-outer. */
#include <stdio.h>

#include "hv-under-test/host.h"
#include "hv-under-test/outer/kvm.h"
#include "hv-under-test/outer/outer.h"

static const struct launcher *const table[] = {
    &launcher_kvm_bare,
    &launcher_kvm,
    &launcher_tcg,
};

const struct launcher *const *outer_table(size_t *count)
{
    *count = sizeof table / sizeof table[0];
    return table;
}

int outer_probe(void)
{
    char missing[2048];
    const char *reason = host_kvm_missing("", missing, sizeof missing);

    printf("kvm=%s\n", reason ? "no" : "yes");
    if (reason)
        fprintf(stderr, "etalon-outer: %s\n", reason);
    return reason != NULL;
}
