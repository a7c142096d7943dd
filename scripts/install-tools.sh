#!/usr/bin/env bash
# Builds the cargo tools that `make test` needs, each at a fixed version, into .tools/NAME-VERSION.
# What is there is kept, so only the first run pays: two minutes on two cores, and four more where
# cargo-nextest is missing. Built without optimisation: they run for a second, but compile for minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/say.sh
source scripts/say.sh
# shellcheck source=scripts/tool-versions.sh
source scripts/tool-versions.sh

# install NAME VERSION [cargo install's options]
install() {
    local name=$1 version=$2
    shift 2
    [[ -x .tools/$name-$version/bin/$name ]] && return
    say "building $name $version (once)"
    cargo install --quiet --locked --debug --version "$version" --root ".tools/$name-$version" "$@" "$name"
}

install cargo-deny "$CARGO_DENY"
install cargo-fuzz "$CARGO_FUZZ"
install cargo-machete "$CARGO_MACHETE"
# The same version from anywhere else is as good.
if [[ $(cargo nextest --version 2>/dev/null | head -n1) != "cargo-nextest $CARGO_NEXTEST "* ]]; then
    install cargo-nextest "$CARGO_NEXTEST" --no-default-features --features default-no-update
fi
