#!/usr/bin/env bash
# Prints the C and C++ flags that llama.cpp has to be built with on this machine; usually nothing.
#
# Only CPUs with a matrix unit (AMX) need a look: some compilers make wrong code for it, every decode then
# crashes, and leaving it out costs most of the prefill speed. So each candidate is compiled and run
# (amx-probe.cpp), and the first one whose result is right is taken. The answer is kept under target/.
#
# For tests: DRAGON_CPUINFO replaces /proc/cpuinfo, DRAGON_AMX_PROBE replaces the compile-and-run step
# (called with the candidate's flags; exit status as in amx-probe.cpp).
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/say.sh
source scripts/say.sh

cpuinfo=${DRAGON_CPUINFO:-/proc/cpuinfo}
cxx=${CXX:-c++}
# Best first: as it is; GCC without the passes that drop the stores; clang 14, which spells the macro
# that ggml asks for differently.
candidates=('' '-fno-tree-dse -fno-dse' '-D__AMX_INT8__=1')
without_amx='-mno-amx-int8 -mno-amx-tile -mno-amx-bf16'

cpu_has_amx() {
    [[ -r $cpuinfo ]] && grep -qm1 '^flags.*\bamx_tile\b' "$cpuinfo" && grep -qm1 '^flags.*\bamx_int8\b' "$cpuinfo"
}

# Compiles the probe with the flags given and runs it. No core file and no word on the terminal when it crashes.
compile_and_run() {
    local folder status=0
    folder=$(mktemp -d)
    # The order of the flags is that of llama.cpp's own build.
    # shellcheck disable=SC2086
    if "$cxx" -O3 $1 -march=native -std=c++17 -o "$folder/probe" scripts/amx-probe.cpp 2>/dev/null; then
        (ulimit -c 0 && "$folder/probe") >/dev/null 2>&1 || status=$?
    else
        status=2
    fi
    rm -rf "$folder"
    return "$status"
}

# Does the compiler know these flags at all?
accepts() {
    # shellcheck disable=SC2086
    "$cxx" -O3 $1 -march=native -x c++ -fsyntax-only - </dev/null 2>/dev/null
}

run_probe() {
    if [[ -n ${DRAGON_AMX_PROBE:-} ]]; then "$DRAGON_AMX_PROBE" "$1"; else compile_and_run "$1"; fi
}

choose() {
    local flags
    for flags in "${candidates[@]}"; do
        # The subshell swallows the shell's own report of a probe that crashed.
        if (run_probe "$flags") 2>/dev/null; then
            echo "$flags"
            return
        fi
    done
    say "this compiler ($cxx) makes no working code for the CPU's matrix unit: building without it, which is slower"
    if [[ -n ${DRAGON_AMX_PROBE:-} ]] || accepts "$without_amx"; then echo "$without_amx"; else echo; fi
}

# What the answer depends on: CPU, compiler, kernel (which may forbid AMX), and the question itself.
cache_key() {
    { grep -m1 '^model name' "$cpuinfo"; "$cxx" --version; uname -r; cat scripts/amx-probe.cpp scripts/cpu-flags.sh; } |
        cksum | tr ' ' '-'
}

cpu_has_amx || exit 0
if [[ -n ${DRAGON_AMX_PROBE:-} ]]; then
    choose
    exit 0
fi
kept="${CARGO_TARGET_DIR:-target}/cpu-flags/$(cache_key)"
if [[ ! -f $kept ]]; then
    mkdir -p "$(dirname "$kept")"
    choose >"$kept.new"
    mv "$kept.new" "$kept"
fi
cat "$kept"
