#!/usr/bin/env bash
# Builds binaries that run on other machines than this one, and packs them.
# x86-64: needs AVX2, FMA, F16C and BMI2 (level x86-64-v3: any server or desktop CPU since about 2015).
# Elsewhere: the compiler's baseline. Has a target folder of its own, because the flags differ.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/say.sh
source scripts/say.sh

arch=$(uname -m)
case $arch in
x86_64) flags='-C target-cpu=x86-64-v3' ;;
*) flags='-C target-cpu=generic' ;;
esac
out=${CARGO_TARGET_DIR:-target}/dist

scripts/install-system-packages.sh
say "building portable binaries with $flags (llama.cpp is compiled anew: some minutes)"
# Flags meant for the CPU at hand must not leak into binaries for others.
env -u CFLAGS -u CXXFLAGS CARGO_TARGET_DIR="$out" RUSTFLAGS="$flags" \
    cargo build --release --locked -p dragon -p dragon-engine

version=$(cargo metadata --locked --no-deps --format-version 1 |
    python3 -c 'import json, sys; print(next(p["version"] for p in json.load(sys.stdin)["packages"] if p["name"] == "dragon"))')
name=dragon-$version-$arch
rm -rf "${out:?}/$name"
mkdir "$out/$name"
cp "$out/release/dragon" "$out/release/dragon-engine" LICENSE "$out/$name/"
for extra in README.md dragon.example.toml; do
    [[ -f $extra ]] && cp "$extra" "$out/$name/"
done
strip --strip-debug "$out/$name/dragon" "$out/$name/dragon-engine"
tar -C "$out" -czf "$out/$name.tar.gz" "$name"
say "packed $out/$name.tar.gz"
