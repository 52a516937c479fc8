#!/bin/bash
# cppcheck's warnings, performance and portability checks over all C sources.
cd "$(dirname "$0")/../.." || exit 2
echo 1..1
dir=build/cppcheck
mkdir -p $dir
if out=$(git ls-files '*.c' | grep -v -e '^tests/' -e '^bench/lab/card_qemu' |
    xargs cppcheck -j2 --quiet --std=c11 --enable=warning,performance,portability \
        --inline-suppr --suppress=missingIncludeSystem --error-exitcode=1 -I. \
        --cppcheck-build-dir=$dir 2>&1); then
    echo "ok 1 - cppcheck"
else
    echo "$out" | head -n 40 | sed 's/^/# /'
    echo "not ok 1 - cppcheck"
fi
