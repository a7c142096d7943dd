#!/usr/bin/env bash
# Runs the official `openai` Python package and the README's curl commands against a real server.
# Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$(scripts/python-venv.sh)
"$python" -m pip install --quiet --disable-pip-version-check -r tests/openai/requirements.txt >&2
exec "$python" -m pytest tests/openai "$@"
