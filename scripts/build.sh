#!/usr/bin/env bash
# Builds the release binaries for the CPU at hand. The first time takes minutes: llama.cpp is part of it.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/say.sh
source scripts/say.sh
# shellcheck source=scripts/build-env.sh
source scripts/build-env.sh

say "building (the first time takes some minutes)"
cargo build --release --locked --workspace --bins "$@"
