#!/usr/bin/env bash
# Every check and test of the project, one stage after the other, with a table of durations at the end.
# A failed stage does not stop the others: one run shows everything that is wrong.
#
# Usage: test.sh         everything
#        test.sh lint    only the checks that need neither a model nor a running server
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/say.sh
source scripts/say.sh
# shellcheck source=scripts/tool-versions.sh
source scripts/tool-versions.sh

what=${1:-all}
summary=()
failed=0

# stage NAME COMMAND...: runs the command, notes how it went and how long it took.
stage() {
    local name=$1 started=$SECONDS verdict=ok
    shift
    say "$name"
    "$@" || { verdict=FAILED; failed=$((failed + 1)); }
    summary+=("$(printf '%-7s %5d s  %s' "$verdict" $((SECONDS - started)) "$name")")
}

# Does PACKAGE link llama.cpp?
links_cpp() {
    cargo tree --locked -p "$1" --edges normal,build --invert llama-cpp-sys-2 2>/dev/null | grep -q '^llama-cpp-sys-2 v'
}

# The server must stay alive when C++ code corrupts memory, so none of it may be linked into `dragon`.
# Asking about the engine too shows that the question can be answered with yes.
server_links_no_cpp() { links_cpp dragon-engine && ! links_cpp dragon; }

shell_scripts() {
    local script
    for script in scripts/*.sh scripts/tests/*.sh .ci/run; do bash -n "$script" || return 1; done
    if command -v shellcheck >/dev/null; then
        shellcheck --external-sources --severity=warning scripts/*.sh scripts/tests/*.sh .ci/run || return 1
    else
        say "shellcheck is not installed: only the syntax of the scripts was checked"
    fi
    for script in scripts/tests/*.sh; do "$script" || return 1; done
}

documentation() { RUSTDOCFLAGS='-D warnings' cargo doc --release --locked --workspace --no-deps --quiet; }

lint() {
    stage 'shell scripts' shell_scripts
    stage 'formatting' cargo fmt --all --check
    stage 'every test that SPEC.md names exists' scripts/check-spec.sh
    stage 'the server links no C++' server_links_no_cpp
    # Known vulnerabilities (advisories) are left out: that list is only on the network.
    stage 'dependencies: bans, licences, sources' cargo deny --log-level warn check bans licenses sources
    stage 'dependencies: unused ones' cargo machete
    stage 'clippy' cargo clippy --release --locked --workspace --all-targets --quiet -- -D warnings
    stage 'documentation' documentation
    stage 'fuzz targets compile' cargo check --release --locked --quiet --manifest-path fuzz/Cargo.toml --target-dir target/fuzz
}

tests() {
    stage 'build' scripts/build.sh
    stage 'default model' scripts/fetch-model.sh
    stage 'tests in Rust' cargo nextest run --release --locked --workspace
    stage 'documentation examples' cargo test --release --locked --workspace --doc --quiet
    stage 'openai package and curl' scripts/test-openai.sh
    stage '60 engine kills under load' scripts/chaos.sh short
    stage 'fuzz targets run' scripts/fuzz.sh
}

stage 'system packages' scripts/install-system-packages.sh "$([[ $what == lint ]] && echo build || echo test)"
stage 'cargo tools' scripts/install-tools.sh
# shellcheck source=scripts/build-env.sh
source scripts/build-env.sh
lint
[[ $what == lint ]] || tests

say "all stages, $SECONDS s:"
printf '    %s\n' "${summary[@]}"
[[ $failed -eq 0 ]] || die "$failed stage(s) failed, see above"
