/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/platform.c - the platforms there are, in the order of the ladder. */
#include "hv-under-test/platform.h"

#include <string.h>

extern const struct platform platform_bare, platform_native, platform_kvm_bare, platform_kvm,
    platform_xen_dom0, platform_xen_pvh_bare, platform_xen_pv, platform_xen_pvh,
    platform_xen_hvm, platform_vmm_bare, platform_vmm, platform_tcg;

static const struct platform *const platforms[] = {
    &platform_bare,     &platform_native,       &platform_kvm_bare, &platform_kvm,
    &platform_xen_dom0, &platform_xen_pvh_bare, &platform_xen_pv,   &platform_xen_pvh,
    &platform_xen_hvm,  &platform_vmm_bare,     &platform_vmm,      &platform_tcg,
};

const struct platform *const *platform_table(size_t *count)
{
    *count = sizeof(platforms) / sizeof(platforms[0]);
    return platforms;
}

const struct platform *platform_find(const char *name)
{
    for (size_t i = 0; i < sizeof(platforms) / sizeof(platforms[0]); i++)
        if (strcmp(platforms[i]->name, name) == 0)
            return platforms[i];
    return NULL;
}
