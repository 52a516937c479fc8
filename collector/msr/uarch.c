/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/msr/uarch.c - which event table belongs to a processor (events.h). libpfm4 knows
 * this too, but tells it only of the processor it runs on.
 *
 * Models: Intel SDM volume 4, table 2-1 "CPUID Signature Values of
 * DisplayFamily_DisplayModel"; AMD: the PPR of the family, whose titles name the models; family 0Fh: revision guide 33610.
 */
#include <stddef.h>

#include "collector/msr/events.h"

struct models {
    uint16_t family, first, last; /* models */
    uint8_t first_stepping;
    const char *uarch;
};

static const struct models amd_models[] = {
    {0x0F, 0x40, 0x5F, 0, "amd64_k8_revf"},     {0x0F, 0x60, 0x7F, 0, "amd64_k8_revg"},
    {0x17, 0x00, 0x2F, 0, "amd64_fam17h_zen1"}, {0x17, 0x30, 0xFF, 0, "amd64_fam17h_zen2"},
    {0x19, 0x00, 0x0F, 0, "amd64_fam19h_zen3"}, {0x19, 0x10, 0x1F, 0, "amd64_fam19h_zen4"},
    {0x19, 0x20, 0x5F, 0, "amd64_fam19h_zen3"}, {0x19, 0x60, 0x7F, 0, "amd64_fam19h_zen4"},
    {0x19, 0xA0, 0xAF, 0, "amd64_fam19h_zen4"},
};

/* The first line that fits holds. */
static const struct models intel_models[] = {
    {6, 0x3A, 0x3A, 0, "ivb"}, {6, 0x3E, 0x3E, 0, "ivb_ep"}, {6, 0x3C, 0x3C, 0, "hsw"},
    {6, 0x45, 0x46, 0, "hsw"}, {6, 0x3F, 0x3F, 0, "hsw_ep"}, {6, 0x3D, 0x3D, 0, "bdw"},
    {6, 0x47, 0x47, 0, "bdw"}, {6, 0x4F, 0x4F, 0, "bdw_ep"}, {6, 0x56, 0x56, 0, "bdw_ep"},
    {6, 0x4E, 0x4E, 0, "skl"}, {6, 0x5E, 0x5E, 0, "skl"},    {6, 0x8E, 0x8E, 0, "skl"},
    {6, 0x9E, 0x9E, 0, "skl"}, {6, 0xA5, 0xA6, 0, "skl"},    {6, 0x55, 0x55, 5, "clx"},
    {6, 0x55, 0x55, 0, "skx"}, {6, 0x7D, 0x7E, 0, "icl"},    {6, 0x8C, 0x8D, 0, "icl"},
    {6, 0xA7, 0xA7, 0, "icl"}, {6, 0x6A, 0x6A, 0, "icx"},    {6, 0x6C, 0x6C, 0, "icx"},
    {6, 0x8F, 0x8F, 0, "spr"},
};

static int same_text(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

const struct msr_uarch *msr_uarch_named(const char *name)
{
    for (unsigned i = 0; i < msr_uarch_count; i++)
        if (same_text(msr_uarches[i].name, name))
            return &msr_uarches[i];
    return NULL;
}

const struct msr_uarch *msr_uarch_find(int amd, unsigned family, unsigned model,
                                       unsigned stepping)
{
    const struct models *table = amd ? amd_models : intel_models;
    const size_t count = amd ? sizeof(amd_models) / sizeof(amd_models[0])
                             : sizeof(intel_models) / sizeof(intel_models[0]);

    for (size_t i = 0; i < count; i++) {
        const struct models *m = &table[i];

        if (m->family == family && model >= m->first && model <= m->last &&
            stepping >= m->first_stepping)
            return msr_uarch_named(m->uarch);
    }
    return NULL;
}
