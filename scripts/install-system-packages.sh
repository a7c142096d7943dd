#!/usr/bin/env bash
# Makes sure that the programs and libraries exist which the build and the model download need, and with
# the argument `test` also those which only the tests need.
# On Debian and Ubuntu it installs what is missing (and asks the network only then); elsewhere it
# names what is missing and fails. What is already there is never touched.
set -euo pipefail
purpose=${1:-build}
cd "$(dirname "$0")/.."
# shellcheck source=scripts/say.sh
source scripts/say.sh

# llama.cpp's bindings are made by bindgen, which loads libclang and reads clang's own C headers.
have_libclang() {
    [[ -n ${LIBCLANG_PATH:-} ]] && return 0
    local folder
    for folder in /usr/lib/llvm-* /usr/lib/llvm/* /usr/lib64 /usr/lib /usr/local/lib \
        /opt/homebrew/opt/llvm /usr/local/opt/llvm /Library/Developer/CommandLineTools/usr; do
        # The library can be there without the headers: other packages bring it alone.
        compgen -G "$folder/lib/libclang[.-]*" >/dev/null && compgen -G "$folder/lib/clang/*/include/stddef.h" >/dev/null && return 0
        compgen -G "$folder/libclang[.-]*" >/dev/null && compgen -G '/usr/lib*/clang/*/include/stddef.h' >/dev/null && return 0
    done
    return 1
}

# A python3 that can make a virtual environment with pip in it.
have_python_venv() { python3 -c 'import venv, ensurepip' 2>/dev/null; }

# The tests look at the pages of reports in a browser without a screen.
have_chromium() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null && return 0
    done
    return 1
}

# Prints one line per missing thing: its name on Debian, then on Fedora, Arch and Homebrew.
missing() {
    command -v cmake >/dev/null || echo 'cmake cmake cmake cmake'
    command -v c++ >/dev/null || echo 'g++ gcc-c++ gcc xcode-command-line-tools'
    have_libclang || echo 'libclang-dev clang-devel clang llvm'
    command -v python3 >/dev/null && have_python_venv || echo 'python3-venv python3 python python3'
    command -v curl >/dev/null || echo 'curl curl curl curl'
    command -v git >/dev/null || echo 'git git git git'
    [[ $purpose != test ]] || have_chromium || echo 'chromium chromium chromium chromium'
}

# Prints one column of the table of missing things on one line.
column() { awk -v n="$2" '{ printf "%s ", $n }' <<<"$1"; }

as_root() {
    if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

install_on_debian() {
    local packages
    read -ra packages <<<"$(column "$1" 1)"
    [[ " ${packages[*]} " == *" python3-venv "* ]] && packages+=(python3-pip)
    say "installing ${packages[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2
}

name_what_is_missing() {
    die "missing system packages. Install them and try again:
  Debian, Ubuntu:  $(column "$1" 1)
  Fedora:          $(column "$1" 2)
  Arch:            $(column "$1" 3)
  macOS, Homebrew: $(column "$1" 4)"
}

command -v cargo >/dev/null ||
    die "Rust is missing: install it with rustup (https://rustup.rs), then open a new shell and try again"

wanted=$(missing)
[[ -z $wanted ]] && exit 0
if command -v apt-get >/dev/null && { [[ $(id -u) -eq 0 ]] || command -v sudo >/dev/null; }; then
    install_on_debian "$wanted"
    wanted=$(missing)
fi
[[ -z $wanted ]] || name_what_is_missing "$wanted"
