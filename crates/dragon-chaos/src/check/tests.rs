//! A right answer passes in every form; then each mistake is planted, one at a time, and has to be caught.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;

const TEXT: &str = "the quick brown fox jumps over the lazy dog and never comes back again";
const RULES: Rules = Rules { exactness: Exactness::Exact, grace: Duration::from_millis(250) };
const ID: &str = "chaos-1";

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn asked(endpoint: Endpoint, way: Way) -> Asked {
    Asked {
        endpoint,
        way,
        model: "tiny".into(),
        max_tokens: 70,
        n: 1,
        stop: None,
        seed: Some(7),
        logprobs: false,
        deadline: ms(10_000),
    }
}

fn choice(text: &str) -> Choice {
    Choice { text: text.into(), reasoning: String::new(), finish: "length".into(), tokens: Vec::new() }
}

fn reference() -> Reference {
    Reference { choices: vec![choice(TEXT)], usage: Usage { n_prompt: 5, n_completion: 70 } }
}

fn usage(n_prompt: u64, n_completion: u64) -> Value {
    json!({
        "prompt_tokens": n_prompt, "completion_tokens": n_completion, "total_tokens": n_prompt + n_completion,
        "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0},
    })
}

fn label(outcome: &str, reason: Option<&str>) -> Value {
    json!({
        "outcome": outcome, "reason": reason, "model": "tiny", "deadline_ms": 10_000, "queue_ms": 1,
        "prefill_ms": 2, "decode_ms": 300, "seed": 7, "shared": false, "replays": 0, "ignored": [],
    })
}

/// An answer as it is planned, before it becomes bytes.
#[derive(Clone)]
struct Plan {
    asked: Asked,
    pieces: Vec<String>,
    finish: &'static str,
    usage: Value,
    label: Value,
}

fn plan(endpoint: Endpoint, way: Way) -> Plan {
    let pieces = TEXT.split_inclusive(' ').map(str::to_owned).collect();
    Plan {
        asked: asked(endpoint, way),
        pieces,
        finish: "length",
        usage: usage(5, 70),
        label: label("complete", None),
    }
}

fn every_form() -> Vec<Plan> {
    let endpoints = [Endpoint::Chat, Endpoint::Completions];
    let ways = [Way::Whole, Way::Streamed, Way::StreamedWithUsage];
    endpoints.iter().flat_map(|endpoint| ways.map(|way| plan(*endpoint, way))).collect()
}

impl Plan {
    fn frame(&self, stream: &str, whole: &str) -> Value {
        let (id, object) = match (self.asked.endpoint, self.asked.way) {
            (Endpoint::Chat, Way::Whole) => ("chatcmpl-1", whole),
            (Endpoint::Chat, _) => ("chatcmpl-1", stream),
            (Endpoint::Completions, _) => ("cmpl-1", "text_completion"),
        };
        json!({"id": id, "object": object, "created": 17, "model": "tiny", "choices": []})
    }

    fn chunk(&self, text: Option<&str>, opening: bool, finish: Option<&str>) -> Value {
        let mut chunk = self.frame("chat.completion.chunk", "");
        let choice = match self.asked.endpoint {
            Endpoint::Chat => {
                let delta = match (text, opening) {
                    (_, true) => json!({"role": "assistant", "content": ""}),
                    (Some(text), _) => json!({"content": text}),
                    (None, _) => json!({}),
                };
                json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish})
            }
            Endpoint::Completions => {
                json!({"index": 0, "text": text.unwrap_or(""), "logprobs": null, "finish_reason": finish})
            }
        };
        chunk["choices"] = json!([choice]);
        if self.asked.way == Way::StreamedWithUsage {
            chunk["usage"] = Value::Null;
        }
        chunk
    }

    fn chunks(&self) -> Vec<Value> {
        let mut chunks = Vec::new();
        if self.asked.endpoint == Endpoint::Chat {
            chunks.push(self.chunk(None, true, None));
        }
        chunks.extend(self.pieces.iter().map(|piece| self.chunk(Some(piece), false, None)));
        chunks.push(self.chunk(None, false, Some(self.finish)));
        if self.asked.way == Way::StreamedWithUsage {
            let mut last = self.frame("chat.completion.chunk", "");
            last["usage"] = self.usage.clone();
            chunks.push(last);
        }
        chunks.last_mut().unwrap()["dragon"] = self.label.clone();
        chunks
    }

    fn document(&self) -> Value {
        let mut document = self.frame("", "chat.completion");
        let text = self.pieces.concat();
        let choice = match self.asked.endpoint {
            Endpoint::Chat => json!({
                "index": 0, "message": {"role": "assistant", "content": text, "refusal": null},
                "logprobs": null, "finish_reason": self.finish,
            }),
            Endpoint::Completions => {
                json!({"index": 0, "text": text, "logprobs": null, "finish_reason": self.finish})
            }
        };
        document["choices"] = json!([choice]);
        document["usage"] = self.usage.clone();
        document["dragon"] = self.label.clone();
        document
    }

    fn transcript(&self) -> Transcript {
        match self.asked.way {
            Way::Whole => whole(&self.document()),
            Way::Streamed | Way::StreamedWithUsage => stream(&self.chunks()),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        judge(&self.asked, &self.transcript()).faults
    }
}

fn headers(more: &[(&str, &str)]) -> Vec<(String, String)> {
    let all = [&[("x-request-id", ID)], more].concat();
    all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn whole(document: &Value) -> Transcript {
    let body = document.to_string().into_bytes();
    let length = body.len().to_string();
    let mut headers = headers(&[("content-type", "application/json"), ("content-length", &length)]);
    let label = &document["dragon"];
    for (header, field) in [("x-dragon-outcome", "outcome"), ("x-dragon-reason", "reason")] {
        if let Some(value) = label[field].as_str() {
            headers.push((header.to_owned(), value.to_owned()));
        }
    }
    transcript(Reply::Whole { status: 200, headers, body })
}

fn stream(chunks: &[Value]) -> Transcript {
    let mut lines: Vec<String> = chunks.iter().map(|chunk| format!("data: {chunk}")).collect();
    lines.push("data: [DONE]".to_owned());
    stream_of(lines)
}

fn stream_of(lines: Vec<String>) -> Transcript {
    // One event every 10 ms.
    let events = (0..).zip(lines).map(|(n, line)| Event { at: ms(1_100 + 10 * n), lines: vec![line] });
    transcript(Reply::Stream {
        status: 200,
        headers: headers(&[("content-type", "text/event-stream; charset=utf-8")]),
        events: events.collect(),
        end: StreamEnd::Closed,
    })
}

fn transcript(reply: Reply) -> Transcript {
    Transcript { request_id: ID.into(), sent_at: ms(1_000), ended_at: ms(1_500), reply }
}

fn judge(asked: &Asked, transcript: &Transcript) -> Verdict {
    check(asked, &reference(), transcript, &[], RULES)
}

/// The only fault is of this kind.
#[track_caller]
fn assert_caught(faults: &[Fault], kind: &str) {
    assert!(Fault::KINDS.contains(&kind), "{kind}");
    assert_eq!(faults.iter().map(Fault::kind).collect::<Vec<_>>(), [kind], "{faults:?}");
}

#[test]
fn a_right_answer_passes_in_every_form() {
    for plan in every_form() {
        let verdict = judge(&plan.asked, &plan.transcript());
        assert_eq!(verdict.faults, [], "{:?}", plan.asked);
        assert!(verdict.is_as_if_nothing_had_happened());
    }
}

#[test]
fn no_response_at_all() {
    let plan = plan(Endpoint::Chat, Way::Streamed);
    let verdict = judge(&plan.asked, &transcript(Reply::None("connection reset".into())));
    assert_caught(&verdict.faults, "unanswered");
    assert!(verdict.is_unanswered());
}

#[test]
fn an_error_for_a_right_request() {
    let plan = plan(Endpoint::Chat, Way::Whole);
    let reply = Reply::Whole { status: 503, headers: headers(&[]), body: b"{}".to_vec() };
    assert_caught(&judge(&plan.asked, &transcript(reply)).faults, "status");
}

#[test]
fn too_late() {
    for plan in every_form() {
        let mut transcript = plan.transcript();
        transcript.ended_at = transcript.sent_at + ms(10_250);
        assert_eq!(judge(&plan.asked, &transcript).faults, [], "just in time");
        transcript.ended_at += ms(1);
        assert_caught(&judge(&plan.asked, &transcript).faults, "late");
    }
}

#[test]
fn a_stream_that_is_cut_anywhere() {
    for way in [Way::Streamed, Way::StreamedWithUsage] {
        let plan = plan(Endpoint::Chat, way);
        let chunks: Vec<String> = plan.chunks().iter().map(|chunk| format!("data: {chunk}")).collect();
        for n_left in 0..=chunks.len() {
            let verdict = judge(&plan.asked, &stream_of(chunks[..n_left].to_vec()));
            assert_caught(&verdict.faults, "truncated");
            assert!(verdict.is_unanswered());
        }
    }
}

#[test]
fn a_stream_whose_connection_breaks() {
    let plan = plan(Endpoint::Completions, Way::Streamed);
    let mut transcript = plan.transcript();
    if let Reply::Stream { end, .. } = &mut transcript.reply {
        *end = StreamEnd::Broken("reset".into());
    }
    assert_caught(&judge(&plan.asked, &transcript).faults, "truncated");
}

#[test]
fn an_error_in_the_middle_of_a_stream() {
    let plan = plan(Endpoint::Chat, Way::Streamed);
    let mut chunks = plan.chunks();
    chunks.truncate(4);
    chunks.push(json!({"error": {"message": "engine lost"}}));
    assert_caught(&judge(&plan.asked, &stream(&chunks)).faults, "truncated");
}

#[test]
fn anything_after_the_end() {
    let plan = plan(Endpoint::Chat, Way::Streamed);
    let mut lines: Vec<String> = plan.chunks().iter().map(|chunk| format!("data: {chunk}")).collect();
    lines.extend(["data: [DONE]".to_owned(), "data: [DONE]".to_owned()]);
    assert_caught(&judge(&plan.asked, &stream_of(lines)).faults, "after the end");
    // The end of the choice comes twice.
    let mut chunks = plan.chunks();
    chunks.insert(chunks.len() - 1, plan.chunk(None, false, Some("length")));
    assert_caught(&judge(&plan.asked, &stream(&chunks)).faults, "after the end");
    // Text after the chunk with the label.
    let mut chunks = plan.chunks();
    chunks.push(plan.chunk(Some("more"), false, None));
    assert_caught(&judge(&plan.asked, &stream(&chunks)).faults, "after the end");
}

#[test]
fn documents_and_chunks_of_another_form() {
    let mistakes: [fn(&mut Value); 7] = [
        |chunk| chunk["extra"] = json!(1),
        |chunk| drop(chunk.as_object_mut().unwrap().remove("created")),
        |chunk| chunk["object"] = json!("list"),
        |chunk| chunk["id"] = json!("x"),
        |chunk| chunk["choices"] = json!({}),
        |chunk| chunk["choices"][0]["index"] = json!(3),
        |chunk| chunk["choices"][0]["finish_reason"] = json!("bored"),
    ];
    for plan in every_form() {
        for mistake in mistakes {
            let transcript = match plan.asked.way {
                Way::Whole => {
                    let mut document = plan.document();
                    mistake(&mut document);
                    whole(&document)
                }
                Way::Streamed | Way::StreamedWithUsage => {
                    let mut chunks = plan.chunks();
                    mistake(&mut chunks[1]);
                    stream(&chunks)
                }
            };
            assert_caught(&judge(&plan.asked, &transcript).faults, "malformed");
        }
    }
}

#[test]
fn chunks_of_two_answers_in_one_stream() {
    let plan = plan(Endpoint::Completions, Way::Streamed);
    let mut chunks = plan.chunks();
    chunks[3]["id"] = json!("cmpl-2");
    assert_caught(&judge(&plan.asked, &stream(&chunks)).faults, "malformed");
}

#[test]
fn a_choice_that_never_ends_or_opens_twice() {
    let plan = plan(Endpoint::Chat, Way::StreamedWithUsage);
    let mut chunks = plan.chunks();
    chunks.remove(chunks.len() - 2);
    assert_caught(&judge(&plan.asked, &stream(&chunks)).faults, "malformed");
    let mut chunks = plan.chunks();
    chunks.insert(1, chunks[0].clone());
    assert_caught(&judge(&plan.asked, &stream(&chunks)).faults, "malformed");
    assert_caught(&judge(&plan.asked, &stream(&plan.chunks()[1..])).faults, "malformed");
}

#[test]
fn what_was_asked_for_in_another_way() {
    let as_whole = plan(Endpoint::Chat, Way::Whole);
    let as_stream = plan(Endpoint::Chat, Way::Streamed);
    assert_caught(&judge(&as_whole.asked, &as_stream.transcript()).faults, "malformed");
    assert_caught(&judge(&as_stream.asked, &as_whole.transcript()).faults, "malformed");
}

#[test]
fn another_requests_answer() {
    for plan in every_form() {
        let mut transcript = plan.transcript();
        transcript.request_id = "chaos-2".into();
        assert_caught(&judge(&plan.asked, &transcript).faults, "malformed");
    }
}

#[test]
fn no_label() {
    for way in [Way::Whole, Way::Streamed] {
        let plan = plan(Endpoint::Chat, way);
        let without = |mut value: Value| {
            value.as_object_mut().unwrap().remove("dragon");
            value
        };
        let transcript = match way {
            Way::Whole => whole(&without(plan.document())),
            _ => stream(&plan.chunks().into_iter().map(without).collect::<Vec<_>>()),
        };
        assert_caught(&judge(&plan.asked, &transcript).faults, "no label");
    }
}

#[test]
fn labels_that_lie() {
    let mistakes: [fn(&mut Plan); 9] = [
        |plan| plan.label = label("complete", Some("deadline")),
        |plan| plan.label = label("partial", None),
        |plan| plan.label = label("partial", Some("busy")),
        |plan| plan.label["model"] = json!("another"),
        |plan| plan.label["seed"] = json!(8),
        |plan| plan.label["deadline_ms"] = json!(60_000),
        |plan| plan.label["decode_ms"] = json!(9_000),
        |plan| plan.finish = "stop",
        // A fallback that has the model's text.
        |plan| {
            plan.label = label("fallback", Some("engine_down"));
            plan.usage = usage(0, 0);
        },
    ];
    for plan in every_form() {
        for mistake in mistakes {
            let mut plan = plan.clone();
            mistake(&mut plan);
            assert_caught(&plan.faults(), "lie");
        }
    }
}

#[test]
fn headers_that_lie() {
    let plan = plan(Endpoint::Chat, Way::Whole);
    let mut transcript = plan.transcript();
    if let Reply::Whole { headers, .. } = &mut transcript.reply {
        headers.retain(|(name, _)| name != "x-dragon-outcome");
    }
    assert_caught(&judge(&plan.asked, &transcript).faults, "lie");
}

#[test]
fn texts_that_go_wrong_in_each_way() {
    let words: Vec<&str> = TEXT.split_inclusive(' ').collect();
    let last = words.len() - 1;
    let cases: Vec<(Vec<&str>, Difference)> = vec![
        ([&words[..4], &words[5..]].concat(), Difference::Gap),
        ([&words[..6], &words[1..]].concat(), Difference::Repeat),
        (words[..last].to_vec(), Difference::Short),
        ([&words[..], &[" once more"]].concat(), Difference::Long),
        ([&words[..4], &["something else altogether"]].concat(), Difference::Other),
    ];
    for plan in every_form() {
        for (pieces, expected) in &cases {
            let mut plan = plan.clone();
            plan.pieces = pieces.iter().map(|piece| (*piece).to_owned()).collect();
            let verdict = judge(&plan.asked, &plan.transcript());
            assert_caught(&verdict.faults, "wrong text");
            assert!(!verdict.is_reference);
            let Fault::WrongText { difference, .. } = verdict.faults[0] else { unreachable!() };
            assert_eq!(difference, *expected, "{pieces:?}");
        }
    }
}

#[test]
fn a_rest_of_few_bytes_is_found_anywhere_so_the_length_tells_what_it_is() {
    let mut plan = plan(Endpoint::Completions, Way::Streamed);
    let mut difference_of = |text: &str| {
        plan.pieces = vec![text.to_owned()];
        let Fault::WrongText { difference, .. } = plan.faults()[0] else { unreachable!() };
        difference
    };
    let same_length = TEXT.replace("back again", "back a fox");
    assert_eq!(difference_of(&same_length), Difference::Other);
    assert_eq!(difference_of(&TEXT.replace("comes back again", "comes again")), Difference::Gap);
    assert_eq!(difference_of(&format!("{TEXT} again")), Difference::Repeat);
}

#[test]
fn a_changed_prefix() {
    let mut plan = plan(Endpoint::Completions, Way::Streamed);
    plan.pieces[0] = "The ".into();
    assert_caught(&plan.faults(), "wrong text");
}

#[test]
fn counts_that_are_wrong() {
    for plan in every_form() {
        if plan.asked.way == Way::Streamed {
            continue;
        }
        for wrong in [usage(5, 69), usage(5, 71), usage(6, 70), usage(0, 0)] {
            let mut plan = plan.clone();
            plan.usage = wrong;
            assert!(plan.faults().iter().any(|fault| fault.kind() == "wrong count"), "{:?}", plan.usage);
        }
        let mut plan = plan;
        plan.usage["total_tokens"] = json!(7);
        assert_caught(&plan.faults(), "wrong count");
    }
}

fn cut(outcome: &str, reason: &str, text: &str) -> Plan {
    let mut plan = plan(Endpoint::Completions, Way::StreamedWithUsage);
    plan.pieces = vec![text.to_owned()];
    plan.label = label(outcome, Some(reason));
    plan.usage = usage(5, 30);
    plan
}

#[test]
fn partial_answers_begin_like_the_reference() {
    assert_eq!(cut("partial", "engine_down", "the quick brown").faults(), []);
    assert_eq!(cut("partial", "engine_down", "the quick\u{fffd}").faults(), []);
    assert_caught(&cut("partial", "engine_down", "the quick red").faults(), "wrong text");
    // The deadline came while it was being concluded.
    assert_eq!(cut("partial", "deadline", "the quick ...\n\nIn short: w").faults(), []);
    assert_caught(&cut("partial", "deadline", "the slow ...\n\nIn short: w").faults(), "wrong text");
    assert_caught(&cut("partial", "engine_down", "the\u{fffd}quick").faults(), "wrong text");
    assert_caught(&cut("partial", "engine_down", "").faults(), "lie");
}

#[test]
fn landed_answers_do_up_to_the_cue() {
    assert_eq!(cut("landed", "deadline", "the quick ...\n\nIn short: whatever").faults(), []);
    assert_eq!(cut("landed", "load", "the quick\n```\n\nKurz gesagt: was auch immer").faults(), []);
    assert_caught(&cut("landed", "deadline", "the quick brown fox").faults(), "lie");
    assert_caught(&cut("landed", "deadline", "the slow ...\n\nIn short: whatever").faults(), "wrong text");
}

#[test]
fn an_answer_that_lands_within_its_stop_string_has_begun_it() {
    let mut plan = cut("landed", "deadline", "the quick br\n\nIn short: whatever");
    let stopped = Choice { finish: "stop".into(), ..choice("the quick ") };
    let expected = Reference { choices: vec![stopped], usage: Usage { n_prompt: 5, n_completion: 20 } };
    let faults = |asked: &Asked, plan: &Plan| check(asked, &expected, &plan.transcript(), &[], RULES).faults;
    assert_caught(&faults(&plan.asked, &plan), "wrong text");
    plan.asked.stop = Some("brown".into());
    assert_eq!(faults(&plan.asked, &plan), []);
}

#[test]
fn fallbacks_have_no_tokens_and_words_of_their_own() {
    let mut plan = cut("fallback", "engine_down", "This is not the model's answer.");
    assert_caught(&plan.faults(), "wrong count");
    plan.usage = usage(0, 0);
    assert_eq!(plan.faults(), []);
    plan.pieces.clear();
    assert_caught(&plan.faults(), "lie");
}

/// Words that are read 10 ms apart from 1,100 ms on; the last after this many deaths.
fn with_deaths(replays: u64, deaths: &[Death]) -> Vec<Fault> {
    let mut plan = plan(Endpoint::Completions, Way::Streamed);
    plan.label["replays"] = json!(replays);
    check(&plan.asked, &reference(), &plan.transcript(), deaths, RULES).faults
}

#[test]
fn replays_are_as_many_as_there_can_have_been() {
    let died = |at: u64, ready_at: Option<u64>| Death { at: ms(at), ready_at: ready_at.map(ms) };
    assert_caught(&with_deaths(1, &[]), "wrong replays");
    assert_caught(&with_deaths(1, &[died(10, Some(90))]), "wrong replays");
    assert_caught(&with_deaths(1, &[died(1_600, None)]), "wrong replays");
    // The client cannot know whether this one met the request.
    assert_eq!(with_deaths(0, &[died(990, Some(1_050))]), []);
    assert_eq!(with_deaths(1, &[died(990, Some(1_050))]), []);
    // This one did: text came before and long after.
    assert_caught(&with_deaths(0, &[died(1_115, Some(1_150))]), "wrong replays");
    assert_eq!(with_deaths(1, &[died(1_115, Some(1_150))]), []);
    assert_caught(&with_deaths(2, &[died(1_115, Some(1_150))]), "wrong replays");
    // The second engine died before it had brought anything: whether it had been given the request nobody knows.
    let twice = [died(1_115, Some(1_130)), died(1_140, Some(1_150))];
    assert_eq!(with_deaths(1, &twice), []);
    assert_eq!(with_deaths(2, &twice), []);
    assert_caught(&with_deaths(0, &twice), "wrong replays");
}

#[test]
fn tokens_are_compared_where_they_were_asked_for() {
    let mut plan = plan(Endpoint::Completions, Way::Whole);
    plan.asked.logprobs = true;
    let mut expected = reference();
    let tokens: Vec<Vec<u8>> = TEXT.bytes().map(|byte| vec![byte]).collect();
    expected.choices[0].tokens.clone_from(&tokens);
    let judge = |tokens: &[Vec<u8>]| {
        let mut document = plan.document();
        let texts: Vec<_> = tokens.iter().map(|token| String::from_utf8_lossy(token)).collect();
        let numbers = vec![-0.5; tokens.len()];
        document["choices"][0]["logprobs"] = json!({"tokens": texts, "token_logprobs": numbers});
        check(&plan.asked, &expected, &whole(&document), &[], RULES).faults
    };
    assert_eq!(judge(&tokens), []);
    assert_caught(&judge(&tokens[1..]), "wrong tokens");
    assert_caught(&judge(&[]), "wrong tokens");
}

#[test]
fn other_words_have_other_tokens_that_make_up_the_text() {
    let mut plan = plan(Endpoint::Completions, Way::Whole);
    plan.asked.logprobs = true;
    let other = "the quick brown fox takes a rest of seventy bytes, which is forty more";
    plan.pieces = vec![other.to_owned()];
    let mut expected = reference();
    expected.choices[0].tokens = TEXT.bytes().map(|byte| vec![byte]).collect();
    let judge = |text: &str| {
        let mut document = plan.document();
        let tokens: Vec<_> = text.chars().map(String::from).collect();
        let numbers = vec![-0.5; tokens.len()];
        document["choices"][0]["logprobs"] = json!({"tokens": tokens, "token_logprobs": numbers});
        check(&plan.asked, &expected, &whole(&document), &[], RULES).faults
    };
    assert_caught(&judge(other), "wrong text");
    let kinds: Vec<_> = judge(TEXT).iter().map(Fault::kind).collect();
    assert_eq!(kinds, ["wrong text", "wrong tokens"], "those of the undisturbed answer are not its own");
}

#[test]
fn where_texts_are_only_measured_another_text_is_no_fault_but_counts_still_are() {
    let mut plan = plan(Endpoint::Completions, Way::Whole);
    plan.pieces = vec!["something else altogether".into()];
    let rules = Rules { exactness: Exactness::Measured, ..RULES };
    let verdict = check(&plan.asked, &reference(), &plan.transcript(), &[], rules);
    assert_eq!(verdict.faults, []);
    assert!(!verdict.is_reference);
    plan.usage = usage(5, 69);
    let verdict = check(&plan.asked, &reference(), &plan.transcript(), &[], rules);
    assert_caught(&verdict.faults, "wrong count");
}

#[test]
fn the_worst_silence_of_a_stream_is_found() {
    let plan = plan(Endpoint::Completions, Way::Streamed);
    let mut transcript = plan.transcript();
    if let Reply::Stream { events, .. } = &mut transcript.reply {
        events.iter_mut().skip(5).for_each(|event| event.at += ms(700));
    }
    let verdict = judge(&plan.asked, &transcript);
    let (from, to) = verdict.worst_gap.unwrap();
    assert_eq!(to - from, ms(710));
}

#[test]
fn with_several_choices_each_has_its_own_ending() {
    let mut plan = plan(Endpoint::Completions, Way::Whole);
    plan.asked.n = 2;
    let mut expected = reference();
    expected.choices.push(choice("another text"));
    expected.usage = usage_of(5, 140);
    plan.usage = usage(5, 140);
    let ending = |index: u64, outcome: &str, reason: Option<&str>| json!({"index": index, "outcome": outcome, "reason": reason, "finish_reason": "length"});
    let judge = |second: &str, endings: Value, outcome: &str, reason: Option<&str>| {
        let mut plan = plan.clone();
        plan.label = label(outcome, reason);
        plan.label["choices"] = endings;
        let mut document = plan.document();
        let choice = json!({"index": 1, "text": second, "logprobs": null, "finish_reason": "length"});
        document["choices"].as_array_mut().unwrap().push(choice);
        check(&plan.asked, &expected, &whole(&document), &[], RULES).faults
    };
    let complete = json!([ending(0, "complete", None), ending(1, "complete", None)]);
    assert_eq!(judge("another text", complete.clone(), "complete", None), []);
    assert_caught(&judge("another", complete, "complete", None), "wrong text");
    let cut = json!([ending(0, "complete", None), ending(1, "partial", Some("deadline"))]);
    assert_eq!(judge("another", cut.clone(), "partial", Some("deadline")), []);
    assert_caught(&judge("another", cut, "complete", None), "lie");
}

fn usage_of(n_prompt: u64, n_completion: u64) -> Usage {
    Usage { n_prompt, n_completion }
}
