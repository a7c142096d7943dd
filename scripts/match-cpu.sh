#!/usr/bin/env bash
# Throws away what was built for another CPU than this one, or with other C++ settings than now.
#
# Everything is compiled for the CPU at hand ("native"), but cargo only remembers that word, not what it
# meant. When a kept target/ moves to a machine with another CPU, the old binaries would crash or be slow
# without anybody noticing. And llama.cpp's build script configures CMake only once: cargo runs the script
# again when a setting changes, but the settings of the first time stay. So both are written down under
# target/, and compared before each build.
#
# Usage: match-cpu.sh C++-FLAGS    (the output of cpu-flags.sh)
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/say.sh
source scripts/say.sh
# shellcheck source=scripts/native-meaning.sh
source scripts/native-meaning.sh

flags=${1:-}
target=${CARGO_TARGET_DIR:-target}
cpu_stamp=$target/.built-for-cpu
settings_stamp=$target/.built-with-settings
cxx=${CXX:-c++}

# Everything that decides how llama.cpp is configured, besides its own version.
settings() {
    echo "${CFLAGS:-} ${CXXFLAGS:-} $flags"
    grep -v '^ *\(#\|$\)' .cargo/config.toml
}

# changed STAMP NOW: was something else noted than what holds now? A missing note says nothing.
changed() { [[ -f $1 && $(cat "$1") != "$2" ]]; }

llama_is_built() { compgen -G "$target/release/build/llama-cpp-sys-2-*" >/dev/null; }

# Built by cargo alone, which knows nothing of the flags that this CPU needs.
built_without_flags() { [[ -n $flags && ! -f $settings_stamp ]]; }

cpu_now=$(meaning_of_native | cksum)
settings_now=$(settings | cksum)
if changed "$cpu_stamp" "$cpu_now"; then
    say "$target/release was built for another CPU or by another compiler: building again (some minutes)"
    rm -rf "$target/release"
elif llama_is_built && { changed "$settings_stamp" "$settings_now" || built_without_flags; }; then
    say "llama.cpp was built with other settings: building it again (some minutes)"
    cargo clean --quiet --release -p llama-cpp-sys-2
fi
mkdir -p "$target"
echo "$cpu_now" >"$cpu_stamp"
echo "$settings_now" >"$settings_stamp"
