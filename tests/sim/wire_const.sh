#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The RTL's copy of the wire constants says what probe/wire.h says, name by name, both ways.
# A third test point damages a copy to show that the comparison can fail.
cd "$(dirname "$0")/../.." || exit 1
d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT

# Lines "NAME decimal", sorted. Both files give each value as a literal.
values='
function digit(c) { return index("0123456789abcdef", tolower(c)) - 1 }
function number(s, base, i, v) {
    for (i = 1; i <= length(s); i++) v = v * base + digit(substr(s, i, 1))
    return v + 0
}'
from_c() {
    awk "$values"'
    /^#define WIRE_[A-Z0-9_]+ / { name = $2; v = $3 }
    /^ *WIRE_[A-Z0-9_]+ = / { name = $1; v = $3; sub(/,.*/, "", v) }
    name {
        sub(/u$/, "", v)
        print name, v ~ /^0x/ ? number(substr(v, 3), 16) : number(v, 10)
        name = ""
    }' "$1" | sort
}
from_verilog() {
    awk "$values"'
    /^`define WIRE_/ {
        v = $3
        base = 10
        if (match(v, /^[0-9]+\047[hd]/)) {
            base = substr(v, RLENGTH, 1) == "h" ? 16 : 10
            v = substr(v, RLENGTH + 1)
        }
        print $2, number(v, base)
    }' "$1" | sort
}

echo 1..3
from_c probe/wire.h >"$d/c"
from_verilog fpga-timer/rtl/etl_wire.vh >"$d/v"
n=$(wc -l <"$d/c")
if [ "$n" -ge 50 ]; then
    echo "ok 1 - probe/wire.h has $n constants"
else
    echo "not ok 1 - only $n constants found in probe/wire.h"
fi
if diff "$d/c" "$d/v" >"$d/diff"; then
    echo "ok 2 - etl_wire.vh has the same names and values"
else
    echo "not ok 2 - etl_wire.vh and probe/wire.h differ"
    sed 's/^/# /' "$d/diff"
fi
sed "s/8'hDB/8'hDA/" fpga-timer/rtl/etl_wire.vh >"$d/bad.vh"
from_verilog "$d/bad.vh" >"$d/bad"
if diff "$d/c" "$d/bad" >/dev/null; then
    echo "not ok 3 - a wrong value went unseen"
else
    echo "ok 3 - a wrong value is seen"
fi
