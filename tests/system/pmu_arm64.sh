#!/bin/bash
# Hypothesis: the counter that stands in the report is the processor's. On an emulated arm64
# machine whose PMU is exact (one instruction, one count) the collector's own sources, cross-
# built, count a loop of N iterations as exactly 2N + c: for themselves, and for a guest of the
# emulated KVM seen from its host. Where that same PMU lies (no -icount: it opens, runs and
# reads 0) the self-test says so and no number comes out.
. "$(dirname "$0")/lib.sh"
points=25
plan $points

skip_all() {
    while [ "$tap_n" -lt $points ]; do skip "exact PMU on arm64" "$1"; done
    finish
}

machine=${ETALON_CACHE:-$root/cache}/arm64
command -v aarch64-linux-gnu-gcc >/dev/null ||
    skip_all "no cross compiler; install gcc-aarch64-linux-gnu and libc6-dev-arm64-cross"
command -v qemu-system-aarch64 >/dev/null || skip_all "no QEMU for arm64; install qemu-system-arm"
scripts/fetch-arm64 "$machine" 2>"$tmp/fetch" || skip_all "$(tail -n 1 "$tmp/fetch")"
sed 's/^/# /' "$machine/versions"

initramfs=$(make -s ARM64="$machine/tree" BUILD="${BUILD:-build}" "${BUILD:-build}/tests/pmu-arm64-init" \
    >"$tmp/make" 2>&1 && "$build/tests/initramfs" "$build/tests/pmu-arm64-init")
ok "the collector is cross-built" [ -s "$initramfs" ]

boot() { # LOG QEMU-OPTIONS…
    local log=$1
    shift
    timeout 300 qemu-system-aarch64 -M virt,virtualization=on -cpu cortex-a57 -smp 1 -m 512 \
        -nodefaults -no-user-config -display none -no-reboot \
        -rtc base=2025-01-01T00:00:00,clock=vm -seed 1 "$@" -kernel "$machine/tree/vmlinuz" \
        -initrd "$initramfs" -append "console=ttyAMA0 panic=-1 quiet nokaslr" \
        -serial "file:$log" >"$log.qemu" 2>&1
    tr -d '\r' <"$log" >"$log.txt"
    grep -qx end "$log.txt"
}
exact="-icount shift=0,sleep=off"

# shellcheck disable=SC2086 # two words
ok "the machine runs to its end" boot "$tmp/1" $exact
# shellcheck disable=SC2086
ok "and once more" boot "$tmp/2" $exact
ok "without -icount, too" boot "$tmp/free"
log=$tmp/1.txt free=$tmp/free.txt

# lines WORD COUNT [TEXT]  are there COUNT lines of WORD, all with verdict ok (or TEXT)?
lines() {
    local all good
    all=$(grep -c "^$1 " "$log")
    good=$(grep "^$1 " "$log" | grep -c "verdict=${3:-ok\$}")
    [ "$all" = "$2" ] && [ "$good" = "$2" ] || { grep "^$1 " "$log"; return 1; }
}
ok "libpfm4's encodings for Cortex-A57, A53, Neoverse N1, N2 and V1 are the published ones" \
    lines encoding 14
ok "every event of the Arm group files is encoded" lines groups 15
ok "Linux drives a PMU and libpfm4 knows the processor" lines present 1
ok "the self-test believes instructions and cycles" lines selftest 2

field() { sed -n "s/^$1 .*\\b$2=\\([^ ]*\\).*/\\1/p" "$log"; }
two_n_plus() { # WORD-AND-FIELDS COUNT-FIELD ROWS: count - 2n is one constant in all rows
    local c
    c=$(grep "^$1" "$log" | sed -n "s/.* n=\\([0-9]*\\) .*\\b$2=\\([0-9]*\\).*/\\1 \\2/p" |
        awk '{ print $2 - 2 * $1 }')
    [ "$(wc -l <<<"$c")" = "$3" ] && [ "$(sort -u <<<"$c" | wc -l)" = 1 ] || {
        grep "^$1" "$log"
        return 1
    }
    echo "$c" | head -n 1
}
echo "# the thread itself, user level: N, instructions, instructions - 2N"
grep '^self ' "$log" | sed 's/^self n=\([0-9]*\) instructions=\([0-9]*\).*/\1 \2/' |
    awk '{ printf "# %9d %9d %3d\n", $1, $2, $2 - 2 * $1 }'
echo "# … read in user space, instructions and cycles"
grep '^user n=' "$log" | sed 's/^user n=\([0-9]*\) instructions=\([0-9]*\) cycles=\([0-9]*\)/\1 \2 \3/' |
    awk '{ printf "# %9d %9d %3d %9d\n", $1, $2, $2 - 2 * $1, $3 }'
echo "# around a guest of the emulated KVM: N, guest only, guest - 2N, host only, both"
grep '^sides levels=uk ' "$log" |
    sed 's/.* n=\([0-9]*\) guest=\([0-9]*\) host=\([0-9]*\) both=\([0-9]*\).*/\1 \2 \3 \4/' |
    awk '{ printf "# %9d %9d %3d %9d %9d\n", $1, $2, $2 - 2 * $1, $3, $4 }'
ok "a thread counts itself as exactly 2N + c from N = 1 to 10^7" two_n_plus "self " instructions 8
ok "in user space, without a system call, it counts the same from N = 1 to 10^7" \
    two_n_plus "user " instructions 8
ok "where the kernel keeps its counters that is said" says "$log" \
    "user kept verdict=the kernel keeps arm_ac57::INST_RETIRED from user space (index is 0"
ok "where it lends them what is read is what read(2) has around it" \
    says "$log" "user lent width=32 verdict=ok"
ok "guest only is exactly 2N + c from N = 1 to 10^7" two_n_plus "sides levels=uk " guest 8
all_sum() {
    [ "$(grep -c '^sides levels=uk .*verdict=ok$' "$log")" = 8 ]
}
ok "guest + host is both, to the last instruction" all_sum
ok "watched as the KVM platforms watch, a guest of 10^6 is 2000001, and the sum is exact" says "$log" \
    "watch event=arm_ac57::INST_RETIRED n=1000000 guest=2000001 sum=exact verdict=ok"
# With the hypervisor's own level counted, what runs between KVM's two exchanges of counters is
# in no side; that is reported, and is the same for every switch of the same kind.
gap() {
    [ "$(grep -c '^sides levels=ukh .*verdict=guest .* is not both' "$log")" = 8 ] &&
        [ "$(grep '^sides levels=ukh ' "$log" | sed -n 's/.*off by \([0-9]*\).*/\1/p' |
            head -n 6 | sort -u | wc -l)" = 1 ]
}
ok "what the switch itself costs on the hypervisor's level is missed, and said" gap

crowd() {
    says "$log" "crowd opened=8 refused=8 given=0" && says "$log" "were shared (multiplexed)" &&
        [ "$(field crowd raw | sort -n | head -n 1)" -gt 0 ]
}
ok "eight groups on six counters: each is refused, none is scaled to a number" crowd
split() {
    says "$log" "split whole=arm_ac57::INST_RETIRED cannot be counted together" &&
        says "$log" "split groups=3 largest=6 verdict=ok"
}
ok "sixteen events split into runs of six, although the kernel opens seven" split
ok "doctor: instructions, system calls and page faults are exact" \
    eval 'for n in core syscalls faults; do says "$log" "doctor name=$n verdict=ok" || exit 1; done'
unmoved() {
    for n in tlb cache; do
        grep -q "^doctor name=$n verdict=.* 100 % of the time and reads 0 after 32 fresh MiB" "$log" ||
            return 1
    done
}
ok "doctor: TLB and cache events, which this emulator does not count, are unavailable" unmoved
ok "two runs are equal, byte for byte" cmp "$tmp/1.txt" "$tmp/2.txt"

ok "without -icount the self-test says that the counter reads 0" \
    says "$free" "INST_RETIRED opens, says that it ran 100 % of the time and reads 0 after 2000000"
refused() {
    ! grep -E '^doctor name=(core|tlb|cache|exits) verdict=ok' "$free" &&
        [ "$(grep -cE '^doctor name=(core|tlb|cache|exits) verdict=.*reads 0' "$free")" = 4 ]
}
ok "without -icount doctor has no group that counts instructions" refused
no_sum() { ! grep '^sides .*verdict=ok' "$free" && says "$free" "nothing at all was counted"; }
ok "without -icount 0 + 0 = 0 is not taken for a sum" no_sum
ok "… nor is a guest watched by such a counter" \
    says "$free" "watch verdict=arm_ac57::INST_RETIRED opens, says that it ran 100 %"
finish
