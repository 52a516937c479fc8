/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/msr/events_gen.c - writes build/gen/msr_events.c on standard output: the events of
 * events_names.h as libpfm4 encodes them. A program of the build, linked with libpfm4; it needs
 * no PMU (LIBPFM_ENCODE_INACTIVE).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfmon/pfmlib.h>

#include "collector/msr/events_names.h"
#include "collector/msr/registers.h"

static int encode(const char *pmu, const char *event, uint64_t *select)
{
    pfm_pmu_encode_arg_t arg;
    char name[320];
    int rc;

    memset(&arg, 0, sizeof(arg));
    arg.size = sizeof(arg);
    snprintf(name, sizeof(name), "%s::%s", pmu, event);
    rc = pfm_get_os_event_encoding(name, PFM_PLM0 | PFM_PLM3, PFM_OS_NONE, &arg);
    if (rc == PFM_SUCCESS && arg.count != 1)
        rc = PFM_ERR_NOTSUPP;
    if (rc != PFM_SUCCESS) {
        fprintf(stderr, "msr events: libpfm4 does not encode %s: %s\n", name,
                pfm_strerror(rc));
        return -1;
    }
    *select = arg.codes[0] & SELECT_OF_EVENT;
    free(arg.codes);
    return 0;
}

static int write_uarch(const struct msr_event_names *n)
{
    static const char *const names[] = MSR_EVENT_NAMES;

    printf("    {\"%s\",\n     {", n->pmu);
    for (unsigned i = 0; i < MSR_EVENTS; i++) {
        uint64_t select;

        if (!n->event[i]) {
            printf("{NULL, 0},%s", i + 1 < MSR_EVENTS ? "\n      " : "");
            continue;
        }
        if (encode(n->pmu, n->event[i], &select))
            return -1;
        printf("{\"%s\", 0x%" PRIx64 "u}, /* %s */%s", n->event[i], select, names[i],
               i + 1 < MSR_EVENTS ? "\n      " : "");
    }
    printf("}},\n");
    return 0;
}

int main(void)
{
    const unsigned count = sizeof(msr_event_names) / sizeof(msr_event_names[0]);
    const int version = pfm_get_version();

    setenv("LIBPFM_ENCODE_INACTIVE", "1", 1);
    if (pfm_initialize() != PFM_SUCCESS) {
        fprintf(stderr, "msr events: libpfm4 does not start\n");
        return 1;
    }
    printf("/* Written by collector/msr/events_gen.c; not to be edited. */\n"
           "#include <stddef.h>\n\n#include \"collector/msr/events.h\"\n\n"
           "const char msr_events_source[] = \"libpfm4, interface %d.%d\";\n\n"
           "const struct msr_uarch msr_uarches[] = {\n",
           PFM_MAJ_VERSION(version), PFM_MIN_VERSION(version));
    for (unsigned i = 0; i < count; i++)
        if (write_uarch(&msr_event_names[i]))
            return 1;
    printf("};\n\nconst unsigned msr_uarch_count = %u;\n", count);
    return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
