#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hypothesis: a guest under KVM and Xen exchanges messages with a peer in the outer system over
# its paravirtual network, each one answered and counted on both sides, and two runs are the same
# byte for byte; where there is no such network the runs are skipped with the reason.
. "$(dirname "$0")/lib.sh"

plan 18
need_platform xen-pvh

cat >"$tmp/guests.cfg" <<'C'
name = "net"; boots = 1; seed = 11; limit = 60; collectors = [ "clocks", "steal" ];
platforms = ( { name = "kvm"; }, { name = "xen-pvh"; }, { name = "xen-pv"; } );
workloads = (
    { name = "null"; iterations = 20; },
    { name = "net-lat"; op = [ "udp", "tcp" ]; path = "outer"; n = 4; iterations = 10; },
    { name = "net-bw"; path = "outer"; iterations = 5; }
);
C
cat >"$tmp/others.cfg" <<'C'
name = "none"; boots = 1; seed = 11; limit = 60;
platforms = ( { name = "bare"; }, { name = "native"; } );
workloads = (
    { name = "net-lat"; op = [ "udp", "tcp" ]; path = [ "loopback", "outer" ]; n = 4;
      iterations = 10; },
    { name = "net-bw"; path = [ "loopback", "outer" ]; iterations = 5; }
);
C
db=$tmp/net.db again=$tmp/again.db others=$tmp/others.db

value() { # DB PLATFORM PARAM
    sql "$1" "SELECT value FROM summary WHERE workload = 'net-lat' AND platform = '$2'
              AND param LIKE '$3%'"
}
# The values of all boots, each once.
fact() { # KEY
    sql "$db" "SELECT group_concat(value, ' ') FROM (SELECT DISTINCT value FROM boot_fact
               WHERE key = '$1' ORDER BY 1)"
}
dearer() { # FIGURE THAN
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b && b > 0) }'
}

ok "the campaign ran" run_campaign "$tmp/guests.cfg" --db "$db" --jobs 2
ok "it ran again" run_campaign "$tmp/guests.cfg" --db "$again" --jobs 2
ok "the three boots are ok" is "3" \
    "$(sql "$db" "SELECT count(*) FROM boots WHERE verdict = 'ok'")"
ok "nothing was lost, damaged or out of the grammar" is "0" "$(sql "$db" "$bad_sql")"
ok "every answer is right" is "9" \
    "$(sql "$db" "SELECT count(*) FROM runs WHERE verdict = 'ok' AND workload LIKE 'net-%'")"
ok "null is one instruction on each" is "2.0" \
    "$(sql "$db" "SELECT DISTINCT ns FROM (SELECT min(true_ns) AS ns FROM durations
                  WHERE workload = 'null' GROUP BY boot)")"
# 10 intervals of 4 exchanges and one run of 4 to warm up; 5 streams and one.
ok "the peers answered as often as was asked" is "44 44 6 2" \
    "$(fact outer.net.datagrams) $(fact outer.net.messages) $(fact outer.net.streams) $(
        fact outer.net.connections)"
ok "through the paravirtual drivers" is "vif virtio_net" "$(fact net_driver)"
echo "# back ends: $(fact outer.net)"
sql "$db" "SELECT '# ' || platform || ' ' || workload || ' ' || param || ': ' ||
           round(value, 1) || ' ' || unit FROM summary WHERE workload LIKE 'net-%'"
"$etalon" export --canonical --db "$db" >"$tmp/first"
"$etalon" export --canonical --db "$again" >"$tmp/second"
ok "two runs are the same, byte for byte" same "$tmp/first" "$tmp/second"

# Xen's accounts of the guest's processor, interval by interval: running, stolen and blocked are
# the whole. A guest that waits for its peer is blocked, one that stores a marker is not.
accounts() { # SQL over: platform, workload, true_ns, stolen, blocked, u_ns; one row an interval
    sql "$db" "WITH x AS (SELECT v.platform, v.workload, v.true_ns, v.u_ns, s.value AS stolen,
                          b.value AS blocked
                   FROM durations v
                   JOIN counters s USING (boot, workload, param, iteration)
                   JOIN counters b USING (boot, workload, param, iteration)
                   WHERE s.counter = 'stolen' AND b.counter = 'blocked' AND v.verdict = 'ok') $1"
}
accounts "SELECT '# ' || platform || ' ' || workload || ': true ' || sum(true_ns) || ' stolen ' ||
    sum(stolen) || ' blocked ' || sum(blocked) FROM x GROUP BY platform, workload"
ok "Xen tells of each interval how long its guest waited, KVM of none" is \
    "xen-pv 45, xen-pvh 45" "$(accounts "SELECT group_concat(t, ', ') FROM
        (SELECT platform || ' ' || count(*) AS t FROM x GROUP BY platform)")"
ok "nobody waits in a null" is "0.0" \
    "$(accounts "SELECT sum(blocked) FROM x WHERE workload = 'null'")"
ok "a guest waits for every answer of its peer, and never longer than the interval" is "1|1" \
    "$(accounts "SELECT min(blocked > 0), min(blocked < true_ns) FROM x
                 WHERE workload LIKE 'net-%'")"
# What it ran is part of what libxl tells of the whole boot.
ok "what the runs had of the processor is within libxl's time of the boot" is "1|1" \
    "$(sql "$db" "SELECT min(ran > 0), min(ran < whole) FROM
        (SELECT sum(v.true_ns - s.value - k.value) AS ran, CAST(p.value AS INTEGER) AS whole
         FROM durations v
         JOIN counters s USING (boot, workload, param, iteration)
         JOIN counters k USING (boot, workload, param, iteration)
         JOIN provenance p ON p.key = 'boot.' || v.boot || '.xen.guest.vcpu.0.time_ns'
         WHERE s.counter = 'stolen' AND k.counter = 'blocked' AND v.workload LIKE 'net-%'
         GROUP BY v.boot)")"

ok "the campaign without a network ran" run_campaign "$tmp/others.cfg" --db "$others" --jobs 2
ok "loopback is measured on native, with the right answers" is "3" \
    "$(sql "$others" "SELECT count(*) FROM runs WHERE platform = 'native'
                      AND param LIKE '%path=loopback%' AND verdict = 'ok'")"
ok "no network, no figure: skipped with the reason" is \
    "bare 6 needs a Linux kernel|native 3 there is no paravirtual" \
    "$(sql "$others" "SELECT group_concat(t, '|') FROM (SELECT platform || ' ' || count(*) ||
                      ' ' || substr(reason, 1, CASE platform WHEN 'bare' THEN 20 ELSE 23 END)
                      AS t FROM runs WHERE verdict = 'skip' GROUP BY platform, reason
                      ORDER BY platform)")"
ok "an exchange out of the guest is dearer than one inside of Linux" dearer \
    "$(value "$db" kvm 'op=udp path=outer')" "$(value "$others" native 'op=udp path=loopback')"
ok "no process is left behind" no_process "$tmp"
finish
