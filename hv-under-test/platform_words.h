/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/platform_words.h - the `etl.` words of hv-under-test/target/plan.h, as every
 * platform's prepare() writes them into the command line of agent or payload.
 */
#ifndef ETALON_HV_UNDER_TEST_PLATFORM_WORDS_H
#define ETALON_HV_UNDER_TEST_PLATFORM_WORDS_H

#include <stddef.h>

#include "base/err.h"
#include "hv-under-test/platform.h"

/*
 * Append to the NUL-terminated text in out[size], after a space if it is not empty.
 * `exit_word`: "debug" or "hypercall" for the payload, NULL on Linux (which powers off).
 * ERR_USAGE if it does not fit.
 */
int platform_write_plan_words(const struct platform_boot *boot, const char *exit_word,
                              char *out, size_t size, struct err *e);

/* Does any run of the boot's plan need a network to the outer system? */
int platform_needs_net(const struct platform_boot *boot);

/* The value of an option given, or `fallback`. */
const char *platform_option_value(const struct platform_option *options, size_t count,
                                  const char *key, const char *fallback);

/* sha256 of a built part into the sink as `key`. */
int platform_describe_part(const char *part, const char *key,
                           const struct platform_fact_sink *sink, struct err *e);

/* A number into the sink. */
void platform_describe_number(const char *key, unsigned value,
                              const struct platform_fact_sink *sink);

#endif
