#!/usr/bin/env python3
"""What a landing costs: scored questions at several deadlines, beside unlimited time.

    scripts/landing.py --url http://127.0.0.1:8080 --data gsm8k.jsonl --n 40 --deadlines 2 5 10 0

The data is JSON lines with `problem` and `answer`. The server's own deadline must be longer than the longest asked
for; 0 asks for none, so the server's counts as unlimited. Standard library only.
"""

import argparse
import concurrent.futures
import json
import re
import time
import urllib.request

CUE = "In short:"


def post(url, body, headers=None):
    headers = {"content-type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, json.dumps({"model": "smollm2-135m", **body}).encode(), headers)
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.load(response)


def ask(url, problem, deadline, n_tokens):
    body = {"temperature": 0, "max_tokens": n_tokens, "messages": [{"role": "user", "content": problem}]}
    headers = {"x-dragon-deadline-ms": str(int(deadline * 1000))} if deadline else {}
    started = time.monotonic()
    return post(url + "/v1/chat/completions", body, headers), time.monotonic() - started


def n_tokens_of(url, text):
    """As the model's own tokenizer counts them: a prompt's tokens are in `usage`."""
    return post(url + "/v1/completions", {"prompt": text, "max_tokens": 1})["usage"]["prompt_tokens"] if text else 0


def is_right(text, answer):
    """The last number of the text is the answer."""
    numbers = re.findall(r"-?\d[\d,]*\.?\d*", text)
    wanted = answer.replace(",", "").strip()
    return bool(numbers) and numbers[-1].replace(",", "").rstrip(".") == wanted


def tail_of(text):
    return text.rpartition(CUE)[2].strip() if CUE in text else ""


def ends_well(text):
    """Like a sentence, whatever quotes, brackets and marks of emphasis close after it."""
    return text.rstrip().rstrip("\"'”’)]*_").endswith((".", "!", "?", "…", "。", "！", "？"))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url", required=True)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--n", type=int, default=40)
    arguments.add_argument("--parallel", type=int, default=4)
    arguments.add_argument("--max-tokens", type=int, default=768)
    arguments.add_argument("--deadlines", type=float, nargs="+", default=[2, 5, 10, 0])
    it = arguments.parse_args()
    with open(it.data, encoding="utf-8") as data:
        rows = [json.loads(line) for line in data][: it.n]
    print("| deadline | in time | right | outcomes | landed: words after the cue, median | 8 tokens or more | end of a sentence | both |")
    print("|---:|---:|---:|---|---:|---:|---:|---:|")
    for deadline in it.deadlines:
        with concurrent.futures.ThreadPoolExecutor(it.parallel) as pool:
            answers = list(pool.map(lambda row: ask(it.url, row["problem"], deadline, it.max_tokens), rows))
        outcomes, n_right, n_in_time, tails = {}, 0, 0, []
        for row, (document, took) in zip(rows, answers):
            text = document["choices"][0]["message"]["content"]
            label = document["dragon"]
            kind = label["outcome"]
            outcomes[kind] = outcomes.get(kind, 0) + 1
            n_right += is_right(text, row["answer"])
            n_in_time += not deadline or took <= deadline + 0.25
            if kind == "landed":
                tail = tail_of(text)
                tails.append((tail, n_tokens_of(it.url, tail) >= 8, ends_well(text)))
        words = sorted(len(tail.split()) for tail, _, _ in tails)
        n_long = sum(is_long for _, is_long, _ in tails)
        n_well = sum(is_whole for _, _, is_whole in tails)
        n_both = sum(is_long and is_whole for _, is_long, is_whole in tails)
        share = lambda n: f"{n} of {len(tails)}"
        mix = "; ".join(f"{n} {kind}" for kind, n in sorted(outcomes.items()))
        print(f"| {deadline or 'none'} | {n_in_time} of {len(rows)} | {n_right} | {mix} | "
              f"{words[len(words) // 2] if words else '-'} | {share(n_long)} | {share(n_well)} | {share(n_both)} |", flush=True)


if __name__ == "__main__":
    main()
