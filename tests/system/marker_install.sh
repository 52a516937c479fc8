#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What `make install` gives a user for their own sources is enough: the marker's header and its
# example compile as C and as C++ outside of this tree, found by pkg-config, and mark as the
# grammar says.
. "$(dirname "$0")/lib.sh"
plan 13

ok "it is installed" make -s install BUILD="${BUILD:-build}" DESTDIR="$tmp/dest" PREFIX=/opt/etalon
doc=$tmp/dest/opt/etalon/share/doc/etalon
export PKG_CONFIG_PATH=$tmp/dest/opt/etalon/share/pkgconfig PKG_CONFIG_SYSROOT_DIR=$tmp/dest
cflags=$(pkg-config --cflags etalon-marker)
ok "pkg-config knows its version" [ "$(pkg-config --modversion etalon-marker)" = \
    "$("$etalon" --version | grep -o '[0-9][0-9.]*' | head -n 1)" ]
ok "and a folder that has nothing of this tree" [ "${cflags% }" = "-I$tmp/dest/opt/etalon/include/etalon" ]
ok "what the lab boots is installed, too" \
    ls "$tmp/dest/opt/etalon/lib/etalon"/{agent/etalon-agent,payload/payload.elf,outer/etalon-outer}

# Compile somewhere else, where no header of ours can be found by chance.
mkdir "$tmp/away"
cd "$tmp/away" || exit 2
compile() { # NAME COMPILER WORDS…
    local name=$1
    shift
    # shellcheck disable=SC2086
    "$@" -O2 -Wall -Wextra -Werror $cflags -o "$name" "$doc/example.c"
}
marks() { # the last STOP: interval 9, code 1; 7 marks of the preamble and 20: the strobe is high
    head -c 4096 /dev/zero >card
    "./$1" card 5 >out 2>&1 || { cat out; return 1; }
    [ "$(od -An -tu4 -N4 card | tr -d ' ')" = 3 ]
}
ok "gcc, C11" compile c11 gcc -std=c11 -pedantic
ok "gcc, C99" compile c99 gcc -std=c99
ok "clang, C17" compile c17 clang -std=c17
ok "g++, C++11" compile cxx11 g++ -x c++ -std=c++11
ok "g++, C++20" compile cxx20 g++ -x c++ -std=c++20 -pedantic
ok "clang++, C++17" compile cxx17 clang++ -x c++ -std=c++17
ok "the example in C marks as the grammar says" marks c11
ok "and in C++" marks cxx11
# The marker itself is one instruction, for C++ as for C.
cat >one.cc <<'EOF'
#include "probe/marker/marker.h"
extern "C" void one(volatile uint32_t *pins, uint32_t value) { marker_store(pins, value); }
EOF
store_is_one() {
    # shellcheck disable=SC2086
    g++ -O2 $cflags -fcf-protection=none -c one.cc -o one.o &&
        [ "$(objdump -d --no-show-raw-insn one.o | grep -c '^ .*[^a-z]mov')" = 1 ]
}
ok "a marker in C++ is one store" store_is_one
finish
