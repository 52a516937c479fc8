#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: under cpu=vmx, too, the fuzz guest of docs/trust.md finds every result, every account
# and its RAM as they must be, and the report whole, for 10^6 exits; and it sees the faults of VT-x
# in vmm_fuzz/planted.txt. Under Bochs, which takes no plugin: the hypervisor's own memory, and which
# of its lines ran, are not looked at.
#
#   FUZZ_EXITS=N   exits, if not 10^6
#   FUZZ_SEED=N    the first boot's seed, if not 256
#   FUZZ_PARTS=…   of corpus endure planted, if not all
set -u
. "$(dirname "$0")/../vmm_fuzz/run.bash"
. "$(dirname "$0")/../vmm_guest/bochs.bash"
. "$(dirname "$0")/../vmm_fuzz/vmx.bash"
need_bochs "in-tree hypervisor on VT-x, fuzz guest"
need_helper fuzz-svm.elf
exits=${FUZZ_EXITS:-1000000}
seed=${FUZZ_SEED:-256}
parts=${FUZZ_PARTS:-corpus endure planted}

fuzz_planted_clean() { # as that of run.bash
    fuzz_vmx_clean "$tmp/planted.elf" "$2" "$3"
}

# The hypervisor's words of a boot, in turn.
endure_words=("" "tsc=trap" "asid=off")

# Boots by seed until there are enough exits; the operations that exit often have more weight in
# two of three.
endure() {
    local total=0 boots=0 words options
    while [ "$total" -lt "$exits" ]; do
        options=${endure_words[boots % ${#endure_words[@]}]}
        words="seed=$(printf %x $((seed + boots))) steps=4000"
        [ $((boots / 3 % 3)) = 2 ] || words+=" mix=88ff8488118848444811211122"
        fuzz_vmx_clean "$build/vmm/vmm.elf" "$options" "$words" || {
            echo "$options|$words"
            return 1
        }
        total=$((total + fuzz_exits)) boots=$((boots + 1))
        echo "# vmx: $total exits in $boots boots" >&3
    done
}

corpus() {
    local line total=0 boots=0
    while read -r line; do
        fuzz_vmx_clean "$build/vmm/vmm.elf" "${line%%|*}" "${line#*|}" || {
            echo "$line"
            return 1
        }
        total=$((total + fuzz_exits)) boots=$((boots + 1))
    done < <(fuzz_corpus vmx)
    echo "# vmx: $total exits in $boots boots of the corpus" >&3
}

# The control: built the same way, with no more than a comment.
unplanted() {
    fuzz_plant exits.c '$a /* nothing */' &&
        fuzz_vmx_clean "$tmp/planted.elf" "" "$(fuzz_corpus vmx | head -n 1 | cut -d'|' -f2)"
}

exec 3>&1
[[ " $parts " != *" corpus "* ]] || ok "the corpus" corpus
[[ " $parts " != *" endure "* ]] || ok "$exits exits" endure
if [[ " $parts " == *" planted "* ]]; then
    ok "a planted nothing is not found" unplanted
    while IFS= read -r line; do
        rest=${line#*|} what=${line##*|}
        file=${rest%%|*} script=${rest#*|}
        ok "found: $what" fuzz_finds vmx "$file" "${script%|*}"
    done < <(grep '^vmx|' $fuzz_dir/planted.txt)
fi
plan_end
