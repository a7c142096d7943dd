"""Clients that give up, and clients that come in crowds."""

import concurrent.futures
import time

import openai
import pytest

from server import wait_for

# More than three seconds of work on any machine.
LONG = {"max_tokens": 3000, "extra_body": {"ignore_eos": True}}
# A slot is free within one step of the engine; the rest is for a busy test machine.
FREED_WITHIN_S = 5


def test_a_client_that_times_out_frees_its_slot(server, client):
    impatient = client.with_options(timeout=0.5)
    with pytest.raises(openai.APITimeoutError):
        impatient.chat.completions.create(
            model="smollm2-135m", messages=[{"role": "user", "content": "Write a long story."}], **LONG
        )
    server.wait_until_idle(FREED_WITHIN_S)


def test_a_stream_closed_midway_frees_its_slot(server, chat):
    stream = chat("Write a long story.", stream=True, **LONG)
    for _, chunk in zip(range(5), stream):
        assert chunk.id
    # The count comes with the engine's heartbeat, so it may lag behind the text.
    wait_for(lambda: server.busy_slots() == 1, "the slot to be counted as busy", within_s=5)
    stream.close()
    server.wait_until_idle(FREED_WITHIN_S)
    made = server.counter("n_decode_tokens")
    time.sleep(0.3)
    assert server.counter("n_decode_tokens") == made, "the engine goes on for a client that left"


def test_sixteen_parallel_requests_are_all_answered(chat):
    def ask(number):
        return chat(f"Say something about the number {number}.", max_tokens=24, temperature=0)

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(16)))
    assert [answer.model_extra["dragon"]["outcome"] for answer in answers] == ["complete"] * 16
    assert all(answer.choices[0].message.content for answer in answers)
    assert len({answer.id for answer in answers}) == 16


def test_the_deadline_of_a_request_holds_and_is_told(chat):
    started = time.monotonic()
    answer = chat("Write a long story.", extra_headers={"x-dragon-deadline-ms": "2500"}, **LONG)
    took = time.monotonic() - started
    dragon = answer.model_extra["dragon"]
    # 250 ms of grace are promised; the rest is for the client and a busy test machine.
    assert took < 2.5 + 0.25 + 0.5
    assert dragon["deadline_ms"] == 2500
    assert dragon["outcome"] in ("landed", "partial")
    assert dragon["reason"] == "deadline"
    assert answer.choices[0].finish_reason == "length"
    assert 0 < answer.usage.completion_tokens < 3000


def test_a_deadline_beyond_the_maximum_is_clamped(chat):
    answer = chat(max_tokens=4, extra_headers={"x-dragon-deadline-ms": "99999999"})
    assert answer.model_extra["dragon"]["deadline_ms"] == 60_000
