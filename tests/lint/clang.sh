#!/bin/bash
# clang finds nothing to warn of in any host source.
cd "$(dirname "$0")/../.." || exit 2
echo 1..1
if out=$(make --no-print-directory -j2 CC=clang BUILD=build-clang build-clang/etalon 2>&1); then
    echo "ok 1 - builds with clang, warnings are errors"
else
    echo "$out" | grep -E 'error|warning' | head -n 20 | sed 's/^/# /'
    echo "not ok 1 - builds with clang, warnings are errors"
fi
