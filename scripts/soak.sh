#!/usr/bin/env bash
# Attacks the server for half an hour with everything at once (load, kills, stops, hostile clients) and checks that its
# memory, its descriptors and its threads stay flat. Arguments go to `dragon-chaos soak` (see its --help):
#
#   soak.sh --minutes 5      shorter
#   soak.sh --attack-only    hostile clients alone, 10 minutes: memory after them against before
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-system-packages.sh
scripts/build.sh
exec "${CARGO_TARGET_DIR:-target}/release/dragon-chaos" soak "$@"
