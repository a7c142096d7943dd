#!/usr/bin/env bash
# Throws the build away when it was made for another CPU than this one.
#
# Everything is compiled for the CPU at hand ("native"), but cargo only remembers that word, not what it
# meant. When a kept target/ moves to a machine with another CPU, or the C++ compiler or its flags change,
# the old binaries would crash or be slow without anybody noticing. So what "native" means to both
# compilers is written to target/.built-for, and compared before each build.
#
# Usage: match-cpu.sh C++-FLAGS    (the output of cpu-flags.sh)
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/say.sh
source scripts/say.sh

flags=${1:-}
target=${CARGO_TARGET_DIR:-target}
stamp=$target/.built-for
cxx=${CXX:-c++}

# What "native" switches on, as the two compilers tell it.
meaning_of_native() {
    rustc --print cfg -C target-cpu=native | grep '^target_' | sort
    "$cxx" -march=native -dM -E -x c++ /dev/null 2>/dev/null ||
        "$cxx" -mcpu=native -dM -E -x c++ /dev/null 2>/dev/null ||
        "$cxx" -dM -E -x c++ /dev/null
}

now=$( { meaning_of_native; echo "$flags"; } | cksum)
mkdir -p "$target"
if [[ -f $stamp ]]; then
    [[ $(cat "$stamp") == "$now" ]] && exit 0
    say "$target/release was built for another CPU or with other C++ flags: building again (some minutes)"
    rm -rf "$target/release"
elif [[ -n $flags ]] && compgen -G "$target/release/build/llama-cpp-sys-2-*" >/dev/null; then
    # Built by cargo alone, which knows nothing of the flags that this CPU needs.
    say "llama.cpp was built without the flags that this CPU needs: building it again (some minutes)"
    cargo clean --quiet --release -p llama-cpp-sys-2
fi
echo "$now" >"$stamp"
