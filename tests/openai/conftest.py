"""One server with the default model for all tests, and clients for it."""

import openai
import pytest

from server import ROOT, Server

MODEL = "smollm2-135m"
MODEL_FILE = ROOT / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf"
# Long enough for a thousand tokens on a slow machine; the exactness of lengths is promised up to the deadline.
DEADLINE_MS = 60_000


@pytest.fixture(scope="session")
def server():
    assert MODEL_FILE.is_file(), f"{MODEL_FILE} is missing: run scripts/fetch-model.sh"
    with Server("--deadline-ms", str(DEADLINE_MS)) as server:
        yield server


@pytest.fixture
def client(server):
    """The official client. Without retries, which would hide what the server did."""
    with openai.OpenAI(base_url=f"{server.address}/v1", api_key="unused", max_retries=0, timeout=90) as client:
        yield client


@pytest.fixture(autouse=True)
def nothing_is_left_running(server):
    """After every test all slots are free again: nothing leaks, whatever the test did."""
    yield
    server.wait_until_idle(within_s=10)


@pytest.fixture
def chat(client):
    """Asks one short question; keywords go to the request."""

    def ask(question="Name three colours.", **fields):
        messages = [{"role": "user", "content": question}]
        return client.chat.completions.create(**{"model": MODEL, "messages": messages, **fields})

    return ask


@pytest.fixture
def complete(client):
    """Continues a short text; keywords go to the request."""

    def ask(prompt="The capital of France is", **fields):
        return client.completions.create(**{"model": MODEL, "prompt": prompt, **fields})

    return ask
