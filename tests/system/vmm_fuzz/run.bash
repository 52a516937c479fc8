# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests/system/vmm_fuzz.sh, tests/system/long/vmm_fuzz.sh and vmm_fuzz_vmx.sh there: boots
# of the fuzz guest (docs/trust.md), and what is looked at behind each.

. "$(dirname "${BASH_SOURCE[0]}")/../vmm_guest/run.bash"
fuzz_dir=tests/system/vmm_fuzz

# Of memory from 1 MiB: hypervisor, 16 MiB of guest, as many for its copy, 8 MiB of shadow.
fuzz_memory_bytes() { # VMM-WORDS
    case $1 in
    *lie=restore*) echo 2b00000 ;;
    *) echo 1b00000 ;;
    esac
}

# Sets $fuzz_config, $fuzz_guest and $fuzz_number of a mode.
fuzz_mode() {
    fuzz_guest=$build/tests/fuzz-svm.elf
    case $1 in
    nested) fuzz_config="cpu=svm" fuzz_number=0 ;;
    lazy) fuzz_config="cpu=svm paging=shadow-lazy" fuzz_number=1 ;;
    eager) fuzz_config="cpu=svm paging=shadow-eager" fuzz_number=2 ;;
    soft) fuzz_config="cpu=soft" fuzz_number=3 fuzz_guest=$build/tests/fuzz-soft.elf ;;
    pv) fuzz_config="cpu=pv" fuzz_number=4 fuzz_guest=$build/tests/fuzz-soft.elf ;;
    *) echo "no mode $1" && return 1 ;;
    esac
}

# How often the hypervisor may enter a guest of these words: many times what any has needed.
fuzz_entries() {
    local steps=${1##*steps=}
    steps=${steps%% *}
    printf %x $((20000 + 200 * 16#$steps))
}

# Where the hypervisor's code begins and ends, as the plugin takes it.
fuzz_code() { # VMM
    objdump -h "$1" | awk '$2 == ".text" { print $4, $3 }' |
        while read -r at bytes; do printf 'from=%s,to=%x' "$at" $((16#$at + 16#$bytes)); done
}

# fuzz_boot VMM MODE VMM-WORDS GUEST-WORDS MEMORY: leaves what vmm_run leaves, $tmp/seen and MEMORY.
fuzz_boot() {
    fuzz_mode "$2" || return
    vmm_run "$1" "$fuzz_config ram_mb=16 $3" "$fuzz_guest" "mode=$fuzz_number $4" \
        -plugin "file=$build/tests/fuzz-watch.so,$(fuzz_code "$1"),seen=$tmp/seen$(
            )${5:+,memory=$5,bytes=$(fuzz_memory_bytes "$3")},entries=$(fuzz_entries "$4")"
}

# What must never be the reason of an end.
fuzz_own_fault() {
    case $1 in
    "the hypervisor itself took an exception" | "an interrupt arrived that nobody asked for" | \
        "the processor refused the guest's state" | "the backend came back" | "") return 0 ;;
    esac
    return 1
}

fuzz_in_time() {
    [ "$status" != 124 ] && return
    echo "it ran out of time"
    return 1
}

# The report adds up: exits by cause to all exits, entries of the ledger to its count.
fuzz_report_adds_up() {
    awk -F'\t' '
        function field(key, i) {
            for (i = 2; i <= NF; i++)
                if (index($i, key "=") == 1) return substr($i, length(key) + 2)
            return ""
        }
        $1 == "exits" {
            n += field("count")
            if (field("ticks_min") + 0 > field("ticks_max") + 0) bad = 1
        }
        $1 == "distortion" { if (field("seq") + 0 != entries++) bad = 1 }
        $1 == "ledger" { if (field("entries") + 0 != entries + 0) bad = 1 }
        $1 == "end" { all = field("exits"); ended = 1 }
        END {
            if (bad || !ended || n != all) {
                print "the report does not add up: " n " exits by cause, " all " in all"
                exit 1
            }
        }' "$work/report"
}

# fuzz_said VMM-WORDS GUEST-WORDS: what guest and hypervisor said of a boot that ended. 0 if nothing
# is wrong, else says what it is. Sets $fuzz_exits.
fuzz_said() {
    grep '^bug' "$work/guest" && return 1
    grep -qx done "$work/guest" || {
        echo "not done: status $status, $(field error reason)"
        return 1
    }
    case $2 in
    *last=*)
        { [ "$status" = 35 ] && ! fuzz_own_fault "$(field error reason)"; } ||
            { [[ $1 == *end=halt* ]] && [ "$status" = 33 ]; }
        ;;
    *) [ "$status" = 33 ] && [ "$(field end status)" = ok ] ;;
    esac || {
        echo "status $status, $(field error reason)"
        return 1
    }
    [ "$records_status" = 0 ] || {
        echo "the report is damaged"
        return 1
    }
    fuzz_report_adds_up || return
    fuzz_exits=$(field end exits)
}

# fuzz_clean VMM SYMBOLS MODE VMM-WORDS GUEST-WORDS: 0 if nothing is wrong behind the boot, else
# what it is; 2 if it ran out of time, which on a busy computer says nothing. Sets $fuzz_exits. The
# reference of the same hypervisor and words is made when it is missing.
fuzz_clean() {
    local reference place
    rm -f "$tmp/memory"
    fuzz_boot "$1" "$3" "$4" "$5" "$tmp/memory"
    fuzz_in_time || return 2
    [ "$status" = 36 ] && echo "it gets nowhere: one exit after the other" && return 1
    fuzz_said "$4" "$5" || return
    place="$(field fact vmm.host_ram_base) $(field fact vmm.guest_ram_bytes) $(field fact vmm.card_page)"
    reference=$tmp/reference.$(echo "$1 $3 $4" | cksum | cut -d' ' -f1)
    if [ ! -s "$reference" ]; then
        mv "$tmp/seen" "$tmp/seen_by_guest"
        fuzz_boot "$1" "$3" "$4" "steps=0" "$reference"
        mv "$tmp/seen_by_guest" "$tmp/seen"
        fuzz_in_time || return 2
    fi
    # shellcheck disable=SC2086
    "$build/tests/fuzz_memory" "$2" $place "$reference" "$tmp/memory" $fuzz_dir/state.txt
}

# fuzz_plant FILE SED: the hypervisor with the script applied, as $tmp/planted.elf (and .64).
fuzz_plant() {
    local source=hv-under-test/vmm/$1 plant=$tmp/plant/${1##*/} o objects=()
    mkdir -p "$tmp/plant"
    sed "$2" "$source" >"$plant" # its symbols go by this name
    cmp -s "$source" "$plant" && echo "the script changes nothing" && return 1
    gcc -std=gnu11 -O2 -w -I. -march=x86-64 -mtune=generic -ffreestanding -fno-pic -fno-pie \
        -mno-red-zone -fno-stack-protector -fcf-protection=none -fno-strict-aliasing \
        -fno-asynchronous-unwind-tables -mgeneral-regs-only -c "$plant" \
        -o "$tmp/planted.o" || return
    # All but the one replaced, of sources that there are: a build may hold older objects.
    while IFS= read -r o; do
        o=${o#"$build/vmm/"}
        o=$(ls "${o%.o}".[cS] 2>/dev/null) && [ "$o" != "$source" ] &&
            objects+=("$build/vmm/${o%.*}.o")
    done < <(find "$build/vmm" -name '*.o')
    ld -static -nostdlib --build-id=sha1 -z noexecstack -z max-page-size=4096 \
        -T hv-under-test/vmm/link.ld "${objects[@]}" "$tmp/planted.o" \
        "$build"/target/collector/{record_write,tolerance}.o "$build/target/base/crc32c.o" \
        -o "$tmp/planted.elf.64" &&
        objcopy -O elf32-i386 --strip-debug "$tmp/planted.elf.64" "$tmp/planted.elf"
}

# Lines of the corpus for a mode: VMM-WORDS|GUEST-WORDS.
fuzz_corpus() {
    grep "^$1|" $fuzz_dir/corpus.txt | cut -d'|' -f2-
}

# fuzz_planted_clean MODE VMM-WORDS GUEST-WORDS: a boot of the hypervisor that fuzz_plant made.
fuzz_planted_clean() {
    fuzz_clean "$tmp/planted.elf" "$tmp/planted.elf.64" "$1" "$2" "$3"
}

# fuzz_finds MODE FILE SED: does any boot of the mode's corpus see it? Says which, and what it saw.
fuzz_finds() {
    local line seen rc
    rm -f "$tmp"/reference.*
    fuzz_plant "$2" "$3" || return
    while read -r line; do
        seen=$(fuzz_planted_clean "$1" "${line%%|*}" "${line#*|}" 2>&1)
        rc=$?
        if [ $rc = 1 ]; then
            echo "$line: ${seen%%$'\n'*}"
            return 0
        fi
    done < <(fuzz_corpus "$1")
    echo "no boot of the corpus sees it"
    return 1
}

# The exit code: what runs between an exit and the next entry (docs/trust.md). What the modes share
# counts where any of them ran it; what is a mode's own, where that mode did.
fuzz_shared="exits.c accounts.c cpuid.c devices/devices.c devices/pic.c devices/pit.c devices/cmos.c
    devices/pci_guest.c devices/serial.c devices/ring.c decode/linear.c decode/insn.c
    decode/insn_operand.c soft/soft_decode.c paging/paging.c guest/snapshot.c guest/extended.c
    time/time.c time/restore.c time/distort.c time/distort_ledger.c machine/host_timer.c
    machine/host_interrupt.c"
fuzz_own_files() { # MODE
    case $1 in
    nested) echo svm/svm.c svm/svm_exits.c svm/svm_entry.S svm/svm_snapshot.c ;;
    lazy | eager) echo svm/svm_shadow.c svm/svm_shadow_fault.c paging/shadow.c \
        paging/shadow_tables.c paging/guest_walk.c ;;
    soft) echo soft/soft.c soft/soft_emulate.c soft/soft_entry.S soft/soft_event.c \
        soft/soft_shadow.c soft/soft_scan.c soft/soft_snapshot.c ;;
    pv) echo soft/soft.c soft/soft_entry.S soft/soft_event.c soft/soft_shadow.c soft/soft_pv.c ;;
    esac
}

# fuzz_lines SEEN MODE FILES: tests/system/fuzz_lines.c of the hypervisor as it is.
fuzz_lines() {
    # shellcheck disable=SC2086
    objdump --dwarf=decodedline "$build/vmm/vmm.elf64" | "$build/tests/fuzz_lines" "$1" \
        $fuzz_dir/unreached.txt "$2" hv-under-test/vmm $3
}
