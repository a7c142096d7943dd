#!/usr/bin/env bash
# Builds the server that the benchmark compares with: llama.cpp's own, with the same compiler flags as the engine.
# Its source comes inside a Python package, by name. Prints the folder with llama-server and llama-batched-bench.
#
# PEER_BIN=folder uses programs that are there already. The build takes about 10 minutes on two cores and is kept.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/say.sh
source scripts/say.sh

if [[ -n ${PEER_BIN:-} ]]; then
    [[ -x $PEER_BIN/llama-server ]] || die "PEER_BIN is $PEER_BIN, and there is no llama-server in it"
    echo "$PEER_BIN"
    exit 0
fi
# shellcheck source=scripts/build-env.sh
source scripts/build-env.sh

package='llama-cpp-python==0.3.36'
sha256='832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e'
# What it is built from, for and with: another CPU or other flags build again.
stamp="$package $sha256 ${CFLAGS:-} $(cat "${CARGO_TARGET_DIR:-target}/.built-for-cpu")"
peer=${CARGO_TARGET_DIR:-target}/peer
mkdir -p "$peer"
peer=$(cd "$peer" && pwd)

if [[ ! -f $peer/stamp || $(cat "$peer/stamp") != "$stamp" ]]; then
    rm -rf "$peer"
    mkdir -p "$peer/source"
    say "fetching $package (75 MB; pip looks into it for a minute)"
    python=$(scripts/python-venv.sh)
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --dest "$peer" "$package" >&2 ||
        die "pip could not bring $package: is there a network?"
    archive=$(echo "$peer"/*.tar.gz)
    found=$(sha256sum "$archive" | cut -d' ' -f1)
    [[ $found == "$sha256" ]] || die "$package has sha256 $found, expected $sha256: not used"
    tar -xzf "$archive" -C "$peer/source" --strip-components=1
    # It points to a repository that is not there, and CMake would look for it again and again.
    rm -f "$archive" "$peer/source/vendor/llama.cpp/.git"
    say "building llama-server and llama-batched-bench (some minutes, once)"
    cmake -S "$peer/source/vendor/llama.cpp" -B "$peer/build" -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON \
        -DBUILD_SHARED_LIBS=OFF -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF >"$peer/build.log" 2>&1 &&
        cmake --build "$peer/build" --parallel "$(nproc)" --target llama-server llama-batched-bench >>"$peer/build.log" 2>&1 ||
        die "the peer could not be built, see $peer/build.log"
    echo "$stamp" >"$peer/stamp"
fi
echo "$peer/build/bin"
