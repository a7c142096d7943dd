#!/usr/bin/env bash
# From a clean clone to a model that answers: packages, build, model, server.
# Arguments go to `dragon serve`.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-system-packages.sh
scripts/build.sh
scripts/fetch-model.sh
exec "${CARGO_TARGET_DIR:-target}/release/dragon" serve "$@"
