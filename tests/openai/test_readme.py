"""The curl commands of the README work as they stand there."""

import json
import re
import subprocess

import pytest

from server import ROOT

SHOWN_ADDRESS = "http://127.0.0.1:8080"


def curl_commands():
    """Every shell command of the README that starts with curl, with its continuation lines."""
    readme = ROOT / "README.md"
    text = readme.read_text() if readme.exists() else ""
    for block in re.findall(r"^```(?:sh|bash|console|shell)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        # A backslash or an open quote at the end of a line continues the command.
        command = ""
        for line in block.splitlines():
            command += ("\n" if command else "") + (line if command else line.removeprefix("$ "))
            if command.endswith("\\") or command.count("'") % 2:
                continue
            if command.startswith("curl") and SHOWN_ADDRESS in command:
                yield command
            command = ""


def test_the_readme_shows_a_chat():
    assert any("/v1/chat/completions" in command for command in curl_commands())


@pytest.mark.parametrize("command", list(curl_commands()))
def test_a_command_of_the_readme_works(server, command):
    shell = command.replace(SHOWN_ADDRESS, server.address)
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    if "data: " in done.stdout:
        assert done.stdout.rstrip().endswith("data: [DONE]")
    elif "| " not in command:
        assert "error" not in json.loads(done.stdout), done.stdout
    else:
        assert done.stdout.strip()
