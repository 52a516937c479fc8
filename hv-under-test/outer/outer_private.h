/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/outer/outer_private.h - of the outer program's own files, not of launchers. */
#ifndef ETALON_HV_UNDER_TEST_OUTER_OUTER_PRIVATE_H
#define ETALON_HV_UNDER_TEST_OUTER_OUTER_PRIVATE_H

#include <stddef.h>

#include "hv-under-test/outer/outer.h"

void outer_write_all(int fd, const char *data, size_t n);
void outer_write_end(struct outer *o);
/* Fill platform, settings, guest words and boot from a kernel's command line. */
const char *outer_take_words(struct outer *o, const char *command_line);

#endif
