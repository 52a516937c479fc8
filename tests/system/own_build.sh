#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A hypervisor against its patched self. Built twice, the second time with one instruction more
# in the path of its hypercall: the report says one instruction, and nothing of what does not
# take that path. A build that changes under a campaign ends it; builds that cannot be used are
# refused before anything boots.
. "$(dirname "$0")/lib.sh"
plan 20
db=$tmp/own.db

# build NAME  from $tmp/src/NAME into $tmp/NAME.elf
build() {
    make -s BUILD="$tmp/build-$1" VMM_DIR="$tmp/src/$1" "$tmp/build-$1/vmm/vmm.elf" \
        >"$tmp/make-$1.log" 2>&1 || { tail -n 5 "$tmp/make-$1.log"; return 1; }
    cp "$tmp/build-$1/vmm/vmm.elf" "$tmp/$1.elf"
}

# Instructions of the fast path, by the machine code.
listed() {
    objdump -d --no-show-raw-insn "$tmp/build-$1/vmm/vmm.elf64" | awk '
        $2 == "<svm_run_fast>:" { on = 1 }
        $2 == "<svm_fast_exit>:" { exit }
        on && /^ / { n++ }
        END { print n + 0 }'
}

refused() { # STATUS FILE TEXT
    is 2 "$1" && says "$2" "$3"
}

mkdir -p "$tmp/src"
cp -r hv-under-test/vmm "$tmp/src/plain"
cp -r hv-under-test/vmm "$tmp/src/patched"
# The first instruction of what only the hypercall runs: count it.
sed -i 's/^1:  *incq .*ACCOUNTS_TOTAL.*/&\n        nop/' "$tmp/src/patched/svm/svm_entry.S"
ok "the patch adds one line" is 1 \
    "$(diff "$tmp/src/plain/svm/svm_entry.S" "$tmp/src/patched/svm/svm_entry.S" | grep -c '^> *nop$')"
ok "the hypervisor builds from a copy" build plain
ok "and from the patched one" build patched
ok "the machine code has one instruction more" is "$(($(listed plain) + 1))" "$(listed patched)"
code() { objdump -d --no-show-raw-insn "$1" | tail -n +3; }
code "$tmp/build-plain/vmm/vmm.elf64" >"$tmp/plain.txt"
code "$build/vmm/vmm.elf64" >"$tmp/tree.txt"
ok "the copy's machine code is that of the tree" cmp "$tmp/plain.txt" "$tmp/tree.txt"

campaign() { # PLATFORMS…
    cat <<EOF
name = "own"; bench = "lab"; boots = 2; seed = 11; limit = 60;
platforms = ( $1 );
$2
workloads = (
    { name = "null"; iterations = 20; },
    { name = "exits"; op = [ "empty", "hypercall", "cpuid" ]; n = 100; iterations = 10; }
);
EOF
}
entry() { # LABEL PATH
    echo "{ name = \"vmm-bare\"; label = \"$1\"; options = { hypercall = \"fast\"; vmm = \"$2\"; }; }"
}
both="$(entry plain "$tmp/plain.elf"), $(entry patched "$tmp/patched.elf")"
campaign "$both" 'baseline = "vmm-bare:plain";' >"$tmp/own.cfg"
ok "both are run in one campaign" "$etalon" run "$tmp/own.cfg" --db "$db" --jobs 1

cost() { # LABEL OPERATION  once for all boots, or every one of them
    sql "$db" "SELECT DISTINCT cost FROM exit_costs WHERE variant = 'svm+nested:$1'
                 AND operation = '$2' AND unit = 'instructions'"
}
echo "# hypercall: plain $(cost plain hypercall), patched $(cost patched hypercall)"
echo "# cpuid: plain $(cost plain cpuid), patched $(cost patched cpuid)"
ok "the hypercall costs as many as docs/vmm.md says" is 9.0 "$(cost plain hypercall)"
ok "… and exactly one more when patched" is 10.0 "$(cost patched hypercall)"
ok "CPUID costs the same in both" is "$(cost plain cpuid)" "$(cost patched cpuid)"
ok "the summary has both as rows, one against the other" is \
    "svm+nested:patched|vmm-bare svm+nested:plain" \
    "$(sql "$db" "SELECT DISTINCT variant, baseline FROM summary WHERE baseline <> ''")"
ok "each build's own hash is in the provenance" is \
    "$(sha256sum <"$tmp/patched.elf" | cut -d' ' -f1)
$(sha256sum <"$tmp/plain.elf" | cut -d' ' -f1)" \
    "$(sql "$db" "SELECT value FROM provenance WHERE key LIKE
       'vmm-bare svm+nested:%.own.vmm.sha256' ORDER BY key")"

"$etalon" report --db "$db" --out "$tmp/report" --format markdown >/dev/null 2>&1
ok "the report says 1 instruction for the hypercall" \
    says "$tmp/report/report.md" "| hypercall, less its loop | vmm-bare svm+nested:patched | – | – | 2 | 1 |"
ok "… and 0 for CPUID" \
    says "$tmp/report/report.md" "| cpuid, less its loop | vmm-bare svm+nested:patched | – | – | 0 | 0 |"

# --- a build that changes ---
# The second boot of "patched" is missing: what is resumed is another hypervisor.
cp "$tmp/patched.elf" "$tmp/kept.elf"
cp "$tmp/plain.elf" "$tmp/patched.elf"
"$etalon" run "$tmp/own.cfg" --db "$db" --resume >"$tmp/out" 2>&1
ok "resuming with another build is refused" refused $? "$tmp/out" \
    "vmm-bare svm+nested:patched.own.vmm.sha256"
# While boots run: the campaign ends at the boot that did not have what it began with.
cp "$tmp/kept.elf" "$tmp/patched.elf"
cp "$tmp/plain.elf" "$tmp/other.elf"
"$etalon" run "$tmp/own.cfg" --db "$tmp/changed.db" --jobs 1 >"$tmp/out" 2>&1 &
runner=$!
for _ in $(seq 600); do
    grep -q "boot 0 " "$tmp/out" && break
    sleep 0.05
done
mv "$tmp/other.elf" "$tmp/patched.elf" # at once: half a file would be refused as no hypervisor
wait $runner
ok "a build made anew between boots ends the campaign" refused $? "$tmp/out" \
    "put the old one back and go on with --resume"
ok "… and nothing of it is stored" is "svm+nested:plain" \
    "$(sql "$tmp/changed.db" "SELECT group_concat(DISTINCT variant) FROM boots")"
cp "$tmp/kept.elf" "$tmp/patched.elf"
ok "with the old one back it goes on" "$etalon" run "$tmp/own.cfg" --db "$tmp/changed.db" --resume

# --- a bound of an entry's own ---
cat >"$tmp/limit.cfg" <<'EOF'
name = "limit"; boots = 1; limit = 60;
platforms = ( { name = "native"; label = "short"; limit = 1; }, { name = "native"; } );
workloads = ( { name = "null"; iterations = 5; } );
EOF
"$etalon" run "$tmp/limit.cfg" --db "$tmp/limit.db" >"$tmp/out" 2>&1
ok "a limit of an entry's own is that entry's alone" is "debian|powered-off
debian:short|limit" "$(sql "$tmp/limit.db" "SELECT variant, end FROM boots ORDER BY variant")"

# --- builds that cannot be ---
campaign "$(entry a "$tmp/gone.elf")" >"$tmp/bad.cfg"
"$etalon" run "$tmp/bad.cfg" --db "$tmp/bad.db" >"$tmp/out" 2>&1
ok "a build that is not there is refused with its line" refused $? "$tmp/out" \
    "$tmp/bad.cfg: line 2: vmm: vmm-bare: vmm=$tmp/gone.elf cannot be found; build it"
campaign "$(entry a "$tmp/build-plain/vmm/vmm.elf64")" >"$tmp/bad.cfg"
"$etalon" run "$tmp/bad.cfg" --db "$tmp/bad.db" >"$tmp/out" 2>&1
ok "one of another kind, with what is wanted" refused $? "$tmp/out" \
    "is no multiboot ELF of 32 bits; give the vmm.elf"
finish
