/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hv-under-test/vmm_guests.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hv-under-test/platform_words.h"
#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/config_guests.h"

static const char *const words[] = {"guests", "weights", "slice", "loads"};

const char *vmm_guests_weights_wrong(const char *value)
{
    struct vmm_config c;

    return config_weights_parse(value, strlen(value), &c);
}

const char *vmm_guests_loads_wrong(const char *value)
{
    struct vmm_config c;

    return config_loads_parse(value, strlen(value), &c);
}

void vmm_guests_write(const struct platform_boot *boot, int hz, char *line, size_t size)
{
    int any = 0;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *value =
            platform_option_value(boot->options, boot->option_count, words[i], NULL);
        const size_t used = strlen(line);

        if (value)
            snprintf(line + used, size - used, " %s=%s", words[i], value);
        any |= value != NULL;
    }
    if (any && hz && boot->tsc_hz) /* or the hypervisor measures it, which takes a while */
        snprintf(line + strlen(line), size - strlen(line), " tsc_hz=%" PRIu64, boot->tsc_hz);
}
