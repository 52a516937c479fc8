#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Coverage-guided search: words of hypervisor and fuzz guest that reach instructions of the
# hypervisor which the corpus does not. Prints lines for corpus.txt, each with how many it adds,
# and those that found something wrong; the same SEED gives the same search.
#
#   tests/system/vmm_fuzz/guide.sh MODE SEED BOOTS
#
#   FUZZ_SEEN=DIR  what ran before (long/vmm_fuzz.sh), in place of the corpus's boots
set -u
. "$(dirname "$0")/run.bash"
mode=$1 random=$((16#$2)) boots=$3
operations=26 # of the longest table
: >"$tmp/all"

next() { # below N: sets $drawn
    random=$(((random * 6364136223846793005 + 1442695040888963407) & 0x7fffffffffffffff))
    drawn=$(((random >> 20) % $1))
}

# Operations' weights: most as they were, some changed. Sets $mix.
mutate() { # MIX
    local old=$1 digit i
    mix=""
    for ((i = 0; i < operations; i++)); do
        digit=${old:i:1}
        next 4
        if [ "$drawn" = 0 ]; then
            next 16
            digit=$(printf %x "$drawn")
        fi
        mix+=${digit:-4}
    done
}

# How many instructions of this boot were not in $tmp/all; they are then. Sets $found.
add() { # VMM-WORDS GUEST-WORDS
    fuzz_boot "$build/vmm/vmm.elf" "$mode" "$1" "$2" "$tmp/memory"
    found=$(comm -13 "$tmp/all" <(sort -u "$tmp/seen") | wc -l)
    sort -u -o "$tmp/all" "$tmp/all" "$tmp/seen"
}

is_right() {
    grep -q '^bug' "$work/guest" && return 1
    [ "$(field end status)" = ok ] || ! fuzz_own_fault "$(field error reason)"
}

mapfile -t corpus < <(fuzz_corpus "$mode")
options=("")
[ -z "${FUZZ_SEEN:-}" ] || cp "$FUZZ_SEEN/$mode" "$tmp/all"
for line in "${corpus[@]}"; do
    [ -n "${FUZZ_SEEN:-}" ] || add "${line%%|*}" "${line#*|}"
    [[ "$line" == "|"* ]] || options+=("${line%%|*}")
done
pool=(4444444444444444444444444)
for ((n = 0; n < boots; n++)); do
    next ${#pool[@]}
    mutate "${pool[drawn]}"
    next ${#options[@]}
    option=${options[drawn]}
    next 65536
    words="seed=$(printf %x "$drawn") steps=80 mix=$mix"
    case $option in *jitter* | *backstep* | *offset_step*) words+=" clock=1" ;; esac
    next 2
    if [ "$drawn" = 0 ]; then
        next 15
        words+=" last=$(printf %x "$drawn")"
    fi
    add "$option" "$words"
    if ! is_right; then
        echo "$mode|$option|$words # WRONG: $(grep '^bug' "$work/guest") $(field error reason)"
    fi
    [ "$found" -gt 0 ] || continue
    pool+=("$mix")
    echo "$mode|$option|$words # $found"
done
