#!/usr/bin/env bash
# Kills the engine of a server again and again, and writes how soon work goes on to bench-results/.
# Arguments go to `dragon-bench restart` (see its --help). Run it on an otherwise idle machine; all of it takes about 20 minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-system-packages.sh
scripts/build.sh
scripts/fetch-model.sh
release=${CARGO_TARGET_DIR:-target}/release
exec "$release/dragon-bench" restart --server "$release/dragon" \
    --model "$PWD/models/SmolLM2-135M-Instruct.Q4_1.gguf" "$@"
