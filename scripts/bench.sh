#!/usr/bin/env bash
# Measures the server with the default model and writes the figures to bench-results/.
# Arguments go to dragon-bench (see --help). Run it on an otherwise idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-system-packages.sh
scripts/build.sh
scripts/fetch-model.sh
release=${CARGO_TARGET_DIR:-target}/release
exec "$release/dragon-bench" --server "$release/dragon" "$@"
