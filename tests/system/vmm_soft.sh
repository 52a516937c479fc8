#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# cpu=soft on a processor without SVM: every handler with the same exact counts as cpu=svm, the
# POPF hole shut and, on request, open, debug traps, path lengths, and every end with a reason.
set -u
. "$(dirname "$0")/vmm_fuzz/run.bash"
need_qemu "cpu=soft"
vmm=$build/vmm/vmm.elf
guest=$build/tests/vmm-guest.elf
processor=max,-smap,-rdtscp,-rdrand,-rdseed
without="-cpu $processor,-svm"
hypercall_limit=64
port_limit=80

# The machine has no SVM: cpu=svm says so there.
vmm_run "$vmm" "cpu=svm" "$guest" "test=basic" $without
vmm_ok "this processor has no SVM" reported "cpu=svm: this processor has no SVM"

vmm_run "$vmm" "cpu=soft boot=41" "$guest" "test=basic" $without
first=$(cat "$work/guest" "$work/report.raw" | cksum)
vmm_ok "every check of the guest" guest_content
vmm_ok "the machine ended by the hypercall" test "$status" = 33
vmm_ok "report whole" test "$records_status $(field end status)" = "0 ok"
vmm_ok "requested and effective are told" test \
    "$(field fact vmm.cpu vmm.request.boot=41)|$(field fact vmm.request.paging vmm.request.boot=41)|$(field fact vmm.paging vmm.request.boot=41)" = "soft||shadow-lazy"
vmm_ok "code was read and replaced" test "$(field fact vmm.soft.replaced)" -gt 10

hypercall=$(cost hypercall)
echo "# hypercall $hypercall, CPUID $(cost cpuid), OUT $(cost port_out), emulated store $(cost emulated_store) instructions"
vmm_ok "hypercall: at most $hypercall_limit instructions" \
    test "$hypercall" -gt 0 -a "$hypercall" -le $hypercall_limit
# OUT's loop has one instruction less than the baseline's, and its port is in the instruction.
vmm_ok "OUT: at most $port_limit instructions" test "$(cost port_out)" -gt 0 -a "$(cost port_out)" -le $port_limit

executed=$((1 + $(listed soft_stub_hypercall soft_entered) + $(straight soft_exit_hypercall)))
echo "# hypercall: INT n + path + handler = $executed"
vmm_ok "hypercall: the machine code has as many as measured" test "$executed" = "$hypercall"
vmm_ok "hypercall: docs/techniques/soft.md adds up to it" test "$(documented Hypercall docs/techniques/soft.md)" = "$executed"

# RF in the flags' image of what is delivered (APM vol. 2 section 3.1.6): faults have it, traps not.
seen_by_guest() { # SED SCRIPT for soft/soft_event.c, CHECK: the one thing the guest then complains of
    fuzz_plant soft/soft_event.c "$1" &&
        vmm_run "$tmp/planted.elf" "cpu=soft" "$guest" "test=basic" $without &&
        test "$(grep '^not ok' "$work/guest")" = "not ok … and a $2"
}
ok "a fault without RF is seen" seen_by_guest 's/ | (x86_is_fault(vector) ? X86_RFLAGS_RF : 0);/;/' \
    "fault: RF is set where it was: got 0, wanted 1"
ok "a trap with RF is seen" seen_by_guest 's/(x86_is_fault(vector) ? X86_RFLAGS_RF : 0)/X86_RFLAGS_RF/' \
    "trap: RF is clear where it was: got 1, wanted 0"

vmm_run "$vmm" "cpu=soft boot=41" "$guest" "test=basic" $without
vmm_ok "two runs are byte-identical" test "$first" = "$(cat "$work/guest" "$work/report.raw" | cksum)"
vmm_run "$vmm" "cpu=soft" "$guest" "test=basic" -cpu $processor
vmm_ok "with SVM in the processor it is the same" guest_content
vmm_run "$vmm" "cpu=soft tsc=trap" "$guest" "test=basic rdtsc=exits" $without
vmm_ok "tsc=trap: every check, each RDTSC an exit" guest_content

# The hole: closed it is closed, open it is seen, and a processor with SVM has none.
vmm_run "$vmm" "cpu=soft" "$guest" "test=flags" $without
vmm_ok "the interrupt flag is the guest's" guest_content
vmm_run "$vmm" "cpu=soft popf=open" "$guest" "test=flags" $without
vmm_ok "popf=open: PUSHF and POPF lose it without a word" test \
    "$(grep '^not ok' "$work/guest" | cut -d: -f1 | tr '\n' ,)" = \
    "not ok PUSHF shows it,not ok POPF clears it,not ok POPF sets it,"
vmm_ok "popf=open: the report says so" test "$(field fact vmm.popf vmm.request.popf=open)" = open
vmm_run "$vmm" "cpu=svm" "$guest" "test=flags" -cpu $processor
vmm_ok "cpu=svm agrees with the closed one" guest_content
vmm_run "$vmm" "cpu=soft" "$guest" "test=steps" $without
vmm_ok "a step over an emulated instruction has its debug trap" guest_content

guest_test() { # NAME REASON [CAUSE [COUNT, 1]]
    vmm_run "$vmm" "cpu=soft boot=2" "$guest" "test=$1" $without
    vmm_ok "guest: $1" reported "$2"
    [ -z "${3:-}" ] || vmm_ok "guest: $1 is booked as $3" \
        test "$(field exits count "cause=$3")" = "${4:-1}"
}

# As on svm.
guest_test triple "the guest shut down: triple fault"
guest_test hidden "the guest reached for memory it does not have" nested-fault
guest_test beyond "the guest reached for memory it does not have" nested-fault
guest_test accounts "the guest reached for memory it does not have" nested-fault
guest_test dirty "the guest reached for memory it does not have" nested-fault
guest_test offset "the guest reached for memory it does not have" nested-fault
guest_test execute "the guest reached for memory it does not have" nested-fault
guest_test stack "the guest reached for memory it does not have" nested-fault
guest_test wide "an instruction that exited cannot be emulated" mmio
guest_test hlt "the guest halted and nothing can wake it" hlt
# Three more: the search for the card on PCI.
guest_test exitport "the guest used the exit port" port-out 4
guest_test string "string input and output is not emulated" port-out 4
# What this backend alone does not carry.
guest_test code "cpu=soft: the guest wrote to its code"
guest_test made "cpu=soft: the guest ran code that was not read before"
guest_test user "the guest left ring 0"
guest_test lar "the guest used a privileged instruction that this backend does not carry"
guest_test syscall "SYSCALL is not carried by this backend"
guest_test debug "the guest sets a debug register"
guest_test realmode "CR0: leaving long mode is not carried here"

config_test() { # LINE REASON
    vmm_run "$vmm" "$1" "$guest" "test=basic" $without
    vmm_ok "config: $1" reported "$2"
    vmm_ok "config: $1: the guest did not run" test ! -s "$work/guest"
}

config_test "cpu=soft paging=nested" "paging=nested: there is no nested paging without SVM"
config_test "cpu=soft hypercall=fast" "hypercall=fast: only cpu=svm"
config_test "cpu=soft tsc=offset:5" "tsc=offset: the processor adds no offset outside SVM"
config_test "cpu=soft pmu=guest" "pmu=guest: counting the guest alone needs SVM"
config_test "cpu=pv tsc=trap" "tsc=trap: a paravirtual guest's instructions are not decoded"
config_test "cpu=pv popf=closed" "popf: a paravirtual guest's code is not read"

strip -o "$tmp/bare.elf" "$guest" && printf '\0\0' | dd of="$tmp/bare.elf" bs=1 seek=48 conv=notrunc 2>/dev/null
vmm_run "$vmm" "cpu=soft" "$tmp/bare.elf" "test=basic" $without
vmm_ok "an image without sections is refused" \
    reported "cpu=soft: the guest's image has no sections that tell its code from its data"
LC_ALL=C sed 's/Etalon\x00/Xtalon\x00/' "$guest" >"$tmp/deaf.elf"
vmm_run "$vmm" "cpu=pv" "$tmp/deaf.elf" "test=basic" $without
vmm_ok "an image without a paravirtual entry is refused" \
    reported "cpu=pv: the guest's image has no paravirtual entry"
vmm_run "$vmm" "popf=open" "$guest" "test=basic" -cpu $processor
vmm_ok "popf is refused by cpu=svm" reported "popf: with cpu=svm no instruction is replaced"
for cpu in soft pv; do
    vmm_run "$vmm" "cpu=$cpu paging=shadow-eager" "$guest" "test=basic" $without
    vmm_ok "shadow-eager is refused by cpu=$cpu" reported "paging=shadow-eager: only cpu=svm"
    vmm_run "$vmm" "cpu=$cpu asid=on" "$guest" "test=basic" $without
    vmm_ok "asid is refused by cpu=$cpu" reported "asid: only cpu=svm"
done

# The paravirtual guest.
vmm_run "$vmm" "cpu=pv boot=41" "$guest" "test=basic" $without
vmm_ok "pv: every check of the guest" guest_content
vmm_ok "pv: report whole" test "$status $records_status $(field end status)" = "33 0 ok"
pv_test() { # NAME REASON
    vmm_run "$vmm" "cpu=pv boot=2" "$guest" "test=$1" $without
    vmm_ok "pv guest: $1" reported "$2"
}
pv_test triple "the guest shut down: triple fault"
pv_test hlt "the guest halted and nothing can wake it"
pv_test exitport "the guest used the exit port"
pv_test hidden "the guest reached for memory it does not have"
pv_test stack "the guest shut down: triple fault"
pv_test root "the guest shut down: triple fault"

# An NMI, while the guest runs: it has spoken by then, however slow this computer is.
nmi_when_it_runs() {
    for _ in $(seq 600); do
        grep -q "^figure tsc" "$work/guest" 2>/dev/null && break
        sleep 0.1
    done
    sleep 0.5
    echo nmi
    sleep 3
}
rm -f "$work/guest"
nmi_when_it_runs | vmm_run "$vmm" "cpu=soft" "$guest" "test=forever" $without -monitor stdio >/dev/null
"$build/tests/records" "$work/report.raw" >"$work/report" 2>"$work/report.sums"
vmm_ok "an NMI ends the machine with its reason" test \
    "$(field error reason)" = "a non-maskable interrupt arrived"
plan_end
