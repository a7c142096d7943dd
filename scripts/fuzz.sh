#!/usr/bin/env bash
# Runs every fuzz target for a bounded time and fails on any crash, hang or excess of memory, and also on a
# target that hardly ran: a fuzzer that did nothing has checked nothing.
#
# Usage: fuzz.sh [SECONDS [TARGET...]]    15 seconds for each target, two at a time, unless told otherwise
#        KEEP=1 fuzz.sh ...               inputs that reach new code gather in fuzz/corpus for the next time
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/say.sh
source scripts/say.sh
# shellcheck source=scripts/end-jobs.sh
source scripts/end-jobs.sh
# shellcheck source=scripts/tool-versions.sh
source scripts/tool-versions.sh
scripts/install-tools.sh
# shellcheck source=scripts/build-env.sh
source scripts/build-env.sh

# A slow target makes a thousand a second even on a busy core; a broken one ends after its seeds.
MIN_EXECUTIONS_PER_S=20
# One input may take this long, in seconds: a thousand times what the slowest take.
MAX_INPUT_S=10
# Memory of a whole run, the fuzzer's own corpus and the sanitizer included, and of a single allocation.
MAX_RSS_MB=1024
MAX_ALLOCATION_MB=256
# Targets that run at the same time.
N_JOBS=2

seconds=${1:-15}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || die "the number of seconds is a whole number above zero, not '$seconds'"
targets=("${@:2}")
# The compiler is stable: the instrumentation is a nightly feature.
export RUSTC_BOOTSTRAP=1
[[ ${#targets[@]} -gt 0 ]] || mapfile -t targets < <(cargo fuzz list)
[[ ${#targets[@]} -gt 0 ]] || die "there is no fuzz target"

say "building the fuzz targets"
folder=${CARGO_TARGET_DIR:-target}/fuzz
cargo fuzz build --target-dir "$folder" 2>&1 | grep -E '^(warning|error)|^ +-->' >&2 || [[ ${PIPESTATUS[0]} -eq 0 ]] || die "the fuzz targets do not compile: RUSTC_BOOTSTRAP=1 cargo fuzz build"
host=$(rustc -vV | sed -n 's/^host: //p')

scratch=$(mktemp -d)
# What still runs when this script is ended is ended with it.
trap 'end_jobs; rm -rf "$scratch"' EXIT

# run TARGET: leaves what the fuzzer said in TARGET.log and its exit code in TARGET.code.
run() {
    local target=$1 corpus=$scratch/$1 code=0
    [[ -z ${KEEP:-} ]] || corpus=fuzz/corpus/$target
    mkdir -p "$corpus" "fuzz/artifacts/$target"
    # The outer limit is for a fuzzer that does not end by itself.
    timeout --kill-after=10 $((seconds + 60)) "$folder/$host/release/$target" "$corpus" "fuzz/seeds/$target" \
        -max_total_time="$seconds" -timeout="$MAX_INPUT_S" -rss_limit_mb="$MAX_RSS_MB" \
        -malloc_limit_mb="$MAX_ALLOCATION_MB" -print_final_stats=1 \
        -artifact_prefix="fuzz/artifacts/$target/" >"$scratch/$target.log" 2>&1 || code=$?
    echo "$code" >"$scratch/$target.code"
}

say "${#targets[@]} targets, $seconds s each"
for target in "${targets[@]}"; do
    while [[ $(jobs -rp | wc -l) -ge $N_JOBS ]]; do wait -n || true; done
    run "$target" &
done
wait

failed=0
for target in "${targets[@]}"; do
    log=$scratch/$target.log
    code=$(cat "$scratch/$target.code")
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    verdict=ok
    if [[ $code -ne 0 ]]; then
        verdict="FAILED (exit code $code)"
    elif [[ ${executions:-0} -lt $((MIN_EXECUTIONS_PER_S * seconds)) ]]; then
        verdict="FAILED (hardly ran)"
    fi
    printf '    %-20s %10s executions  %s\n' "$target" "${executions:-0}" "$verdict" >&2
    [[ $verdict == ok ]] && continue
    failed=$((failed + 1))
    tail -n 40 "$log" >&2
done
[[ $failed -eq 0 ]] || die "$failed target(s) failed; the inputs are in fuzz/artifacts. Make a unit test of each, then mend it"
