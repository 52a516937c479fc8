#!/bin/sh
# The style of .clang-format holds everywhere.
cd "$(dirname "$0")/../.." || exit 2
echo 1..1
bad=$(git ls-files '*.c' '*.h' | xargs clang-format --dry-run 2>&1 | grep -c 'clang-format-violations')
if [ "$bad" = 0 ]; then
    echo "ok 1 - clang-format"
else
    git ls-files '*.c' '*.h' | xargs clang-format --dry-run 2>&1 | grep violations | cut -d: -f1 |
        sort | uniq -c | sed 's/^/# /'
    echo "not ok 1 - clang-format: $bad places; run make fmt"
fi
