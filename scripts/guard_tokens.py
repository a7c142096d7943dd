#!/usr/bin/env python3
"""What the guard saves and what it costs: tokens of the same questions with it and without, one at a time.

    scripts/guard_tokens.py --url http://127.0.0.1:8080 --data puzzles.jsonl --field text --where label=1
    scripts/guard_tokens.py --url http://127.0.0.1:8080 --data gsm8k.jsonl --field problem --n 300

Each question is asked twice at temperature 0, with `x-dragon-guard: off` and `on`. "Ran on" counts questions whose
answer without the guard came to no end of its own: it reached max_tokens, the context or the deadline. The server's own
deadline must be as long as --deadline. Standard library only.
"""

import argparse
import json
import statistics
import time
import urllib.request


def ask(url, model, text, guard, it):
    body = {"model": model, "temperature": 0, "max_tokens": it.max_tokens, "messages": [{"role": "user", "content": text}]}
    headers = {"content-type": "application/json", "x-dragon-guard": guard,
               "x-dragon-deadline-ms": str(int(it.deadline * 1000))}
    started = time.monotonic()
    request = urllib.request.Request(url + "/v1/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=it.deadline + 30) as response:
        document = json.load(response)
    choice = document["choices"][0]
    return {
        "n_tokens": document["usage"]["completion_tokens"],
        "finish": choice["finish_reason"],
        "label": document["dragon"],
        "text": choice["message"]["content"],
        "took": time.monotonic() - started,
    }


def first_model(url):
    with urllib.request.urlopen(url + "/v1/models", timeout=30) as response:
        return json.load(response)["data"][0]["id"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--url", required=True)
    arguments.add_argument("--data", required=True, help="JSON lines")
    arguments.add_argument("--field", default="text", help="the member that holds the question")
    arguments.add_argument("--where", help="MEMBER=VALUE that a line must have")
    arguments.add_argument("--n", type=int, default=1_000_000, help="questions at most")
    arguments.add_argument("--max-tokens", type=int, default=2048)
    arguments.add_argument("--deadline", type=float, default=60)
    arguments.add_argument("--out", help="a file for every pair of answers, JSON lines")
    it = arguments.parse_args()
    with open(it.data, encoding="utf-8") as data:
        rows = [json.loads(line) for line in data]
    if it.where:
        member, _, value = it.where.partition("=")
        rows = [row for row in rows if str(row.get(member)) == value]
    model = first_model(it.url)
    out = open(it.out, "w", encoding="utf-8") if it.out else None
    pairs = []
    for row in rows[: it.n]:
        off, on = (ask(it.url, model, row[it.field], guard, it) for guard in ("off", "on"))
        pairs.append((off, on))
        if out:
            print(json.dumps({"question": row[it.field], "off": off, "on": on}, ensure_ascii=False), file=out, flush=True)
    ran_on = [(off, on) for off, on in pairs if off["finish"] != "stop"]
    print("| questions | n | tokens without | with | without / with | median of each question's ratio |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, some in (("all", pairs), ("ran on", ran_on), ("ended by themselves", [p for p in pairs if p not in ran_on])):
        if not some:
            print(f"| {name} | 0 | - | - | - | - |")
            continue
        n_off, n_on = (sum(pair[which]["n_tokens"] for pair in some) for which in (0, 1))
        ratios = [off["n_tokens"] / max(on["n_tokens"], 1) for off, on in some]
        print(f"| {name} | {len(some)} | {n_off} | {n_on} | {n_off / max(n_on, 1):.2f} | {statistics.median(ratios):.2f} |")
    for which, name in ((0, "without"), (1, "with")):
        ends = {}
        for pair in pairs:
            label = pair[which]["label"]
            end = f"{label['outcome']} {label['reason'] or pair[which]['finish']}"
            ends[end] = ends.get(end, 0) + 1
        print(f"\n{name}: " + "; ".join(f"{n} {end}" for end, n in sorted(ends.items())))
    changed = [pair for pair in pairs if pair[0]["text"] != pair[1]["text"]]
    print(f"\nanswers that differ: {len(changed)} of {len(pairs)}; of those that ended by themselves: "
          f"{sum(pair[0]['finish'] == 'stop' for pair in changed)}")


if __name__ == "__main__":
    main()
