#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Print the source_id of HELLO (probe/wire.h) as a Verilog constant: the first 8 bytes of SHA-256
# over the files given, sorted by name in byte order, as a little-endian number.
set -eu
hash=$(printf '%s\n' "$@" | LC_ALL=C sort | xargs cat | sha256sum)
printf '%s\n' "$hash" |
    sed "s/^\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\).*/64'h\8\7\6\5\4\3\2\1/"
