/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/groups_builtin.c - the group files as they stand, put into the program by the
 * assembler, so that a static program in an initramfs has them. Paths are relative to the top
 * of the tree, where make runs. A new file is a line in FILES.
 */
#include "collector/pmu/group.h"

#define FILES(X)                                                                              \
    X(software, "software.txt")                                                               \
    X(amd_zen2, "amd-zen2.txt")                                                               \
    X(amd_zen3, "amd-zen3.txt")                                                               \
    X(amd_zen4, "amd-zen4.txt")                                                               \
    X(intel_skylake, "intel-skylake.txt")                                                     \
    X(intel_icelake, "intel-icelake.txt")                                                     \
    X(intel_sapphirerapids, "intel-sapphirerapids.txt")                                       \
    X(arm_cortex_a57, "arm-cortex-a57.txt")                                                   \
    X(arm_neoverse_n1, "arm-neoverse-n1.txt")

#define PLACE(label, file)                                                                    \
    __asm__(".pushsection .rodata\n"                                                          \
            ".global pmu_groups_" #label ", pmu_groups_" #label "_end\n"                      \
            "pmu_groups_" #label ":\n"                                                        \
            ".incbin \"collector/pmu/groups/" file "\"\n"                                     \
            "pmu_groups_" #label "_end:\n"                                                    \
            ".byte 0\n"                                                                       \
            ".popsection\n");                                                                 \
    extern const char pmu_groups_##label[], pmu_groups_##label##_end[];
#define ENTRY(label, file) {file, pmu_groups_##label, pmu_groups_##label##_end},

FILES(PLACE)

const struct group_file group_files[] = {FILES(ENTRY)};
const unsigned group_file_count = sizeof(group_files) / sizeof(group_files[0]);
