#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Kernel, QEMU, Xen and dom0's kernel of the user's own. Here they are copies of what is used
# anyway, so the figures must not change by anything: what is loaded is the file that is named.
. "$(dirname "$0")/lib.sh"
plan 10
db=$tmp/kernel.db
cache=${ETALON_CACHE:-$root/cache}

# Whatever of it is not in the cache yet is fetched by a boot of each.
cat >"$tmp/all.cfg" <<'EOF'
name = "all"; boots = 1; seed = 3; limit = 60;
platforms = ( { name = "native"; }, { name = "kvm-bare"; }, { name = "xen-pvh-bare"; } );
workloads = ( { name = "null"; iterations = 5; },
              { name = "spin"; n = [ 50000, 100000 ]; iterations = 10; } );
EOF
"$etalon" run "$tmp/all.cfg" --db "$tmp/all.db" --jobs 2 >"$tmp/log" 2>&1
ok "with the distribution's" is 0 $?
cp "$cache/kernel/vmlinux" "$tmp/vmlinux"
cp "$cache/kernel-linux-image-amd64/vmlinux" "$tmp/dom0"
cp "$(command -v qemu-system-x86_64)" "$tmp/qemu"
gzip -nc "$cache"/xen/*.elf >"$tmp/xen.gz"

sed -e 's/"all"/"own"/' \
    -e "s|name = \"native\";|& options = { kernel = \"$tmp/vmlinux\"; };|" \
    -e "s|name = \"kvm-bare\";|& options = { qemu = \"$tmp/qemu\"; };|" \
    -e "s|name = \"xen-pvh-bare\";|& options = { xen = \"$tmp/xen.gz\"; dom0 = \"$tmp/dom0\"; };|" \
    "$tmp/all.cfg" >"$tmp/own.cfg"
"$etalon" run "$tmp/own.cfg" --db "$db" --jobs 2 >"$tmp/log" 2>&1
ok "with one's own" is 0 $?
tr '\r' '\n' <"$tmp/log" | grep 'boot [0-9]' | sed 's/^/# /'

durations() { # DB PLATFORM
    sql "$1" "SELECT group_concat(true_ns) FROM (SELECT true_ns FROM durations
              WHERE platform = '$2' AND verdict = 'ok' ORDER BY workload, param, iteration)"
}
ok "native: every interval is the same" [ -n "$(durations "$db" native)" -a \
    "$(durations "$db" native)" = "$(durations "$tmp/all.db" native)" ]
# The outer system's image has its files in another order: its ticks fall elsewhere.
best() { # DB PLATFORM
    sql "$1" "SELECT group_concat(ns) FROM (SELECT min(true_ns) AS ns FROM durations
              WHERE platform = '$2' AND verdict = 'ok' GROUP BY workload, param)"
}
for p in kvm-bare xen-pvh-bare; do
    ok "$p: the figures are the same" is "2.0,200018.0,100018.0" "$(best "$db" $p)"
done
ok "their hashes are provenance" is \
    "$(for f in qemu vmlinux dom0 xen.gz; do sha256sum <"$tmp/$f" | cut -d' ' -f1; done)" \
    "$(sql "$db" "SELECT value FROM provenance WHERE key LIKE '%.own.%.sha256' ORDER BY key")"
ok "what was not replaced is not among them" is 0 \
    "$(sql "$tmp/all.db" "SELECT count(*) FROM provenance WHERE key LIKE '%.own.%'")"
ok "a Xen of one's own is of no package" is "1|0" \
    "$(sql "$tmp/all.db" "SELECT count(*) FROM provenance WHERE key = 'xen-pvh-bare.xen.version'")|$(
    sql "$db" "SELECT count(*) FROM provenance WHERE key = 'xen-pvh-bare.xen.version'")"

# The file named is the one that is booted: one bit of the kernel's own text.
sed -i 's/Linux version 6/Linux Version 6/' "$tmp/vmlinux"
sed -e 's/"own"/"bit"/' -e '/kvm-bare/s/, { name = "kvm-bare.*/ );/' "$tmp/own.cfg" >"$tmp/bit.cfg"
"$etalon" run "$tmp/bit.cfg" --db "$tmp/bit.db" >"$tmp/log" 2>&1
ok "another kernel has another hash" is "$(sha256sum <"$tmp/vmlinux" | cut -d' ' -f1)" \
    "$(sql "$tmp/bit.db" "SELECT value FROM provenance WHERE key = 'native.own.kernel.sha256'")"
ok "and boots" is "ok" "$(sql "$tmp/bit.db" "SELECT verdict FROM boots")"
finish
