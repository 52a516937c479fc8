#!/bin/bash
# Hypothesis: the payload is one file that every loader starts alike, carries out its plan with
# exact intervals, and says in an error record why it will not.
. "$(dirname "$0")/lib.sh"

plan 29
need_helper card_log records

elf=$build/payload/payload.elf
pinned="-accel tcg -cpu max,-smap,-rdtscp,-rdrand,-rdseed -smp 1 -nodefaults -no-user-config
    -display none -no-reboot -icount shift=1,sleep=off
    -rtc base=2025-01-01T00:00:00,clock=vm -seed 1"
card="-device pci-testdev"
debug_exit="-device isa-debug-exit,iobase=0xf4,iosize=4"
words="etl.boot=3 etl.seed=1 etl.gap=1000"

# boot TAG ELF MACHINE WORDS [QEMU options]: leaves $tmp/TAG.console, .records and .status
boot() {
    local tag=$1 kernel=$2 machine=$3 append=$4
    shift 4
    # shellcheck disable=SC2086
    timeout -s KILL 60 qemu-system-x86_64 $pinned -M "$machine" -m "${memory:-64}" \
        ${without_card:-$card} $debug_exit -serial "file:$tmp/$tag.console" "$@" \
        -kernel "$kernel" -append "$append" >"$tmp/$tag.out" 2>&1
    echo $? >"$tmp/$tag.status"
    "$build/tests/records" "$tmp/$tag.console" >"$tmp/$tag.records" 2>"$tmp/$tag.sums"
}

status() { cat "$tmp/$1.status"; }
field() { # TAG TYPE KEY: of the first such record
    awk -F '\t' -v type="$2" -v key="$3=" '$1 == type {
        for (i = 2; i <= NF; i++)
            if (index($i, key) == 1) { print substr($i, length(key) + 1); exit }
    }' "$tmp/$1.records"
}

# The same ELF without its multiboot header is a PVH kernel and nothing else.
at=$(LC_ALL=C grep -obUaP '\x02\xb0\xad\x1b' "$elf" | head -n 1 | cut -d: -f1)
cp "$elf" "$tmp/pvh.elf"
printf '\0' | dd of="$tmp/pvh.elf" bs=1 seek="$at" conv=notrunc 2>/dev/null

plan_runs="etl.plan=null,iters=5/spin,iters=3,n=1000"
boot multiboot "$elf" q35 "$words $plan_runs"
ok "multiboot on q35 ends well" is 1 "$(status multiboot)"
ok "its records are whole" is "" "$(grep -v 'damaged 0 missing 0 repeated 0' "$tmp/multiboot.sums")"
ok "it knows its loader" is multiboot "$(field multiboot fact loader)"
ok "8 intervals, status ok" is "8 ok" \
    "$(field multiboot end intervals) $(field multiboot end status)"
boot pvh "$tmp/pvh.elf" q35 "$words $plan_runs"
ok "PVH ends well" is 1 "$(status pvh)"
ok "it knows its loader" is pvh "$(field pvh fact loader)"
ok "the loaders give the same boot but for the memory map" is "" \
    "$(diff <(grep -v '^fact.*loader' "$tmp/multiboot.records") \
        <(grep -v '^fact.*loader' "$tmp/pvh.records"))"
boot pc "$elf" pc "$words $plan_runs"
ok "multiboot on pc ends well" is "1 ok" "$(status pc) $(field pc end status)"

memory=4096 boot large "$elf" q35 "$words etl.plan=null"
ok "4 GiB of memory do not confuse it" is "1 25165824" "$(status large) $(field large fact arena_bytes)"
memory=16 boot small "$elf" q35 "$words etl.plan=null"
ok "16 MiB make a smaller arena" test "$(field small fact arena_bytes)" -lt 16777216
ok "and a whole boot" is "1 ok" "$(status small) $(field small end status)"
memory=3 boot tiny "$elf" q35 "$words etl.plan=null"
ok "3 MiB are refused with a reason" says "$tmp/tiny.records" "no memory left for an arena"
ok "and an end" is "3 error" "$(status tiny) $(field tiny end status)"

refused() { # NAME WORDS TEXT
    boot bad "$elf" q35 "$2"
    ok "$1 is refused by name" says "$tmp/bad.records" "$3"
    ok "$1: the boot is an error" is "3 error 0" \
        "$(status bad) $(field bad end status) $(field bad end intervals)"
}
refused "a misspelt word" "$words etl.sed=1 etl.plan=null" "unknown word etl.sed=1"
refused "an unknown workload" "$words etl.plan=null/nonsense" "unknown workload 'nonsense'"
refused "a hypercall to nobody" "$words etl.exit=hypercall etl.plan=null" "etl.exit=hypercall"
refused "a card out of reach" "$words etl.card=100000000 etl.plan=null" "etl.card lies above"
without_card="-device pci-bridge,chassis_nr=1" refused "no card" "$words etl.plan=null" \
    "no card on the PCI bus"

boot console "$elf" q35 "$words etl.console=2f8 etl.plan=null" -serial "file:$tmp/second.console"
ok "etl.console moves the records" grep -qa 'ETL1 00003 0 boot' "$tmp/second.console"
ok "and leaves nothing behind" is "" "$(cat "$tmp/console.console")"

# With the card: what the pins did, in ns; 2 ns an instruction.
marks() { # TAG: code of STOP and duration, one line an interval
    awk 'function hex(s, i, v) {
            for (i = 1; i <= length(s); i++)
                v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
            return v }
        $2 == "pins" {
            v = hex(substr($3, 6)); if (v % 2 == last) next
            last = v % 2; code = int(v / 2)
            if (++n <= 7) next
            if (code >= 8) start = $1; else print code, $1 - start }' "$tmp/$1.card"
}
with_card() { # TAG WORDS
    local log
    rm -f "$tmp/sock"
    timeout -s KILL 70 "$build/tests/card_log" "$tmp/sock" >"$tmp/$1.card" &
    log=$!
    wait_for_socket "$tmp/sock" "$log" || echo "# card_log did not open its socket"
    boot "$1" "$elf" q35 "$2" \
        -plugin "file=$build/etalon-card.so,socket=$tmp/sock,limit=4000000000"
    wait "$log"
}
with_card exact "$words etl.plan=null,iters=3/spin,iters=2,n=1000/spin,iters=2,n=2000"
ok "null is one instruction, N and 2N differ by N" is \
    "0 2 1 2 2 2 3 2018 4 2018 5 4018 6 4018" "$(marks exact | tr '\n' ' ' | sed 's/ $//')"
with_card again "$words etl.plan=null,iters=3/spin,iters=2,n=1000/spin,iters=2,n=2000"
ok "a boot repeated is the same boot" same "$tmp/exact.card" "$tmp/again.card"
with_card other "${words/seed=1/seed=2} etl.plan=null,iters=3/spin,iters=2,n=1000/spin,iters=2,n=2000"
ok "another seed: the same durations" is "$(marks exact)" "$(marks other)"
differs() { ! cmp -s "$1" "$2"; }
ok "at other times" differs "$tmp/exact.card" "$tmp/other.card"
finish
