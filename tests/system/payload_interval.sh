#!/bin/bash
# Hypothesis: agent and payload run the same workloads: every freestanding object is in both,
# byte for byte but for the addresses the linker fills in; and between the two stores of an
# interval stands what interval.h says.
. "$(dirname "$0")/lib.sh"

plan 8

agent=$build/agent/etalon-agent
payload=$build/payload/payload.elf64

# Objects of build/target/ that a link took, from its map.
linked() { # MAP
    grep -oE '[^ ()]*target/(base|collector|workloads|hv-under-test)/[^ ()]*\.o' "$1" | sort -u
}
linked "$build/agent/etalon-agent.map" >"$tmp/agent.objects"
linked "$build/payload/payload.map" >"$tmp/payload.objects"
ok "both links take the same freestanding objects" cmp "$tmp/agent.objects" "$tmp/payload.objects"
some() { [ "$(grep -c workloads/ "$1")" -ge 10 ] && grep -q driver.o "$1"; }
ok "among them the driver and the workloads" some "$tmp/agent.objects"

# The bytes of a file from an address on. Text is one segment with file offset and address.
text_at() { # ELF ADDRESS COUNT
    readelf -lW "$1" | awk -v a="$2" -v n="$3" '
        function hex(s, i, v) {
            sub(/^0x0*/, "", s)
            for (i = 1; i <= length(s); i++)
                v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
            return v }
        $1 == "LOAD" && / R E / {
            low = hex($3)
            if (a >= low && a + n <= low + hex($5)) printf "%d\n", a - low + hex($2) }' |
        { read -r skip && tail -c +$((skip + 1)) "$1" | head -c "$3" | od -An -v -tu1 -w1; }
}

# Where an object's .text went: address of one of its global functions less its offset there.
text_address() { # ELF OBJECT
    local name offset address
    read -r offset name < <(nm "$2" | awk '$2 == "T" { print $1, $3; exit }')
    address=$(nm "$1" | awk -v n="$name" '$2 == "T" && $3 == n { print $1 }')
    echo $((0x$address - 0x$offset))
}

# Bytes that differ although no relocation covers them. A relocation is 4 or 8 bytes wide.
differing() { # OBJECT
    local size
    size=$((0x$(readelf -SW "$1" | sed 's/^ *\[ *[0-9]*\]//' | awk '$1 == ".text" { print $5 }')))
    paste <(text_at "$agent" "$(text_address "$agent" "$1")" "$size") \
        <(text_at "$payload" "$(text_address "$payload" "$1")" "$size") >"$tmp/pairs"
    [ "$(wc -l <"$tmp/pairs")" = "$size" ] || echo "$1: bytes were not found"
    readelf -rW "$1" | awk -v pairs="$tmp/pairs" -v name="$1" '
        function hex(s, i, v) {
            for (i = 1; i <= length(s); i++)
                v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
            return v }
        /^Relocation section/ { text = /\.rela\.text\x27/ }
        text && $3 ~ /^R_X86_64_/ {
            width = $3 == "R_X86_64_64" ? 8 : 4
            for (i = 0; i < width; i++) moved[hex($1) + i] = 1 }
        END {
            while ((getline line < pairs) > 0) {
                split(line, b)
                if (b[1] != b[2] && !(at in moved)) { print name ": byte " at ": " line; bad++ }
                at++
            } }' at=0
    echo "$size" >>"$tmp/compared"
}

: >"$tmp/compared"
while read -r object; do
    nm "$object" | grep -q ' T ' && differing "$object"
done <"$tmp/agent.objects" >"$tmp/differing"
ok "no byte of code differs but addresses" [ ! -s "$tmp/differing" ]
sed 's/^/# /' "$tmp/differing" | head -n 10
enough() { awk '{ n += $1 } END { print n " bytes"; exit n < 10000 }' "$1"; }
ok "10,000 bytes and more were compared" enough "$tmp/compared"

# The routines at the border, as listed in interval.S.
listing() { # ELF SYMBOL
    objdump -d --no-show-raw-insn --disassemble="$2" "$1" |
        awk '/^ *[0-9a-f]+:\t/ { sub(/^[^\t]*\t/, ""); gsub(/[ \t]+/, " "); sub(/ $/, "")
                                 if (!/^(nop|cs nop|data16|xchg)/) print }'
}
cat >"$tmp/null.want" <<'L'
mov %esi,(%rdi)
mov %edx,(%rdi)
ret
L
cat >"$tmp/run.want" <<'L'
push %rbx
push %rbp
sub $0x8,%rsp
mov %rdi,%rbx
mov %edx,%ebp
mov %r8,%rdi
mov %esi,(%rbx)
call *%rcx
mov %ebp,(%rbx)
add $0x8,%rsp
pop %rbp
pop %rbx
ret
L
same_listing() { # SYMBOL WANT
    listing "$agent" "$1" | diff "$2" - && listing "$payload" "$1" | diff "$2" -
}
ok "interval_null is two stores, one after the other" same_listing interval_null "$tmp/null.want"
ok "interval_run has only the call between its stores" same_listing interval_run "$tmp/run.want"

# An exit trace tells a sentinel by the address of its CPUID (sentinel.h): no other may stand at
# such an offset of its page.
strange_cpuids() { # ELF
    objdump -d --no-show-raw-insn "$1" | awk '
        function hex(s, i, v) {
            for (i = 1; i <= length(s); i++)
                v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
            return v }
        /^[0-9a-f]+ <.*>:/ { name = $2 }
        $2 == "cpuid" {
            all++
            at = hex(substr($1, 1, length($1) - 1)) % 4096 - 3584 # SENTINEL_OFFSET
            # the CPUID itself, or what follows it
            if (name !~ /_sites/ && at >= 0 && at < 7 * 16 && (at % 16 == 5 || at % 16 == 10))
                print $1, name
        }
        END { if (all < 14) print "only", all + 0, "CPUIDs found" }'
}
no_strange_cpuids() { [ -z "$(strange_cpuids "$1" | tee /dev/stderr)" ]; }
ok "payload: no CPUID is taken for a sentinel" no_strange_cpuids "$payload"
ok "agent: no CPUID is taken for a sentinel" no_strange_cpuids "$agent"
finish
