# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests/system/vmm_guests.sh and its mutants, behind vmm_guest/run.bash: what a run with
# several guests must have left.

hz="tsc_hz=1000000000 ram_mb=16"

fact() { # KEY
    awk -F'\t' -v key="$1" '$1 == "fact" { for (i = 2; i <= NF; i++)
        if (index($i, key "=") == 1) print substr($i, length(key) + 2) }' "$work/report"
}

within() { # VALUE LEAST MOST
    [ -n "$1" ] && [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

whole() { # the guest kept what is its own, and the machine ended well
    test "$status $records_status" = "33 0" && guest_content
}

# What the ledger has is what the accounts page says, and nothing of it is lost.
ledger_whole() {
    test "$(field ledger dropped) $(field lie count) $(field lie delivered)" = \
        "0 $(fact vmm.guests.steals) $(fact vmm.guests.steal_ticks)" &&
        test "$(field lie visible)" = "$(field lie delivered)" &&
        test "$(field ledger entries)" -le 2048 && test "$(fact vmm.guests.steals)" = "$(figure steals)"
}

# Time passed = work ($clean) + stolen + in the exits' handlers + 50 ticks of the path of each beside
# them.
closes() {
    test $(($(figure work_ticks) - clean - $(figure work_steal_ticks) - $(figure work_in_vmm))) = \
        $((50 * $(figure work_exits)))
}

stolen() { # LEAST MOST  per mille of the time that the work took
    within $(($(figure work_steal_ticks) * 1000 / $(figure work_ticks))) "$1" "$2"
}

# Of guest N with the load probe: it tried all, and got away with nothing.
refused_all() { # N
    local c
    test "$(fact "vmm.guest$1.reports") $(fact "vmm.guest$1.reported")" = "1 0" &&
        test "$(for c in nested-fault port-in port-out msr-read msr-write hypercall other shutdown; do
            echo "$c $(fact "vmm.guest$1.exits.$c")"
        done | xargs)" = "nested-fault 6178 port-in 12 port-out 13 msr-read 8 msr-write 8 hypercall 6 \
other 9 shutdown 1" && test "$(fact "vmm.guest$1.ended")" = "triple fault" &&
        test "$(tr -dc '!' <"$work/guest")" = ""
}

# Of guest N with the load fill: it looked, and its registers were its own.
kept_all() { # N
    test "$(fact "vmm.guest$1.reported")" = 0 && within "$(fact "vmm.guest$1.reports")" 500 100000
}
