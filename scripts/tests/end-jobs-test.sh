#!/usr/bin/env bash
# Tests of end-jobs.sh: what runs is ended, and the exit code stays that of the work.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/say.sh
source scripts/say.sh

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# run WORK: a script with this work and the trap, in a shell of its own; its exit code is left in `code`.
run() {
    code=0
    bash -c 'set -euo pipefail; source scripts/end-jobs.sh; trap end_jobs EXIT; '"$1" -- "$folder" || code=$?
}

# expect WHAT GOT WANTED
expect() { [[ $2 == "$3" ]] || die "$1: $2, not $3"; }

run ':'
expect 'nothing was started' "$code" 0

run 'for _ in 1 2 3 4; do true & done; wait'
expect 'all jobs have ended and were waited for' "$code" 0

run 'true & sleep 0.1'
expect 'a job has ended and nobody has waited' "$code" 0

run 'false & wait; exit 7'
expect 'the work says how it went' "$code" 7

# A job that is listed and cannot be ended any more.
run 'jobs() { echo 4194304; }; true'
expect 'a listed job is gone' "$code" 0

run 'sleep 60 & echo $! >"$1/pid"; exit 3'
expect 'one still runs' "$code" 3
pid=$(cat "$folder/pid")
for _ in {1..50}; do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
done
if kill -0 "$pid" 2>/dev/null; then die "process $pid still runs"; fi
echo 'end-jobs: 6 passed, 0 failed'
