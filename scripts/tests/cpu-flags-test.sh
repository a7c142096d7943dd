#!/usr/bin/env bash
# Tests of cpu-flags.sh's decision with invented CPUs and compilers, and of the probe's own source.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf 'model name\t: with matrix unit\nflags\t\t: fpu avx2 amx_bf16 amx_tile amx_int8\n' >"$folder/amx"
printf 'model name\t: without\nflags\t\t: fpu avx2\n' >"$folder/plain"

# A compiler whose probe succeeds only with the flags given: compiler NAME FLAGS-THAT-WORK OTHERWISE.
compiler() {
    printf '#!/usr/bin/env bash\n[[ "$1" == "%s" ]] && exit 0\n%s\n' "$2" "$3" >"$folder/$1"
    chmod +x "$folder/$1"
}
compiler sound '' 'exit 1'
compiler gcc-12.2 '-fno-tree-dse -fno-dse' 'kill -ILL $$'
compiler clang-14 '-D__AMX_INT8__=1' 'exit 2'
compiler hopeless 'nothing works' 'kill -SEGV $$'

failures=0
# expect WHAT CPU COMPILER FLAGS
expect() {
    local got
    got=$(DRAGON_CPUINFO=$folder/$2 DRAGON_AMX_PROBE=$folder/$3 scripts/cpu-flags.sh 2>"$folder/words")
    if [[ $got != "$4" ]]; then
        echo "$1: expected '$4', got '$got'"
        failures=$((failures + 1))
    fi
}
expect 'a CPU without AMX needs nothing, whatever the compiler' plain hopeless ''
expect 'a compiler that makes right code needs nothing' amx sound ''
expect 'GCC that drops the stores is told not to' amx gcc-12.2 '-fno-tree-dse -fno-dse'
expect 'clang that leaves AMX out is told to use it' amx clang-14 '-D__AMX_INT8__=1'
expect 'a compiler that cannot do it leaves AMX out' amx hopeless '-mno-amx-int8 -mno-amx-tile -mno-amx-bf16'
grep -q 'slower' "$folder/words" || { echo 'leaving AMX out must be said'; failures=$((failures + 1)); }

# The probe itself must compile where the compiler knows AMX, also on a CPU that has none.
amx='-mamx-tile -mamx-int8'
# shellcheck disable=SC2086
if [[ $(uname -m) == x86_64 ]] && "${CXX:-c++}" $amx -x c++ -fsyntax-only - </dev/null 2>/dev/null; then
    "${CXX:-c++}" -std=c++17 -O3 -Wall -Wextra -Werror $amx -D__AMX_INT8__=1 -c -o "$folder/probe.o" scripts/amx-probe.cpp 2>"$folder/log" ||
        { cat "$folder/log"; failures=$((failures + 1)); }
fi

[[ $failures -eq 0 ]] || exit 1
echo 'cpu-flags: 6 passed, 0 failed'
