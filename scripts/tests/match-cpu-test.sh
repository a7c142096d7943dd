#!/usr/bin/env bash
# Tests of match-cpu.sh in a target folder of its own, with a rustc that names an invented CPU and a cargo
# that only notes that llama.cpp was thrown away.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR=$folder/target
llama=$CARGO_TARGET_DIR/release/build/llama-cpp-sys-2-0
mkdir "$folder/bin"
printf '#!/usr/bin/env bash\n[[ $1 == clean ]] && rm -rf "%s"\n' "$llama" >"$folder/bin/cargo"
chmod +x "$folder/bin/cargo"

# cpu NAME: from now on rustc says that this is the CPU.
cpu() {
    printf '#!/usr/bin/env bash\necho target_feature=%s\n' "$1" >"$folder/bin/rustc"
    chmod +x "$folder/bin/rustc"
}

failures=0
# expect all|rust|nothing FLAGS WHAT: how much of a finished build does a run with these C++ flags leave?
expect() {
    local left=nothing
    mkdir -p "$llama"
    PATH=$folder/bin:$PATH scripts/match-cpu.sh "$2" 2>/dev/null
    [[ -d $CARGO_TARGET_DIR/release ]] && left=rust
    [[ -d $llama ]] && left=all
    [[ $left == "$1" ]] || { echo "$3: $left is left"; failures=$((failures + 1)); }
}

cpu one
expect rust '-fno-dse' 'a build of unknown origin on a CPU that needs flags'
expect all '-fno-dse' 'the same CPU and flags'
expect rust '' 'other flags'
CFLAGS=-g expect rust '' 'flags of the person who builds'
expect rust '' 'and back'
cpu two
expect nothing '' 'another CPU'
expect all '' 'built again on the new CPU'
rm "$CARGO_TARGET_DIR"/.built-*
expect all '' 'a build of unknown origin on a CPU that needs no flags'

[[ $failures -eq 0 ]] || exit 1
echo 'match-cpu: 8 passed, 0 failed'
