#!/usr/bin/env bash
# Besieges Dragon, llama-server and mlx_lm.server, one after the other, with the same attacks, and compares the reports.
# All get the same model, threads and slots; everything else is each server's own default. Nothing leaves this machine.
#
#   siege-peers.sh [PRESET] [TARGET...] [-- ARGS]
#
# PRESET   quick (as without one), duel, soak; or check, which only starts each, asks it a question and ends it
# TARGET   dragon, llama-server, mlx_lm.server; all three without one
# ARGS     go to each `dragon siege` (see its --help): -- --seed 7 --attack overload
#
# Reports go to siege-results/. Run it on an otherwise idle machine.
# THREADS=N and SLOTS=N and CTX=N (tokens of a slot) change what each server gets.
# DRAGON_BIN=folder takes dragon and dragon-engine from there instead of building them, PEER_BIN=folder llama-server.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/say.sh
source scripts/say.sh
# shellcheck source=scripts/peers/servers.sh
source scripts/peers/servers.sh

threads=${THREADS:-$(nproc 2>/dev/null || sysctl -n hw.physicalcpu)}
slots=${SLOTS:-8}
# Dragon's own default: the longest prompt and answer together.
ctx=${CTX:-4096}
gguf=$PWD/models/SmolLM2-135M-Instruct.Q4_1.gguf

preset=quick
case ${1:-} in quick | duel | soak | check) preset=$1; shift ;; esac
targets=()
while [[ $# -gt 0 && $1 != -- ]]; do
    case $1 in
        dragon | llama-server | mlx_lm.server) targets+=("$1") ;;
        *) die "there is no $1: first quick, duel, soak or check; then dragon, llama-server, mlx_lm.server; then -- and flags" ;;
    esac
    shift
done
[[ ${#targets[@]} -gt 0 ]] || targets=(dragon llama-server mlx_lm.server)
[[ $# -eq 0 ]] || shift
siege_args=("$@")

folder=$PWD/siege-results/$(date +%Y%m%d-%H%M%S)-$preset
dragon=
peer=

# Everything that takes long is made before the first server starts: none is attacked beside a compiler.
prepare() {
    local target
    scripts/install-system-packages.sh
    if [[ -n ${DRAGON_BIN:-} ]]; then
        dragon=$(cd "$DRAGON_BIN" && pwd)/dragon
    else
        scripts/build.sh
        dragon=${CARGO_TARGET_DIR:-$PWD/target}/release/dragon
    fi
    [[ -x $dragon ]] || die "there is no dragon at $dragon"
    scripts/fetch-model.sh
    for target in "${targets[@]}"; do
        case $target in
            llama-server) peer=$(scripts/build-peer.sh) ;;
            mlx_lm.server) scripts/peer-mlx.sh prepare ;;
        esac
    done
    [[ $preset == check ]] || "$dragon" siege --help >/dev/null 2>&1 || die "$dragon has no siege: build it again"
    mkdir -p "$folder"
}

# start TARGET PORT LOG
start() {
    case $1 in
        dragon)
            cat >"$folder/dragon.toml" <<TOML
[server]
listen = "127.0.0.1:$2"
[[model]]
id = "smollm2-135m"
path = "$gguf"
threads = $threads
slots = $slots
ctx = $ctx
TOML
            start_server "$1" "$3" "$dragon" serve --config "$folder/dragon.toml"
            ;;
        llama-server)
            # Its context is shared out among the slots.
            start_server "$1" "$3" "$peer/llama-server" --model "$gguf" --host 127.0.0.1 --port "$2" \
                --threads "$threads" --parallel "$slots" --ctx-size $((slots * ctx))
            ;;
        mlx_lm.server)
            # It has no bound for a slot's context. Without the log level it writes lines for every piece of a prompt.
            THREADS=$threads start_server "$1" "$3" scripts/peer-mlx.sh --port "$2" --decode-concurrency "$slots" \
                --log-level WARNING
            ;;
    esac
}

# besiege TARGET URL: fails only where the siege could not be held; a server that did not stand is a result.
besiege() {
    local status=0
    "$dragon" siege --target "$2" --name "$1" --preset "$preset" --report "$folder/$1.html" "${siege_args[@]}" || status=$?
    case $status in
        0) say "$1 holds every criterion" ;;
        1) say "$1 does not hold every criterion" ;;
        *) die "the siege of $1 failed with status $status" ;;
    esac
}

prepare
interrupted=
# The siege hears Ctrl-C as well, and writes what it has; nothing is started after it.
trap 'interrupted=yes' INT
trap end_server EXIT
reports=()
for target in "${targets[@]}"; do
    port=$(free_port)
    url=http://127.0.0.1:$port
    log=$folder/$target.log
    say "starting $target at $url"
    start "$target" "$port" "$log"
    wait_ready "$url" "$log"
    if [[ $preset == check ]]; then
        question='Write one sentence about dragons.'
        answer=$(ask "$url" "$question" 40) || die "$target gave no answer, see $log"
        say "$target, asked $question answers: $answer"
    else
        besiege "$target" "$url"
        reports+=("$folder/$target.json")
    fi
    end_server
    [[ -z $interrupted ]] || die "interrupted: reports so far are in $folder"
done
if [[ ${#reports[@]} -gt 1 ]]; then
    "$dragon" siege --compare "${reports[@]}" --report "$folder/compare.html"
    say "compared in $folder/compare.html"
fi
