#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A program of the user's own between the markers: static and dynamic, with its libraries and any
# arguments; a longer program takes longer by exactly its instructions; what it prints stays off
# the console; what goes wrong with it is the verdict fail with its reason, and nothing else.
. "$(dirname "$0")/lib.sh"
plan 23
db=$tmp/exec.db

# spin N: exactly 2 N + 2 instructions and the end
spin() {
    cat >"$tmp/spin$1.S" <<EOF
        .globl _start
_start: movl \$$1, %ecx
1:      decl %ecx
        jnz 1b
        movl \$60, %eax
        xorl %edi, %edi
        syscall
        .section .note.GNU-stack,"",@progbits
EOF
    gcc -nostdlib -static -no-pie -o "$tmp/spin$1" "$tmp/spin$1.S"
}
cat >"$tmp/words.c" <<'EOF'
#include <stdio.h>
#include <string.h>
#include <zlib.h>
int main(int argc, char **argv)
{
    printf("%s %d <%s> <%s>\n", zlibVersion(), argc, argv[1], argv[2]);
    fflush(stdout);
    fprintf(stderr, "\x1e" "ETL1 0 0 iv n=77777 w=0 i=0 crc32c=00000000\n");
    return strcmp(argv[1], "two words, a=b/c") || strcmp(argv[2], "") ? 9 : 0;
}
EOF
cat >"$tmp/ends.c" <<'EOF'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
    int how = argc > 1 ? atoi(argv[1]) : 0;
    printf("about to end in way %d\n", how);
    fflush(stdout);
    if (how < 0)
        raise(-how);
    while (how == 1000)
        puts("more and more and more and more and more and more and more");
    return how;
}
EOF
spin 1000000
spin 2000000
ok "a dynamic program builds" gcc -O -o "$tmp/words" "$tmp/words.c" -lz
ok "a static one" gcc -O -static -o "$tmp/ends" "$tmp/ends.c"

cat >"$tmp/exec.cfg" <<EOF
name = "exec"; bench = "lab"; boots = 2; seed = 11; limit = 60;
platforms = ( { name = "native"; memory = 300; }, { name = "bare"; } );
workloads = (
    { name = "null"; iterations = 20; },
    { name = "exec"; exec = [ "$tmp/spin1000000" ]; iterations = 10; },
    { name = "exec"; exec = [ "$tmp/spin2000000" ]; iterations = 10; },
    { name = "exec"; exec = [ "$tmp/words", "two words, a=b/c", "" ]; iterations = 4; },
    { name = "exec"; exec = [ "$tmp/ends", "3" ]; iterations = 2; },
    { name = "exec"; exec = [ "$tmp/ends", "-11" ]; iterations = 2; },
    { name = "exec"; exec = [ "$tmp/ends", "1000" ]; iterations = 2; },
    { name = "exec"; exec = [ "$tmp/ends" ]; iterations = 2; }
);
EOF
"$etalon" run "$tmp/exec.cfg" --db "$db" --jobs 2 >"$tmp/log" 2>&1
ok "the campaign ends with a fail verdict" is 1 $?
sed 's/^/# /' "$tmp/log" | tr '\r' '\n' | grep 'boot [0-9]'

runs() { # COLUMNS CONDITION
    sql "$db" "SELECT DISTINCT $1 FROM runs WHERE platform = 'native' AND $2 ORDER BY w"
}
best() { # PROGRAM
    sql "$db" "SELECT DISTINCT ns FROM (SELECT min(true_ns) AS ns FROM durations
               WHERE platform = 'native' AND param = 'program=$1' GROUP BY boot)"
}
echo "# spin 1000000: $(best 0) ns, 2000000: $(best 1) ns"
# 4,000,000 ns, and what Linux takes for a tick and differs by from one start to the next.
ok "twice the loop is longer by its instructions" \
    awk -v a="$(best 0)" -v b="$(best 1)" 'BEGIN { d = (b - a) / 4000000; exit !(d > 0.99 && d < 1.02) }'
ok "both boots gave the same" is 2 "$(best 0 | wc -l | awk -v o="$(best 1 | wc -l)" '{ print $1 + o }')"
ok "the dynamic program found its libraries and its arguments" is "ok" \
    "$(runs verdict "param = 'program=2'")"
ok "how its output begins is told" is 1 \
    "$(runs "answer LIKE 'runs=4 output_bytes=% output: %.% 3 <two words, a=b/c> <>|%'" \
        "param = 'program=2'")"
ok "a status other than 0 is the program's fault" is \
    "fail|exec: ends: run 1 ended with status 3, the last output ends: about to end in way 3" \
    "$(runs "verdict, reason" "param = 'program=3'")"
ok "a signal is, too" is \
    "fail|exec: ends: run 1 ended by signal 11 (SIGSEGV), the last output ends: about to end in way -11" \
    "$(runs "verdict, reason" "param = 'program=4'")"
ok "and output without end" is 1 \
    "$(runs "reason LIKE '%ended by signal 25 (SIGXFSZ: its output or a file of its grew beyond 16 MiB)%'" \
        "param = 'program=5'")"
ok "what comes after runs as ever" is "ok" "$(runs verdict "param = 'program=6'")"
ok "nothing a program printed is on a console" is 0 \
    "$(sql "$db" "SELECT count(*) FROM raw_console WHERE instr(bytes, CAST('n=77777' AS BLOB))
                  OR instr(bytes, CAST('more and more' AS BLOB))")"
ok "no record and no frame was hurt" is 0 \
    "$(sql "$db" "SELECT sum(records_damaged + records_missing + lost + frames_damaged +
                  violations) FROM boots")"
ok "every interval is there" is 32 \
    "$(sql "$db" "SELECT DISTINCT n FROM (SELECT count(*) AS n FROM durations
                  WHERE platform = 'native' AND workload = 'exec' GROUP BY boot)")"
ok "without an operating system it is a skip with its reason" is \
    "skip|needs a Linux kernel under the workload; there is none here" \
    "$(sql "$db" "SELECT DISTINCT verdict, reason FROM runs
                  WHERE platform = 'bare' AND workload = 'exec'")"
ok "line and hash are provenance" is "\"$tmp/words\" \"two words, a=b/c\" \"\"
$(sha256sum <"$tmp/words" | cut -d' ' -f1)" \
    "$(sql "$db" "SELECT value FROM provenance WHERE key IN ('exec.2', 'exec.2.sha256') ORDER BY key")"
"$etalon" report --db "$db" --out "$tmp/report" --format markdown >/dev/null 2>&1
ok "the report names a program by its line" says "$tmp/report/report.md" \
    "| native | exec program=4: \"$tmp/ends\" \"-11\" | fail | exec: ends: run 1 ended by signal 11"
ok "memory reached the machine" is 1 \
    "$(sql "$db" "SELECT DISTINCT CAST(value AS INTEGER) BETWEEN 240 << 20 AND 300 << 20
                  FROM provenance WHERE key = 'boot.0.ram_bytes'")"

# --- what cannot be is refused before anything boots ---
refused() { # LINE TEXT
    printf 'name = "bad"; platforms = ( { name = "native"; } );\nworkloads = (\n%s );\n' "$1" \
        >"$tmp/bad.cfg"
    "$etalon" run "$tmp/bad.cfg" --db "$tmp/bad.db" >"$tmp/out" 2>&1
    is 2 $? && says "$tmp/out" "$2"
}
ok "a program that is not there" refused '{ name = "exec"; exec = [ "/no/such" ]; }' \
    "line 3: exec: exec: exec=/no/such cannot be found"
printf '#!/bin/sh\n' >"$tmp/script"
ok "a script" refused "{ name = \"exec\"; exec = [ \"$tmp/script\" ]; }" "not a script"
ok "an exec without a line" refused '{ name = "exec"; iterations = 3; }' 'wants its program as exec = ['
ok "a line that is no list of strings" refused '{ name = "exec"; exec = "/bin/true"; }' \
    "exec is an array of 1 to 64 strings"
ok "a line for another workload" refused '{ name = "null"; exec = [ "/bin/true" ]; }' \
    "only the workload exec has this setting"
finish
