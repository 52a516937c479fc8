#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The hypervisor's ledger of distortions on the pinned machine: what is told is what was asked
# for, within what the hypervisor's own path takes; a run repeated tells the same; where no lie is
# told there is no ledger. What an external clock sees of it is tests/system/lies.sh.
set -u
. "$(dirname "$0")/vmm_guest/run.bash"
need_qemu "in-tree hypervisor, lies about time"
vmm=$build/vmm/vmm.elf
guest=$build/tests/vmm-guest.elf

# entries AWK: rows of records `distortion` for which the condition on field[] holds, counted.
entries() {
    awk -F'\t' "\$1 == \"distortion\" {
        for (i = 2; i <= NF; i++) { split(\$i, kv, \"=\"); field[kv[1]] = kv[2] }
        if ($1) n++
    } END { print n + 0 }" "$work/report"
}

only() { # KIND CONDITION: there are entries of the kind, and all are so
    local all of
    all=$(entries "field[\"kind\"] == \"$1\"")
    of=$(entries "field[\"kind\"] == \"$1\" && ($2)")
    echo "# $1: $of of $all"
    [ "$all" -gt 0 ] && [ "$all" = "$of" ]
}

words="tsc=trap seed=5 lie=steal:periodic:1000000:150000 lie=offset_step:500000:-777"
words+=" lie=rate_ppm:50 lie=jitter:300 lie=exit_pad:hypercall:100 lie=pause:hidden:1300000:5000"
words+=" lie=steal:burst:2000000:2:20000:3000 lie=backstep:1500000:1000"
vmm_run "$vmm" "$words" "$guest" "test=basic"
vmm_ok "eight lies at once: the guest runs to its end" test "$status" = 33
vmm_ok "no record is damaged" test "$records_status" = 0
vmm_ok "steals take what was asked for, and less than 20 ticks more" \
    only steal 'field["delivered"] >= field["requested"] && field["delivered"] < field["requested"] + 20'
vmm_ok "a hidden pause is not in the guest's clock" \
    only pause 'field["visible"] == 0 && field["delivered"] >= 5000 && field["delivered"] < 5040'
vmm_ok "a step is exact" only offset_step 'field["delivered"] == -777 && field["visible"] == -777'
vmm_ok "so are steps back" only backstep 'field["delivered"] == -1000'
vmm_ok "the rate is what was asked for, to a tick in the boot" \
    only rate_ppm 'field["delivered"] - 50000 >= -100 && field["delivered"] - 50000 <= 100'
vmm_ok "the jitter reaches its amplitude and does not exceed it" \
    only jitter 'field["delivered"] == 300 && field["count"] > 1000'
# 100 instructions and the second RDTSC are 202 ticks; a few more are the compiler's.
vmm_ok "each pad takes its instructions" \
    only exit_pad 'field["delivered"] >= 202 * field["count"] && field["delivered"] <= 212 * field["count"]'
vmm_ok "and every hypercall had one" test "$(field distortion count kind=exit_pad)" = \
    "$(($(field exits count cause=hypercall) - 1))"
# totals OF: of each request entries, count, requested, delivered and visible, as its record `lie`
# tells them, or as the records `distortion` add up to.
totals() {
    awk -F'\t' -v of="$1" '$1 == of {
        for (i = 2; i <= NF; i++) { split($i, kv, "="); field[kv[1]] = kv[2] }
        n = of == "lie" ? field["n"] : field["lie"]
        entries[n] += of == "lie" ? field["entries"] : 1
        count[n] += field["count"]; requested[n] += field["requested"]
        delivered[n] += field["delivered"]; visible[n] += field["visible"]
    } END { for (n in count) print n, entries[n], count[n], requested[n], delivered[n], visible[n] }' \
        "$work/report" | sort
}
same_totals() {
    [ "$(totals lie | wc -l)" = 8 ] && is "$(totals lie)" "$(totals distortion)"
}
vmm_ok "sums are those of the entries, of each of the eight" same_totals
vmm_ok "the ledger says how many, and names the build" \
    test "$(field ledger entries) $(field ledger dropped) $(field ledger build)" = \
    "$(entries 1) 0 $(field fact vmm.build)"

cp "$work/report.raw" "$tmp/first"
vmm_run "$vmm" "$words" "$guest" "test=basic"
vmm_ok "again: the same report, byte for byte" cmp "$tmp/first" "$work/report.raw"
vmm_run "$vmm" "seed=1 lie=steal:poisson:100000:3000" "$guest" "test=basic"
grep ^distortion "$work/report" >"$tmp/first"
vmm_run "$vmm" "seed=2 lie=steal:poisson:100000:3000" "$guest" "test=basic"
vmm_ok "another seed: another ledger" sh -c "! grep ^distortion '$work/report' | cmp -s - '$tmp/first'"

vmm_run "$vmm" "lie=steal:periodic:10000:10 lie=steal:periodic:10000:10" "$guest" "test=basic"
vmm_ok "a full ledger: what finds no room is counted" test \
    "$(field ledger entries) $(($(field ledger entries) + $(field ledger dropped)))" = \
    "2048 $(($(field lie entries n=0) + $(field lie entries n=1)))"
vmm_run "$vmm" "lie=steal:periodic:100000:10" "$guest" "test=triple"
vmm_ok "a guest that dies leaves a ledger" \
    test "$status" = 35 -a "$(field ledger lies)" = 1 -a -n "$(field error reason)"
vmm_run "$vmm" "tsc=trap" "$guest" "test=basic"
vmm_ok "without a lie there is no ledger" sh -c "! grep -q '^ledger\|^lie\|^distortion' '$work/report'"
for paging in shadow-lazy shadow-eager; do
    vmm_run "$vmm" "paging=$paging $words" "$guest" "test=basic"
    vmm_ok "paging=$paging: the guest runs to its end" test "$status $records_status" = "33 0"
    vmm_ok "paging=$paging: a step is exact" \
        only offset_step 'field["delivered"] == -777 && field["visible"] == -777'
    vmm_ok "paging=$paging: a hidden pause is not in the guest's clock" \
        only pause 'field["visible"] == 0 && field["delivered"] >= 5000 && field["delivered"] < 5040'
done
vmm_run "$vmm" "lie=lost_ticks:50000:1" "$guest" "test=basic"
vmm_ok "a guest that sets no timer has no ticks to lose, which is an error" \
    reported "lie: interrupts of a timer were to be lost, and the guest set none that ticks"

# Without SVM: what the guest reads can be changed, what comes by the clock is refused.
without="-cpu max,-smap,-rdtscp,-rdrand,-rdseed,-svm"
vmm_run "$vmm" "cpu=soft tsc=trap seed=5 lie=rate_ppm:-50 lie=jitter:300" "$guest" \
    "test=basic rdtsc=exits" $without
vmm_ok "cpu=soft: the guest runs to its end" test "$status $records_status" = "33 0"
vmm_ok "cpu=soft: the rate is what was asked for" \
    only rate_ppm 'field["delivered"] + 50000 >= -100 && field["delivered"] + 50000 <= 100'
vmm_ok "cpu=soft: the jitter reaches its amplitude" \
    only jitter 'field["delivered"] == 300 && field["count"] > 1000'

refused() { # CONFIG REASON: before the guest ran
    vmm_run "$vmm" "$1" "$guest" "test=basic" $without
    vmm_ok "$1 is refused" reported "$2"
    vmm_ok "$1: the guest did not run" test ! -s "$work/guest"
}

refused "cpu=soft tsc=trap lie=steal:poisson:100000:3000" \
    "lie=steal:poisson:100000:3000: needs cpu=svm or cpu=vmx: the other backends have neither timer nor"
refused "cpu=soft lie=exit_pad:cpuid:10" "lie=exit_pad:cpuid:10: needs cpu=svm"
refused "cpu=pv lie=offset_step:500000:7" "lie=offset_step:500000:7: needs cpu=svm"
refused "cpu=pv lie=rate_ppm:5" "lie=rate_ppm:5: needs cpu=svm, cpu=vmx or cpu=soft: a paravirtual guest's"
refused "cpu=pv tsc=scale:5" "tsc=scale: here done by trapping"

# A rate that is no lie, scaled by trapping on either processor.
for cpu in svm soft; do
    [ $cpu = svm ] && processor= || processor=$without
    vmm_run "$vmm" "cpu=$cpu tsc=scale:-1000" "$guest" "test=work rdtsc=exits" $processor
    scaled=$(figure ticks_work)
    vmm_ok "cpu=$cpu tsc=scale: it is told" test "$(field fact vmm.tsc.how)" = "scaled by trapping"
    vmm_run "$vmm" "cpu=$cpu tsc=trap" "$guest" "test=work rdtsc=exits" $processor
    plain=$(figure ticks_work)
    echo "# cpu=$cpu: $plain ticks, $scaled scaled by -1000 ppm"
    vmm_ok "cpu=$cpu tsc=scale: the guest reads 1000 ppm less, to 5 ppm" test \
        "$(((plain - scaled) * 1000000 / plain))" -ge 995 -a \
        "$(((plain - scaled) * 1000000 / plain))" -le 1005
done
plan_end
