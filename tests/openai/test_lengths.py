"""`max_tokens` is exact: as many tokens as asked for when the model does not end itself."""

import pytest

# 269 to 271 straddle a limit that another server once had hidden in it.
LENGTHS = [1, 2, 269, 270, 271]
ENDLESS = {"ignore_eos": True}


@pytest.mark.parametrize("length", LENGTHS)
def test_a_whole_chat_has_exactly_as_many_tokens(chat, length):
    answer = chat("Count upwards.", max_tokens=length, temperature=0, extra_body=ENDLESS)
    assert answer.usage.completion_tokens == length
    assert answer.choices[0].finish_reason == "length"
    assert answer.model_extra["dragon"]["outcome"] == "complete"


@pytest.mark.parametrize("length", LENGTHS)
def test_a_streamed_chat_has_exactly_as_many_tokens(chat, length):
    options = {"stream": True, "stream_options": {"include_usage": True}}
    *chunks, last = chat("Count upwards.", max_tokens=length, temperature=0, extra_body=ENDLESS, **options)
    assert last.usage.completion_tokens == length
    assert chunks[-1].choices[0].finish_reason == "length"
    assert last.model_extra["dragon"]["outcome"] == "complete"


@pytest.mark.parametrize("length", LENGTHS)
def test_a_completion_has_exactly_as_many_tokens(complete, length):
    answer = complete("Once upon a time", max_tokens=length, temperature=0, extra_body=ENDLESS)
    assert answer.usage.completion_tokens == length


def test_the_newer_name_of_the_limit_works_too(chat):
    answer = chat("Count upwards.", max_completion_tokens=7, temperature=0, extra_body=ENDLESS)
    assert answer.usage.completion_tokens == 7


def test_every_choice_has_the_full_length(chat):
    answer = chat("Count upwards.", n=3, max_tokens=10, seed=5, extra_body=ENDLESS)
    assert answer.usage.completion_tokens == 30
