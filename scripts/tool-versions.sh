# shellcheck shell=bash
# Sourced: the versions of the tools that `make test` needs, and the path on which cargo finds them.

CARGO_DENY=0.20.2
CARGO_FUZZ=0.13.2
CARGO_MACHETE=0.9.2
CARGO_NEXTEST=0.9.143

PATH="$PWD/.tools/cargo-deny-$CARGO_DENY/bin:$PWD/.tools/cargo-fuzz-$CARGO_FUZZ/bin:$PWD/.tools/cargo-machete-$CARGO_MACHETE/bin:$PWD/.tools/cargo-nextest-$CARGO_NEXTEST/bin:$PATH"
export PATH
