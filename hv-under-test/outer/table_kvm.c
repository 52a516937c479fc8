/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/outer/table_kvm.c - the launchers of build/outer/etalon-outer. */
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
