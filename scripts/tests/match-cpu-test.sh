#!/usr/bin/env bash
# Tests of match-cpu.sh in a target folder of its own, with a rustc that names an invented CPU.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR=$folder/target
mkdir "$folder/bin"

# cpu NAME: from now on rustc says that this is the CPU.
cpu() {
    printf '#!/usr/bin/env bash\necho target_feature=%s\n' "$1" >"$folder/bin/rustc"
    chmod +x "$folder/bin/rustc"
}
match() { PATH=$folder/bin:$PATH scripts/match-cpu.sh "$1" 2>/dev/null; }
build() { mkdir -p "$CARGO_TARGET_DIR/release"; }

failures=0
# expect kept|gone WHAT: is the build still there?
expect() {
    local found=gone
    [[ -d $CARGO_TARGET_DIR/release ]] && found=kept
    [[ $found == "$1" ]] || { echo "$2: the build is $found"; failures=$((failures + 1)); }
}

cpu one
build
match ''
expect kept 'a build of unknown origin on a CPU that needs no flags'
match ''
expect kept 'the same CPU'
cpu two
match ''
expect gone 'another CPU'
build
match ''
expect kept 'built again on the new CPU'
match '-fno-dse'
expect gone 'other C++ flags'

[[ $failures -eq 0 ]] || exit 1
echo 'match-cpu: 5 passed, 0 failed'
