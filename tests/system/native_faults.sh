#!/bin/bash
# Hypothesis: a Linux on the machine that panics, and one that never comes to its agent, end in
# stored boots with the reason; the next boot is good; no process is left behind.
. "$(dirname "$0")/lib.sh"

plan 4

cat >"$tmp/c.cfg" <<'C'
name = "native"; boots = 1; order = "sequence"; limit = 5; host_limit = 600;
platforms = (
    { name = "native"; label = "panics"; options = { append = "rdinit=/nonexistent"; }; },
    { name = "native"; label = "waits";
      options = { append = "rdinit=/nonexistent root=/dev/nonexistent rootwait"; }; },
    { name = "native"; }
);
workloads = ( { name = "null"; iterations = 5; } );
C
db=$tmp/native.db
"$etalon" run "$tmp/c.cfg" --db "$db" --jobs 2 >"$tmp/log" 2>&1
sqlite3 -noheader -list "$db" 'SELECT boot, verdict, reason FROM boots ORDER BY boot' \
    >"$tmp/boots"
sed 's/^/# /' "$tmp/boots"
is() { # BOOT VERDICT TEXT
    grep "^$1|$2|" "$tmp/boots" >"$tmp/why"
    says "$tmp/why" "$3"
}
ok "a panic resets the machine" \
    is 0 crash "the machine reset itself (triple fault, kernel panic or reboot)"
ok "a Linux that waits for ever for its root reaches the bound, which is named" \
    is 1 crash "the machine still ran after 5000 ms of its time, the campaign's limit"
ok "the next boot is good" is 2 ok ""
ok "no process is left behind" no_process "$tmp"
finish
