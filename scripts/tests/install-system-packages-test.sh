#!/usr/bin/env bash
# Tests of install-system-packages.sh on invented machines: a path on which cmake is missing, with and
# without a package manager that only writes down what it was asked for.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
bin=$folder/bin
mkdir "$bin"
for program in bash env dirname id awk grep chmod; do
    ln -s "$(command -v "$program")" "$bin/$program"
done
# What the test is not about is taken as given.
for program in python3 c++ curl git cargo; do
    printf '#!/bin/sh\n' >"$bin/$program"
    chmod +x "$bin/$program"
done
run() { env -i PATH="$bin" HOME="$HOME" LIBCLANG_PATH=/ bash scripts/install-system-packages.sh "$@" >"$folder/out" 2>&1; }

failures=0
check() {
    local what=$1
    shift
    "$@" || { echo "$what"; cat "$folder/out"; failures=$((failures + 1)); }
}

fails() { ! run; }
asked_first() { head -n1 "$folder/asked" | grep -q -e "$1"; }
asked_last() { tail -n1 "$folder/asked" | grep -q -e "$1"; }
asked_nothing() { [[ ! -e $folder/asked ]]; }

# Elsewhere than on Debian: says what is missing, for every system, and fails.
check 'without a package manager it must fail' fails
check 'it must name the package' grep -q 'Fedora: *cmake' "$folder/out"

cat >"$bin/sudo" <<'INNER'
#!/usr/bin/env bash
exec "$@"
INNER
cat >"$bin/apt-get" <<INNER
#!/usr/bin/env bash
echo "\$*" >>"$folder/asked"
[[ "\$*" == *install* ]] || exit 0
program="\${*: -1}"
printf '#!/usr/bin/env bash\n' >"$bin/\$program" && chmod +x "$bin/\$program"
INNER
chmod +x "$bin/sudo" "$bin/apt-get"

check 'with apt-get it must succeed' run
check 'the lists are updated before the install' asked_first '^update'
check 'only what is missing is installed' asked_last '-recommends cmake$'
rm "$folder/asked"
check 'a second run must succeed' run
check 'a second run asks for nothing' asked_nothing
check 'for the tests it must succeed' run test
check 'only the tests need a browser' asked_last '-recommends chromium$'
rm "$folder/asked"
check 'a second run for the tests must succeed' run test
check 'with a browser it asks for nothing' asked_nothing

[[ $failures -eq 0 ]] || exit 1
echo 'install-system-packages: 11 passed, 0 failed'
