#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Coverage-guided search: words of the fuzz guest that reach instructions of the hypervisor which
# the corpus does not. Prints lines for corpus.txt, each with how many it adds; the same SEED
# gives the same search.
#
#   tests/system/vmm_fuzz/guide.sh MODE SEED BOOTS
set -u
. "$(dirname "$0")/run.bash"
mode=$1 random=$((16#$2)) boots=$3
: >"$tmp/all"

next() { # below N
    random=$(((random * 6364136223846793005 + 1442695040888963407) & 0x7fffffffffffffff))
    echo $(((random >> 20) % $1))
}

# Operations' weights: most as they were, some changed.
mutate() { # MIX
    local out="" digit i
    for ((i = 0; i < 23; i++)); do
        digit=${1:i:1}
        [ "$(next 4)" = 0 ] && digit=$(printf %x "$(next 16)")
        out+=${digit:-4}
    done
    echo "$out"
}

# How many instructions of this boot were not in $tmp/all; they are then.
add() { # GUEST-WORDS
    fuzz_boot "$build/vmm/vmm.elf" "$mode" "" "$1" "$tmp/memory"
    comm -13 "$tmp/all" <(sort -u "$tmp/seen") | wc -l
    sort -u -o "$tmp/all" "$tmp/all" "$tmp/seen"
}

while read -r line; do
    add "${line#*|}" >/dev/null
done < <(fuzz_corpus "$mode")
pool=(44444444444444444444444)
for ((n = 0; n < boots; n++)); do
    mix=$(mutate "${pool[$(next ${#pool[@]})]}")
    words="seed=$(printf %x "$(next 65536)") steps=80 mix=$mix"
    [ "$(next 2)" = 0 ] && words+=" last=$(printf %x "$(next 15)")"
    found=$(add "$words")
    [ "$found" -gt 0 ] || continue
    pool+=("$mix")
    echo "$mode||$words # $found"
done
