"""Starts a real `dragon serve` on a free port, and asks it how it is."""

import json
import os
import queue
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RELEASE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"

LISTENING = "listening on "
START_MAX_S = 30
STOP_MAX_S = 30


class Server:
    """A server process that belongs to the tests; a context manager that ends exactly this process."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [RELEASE / "dragon", "serve", "--listen", "127.0.0.1:0", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            self.address = self._read_address()
            self._wait_until_ready()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_MAX_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the server did not stop when asked to")
        assert status == 0, f"the server stopped with status {status}"

    def _read_address(self):
        lines = queue.Queue()

        def read():
            # To the end, so that the server never waits for us to read.
            for line in self.process.stdout:
                lines.put(line)
            lines.put(None)

        threading.Thread(target=read, daemon=True).start()
        while (line := lines.get(timeout=START_MAX_S)) is not None:
            if LISTENING in line:
                return line.split(LISTENING, 1)[1].split()[0].rstrip("/")
        raise AssertionError(f"the server ended with status {self.process.wait()} before it listened")

    def _wait_until_ready(self):
        wait_for(lambda: self.get("/ready")[0] == 200, "the server to be ready", START_MAX_S)

    def get(self, path):
        """Status and JSON of a GET."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=10) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def busy_slots(self):
        """Sequences that the engines run now, and requests that wait for one."""
        models = self.get("/ready")[1]["models"]
        return sum(model["busy_slots"] + model["queue_waiting"] for model in models)

    def counter(self, name):
        """A counter of `/ready`, such as `n_decode_tokens`, over all models."""
        return sum(model[name] for model in self.get("/ready")[1]["models"])

    def wait_until_idle(self, within_s):
        wait_for(lambda: self.busy_slots() == 0, "every slot to be free", within_s)


def wait_for(condition, what, within_s):
    """Returns once `condition()` holds; fails after `within_s` seconds."""
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, f"waited {within_s} s in vain for {what}"
        time.sleep(0.02)
