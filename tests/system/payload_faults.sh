#!/bin/bash
# Hypothesis: whatever goes wrong in the payload is told by an error record with vector, place
# and error code, and ends the machine. The faults are written into copies of the payload over
# the first instructions of interval_null: every boot comes there with the workload null.
. "$(dirname "$0")/lib.sh"

plan 11

elf=$build/payload/payload.elf
address=$(nm "$elf" | awk '$3 == "interval_null" { print $1 }')
# File offset of an address: what the only executable segment says.
offset=$(readelf -lW "$elf" | awk -v a="$address" '
    function hex(s, i, v) {
        for (i = 1; i <= length(s); i++)
            v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
        return v }
    $1 == "LOAD" && / R E / { print hex(a) - hex(substr($3, 3)) + hex(substr($2, 3)) }')

# fault TAG BYTES [WORDS]: boot a copy with BYTES (for printf) in that place
fault() {
    cp "$elf" "$tmp/$1.elf"
    # shellcheck disable=SC2059
    printf "$2" | dd of="$tmp/$1.elf" bs=1 seek="$offset" conv=notrunc 2>/dev/null
    timeout -s KILL 60 qemu-system-x86_64 -accel tcg -cpu max -M q35 -m 64 -nodefaults \
        -no-user-config -display none -no-reboot -icount shift=1,sleep=off \
        -device pci-testdev -device isa-debug-exit,iobase=0xf4,iosize=4 \
        -serial "file:$tmp/$1.console" -kernel "$tmp/$1.elf" \
        -append "etl.boot=4 etl.seed=1 etl.plan=null${3:-}" >"$tmp/$1.out" 2>&1
    echo $? >"$tmp/$1.status"
    "$build/tests/records" "$tmp/$1.console" >"$tmp/$1.records" 2>"$tmp/$1.sums"
}

ends_as_error() { # TAG: records whole, error, end status=error, exit status of an error
    cat "$tmp/$1.sums" "$tmp/$1.records"
    [ "$(cat "$tmp/$1.status")" = 3 ] &&
        grep -q 'damaged 0 missing 0 repeated 0' "$tmp/$1.sums" &&
        [ "$(tail -n 1 "$tmp/$1.records")" = "$(printf 'end\tintervals=0\tstatus=error')" ]
}

at=0000000000${address: -6}

# The bytes that are there already: the copy is made rightly, and the boot is good.
# shellcheck disable=SC2046
fault none "$(dd if="$elf" bs=1 skip="$offset" count=5 2>/dev/null | od -An -tx1 |
    sed 's/ /\\x/g' | tr -d '\n')"
ok "the unharmed copy ends well" is 1 "$(cat "$tmp/none.status")"

fault ud '\x0f\x0b' # ud2
ok "an undefined instruction is told" says "$tmp/ud.records" \
    "exception 6 at 0x$at, error code 0x00000000"
ok "and ends the machine" ends_as_error ud

# mov 0x0000001000000000, %rax: above the 4 GiB that are mapped
fault pf '\x48\xa1\x00\x00\x00\x00\x10\x00\x00\x00'
ok "a page fault is told with its address" says "$tmp/pf.records" \
    "exception 14 at 0x$at, error code 0x00000000, address 0x0000001000000000"
ok "and ends the machine" ends_as_error pf

# xor %esp,%esp; push %rax: no stack to take the exception on
fault stack '\x31\xe4\x50'
ok "a lost stack is told" says "$tmp/stack.records" "exception 14 at 0x${at%?}2, error code 0x00000002"
ok "and ends the machine" ends_as_error stack

# mov $0x1234,%ax; mov %ax,%ds: a selector beyond the table
fault gp '\x66\xb8\x34\x12\x8e\xd8'
ok "a protection fault is told with its selector" says "$tmp/gp.records" \
    "error code 0x00001234"
ok "and ends the machine" ends_as_error gp

# div of 1 by 0
fault de '\x31\xc9\xf7\xf1'
ok "a division by zero is told" says "$tmp/de.records" "exception 0 at 0x${at%?}2"
ok "and ends the machine" ends_as_error de
finish
