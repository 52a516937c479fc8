/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * base/paths.h - where our own built parts, data files and caches are.
 *
 * Built parts (agent, payload, hypervisor, timer simulation, card model) stand beside the
 * running program in the build tree, in ../lib/etalon of an installation, or in $ETALON_LIB.
 */
#ifndef ETALON_BASE_PATHS_H
#define ETALON_BASE_PATHS_H

#include <stddef.h>

#include "base/err.h"

/* Full path of a built part named relative to the build folder ("agent/etalon-agent",
 * "payload/payload.elf", "vmm/vmm.elf", "etalon-timer-sim", "etalon-card.so");
 * ERR_UNAVAILABLE, naming what to build, if it is not there. */
int paths_find(const char *part, char *out, size_t size, struct err *e);

/* The cache folder ($ETALON_CACHE, else cache/ beside the build folder, else
 * $XDG_CACHE_HOME/etalon or ~/.cache/etalon for an installation), created if missing. */
int paths_cache(char *out, size_t size, struct err *e);

/* mkdir -p. */
int paths_make_dirs(const char *path, struct err *e);

/* Remove a folder and all below it; missing is fine. */
int paths_remove_tree(const char *path, struct err *e);

/* A fresh private folder with a short name (Unix socket paths are limited to 107 bytes) under
 * $TMPDIR or the system's temporary folder. The caller removes it. */
int paths_make_temporary(char *out, size_t size, struct err *e);

#endif
