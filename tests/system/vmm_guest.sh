#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The in-tree hypervisor under its own test guest: every handler, exact counts, in every
# configuration.
set -u
. "$(dirname "$0")/vmm_guest/run.bash"
need_qemu "in-tree hypervisor"
vmm=$build/vmm/vmm.elf
guest=$build/tests/vmm-guest.elf

# Sum of counts over causes is the total of the end record.
counts_add_up() {
    awk -F'\t' '
        { for (i = 2; i <= NF; i++) { split($i, f, "="); v[f[1]] = f[2] } }
        $1 == "exits" { sum += v["count"] }
        $1 == "end" { total = v["exits"] }
        END { exit !(sum > 0 && sum == total) }' "$work/report"
}

for config in "" "hypercall=fast" "tsc=offset:1000000000000" "tsc=offset:-20000000"; do
    vmm_run "$vmm" "boot=41 $config" "$guest" "test=basic"
    name=${config:-default}
    vmm_ok "$name: every check of the guest" guest_content
    vmm_ok "$name: the machine ended by the hypercall" test "$status" = 33
    vmm_ok "$name: report whole" test "$records_status" = 0
    vmm_ok "$name: end record says ok" test "$(field end status)" = ok
    vmm_ok "$name: counts by cause add up to the total" counts_add_up
    vmm_ok "$name: configuration is echoed" \
        test "$(field fact vmm.hypercall vmm.request.boot=41)" = \
        "$([ "$config" = hypercall=fast ] && echo fast || echo full)"
    case $config in
    "") base=$(figure tsc) ;;
    # The guest's clock is off by what was asked, give or take the longer command line.
    tsc=offset:*)
        asked=${config#tsc=offset:}
        vmm_ok "$name: the guest's TSC is shifted" \
            awk "BEGIN { d = $(figure tsc) - $base - $asked; exit !(d > -20000 && d < 20000) }"
        ;;
    esac
done

vmm_run "$vmm" "tsc=trap" "$guest" "test=basic rdtsc=exits"
vmm_ok "tsc=trap: every check of the guest, each RDTSC an exit" guest_content
vmm_ok "tsc=trap: report says rdtsc" test "$(field exits count cause=rdtsc)" -ge 1000

# RDTSC that exits must be found out by a guest that believes it does not, and the other way
# round: the check can fail.
vmm_run "$vmm" "tsc=trap" "$guest" "test=basic"
vmm_ok "a wrong belief about RDTSC is noticed" grep -q '^not ok rdtsc exits' "$work/guest"

vmm_run "$vmm" "ram_mb=64" "$guest" "test=basic"
vmm_ok "ram_mb=64: the guest sees 64 MiB" test "$(figure ram_bytes)" = $((64 << 20))
vmm_ok "ram_mb=64: every check of the guest" guest_content

vmm_run "$vmm" "" "$guest" "test=basic"
first=$(cat "$work/guest" "$work/report.raw" | cksum)
vmm_run "$vmm" "" "$guest" "test=basic"
vmm_ok "two runs are byte-identical" test "$first" = "$(cat "$work/guest" "$work/report.raw" | cksum)"
plan_end
