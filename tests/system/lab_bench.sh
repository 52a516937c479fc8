#!/bin/bash
# Hypothesis: the lab bench says truly how each boot ended, gives the same frames for the same
# boot whatever else the computer does, refuses what it was not made for, and leaves nothing
# behind, however it is ended.
. "$(dirname "$0")/lib.sh"

plan 36

for part in tests/lab_boot tests/guest_stores.elf etalon-card.so etalon-timer-sim; do
    [ -r "$build/$part" ] || { echo "Bail out! $build/$part is not built"; exit 1; }
done

driver=$build/tests/lab_boot
guest=$build/tests/guest_stores.elf
timeout=(timeout -s KILL 150)

# boot TAG [lab_boot option…]: what it prints goes to $tmp/TAG.out, its files to $tmp/TAG
boot() {
    local tag=$1
    shift
    "${timeout[@]}" "$driver" "$@" "$tmp/$tag" >"$tmp/$tag.out" 2>&1
}

stores() { # TAG HOW [lab_boot option…]
    local tag=$1 how=$2
    shift 2
    boot "$tag" --kernel "$guest" --append "x $how" "$@"
}

linux() { # TAG SEED: a Linux boot with a few intervals
    boot "$1" --platform native --plan null,iters=20 --seed "$2"
}

# The processes of boot TAG whose program is named NAME: they work in its folder.
members() { # TAG NAME
    local p
    for p in /proc/[0-9]*; do
        [ "$(readlink "$p/cwd" 2>/dev/null)" = "$tmp/$1/lab" ] &&
            case $(readlink "$p/exe" 2>/dev/null) in
            *"$2"*) echo "${p#/proc/}" ;;
            esac
    done
}

wait_for() { # TAG NAME: until the machine runs; prints the id of NAME
    local i id
    for i in $(seq 200); do
        id=$(members "$1" "$2")
        [ -n "$id" ] && [ -s "$tmp/$1/lab/end.txt" ] && break
        sleep 0.05
    done
    echo "$id"
}

nothing_left() { # TAG
    local i
    for i in $(seq 40); do
        [ -z "$(members "$1" "")" ] && break
        sleep 0.05
    done
    is "" "$(members "$1" "")" && is "" "$(ls "$tmp/$1" | grep -x lab)"
}

# --- how a boot ends ---

stores exit d
ok "debug-exit is a power-off" grep -q '^end=powered-off time=[1-9][0-9]* reason=$' \
    "$tmp/exit.out"
ok "frames are there" [ -s "$tmp/exit/frames.bin" ]
ok "nothing is left" nothing_left exit
stores off p
ok "ACPI soft-off is one too" says "$tmp/off.out" "end=powered-off time="
stores fault t
ok "a triple fault is a death" says "$tmp/fault.out" "end=died time="
ok "with its reason" says "$tmp/fault.out" "reset itself"
ok "and its frames are kept" [ -s "$tmp/fault/frames.bin" ]
stores stay s --limit-ms 400
ok "the bound in the machine's time" says "$tmp/stay.out" "end=limit time=400000000 reason=the"
stores stall s --limit-ms 100000000 --host-s 2
ok "the bound in host time" says "$tmp/stall.out" "end=stalled time="
ok "leaves nothing" nothing_left stall

# --- the same boot is the same boot ---

stores again d
ok "a boot repeated gives the same frames" cmp "$tmp/exit/frames.bin" "$tmp/again/frames.bin"
ok "and the same end" cmp "$tmp/exit.out" "$tmp/again.out"
long=$tmp/$(printf 'a%.0s' $(seq 100))/$(printf 'b%.0s' $(seq 100))
mkdir -p "$long"
"${timeout[@]}" "$driver" --kernel "$guest" --append "x d" "$long/w,x y" >"$tmp/long.out" 2>&1
ok "in a folder with a long and odd name too" cmp "$tmp/exit.out" "$tmp/long.out"
ok "and again the same frames" cmp "$tmp/exit/frames.bin" "$long/w,x y/frames.bin"

linux one 1
ok "Linux runs its plan and powers off" says "$tmp/one.out" "end=powered-off time="
linux two 1 &
linux other 2
wait
ok "two at once: the same as alone, frame by frame" cmp "$tmp/one/frames.bin" \
    "$tmp/two/frames.bin"
ok "and on the console" cmp "$tmp/one/console.log" "$tmp/two/console.log"
ok "and to the nanosecond" cmp "$tmp/one.out" "$tmp/two.out"
ok "another seed is another boot" [ "$(cksum <"$tmp/one/frames.bin")" != \
    "$(cksum <"$tmp/other/frames.bin")" ]
boot refused --platform native --plan nonsense
ok "a plan the agent refuses says so and is not a good boot" grep -qa \
    'end intervals=0 status=error' "$tmp/refused/console.log"
boot full --platform native --plan "$(printf 'spin,n=50000,iters=1/%.0s' $(seq 200))null,iters=1"
ok "a plan of 4400 bytes, longer than a command line of Linux, is carried out whole" \
    grep -qa 'end intervals=201 status=ok' "$tmp/full/console.log"

# --- things break ---

stores killed s --limit-ms 100000000 &
kill -9 "$(wait_for killed qemu-system)"
wait
ok "QEMU killed is a death" says "$tmp/killed.out" "end=died time=0 reason=QEMU was ended by signal 9"
ok "and leaves nothing" nothing_left killed
stores timer s --limit-ms 100000000 &
wait_for timer qemu-system >/dev/null
kill -9 "$(wait_for timer etalon-timer-sim)"
wait
ok "the timer killed is the probe's failure" says "$tmp/timer.out" "end=probe time="
ok "and leaves nothing" nothing_left timer
"$driver" --kernel "$guest" --append "x s" --limit-ms 100000000 "$tmp/owner" >/dev/null &
owner=$!
wait_for owner qemu-system >/dev/null
kill -9 $owner
wait $owner 2>/dev/null
ok "its own process killed: machine and timer go with it" is "" \
    "$(sleep 0.5; members owner "")"

# --- what it was not made for ---

boot nokernel --kernel "$tmp/none" --append x
ok "a missing kernel is named" says "$tmp/nokernel.out" "error=-3 $tmp/none"
echo text >"$tmp/text"
boot badkernel --kernel "$tmp/text" --append x
ok "a file that is no kernel: QEMU's words are passed on" says "$tmp/badkernel.out" \
    "error=-3 the machine did not start: QEMU ended with status 1"
ok "and nothing is left" nothing_left badkernel

mkdir "$tmp/bin"
cat >"$tmp/bin/qemu-system-x86_64" <<'Q'
#!/bin/sh
echo "QEMU emulator version 8.2.0 (fake)"
Q
chmod +x "$tmp/bin/qemu-system-x86_64"
PATH=$tmp/bin:$PATH boot version --kernel "$guest" --append "x d"
ok "another QEMU is refused" says "$tmp/version.out" "error=-3 the card model needs QEMU 7.2"
ok "and named" says "$tmp/version.out" "8.2.0 (fake)"
ok "with the package to install" says "$tmp/version.out" "package qemu-system-x86"
for tool in sh timeout; do ln -s "$(command -v $tool)" "$tmp/bin/$tool"; done
rm "$tmp/bin/qemu-system-x86_64"
PATH=$tmp/bin boot noqemu --kernel "$guest" --append "x d"
ok "no QEMU: the package is named" says "$tmp/noqemu.out" "install the package qemu-system-x86"
mkdir "$tmp/lib"
cp "$build/etalon-card.so" "$tmp/lib"
ETALON_LIB=$tmp/lib boot nosim --kernel "$guest" --append "x d"
ok "no timer simulation: it is named" says "$tmp/nosim.out" "etalon-timer-sim"
cp "$build/etalon-timer-sim" "$tmp/lib"
head -c 5000 "$build/etalon-card.so" >"$tmp/lib/etalon-card.so"
ETALON_LIB=$tmp/lib boot badcard --kernel "$guest" --append "x d"
ok "a damaged card model does not start" says "$tmp/badcard.out" "the machine did not start"
ok "and leaves nothing" nothing_left badcard

finish
