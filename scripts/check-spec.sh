#!/usr/bin/env bash
# Every test that SPEC.md names exists: a promise whose test was renamed or removed is a promise without a test.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=0
while read -r name; do
    if ! grep -rqE "fn $name\(" crates --include='*.rs'; then
        echo "SPEC.md names the test \`$name\`, and there is none" >&2
        missing=$((missing + 1))
    fi
done < <(sed -nE 's/^ *- `([a-z0-9_]+)`.*/\1/p' SPEC.md)
[[ $missing -eq 0 ]]
