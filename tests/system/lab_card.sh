#!/bin/bash
# Hypothesis: the card inside QEMU stamps each pin write with the exact virtual time, says
# everything in order, and knows the moment and the cause of the machine's end.
. "$(dirname "$0")/lib.sh"

plan 21

need_helper lab_boot card_log guest_stores.elf

guest=$build/tests/guest_stores.elf
options=$("$build/tests/lab_boot" --options)

# run TAG HOW LIMIT_NS [card_log option…]: boot the guest; leaves $tmp/TAG.{log,end,err,status}
run() {
    local tag=$1 how=$2 limit=$3 log
    shift 3
    mkdir -p "$tmp/$tag"
    timeout -s KILL 70 "$build/tests/card_log" "$@" "$tmp/$tag/sock" >"$tmp/$tag.log" &
    log=$!
    wait_for_socket "$tmp/$tag/sock" "$log" || echo "# card_log did not open its socket"
    # shellcheck disable=SC2086
    (cd "$tmp/$tag" && ln -s "$guest" kernel &&
        exec timeout -s KILL 60 qemu-system-x86_64 $options -m 64 -seed 1 ${without:-} \
            -plugin "file=$build/etalon-card.so,socket=sock,limit=$limit,end=../$tag.end" \
            -kernel kernel -append "x $how") 2>"$tmp/$tag.err"
    echo $? >"$tmp/$tag.status"
    wait "$log" # it ends when the socket closes
}

between() { # LOW HIGH VALUE
    [ "$3" -ge "$1" ] && [ "$3" -le "$2" ] && return 0
    echo "$3 is not within $1 and $2"
    return 1
}

cause() {
    sed -n 's/^end cause=\([^ ]*\) .*/\1/p' "$tmp/$1.end"
}

last_time() { # TAG KIND
    awk -v k="$2" '$2 == k { t = $1 } END { print t + 0 }' "$tmp/$1.log"
}

run exit d 2000000000
ok "debug-exit is known" is debug-exit "$(cause exit)"
ok "QEMU's status is the guest's value 5, as isa-debug-exit makes it" is 11 \
    "$(cat "$tmp/exit.status")"
ok "1000 stores are 1000 messages: narrow and misaligned ones and the scratch register none" \
    is 1000 "$(grep -c ' pins ' "$tmp/exit.log")"
ok "a loop of 4 instructions is 8 ns, each of 999 times" is "999 8" \
    "$(awk '$2 == "pins" { if (seen++) print $1 - t; t = $1 }' "$tmp/exit.log" | sort |
        uniq -c | awk '{ print $1, $2 }')"
ok "START at 0 comes first" is "0 start pins=00 reason=0" "$(head -n 1 "$tmp/exit.log")"
ok "END comes last" is end "$(tail -n 1 "$tmp/exit.log" | cut -d' ' -f2)"
ok "its time is in the file for the bench" is "$(last_time exit end)" \
    "$(sed -n 's/.* t_ns=\([0-9]*\) .*/\1/p' "$tmp/exit.end")"
ok "time never goes backwards" awk '$1 < t { exit 1 } { t = $1 }' "$tmp/exit.log"

run again d 2000000000
ok "the same machine says the same" cmp "$tmp/exit.log" "$tmp/again.log"

run off p 2000000000
ok "ACPI soft-off is known" is power-off "$(cause off)"
ok "and timed by the instruction, not by QEMU's main loop" \
    between 1 100 $(($(last_time off end) - $(last_time off pins)))

run fault t 2000000000
ok "a triple fault is a reset" is reset "$(cause fault)"
ok "and ends without END" is "" "$(grep ' end ' "$tmp/fault.log")"

run stay s 700000000
ok "the bound ends a machine that runs for ever" is \
    "700000000 end pins=01 reason=1" "$(tail -n 1 "$tmp/stay.log")"
ok "and its cause is known" is limit "$(cause stay)"
run halt h 5000000000
ok "the bound ends a machine that sleeps for ever" is \
    "5000000000 end pins=01 reason=1" "$(tail -n 1 "$tmp/halt.log")"
ok "which said the time every 10 ms" is "499 10000000" \
    "$(awk '$2 == "time" { print $1 - t; t = $1 }' "$tmp/halt.log" | sort | uniq -c |
        awk '{ print $1, $2 }')"

run broken s 60000000000 --take 3
ok "a broken socket ends the machine at once" is 3 "$(cat "$tmp/broken.status")"
ok "and says so" says "$tmp/broken.err" "the timer's socket broke"

(
    options=$(echo "$options" | sed 's/-icount [^ ]*//')
    run noicount d 2000000000
)
ok "without -icount it refuses" says "$tmp/noicount.err" "needs -icount"

timeout -s KILL 20 qemu-system-x86_64 -nodefaults -display none \
    -plugin "file=$build/etalon-card.so,socket=$tmp/nobody" 2>"$tmp/nobody.err"
ok "without a timer it refuses" says "$tmp/nobody.err" "cannot connect to $tmp/nobody"

finish
