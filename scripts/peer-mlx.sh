#!/usr/bin/env bash
# Serves the default model with mlx_lm.server, which the siege compares with. Arguments go to it (see its --help).
#
#   peer-mlx.sh --port 8090   makes what is missing (Python packages, the model in MLX's form), then serves
#   peer-mlx.sh prepare       only makes what is missing
#
# On Linux the packages compute with the reference BLAS, which is one thread and many times slower than it could be.
# So a fast one is laid over it, for this process only: BLAS=file names it, BLAS=none leaves it as it comes.
# THREADS=N computes with N threads.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/say.sh
source scripts/say.sh

gguf=models/SmolLM2-135M-Instruct.Q4_1.gguf
peer=${CARGO_TARGET_DIR:-target}/peer-mlx
mkdir -p "$peer"
peer=$(cd "$peer" && pwd -P)
python=$peer/venv/bin/python
model=$peer/smollm2-135m

packages() {
    cmp -s scripts/peers/requirements.txt "$peer/requirements.txt" && return
    say "installing mlx_lm.server (350 MB, once)"
    rm -rf "$peer/venv"
    python3 -m venv "$peer/venv" >&2
    "$python" -m pip install --quiet --disable-pip-version-check -r scripts/peers/requirements.txt >&2 ||
        die "pip could not bring mlx_lm.server: is there a network?"
    cp scripts/peers/requirements.txt "$peer/requirements.txt"
}

# Prints the folders of a BLAS that is unpacked here, and installed nowhere.
unpacked_blas() {
    local found
    if [[ ! -d $peer/blas ]]; then
        command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
        say "fetching OpenBLAS (8 MB, once)"
        rm -rf "$peer/blas.new"
        mkdir "$peer/blas.new"
        (cd "$peer/blas.new" && apt-get download -qq libopenblas0-pthread libgfortran5 >/dev/null 2>&1 &&
            for package in *.deb; do dpkg -x "$package" .; done && rm ./*.deb) || return 1
        mv "$peer/blas.new" "$peer/blas"
    fi
    found=$(find "$peer/blas" -name libopenblas.so.0 -print -quit)
    [[ -n $found ]] && echo "$found"
}

installed_blas() { ldconfig -p | awk '$1 == "libopenblas.so.0" { print $NF; found = 1; exit } END { exit !found }'; }

# Prints the file of a fast BLAS; nothing where none is wanted.
fast_blas() {
    [[ $(uname) == Linux && ${BLAS:-} != none ]] || return 0
    if [[ -n ${BLAS:-} ]]; then echo "$BLAS"; else installed_blas || unpacked_blas || slow; fi
}

slow() { say "no OpenBLAS is to be had: mlx_lm.server computes with the reference BLAS, many times slower"; }

# with_blas COMMAND...: becomes the command, computing with the fast BLAS.
with_blas() {
    local blas fortran
    blas=$(fast_blas)
    if [[ -n $blas ]]; then
        [[ -f $blas ]] || die "there is no BLAS at $blas"
        fortran=$(find "$peer/blas" -name libgfortran.so.5 -print -quit 2>/dev/null || true)
        export LD_PRELOAD=${fortran:+$fortran:}$blas OPENBLAS_NUM_THREADS=${THREADS:-$(nproc)}
    fi
    exec "$@"
}

model() {
    local stamp
    scripts/fetch-model.sh
    stamp=$(cat "$gguf" scripts/peers/mlx_model.py | cksum)
    [[ -f $model.stamp && $(cat "$model.stamp") == "$stamp" ]] && return
    say "making the model in MLX's form (some seconds, once)"
    (with_blas "$python" scripts/peers/mlx_model.py "$gguf" "$model" >&2)
    echo "$stamp" >"$model.stamp"
}

packages
model
[[ ${1:-} == prepare ]] && exit 0
# No model is ever looked for on the network, also where a request names one that is not there; and the list of models
# begins with ours, since the folder where others would lie is empty.
mkdir -p "$peer/no-models"
export HF_HUB_OFFLINE=1 HF_HUB_CACHE=$peer/no-models
with_blas "$peer/venv/bin/mlx_lm.server" --model "$model" --host 127.0.0.1 "$@"
