"""Chat completions, whole and streamed."""

import pytest

GREEDY = {"temperature": 0, "max_tokens": 24}


def label(answer):
    """The `dragon` object that every answer carries."""
    return answer.model_extra["dragon"]


def text_of(chunks, index=0):
    deltas = (choice.delta for chunk in chunks for choice in chunk.choices if choice.index == index)
    return "".join(delta.content or "" for delta in deltas)


def test_a_chat_is_answered_by_the_model(chat):
    answer = chat("What is the capital of France? Answer in one sentence.", temperature=0)
    assert "Paris" in answer.choices[0].message.content
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.object == "chat.completion"
    assert answer.model == "smollm2-135m"


def test_the_label_says_how_the_answer_was_made(chat):
    dragon = label(chat(**GREEDY))
    assert dragon["outcome"] == "complete"
    assert dragon["reason"] is None
    assert dragon["model"] == "smollm2-135m"
    assert dragon["deadline_ms"] == 60_000
    assert dragon["replays"] == 0
    assert dragon["shared"] is False
    for name in ("queue_ms", "prefill_ms", "decode_ms", "seed"):
        assert isinstance(dragon[name], int) and dragon[name] >= 0, name


def test_usage_adds_up(chat):
    usage = chat(**GREEDY).usage
    assert usage.prompt_tokens > 5
    assert 1 <= usage.completion_tokens <= 24
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_a_stream_says_the_same_as_a_whole_answer(chat):
    whole = chat(**GREEDY)
    chunks = list(chat(**GREEDY, stream=True))
    assert text_of(chunks) == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    finishes = [c.finish_reason for chunk in chunks for c in chunk.choices if c.finish_reason]
    assert finishes == [whole.choices[0].finish_reason]
    assert {chunk.id for chunk in chunks} == {chunks[0].id}


def test_without_usage_asked_for_the_last_chunk_carries_finish_and_label(chat):
    chunks = list(chat(**GREEDY, stream=True))
    assert chunks[-1].choices[0].finish_reason in ("stop", "length")
    assert label(chunks[-1])["outcome"] == "complete"
    assert all(chunk.usage is None for chunk in chunks)


def test_with_usage_asked_for_the_last_chunk_carries_usage_and_label(chat):
    whole = chat(**GREEDY)
    chunks = list(chat(**GREEDY, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage
    assert label(chunks[-1])["outcome"] == "complete"
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_several_choices_are_numbered_and_counted_together(chat):
    answer = chat("Invent a name for a cat.", n=2, seed=1, temperature=1.5, max_tokens=16)
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert answer.choices[0].message.content != answer.choices[1].message.content
    assert 2 <= answer.usage.completion_tokens <= 32
    assert len(label(answer)["choices"]) == 2


def test_streamed_choices_can_be_told_apart(chat):
    fields = {"n": 2, "seed": 1, "temperature": 1.5, "max_tokens": 16}
    chunks = list(chat("Invent a name for a cat.", **fields, stream=True))
    assert text_of(chunks, 0) and text_of(chunks, 1)
    assert text_of(chunks, 0) != text_of(chunks, 1)
    finishes = sorted(c.index for chunk in chunks for c in chunk.choices if c.finish_reason)
    assert finishes == [0, 1]


def test_choices_share_one_prefill(server, chat):
    question = "Summarise this list of words: " + " ".join(f"word{number}" for number in range(60))
    before = server.counter("n_prefill_tokens")
    answer = chat(question, n=4, max_tokens=4, seed=3)
    server.wait_until_idle(within_s=10)
    prefilled = server.counter("n_prefill_tokens") - before
    # What an earlier prompt has in common, such as the template's beginning, is not computed again.
    computed = answer.usage.prompt_tokens - answer.usage.prompt_tokens_details.cached_tokens
    assert computed <= prefilled <= computed + 4


@pytest.mark.parametrize("stream", [False, True])
def test_stop_strings_end_the_answer_and_are_not_shown(complete_text, stream):
    whole = complete_text(stream=False, temperature=0, max_tokens=40)
    # A stop string from the middle of what the model says anyway.
    stop = whole.split()[4]
    stopped = complete_text(stream=stream, temperature=0, max_tokens=40, stop=[stop])
    assert stopped == whole[: whole.index(stop)]


@pytest.fixture
def complete_text(chat):
    def ask(stream, **fields):
        question = "Tell me about the sea."
        if stream:
            chunks = list(chat(question, stream=True, **fields))
            assert chunks[-1].choices[0].finish_reason in ("stop", "length")
            return text_of(chunks)
        return chat(question, **fields).choices[0].message.content

    return ask


def test_greedy_answers_repeat(chat):
    texts = {chat(**GREEDY).choices[0].message.content for _ in range(3)}
    assert len(texts) == 1


def test_a_seed_repeats_and_another_seed_differs(chat):
    def text(seed):
        answer = chat("Invent a short story.", seed=seed, temperature=1.0, max_tokens=32)
        assert label(answer)["seed"] == seed
        return answer.choices[0].message.content

    assert text(4711) == text(4711)
    assert text(4711) != text(4712)


def test_a_drawn_seed_is_told_and_repeats_the_answer(chat):
    first = chat("Invent a short story.", temperature=1.0, max_tokens=32)
    again = chat("Invent a short story.", temperature=1.0, max_tokens=32, seed=label(first)["seed"])
    assert again.choices[0].message.content == first.choices[0].message.content


def test_logprobs_belong_to_the_tokens(chat):
    answer = chat(**GREEDY, logprobs=True, top_logprobs=3)
    tokens = answer.choices[0].logprobs.content
    assert "".join(token.token for token in tokens) == answer.choices[0].message.content
    assert len(tokens) == answer.usage.completion_tokens
    for token in tokens:
        assert token.logprob <= 0
        assert len(token.top_logprobs) == 3
        # Greedy: the token taken is the most probable one.
        assert token.logprob == pytest.approx(max(other.logprob for other in token.top_logprobs), abs=1e-4)
        assert bytes(token.bytes).decode(errors="replace") == token.token


def test_streamed_logprobs_are_those_of_the_whole_answer(chat):
    whole = chat(**GREEDY, logprobs=True).choices[0].logprobs.content
    chunks = list(chat(**GREEDY, logprobs=True, stream=True))
    streamed = [token for chunk in chunks for c in chunk.choices if c.logprobs for token in c.logprobs.content]
    assert [token.token for token in streamed] == [token.token for token in whole]


def test_content_parts_and_developer_messages_mean_the_same_as_plain_ones(client):
    def text(*messages):
        answer = client.chat.completions.create(model="smollm2-135m", messages=messages, **GREEDY)
        return answer.choices[0].message.content

    parts = [{"type": "text", "text": "What is the capital "}, {"type": "text", "text": "of Italy?"}]
    rule = "You answer in one sentence."
    written_new = text({"role": "developer", "content": rule}, {"role": "user", "content": parts})
    written_old = text({"role": "system", "content": rule}, {"role": "user", "content": "What is the capital of Italy?"})
    assert written_new == written_old
    assert written_new != text({"role": "user", "content": parts}), "the rule has no effect"


def test_unknown_fields_are_listed_as_ignored(chat):
    dragon = label(chat(**GREEDY, extra_body={"frobnicate": 1, "zzz": "x"}))
    assert sorted(dragon["ignored"]) == ["frobnicate", "zzz"]


def test_fields_without_effect_are_accepted(chat):
    dragon = label(chat(**GREEDY, user="somebody", metadata={"a": "b"}, store=False, parallel_tool_calls=True))
    assert dragon["ignored"] == []


def test_a_logit_bias_can_make_the_model_say_one_token_only(chat):
    answer = chat(**GREEDY, logit_bias={"500": 100}, logprobs=True, extra_body={"ignore_eos": True})
    tokens = {token.token for token in answer.choices[0].logprobs.content}
    assert len(tokens) == 1
    assert answer.usage.completion_tokens == 24
