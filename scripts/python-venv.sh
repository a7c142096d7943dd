#!/usr/bin/env bash
# Makes the project's own Python environment in .venv, where pip may install without touching the system.
# Prints the path of its python.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/say.sh
source scripts/say.sh

python=$PWD/.venv/bin/python
if ! "$python" -c 'import pip' 2>/dev/null; then
    say "making a Python environment in .venv"
    rm -rf .venv
    python3 -m venv .venv >&2
fi
echo "$python"
