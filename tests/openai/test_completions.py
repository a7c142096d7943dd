"""Plain completions, whole and streamed."""

GREEDY = {"temperature": 0, "max_tokens": 12}


def test_a_text_is_continued(complete):
    answer = complete(**GREEDY)
    assert "Paris" in answer.choices[0].text
    assert answer.object == "text_completion"
    assert answer.model_extra["dragon"]["outcome"] == "complete"


def test_a_stream_says_the_same_as_a_whole_answer(complete):
    whole = complete(**GREEDY)
    chunks = list(complete(**GREEDY, stream=True))
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == whole.choices[0].text
    assert chunks[-1].choices[0].finish_reason == whole.choices[0].finish_reason
    assert chunks[-1].model_extra["dragon"]["outcome"] == "complete"


def test_usage_of_a_stream_is_that_of_the_whole_answer(complete):
    whole = complete(**GREEDY)
    chunks = list(complete(**GREEDY, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].usage == whole.usage


def test_a_list_of_prompts_gets_an_answer_each(complete):
    answer = complete(["The capital of France is", "The capital of Italy is"], **GREEDY)
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert "Paris" in answer.choices[0].text
    assert "Rome" in answer.choices[1].text


def test_logprobs_have_the_old_shape(complete):
    answer = complete(**GREEDY, logprobs=2)
    logprobs = answer.choices[0].logprobs
    assert "".join(logprobs.tokens) == answer.choices[0].text
    assert len(logprobs.token_logprobs) == len(logprobs.tokens) == answer.usage.completion_tokens
    assert all(value <= 0 for value in logprobs.token_logprobs)
    assert all(len(top) >= 1 for top in logprobs.top_logprobs)
    assert logprobs.text_offset[0] == 0 and logprobs.text_offset == sorted(logprobs.text_offset)
