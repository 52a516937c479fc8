#!/bin/bash
# Hypothesis: Linux as a guest in an outer Linux gives exact figures whichever way its card comes
# (VFIO, or a mapped page where there is no IOMMU), under KVM and under QEMU's translator; its
# marker, a store of a user program of the guest, causes no exit; KVM's two accounts agree.
. "$(dirname "$0")/lib.sh"

plan 15

cat >"$tmp/c.cfg" <<'C'
name = "kvm"; boots = 1; seed = 11; limit = 60; order = "sequence";
platforms = (
    { name = "kvm"; options = { pin = 0; }; },
    { name = "kvm"; variant = "trace"; options = { iommu = "off"; }; },
    { name = "tcg"; options = { card = "mapped"; }; }
);
workloads = (
    { name = "null"; iterations = 60; },
    { name = "spin"; n = [ 50000, 100000 ]; iterations = 60; },
    { name = "exits"; op = [ "empty", "hypercall", "port-out" ]; n = 100; iterations = 10; }
);
C
"$etalon" run "$tmp/c.cfg" --db "$tmp/kvm.db" --jobs 2 >"$tmp/log" 2>&1
sql "$tmp/kvm.db" "SELECT boot, platform, verdict, reason FROM boots ORDER BY boot" | sed 's/^/# /'
ok "the boots are good" is "ok ok ok" "$(sql "$tmp/kvm.db" "SELECT group_concat(verdict, ' ') FROM boots")"
spin() { # PLATFORM: instructions of the machine for 50000 of the guest
    sql "$tmp/kvm.db" "SELECT DISTINCT (b.ns - a.ns) / 2.0
         FROM (SELECT boot, min(true_ns) AS ns FROM durations WHERE platform = '$1'
               AND workload = 'spin' AND param = 'n=50000' GROUP BY boot) a
         JOIN (SELECT boot, min(true_ns) AS ns FROM durations
               WHERE workload = 'spin' AND param = 'n=100000' GROUP BY boot) b USING (boot)"
}
null() { # PLATFORM
    sql "$tmp/kvm.db" "SELECT DISTINCT ns FROM (SELECT min(true_ns) AS ns FROM durations
         WHERE workload = 'null' AND platform = '$1' GROUP BY boot)"
}
ok "spin 2N - N is N instructions" is "50000.0" "$(spin kvm)"
ok "null is one instruction" is "2.0" "$(null kvm)"
echo "# the translator: null $(null tcg) ns, spin $(spin tcg) instructions for 50000"
ok "under the translator one instruction is several" [ "$(spin tcg | cut -d. -f1)" -gt 100000 ]
ok "no exit between two markers, whichever way the card comes" is "0 0" \
    "$(sql "$tmp/kvm.db" "SELECT group_concat(exits_2k - exits_k, ' ') FROM audits WHERE what = 'null'")"
ok "K hypercalls add exactly K exits" is "1 1" \
    "$(sql "$tmp/kvm.db" "SELECT group_concat(exits_2k - exits_k = k, ' ') FROM audits
            WHERE what = 'hypercall'")"
fact() { # BOOT KEY
    sql "$tmp/kvm.db" "SELECT value FROM boot_fact f JOIN boot b ON b.id = f.boot
         WHERE b.plan_index = $1 AND key = '$2'"
}
ok "a program of the guest may write to a port: an exit to QEMU, dearer than one to KVM" is "1" \
    "$(sql "$tmp/kvm.db" "SELECT a.cost > b.cost FROM exit_costs a JOIN exit_costs b USING (boot)
            WHERE a.boot = 0 AND a.operation = 'port-out' AND b.operation = 'hypercall'")"
ok "… and no run is skipped under KVM" is "0" "$(sql "$tmp/kvm.db" "SELECT count(*) FROM runs
    WHERE platform = 'kvm' AND verdict <> 'ok'")"
ok "the card came by VFIO, or as a page, and that is told" \
    is "vfio resource0, mapped resource2, mapped resource2" \
    "$(fact 0 outer.card_route) $(fact 0 card_route), $(fact 1 outer.card_route) $(fact 1 card_route), $(fact 2 outer.card_route) $(fact 2 card_route)"
ok "… with the reason why" [ "$(fact 1 outer.card_route_why)" = \
    "no IOMMU stands in front of the card, so its page is mapped into the guest" ]
ok "the host has no PMU to tell guest from host by, and says so" \
    [ "1" = "$(fact 0 kvm.pmu | grep -c '^unavailable: Linux drives no hardware PMU here')" ]
ok "a pinned guest says so" [ "$(fact 0 outer.pin)" = \
    "every thread of a guest's processor on processor 0" ]
account() { # CAUSE…: what the tracepoint counted
    sql "$tmp/kvm.db" "SELECT sum(count) FROM exit_counts WHERE boot = 1
         AND cause IN ($(printf "'%s'," "$@" | sed 's/,$//'))"
}
ok "KVM's two accounts agree cause by cause" is \
    "$(fact 1 kvm.stats.hypercalls) $(fact 1 kvm.stats.io_exits) $(fact 1 kvm.stats.halt_exits) $(fact 1 kvm.stats.irq_exits) $(fact 1 kvm.stats.irq_window_exits)" \
    "$(account hypercall) $(account port-in port-out) $(account hlt) $(account interrupt) $(account interrupt-window)"
ok "… and all causes together are all exits" is "$(fact 1 kvm.stats.exits)" \
    "$(sql "$tmp/kvm.db" "SELECT sum(count) FROM exit_counts WHERE boot = 1")"
ok "the translator has no exits to count, and says so" says <(fact 2 outer.exits) "not counted: "
finish
