"""Client mistakes become the exceptions that the official package has for them."""

import openai
import pytest


def test_an_unknown_model_is_not_found_and_the_served_ones_are_named(chat):
    with pytest.raises(openai.NotFoundError) as caught:
        chat(model="gpt-17")
    assert "smollm2-135m" in caught.value.message
    assert caught.value.code == "model_not_found"


BAD_REQUESTS = {
    "top_p out of range": ({"top_p": 7}, "top_p"),
    "negative temperature": ({"temperature": -1}, "temperature"),
    "no tokens": ({"max_tokens": 0}, "max_tokens"),
    "limits that differ": ({"max_tokens": 5, "max_completion_tokens": 6}, "max_"),
    "unknown role": ({"messages": [{"role": "wizard", "content": "hi"}]}, "messages[0].role"),
    "no messages": ({"messages": []}, "messages"),
    "a picture": (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
        "messages[0].content[0]",
    ),
    "tools": ({"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]}, "tools"),
    "a JSON format": ({"response_format": {"type": "json_object"}}, "response_format"),
    "too many choices": ({"n": 9}, "n"),
    "wrong type": ({"seed": "seven"}, "seed"),
    "top_logprobs without logprobs": ({"top_logprobs": 2}, "top_logprobs"),
}


@pytest.mark.parametrize("fields, param", BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_a_bad_request_names_the_field(chat, fields, param):
    with pytest.raises(openai.BadRequestError) as caught:
        chat(**fields)
    error = caught.value
    assert error.type == "invalid_request_error"
    assert error.param is not None and error.param.startswith(param)
    assert len(error.message) > 10


def test_a_bad_request_is_refused_as_an_error_when_streaming_too(chat):
    with pytest.raises(openai.BadRequestError):
        chat(stream=True, top_p=7)


def test_a_prompt_longer_than_the_context_says_so(chat):
    with pytest.raises(openai.BadRequestError) as caught:
        chat("word " * 40_000)
    assert caught.value.code == "context_length_exceeded"


def test_a_bad_deadline_is_refused(chat):
    for value in ("0", "-5", "soon"):
        with pytest.raises(openai.BadRequestError):
            chat(extra_headers={"x-dragon-deadline-ms": value})


def test_the_server_still_answers_after_all_this(chat):
    assert chat(max_tokens=4).choices[0].message.content
