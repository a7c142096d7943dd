#!/usr/bin/env bash
# Compares the server with llama.cpp's own on the default model, in turn, and writes the figures to bench-results/.
# Arguments go to `dragon-bench compare` (see its --help). Run it on an otherwise idle machine.
#
# FULL=1 runs all cases; without it the selection takes about 25 minutes.
# PEER_BIN=folder takes llama-server and llama-batched-bench from there instead of building them.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-system-packages.sh
scripts/build.sh
scripts/fetch-model.sh
peer=$(scripts/build-peer.sh)
release=${CARGO_TARGET_DIR:-target}/release
full=()
[[ -z ${FULL:-} ]] || full=(--full)
batched=()
[[ ! -x $peer/llama-batched-bench ]] || batched=(--batched-bench "$peer/llama-batched-bench")
exec "$release/dragon-bench" compare --server "$release/dragon" --engine "$release/dragon-engine" \
    --peer "$peer/llama-server" "${batched[@]}" --model "$PWD/models/SmolLM2-135M-Instruct.Q4_1.gguf" "${full[@]}" "$@"
