#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The hypercall's round trip in instructions: measured by the guest, counted in the machine
# code, and as the tables of docs/vmm.md say. One instruction of a VMRUN/#VMEXIT pair is not
# charged by the emulator, so measured = executed - 1.
set -u
. "$(dirname "$0")/vmm_guest/run.bash"
need_qemu "in-tree hypervisor, path length"
vmm=$build/vmm/vmm.elf
guest=$build/tests/vmm-guest.elf
full_limit=48
fast_limit=10
port_limit=80

vmm_run "$vmm" "hypercall=full" "$guest" "test=basic"
full=$(cost hypercall)
echo "# full path: measured $full"
executed=$((1 + $(listed svm_full_light svm_full_light_end) + $(straight svm_exit_vmmcall)))
echo "# full path: VMMCALL + path + handler = $executed"
vmm_ok "full path: at most $full_limit instructions" test "$full" -gt 0 -a "$full" -le $full_limit
vmm_ok "full path: the machine code has one more than measured" test "$executed" = $((full + 1))
vmm_ok "full path: docs/vmm.md adds up to it" test "$(documented 'Full path' docs/vmm.md)" = "$executed"
# This guest's loops are not alike to the instruction: the 52 of docs/vmm.md is vmm_linux.sh's.
out=$(cost port_out)
echo "# OUT to a port without a device: $out"
vmm_ok "OUT: at most $port_limit instructions" test "$out" -gt 0 -a "$out" -le $port_limit
measured="$full $out $(cost cpuid) $(cost emulated_store)"
vmm_ok "what docs/techniques/vmx.md has of svm for comparison is so" is "$measured" "$(awk -F '|' '
    $2 ~ /^ (hypercall|port_out|cpuid|emulated_store) $/ { printf "%s%d", sep, $4; sep = " " }' \
    docs/techniques/vmx.md)"
# The registers that C may destroy are pushed and popped (RAX and RSP are the processor's); on the
# other way all 14 are, each popped where it was pushed.
registers() { # WAY: how many were saved and restored, pushes, pops
    objdump -d --no-show-raw-insn "$build/vmm/vmm.elf64" | awk -v way="svm_full_$1" '
        $2 == "<" way "_end>:" { exit }
        $2 == "<" way ">:" { on = 1 }
        on && $2 == "push" && $3 != "%rax" { save[$3] = 1; s++ }
        on && $2 == "pop" { restore[$3] = 1; r++ }
        END { for (i in save) if (i in restore) n++; print n, s, r }'
}
vmm_ok "light way: 8 registers saved, 8 restored" test "$(registers light)" = "8 8 9"
vmm_ok "whole way: 14 registers saved, 14 restored" test "$(registers whole)" = "14 14 15"

vmm_run "$vmm" "hypercall=fast" "$guest" "test=basic"
fast=$(cost hypercall)
echo "# fast path: measured $fast"
vmm_ok "fast path: at most $fast_limit instructions" test "$fast" -gt 0 -a "$fast" -le $fast_limit
vmm_ok "fast path: docs/vmm.md adds up to it" test "$(documented 'Fast path' docs/vmm.md)" = $((fast + 1))
plan_end
