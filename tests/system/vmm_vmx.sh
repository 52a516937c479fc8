#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: cpu=vmx carries the same guests as cpu=svm, with the same exits by cause, and keeps
# them in: under Bochs, whose instructions its TSC counts. Costs are such instructions.
set -u
. "$(dirname "$0")/vmm_fuzz/run.bash"
. "$(dirname "$0")/vmm_guest/bochs.bash"
. "$(dirname "$0")/vmm_fuzz/vmx.bash"
need_bochs "in-tree hypervisor on VT-x"
need_helper fuzz-svm.elf
vmm=$build/vmm/vmm.elf
guest=$build/tests/vmm-guest.elf
page=docs/techniques/vmx.md

good() {
    test "$status" = 33 && test "$records_status" = 0 && test "$(field end status)" = ok
}
harmless() {
    good && guest_content
}
# cost() of run.bash, one tick an instruction; whole numbers, for a tick of the machine's clock may
# fall in.
cost() {
    echo $((($(figure "ticks_1000_$1") - $(figure ticks_1000_baseline) + 500) / 1000))
}
shown() { # FIGURE IN THE TABLE "What it costs"
    awk -F'|' -v name=" $1 " '$2 == name { print $3 + 0 }' "$page"
}

# --- every handler, exact counts ---

bochs_run "$vmm" "boot=3" "$guest" "test=basic"
first=$(cat "$work/guest" "$work/report.raw" | cksum)
vmm_ok "every check of the guest" harmless
vmm_ok "what was asked for is in effect" is "vmx nested on" \
    "$(field fact vmm.cpu) $(field fact vmm.paging) $(field fact vmm.asid)"
for what in hypercall port_out cpuid emulated_store; do
    echo "# $what: $(cost $what)"
    vmm_ok "$what: as $page has it" is "$(shown $what)" "$(cost $what)"
done
executed=$((1 + $(listed vmx_exit_entry vmx_exit_entry_end) + \
    $(listed vmx_full_light vmx_full_light_end) + $(straight vmx_exit_vmcall)))
vmm_ok "a hypercall: the machine code has as many instructions as are measured" is \
    "$(cost hypercall)" "$executed"
vmm_ok "… and $page adds up to them" is "$executed" "$(documented 'A hypercall' "$page")"
vmm_ok "reading the TSC and a store to the card cost what a store costs" is "0 0" \
    "$(cost rdtsc) $(cost card_store)"

bochs_run "$vmm" "boot=3" "$guest" "test=basic"
vmm_ok "two boots are byte-identical" is "$first" "$(cat "$work/guest" "$work/report.raw" | cksum)"

bochs_run "$vmm" "asid=off" "$guest" "test=basic"
vmm_ok "asid=off: every check of the guest, without VPID" harmless
vmm_ok "asid=off: the same instructions" is "$(shown hypercall)" "$(cost hypercall)"

bochs_run "$vmm" "tsc=trap" "$guest" "test=basic rdtsc=exits"
vmm_ok "tsc=trap: every check of the guest, each RDTSC an exit" harmless

# --- the payload ---

plan="null,iters=100/spin,n=50000,iters=60/spin,n=100000,iters=60"
plan="$plan/superpi,log2_digits=7,iters=5"
for op in empty hypercall cpuid port-out mmio-store rdtsc page-fault; do
    plan="$plan/exits,op=$op,n=100,iters=10"
done
payload_words="etl.boot=9 etl.seed=11 etl.exit=hypercall etl.collectors=clocks etl.tsc_hz=$bochs_ips etl.plan=$plan"
bochs_run "$vmm" "boot=9" "$build/payload/payload.elf" "$payload_words"
vmm_ok "the payload ran whole" good
"$build/tests/records" "$work/guest" >"$work/records" 2>"$work/sums"
vmm_ok "its records are whole" test $? = 0
vmm_ok "it carried out its plan" grep -q 'intervals=295.*status=ok' "$work/records"
vmm_ok "it computes what it should" test "$(grep -c '^answer.*verdict=ok' "$work/records")" = 11 -a \
    "$(grep -c '^answer' "$work/records")" = 11
vmm_ok "no exit between two markers, exactly K of K hypercalls" is \
    "null 0 0 hypercall 100 200" "$(awk -F'\t' '$1 == "audit" {
        split($2, w, "="); split($4, k, "="); split($5, kk, "="); print w[2], k[2], kk[2] }' \
        "$work/records" | paste -sd' ')"
ticks() { # RUN: the median of its intervals
    awk -F'\t' -v w="w=$1" '$1 == "iv" && $3 == w { split($5, a, /[=:]/); print a[3] - a[2] }' \
        "$work/records" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
vmm_ok "spin 2N - N is N instructions" is 50000 $(($(ticks 2) - $(ticks 1)))
# Exits of a whole boot by neutral cause, as in vmm_backends.sh. control-register: CR0.NE, once.
expected="cpuid 1006 hypercall 4001 mmio 1000 msr-read 1 msr-write 1 port-in 8 port-out 1010"
by_cause=$(awk -F'\t' '$1 == "exits" { split($2, c, "="); split($3, n, "="); print c[2], n[2] }' \
    "$work/report" | sort)
vmm_ok "exits by cause are those of the table for svm" is "$expected" \
    "$(grep -v '^control-register' <<<"$by_cause" | paste -sd' ')"
vmm_ok "… and one that svm has not" is "control-register 1" \
    "$(grep '^control-register' <<<"$by_cause")"
# Runs 4 to 10 are those of `exits`, the empty loop first.
each=""
for w in 5 6 7 8 9; do each="$each $(((($(ticks $w) - $(ticks 4)) + 50) / 100))"; done
echo "# hypercall, cpuid, port-out, mmio-store, rdtsc of the payload:$each"
vmm_ok "operations cost the payload what $page has" is \
    " $(shown hypercall) $(shown 'payload cpuid') $(shown 'payload port-out') $(shown 'payload mmio-store') 1" \
    "$each"

# --- interrupts and lies ---

bochs_ips=1000000000
bochs_run "$vmm" "tsc_hz=1000000000" "$guest" "test=interrupts"
vmm_ok "the guest's interrupts come, each once and in time" harmless
vmm_ok "… by a window each" test "$(field exits count cause=interrupt-window)" -ge 240
bochs_ips=50000000

bochs_run "$vmm" "" "$guest" "test=work if=on"
alone=$(figure ticks_work)
bochs_run "$vmm" "lie=steal:periodic:100000:5000 lie=exit_pad:cpuid:1000" "$guest" \
    "test=work if=on"
stolen=$(field lie visible kind=steal)
pieces=$(field lie count kind=steal)
longer=$(($(figure ticks_work) - alone))
vmm_ok "lies: the guest miscounts nothing" harmless
echo "# $pieces pieces, $stolen ticks stolen by the ledger, the work took $longer more"
vmm_ok "steal: the ledger has every exit by interrupt" is "$(field exits count cause=interrupt)" \
    "$pieces"
vmm_ok "steal: what the ledger says is what is missing, less a constant for each piece" test \
    "$pieces" -gt 150 -a "$longer" -gt "$stolen" -a \
    $((longer - stolen)) -lt $((pieces * 200))
vmm_ok "exit_pad: delivered as asked, to a few instructions" test \
    "$(field lie delivered kind=exit_pad)" -ge "$(field lie requested kind=exit_pad)" -a \
    "$(field lie delivered kind=exit_pad)" -le $(($(field lie requested kind=exit_pad) + 35))

# --- isolation; more of it in long/vmm_vmx_hostile.sh ---

bochs_run "$vmm" "" "$guest" "test=msrs"
vmm_ok "registers: those of the table and no others" harmless
bochs_run "$vmm" "" "$guest" "test=store at=fee00000"
vmm_ok "the local APIC is out of reach" reported "the guest reached for memory it does not have"
vmm_ok "… and the address is told" is 0xfee00000 "$(field error guest_physical)"
bochs_run "$vmm" "" "$guest" "test=accounts"
vmm_ok "the accounts are not to be written" reported \
    "the guest reached for memory it does not have"
vmm_ok "… and booked as svm books it" is 1 "$(field exits count cause=nested-fault)"
bochs_run "$vmm" "" "$guest" "test=hidden"
vmm_ok "nothing is behind its RAM" reported "the guest reached for memory it does not have"

# --- what chance tries; more of it in long/vmm_fuzz_vmx.sh ---

first=$(fuzz_corpus vmx | head -n 1)
ok "the fuzz guest finds nothing wrong" fuzz_vmx_clean "$vmm" "${first%%|*}" "${first#*|}"

# --- processors that lack something; Bochs' firmware locks VT-x on, so off is test_vmm_vmx.c's ---

refused() { # REASON
    vmm_ok "$bochs_model: $1" reported "$1"
    vmm_ok "$bochs_model: the guest did not run" test ! -s "$work/guest"
}
while read -r bochs_model reason; do
    bochs_run "$vmm" "" "$guest" "test=basic"
    refused "$reason"
done <<'M'
p4_prescott_celeron_336 cpu=vmx: this processor has no VT-x
core2_penryn_t9600 paging=nested: this processor's VT-x has no EPT
corei5_lynnfield_750 cpu=vmx: this processor has no unrestricted guest, and the guest starts without paging
M
plan_end
