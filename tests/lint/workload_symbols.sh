#!/bin/sh
# The freestanding workloads call nothing but each other and base/: a call of memcpy, or of any
# function a C library brings, would be other code in the agent than in the payload, and one
# workload would have two lengths. The descriptors of Linux workloads are the known exception.
cd "$(dirname "$0")/../.." || exit 2
objects=$(find "${BUILD:-build}/target/workloads" "${BUILD:-build}/target/base" -name '*.o')
echo 1..2
if [ -z "$objects" ]; then
    echo "not ok 1 - freestanding objects are built"
    echo "not ok 2 - they call only each other"
    exit 1
fi
echo "ok 1 - freestanding objects are built"
# shellcheck disable=SC2086
foreign=$(nm $objects | awk '
    NF == 3 { defined[$3] = 1 }
    NF == 2 && $1 == "U" { wanted[$2] = 1 }
    END {
        for (s in wanted)
            if (!(s in defined) && s !~ /^(lm_|net_|exec_|linux_only_|exits_kernel_)/)
                print s
    }')
if [ -z "$foreign" ]; then
    echo "ok 2 - they call only each other"
else
    echo "$foreign" | sed 's/^/# /'
    echo "not ok 2 - they call only each other"
fi
