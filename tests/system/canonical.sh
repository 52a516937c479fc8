#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: the canonical export does not depend on the computer it was made on. Run from
# another place with other surroundings it is the same; of a campaign's facts it lacks just those
# of the host's tools and packages; and every other one shows.
. "$(dirname "$0")/lib.sh"

plan 8

cat >"$tmp/c.cfg" <<'C'
name = "hosts"; boots = 1; seed = 7;
platforms = ( { name = "bare"; }, { name = "vmm-bare"; } );
workloads = ( { name = "null"; iterations = 20; }, { name = "spin"; n = [1000, 2000]; iterations = 5; },
              { name = "exits"; op = [ "empty", "cpuid" ]; n = 100; iterations = 5; } );
C
db=$tmp/here.db
ok "a campaign ran here" run_campaign "$tmp/c.cfg" --db "$db" --jobs 1
"$etalon" export --db "$db" --canonical >"$tmp/here"

# Another place: the program and its parts elsewhere, another folder, home, time zone, language.
there="$tmp/another place"
mkdir -p "$there/run"
for part in etalon agent/etalon-agent payload/payload.elf vmm/vmm.elf etalon-card.so \
    etalon-timer-sim; do
    install -D "$build/$part" "$there/$part"
done
elsewhere() {
    (cd "$there/run" && env -u ETALON_LIB HOME=/nonexistent TZ=Asia/Tokyo LC_ALL=C.UTF-8 USER=nobody \
        ETALON_CACHE="${ETALON_CACHE:-$root/cache}" ../etalon run "$tmp/c.cfg" --db there.db \
        --jobs 2)
}
ok "and elsewhere" elsewhere
"$etalon" export --db "$there/run/there.db" --canonical >"$tmp/there"
ok "the same bytes" same "$tmp/here" "$tmp/there"

# shows SQL: whether the canonical export is another one after a change of the database
shows() {
    rm -f "$tmp"/doctored.db*
    cp "$db" "$tmp/doctored.db"
    sqlite3 "$tmp/doctored.db" "DROP TRIGGER fact_keep; DROP TRIGGER fact_stay; $1" || return 2
    "$etalon" export --db "$tmp/doctored.db" --canonical >"$tmp/doctored" || return 2
    ! cmp -s "$tmp/here" "$tmp/doctored"
}
hidden() { # keys whose value does not show
    local key
    for key in $(sql "$db" "SELECT replace(key, ' ', '%') FROM fact ORDER BY key"); do
        shows "UPDATE fact SET value = value || '?' WHERE key = replace('$key', '%', ' ')"
        [ $? = 1 ] && echo "$key"
    done
}
ok "what does not show is of the host's tools and packages" is "lab.card.sha256
lab.kernel.package
lab.kernel.package_sha256
lab.kernel.version
lab.qemu.sha256
lab.qemu.version
lab.timer_sim.sha256" "$(hidden)"
ok "all of that at once shows no more than each" is 1 "$(shows "UPDATE fact SET value = 'x'
    WHERE key LIKE 'lab.qemu.%' OR key IN ('lab.card.sha256', 'lab.timer_sim.sha256')
    OR key LIKE 'lab.kernel.%' AND key <> 'lab.kernel.vmlinux_sha256'"; echo $?)"
ok "nor do times, names and words of the host" is 1 "$(shows "UPDATE host_fact SET value = 'x';
    UPDATE host_attempt SET started_unix_ns = 1, ended_unix_ns = 2; UPDATE host_log SET bytes = x'00'"
    echo $?)"
ok "nor a fact that only another host tells" is 1 "$(shows "INSERT INTO fact SELECT id,
    'lab.qemu.build', 'x' FROM campaign"; echo $?)"
ok "the view provenance keeps them" is 7 "$("$etalon" export --db "$db" --view provenance |
    grep -c -e ',lab.qemu' -e ',lab.card' -e ',lab.timer_sim' -e ',lab.kernel.p' -e ',lab.kernel.ve')"
finish
