#!/usr/bin/env bash
# Kills engines under load and judges every answer; reports go to chaos-results/. docs/CHAOS.md says how to read them.
#
# Usage: chaos.sh         1677 SIGKILLs and some SIGSTOPs with the tiny model, then 100 with the default model
#        chaos.sh short   what `make test` runs: 60 kills and 2 stops with the tiny model
#        chaos.sh tiny|default [ARGS]   only this model; ARGS go to `dragon-chaos kill` (see its --help)
#
# SEED=N repeats a run: the same requests, and the same dice for the instants of kills.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/say.sh
source scripts/say.sh

what=${1:-all}
[[ $# -eq 0 ]] || shift
seed=()
[[ -z ${SEED:-} ]] || seed=(--seed "$SEED")

[[ $what == short ]] || scripts/install-system-packages.sh
scripts/build.sh
chaos=${CARGO_TARGET_DIR:-target}/release/dragon-chaos

tiny() { "$chaos" kill --model tiny --kills 1677 --stops 20 "${seed[@]}" "$@"; }
with_default() {
    scripts/fetch-model.sh
    "$chaos" kill --model default --kills 100 --stops 3 --cases 32 --pause-max-ms 3000 "${seed[@]}" "$@"
}
case $what in
    # One report after the other, also where the first fails.
    all) held=0; tiny || held=1; with_default || held=1; exit "$held" ;;
    short) "$chaos" kill --model tiny --kills 60 --stops 2 --cases 48 "${seed[@]}" "$@" ;;
    tiny) tiny "$@" ;;
    default) with_default "$@" ;;
    *) die "there is no $what: all, short, tiny or default" ;;
esac
