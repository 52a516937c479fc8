# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests of cpu=vmx, after run.bash: run the hypervisor under Bochs 2.7, the one emulator
# here with VT-x. GRUB starts it from a CD. There is no card: its page is the first of the display's
# memory, where a store costs one instruction, too. Bochs' TSC counts instructions, idle time apart.

bochs_model=corei7_skylake_x
bochs_card=e0000000 # hexadecimal
bochs_ips=50000000  # instructions a second of the machine's time, and the TSC's rate

need_bochs() { # NAME OF THE TEST
    local missing=""
    command -v bochs >/dev/null || missing="bochs"
    [ -e /usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_term_gui.so ] || missing="$missing bochs-term"
    [ -e /usr/share/bochs/BIOS-bochs-latest ] || missing="$missing bochsbios"
    [ -e /usr/share/vgabios/vgabios.bin ] || missing="$missing vgabios"
    command -v grub-mkrescue >/dev/null || missing="$missing grub-pc-bin grub-common"
    command -v xorriso >/dev/null || missing="$missing xorriso"
    [ -z "$missing" ] && return
    echo "1..1"
    echo "ok 1 - $1 # SKIP not installed:$(printf ' %s' $missing)"
    exit 0
}

# bochs_run HYPERVISOR CONFIG GUEST GUEST-WORDS
# Leaves what vmm_run of run.bash leaves. $status is that of the report's end (33 ok, 35 error),
# 124 where there is none: Bochs itself always ends as after a panic.
bochs_run() {
    local vmm=$1 config=$2 guest=$3 words=$4
    rm -rf "${work:?}"/* "$tmp/cd"
    mkdir -p "$tmp/cd/boot/grub"
    cp "$vmm" "$tmp/cd/vmm.elf"
    cp "$guest" "$tmp/cd/guest"
    printf 'multiboot /vmm.elf cpu=vmx card=0x%s %s\nmodule /guest %s\nboot\n' \
        "$bochs_card" "$config" "$words" >"$tmp/cd/boot/grub/grub.cfg"
    grub-mkrescue -d /usr/lib/grub/i386-pc -o "$tmp/cd.iso" "$tmp/cd" >"$tmp/mkrescue" 2>&1 ||
        sed 's/^/# /' "$tmp/mkrescue"
    cat >"$tmp/bochsrc" <<B
config_interface: textconfig
display_library: term
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
cpu: model=$bochs_model, count=1, ips=$bochs_ips, reset_on_triple_fault=0, ignore_bad_msrs=1
memory: guest=256, host=256
ata0: enabled=1
ata0-master: type=cdrom, path="$tmp/cd.iso", status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$work/guest
com2: enabled=1, mode=file, dev=$work/report.raw
log: $work/qemu
panic: action=fatal
error: action=report
info: action=ignore
debug: action=ignore
clock: sync=none, time0=946684800
B
    # "c" is for its debugger, which Debian's Bochs starts in. It does not end by SIGTERM.
    { echo c | TERM=vt100 timeout -k 5 300 bochs -q -f "$tmp/bochsrc" >"$work/screen" 2>&1; } 2>/dev/null
    touch "$work/guest" "$work/report.raw" "$work/qemu"
    "$build/tests/records" "$work/report.raw" >"$work/report" 2>"$work/report.sums"
    records_status=$?
    case $(field end status) in
    ok) status=33 ;;
    error) status=35 ;;
    *) status=124 ;;
    esac
}
