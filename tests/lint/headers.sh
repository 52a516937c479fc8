#!/bin/sh
# Every header compiles alone, and the freestanding ones without a C library's headers.
cd "$(dirname "$0")/../.." || exit 2
headers=$(git ls-files '*.h')
n=0
echo "1..$(echo "$headers" | wc -l)"
for h in $headers; do
    n=$((n + 1))
    if out=$(printf '#include "%s"\n#include "%s"\n' "$h" "$h" |
        gcc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-function -Werror -I. -x c \
            -fsyntax-only - 2>&1); then
        echo "ok $n - $h stands alone"
    else
        echo "$out" | head -n 5 | sed 's/^/# /'
        echo "not ok $n - $h stands alone"
    fi
done
