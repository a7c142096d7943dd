# shellcheck shell=bash
# Sourced by siege-peers.sh: starts one server at a time, waits until it answers, ends it again.
# Needs say.sh. Whoever sources this sets `trap end_server EXIT`, so that no server outlives the script.

# The longest that a server may take from its start to its first answer, and from being asked to end to its end.
READY_MAX_S=${READY_MAX_S:-180}
END_MAX_S=${END_MAX_S:-30}
# The longest that one answer may take while it is not ready yet.
ANSWER_MAX_S=${ANSWER_MAX_S:-60}

server_pid=
server_name=

# Prints a port that was free a moment ago; if somebody else takes it now, the server's start fails and says so.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# start_server NAME LOG COMMAND...: in a group of its own, so that Ctrl-C reaches the siege and not what it attacks.
start_server() {
    local log=$2
    server_name=$1
    shift 2
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    server_pid=$!
    set +m
}

# Is the one that was started still there?
server_lives() { [[ -n $server_pid ]] && kill -0 "$server_pid" 2>/dev/null; }

# model_of URL: the first model that it lists, as the siege takes it too.
model_of() {
    curl --silent --fail --max-time 10 "$1/v1/models" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["data"][0]["id"])' 2>/dev/null
}

# ask URL QUESTION N_TOKENS: prints the answer of its first model, always the likeliest words.
ask() {
    local model body
    model=$(model_of "$1") || return 1
    body=$(python3 -c 'import json, sys; print(json.dumps({"model": sys.argv[1], "temperature": 0, "max_tokens": int(sys.argv[3]),
        "messages": [{"role": "user", "content": sys.argv[2]}]}))' "$model" "$2" "$3")
    curl --silent --fail --max-time "$ANSWER_MAX_S" -H 'content-type: application/json' -d "$body" "$1/v1/chat/completions" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["choices"][0]["message"]["content"])' 2>/dev/null
}

# wait_ready URL LOG: until it answers. A health page is not enough: some are green while the model still loads.
wait_ready() {
    local started=$SECONDS
    until ask "$1" 'Hello' 1 >/dev/null; do
        server_lives || die "$server_name ended by itself, see $2"
        [[ $((SECONDS - started)) -lt $READY_MAX_S ]] || die "$server_name does not answer after $READY_MAX_S s, see $2"
        sleep 0.2
    done
    say "$server_name answers after $((SECONDS - started)) s"
}

# Asks the server to end, waits, and kills it where it does not.
end_server() {
    local started=$SECONDS pid=$server_pid
    [[ -n $pid ]] || return 0
    if server_lives; then
        kill -TERM "$pid" 2>/dev/null || true
        while server_lives && [[ $((SECONDS - started)) -lt $END_MAX_S ]]; do sleep 0.1; done
        if server_lives; then
            say "$server_name did not end within $END_MAX_S s: killed"
            kill -KILL "$pid" 2>/dev/null || true
        fi
    else
        say "$server_name had ended by itself"
    fi
    server_pid=
    wait "$pid" 2>/dev/null || true
}
