#!/usr/bin/env bash
# Tests of how peers/servers.sh starts, asks and ends a server, with a small invented one that misbehaves on demand.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/say.sh
source scripts/say.sh
export READY_MAX_S=20 END_MAX_S=2 ANSWER_MAX_S=5
# shellcheck source=scripts/peers/servers.sh
source scripts/peers/servers.sh

folder=$(mktemp -d)
trap 'end_server 2>/dev/null; rm -rf "$folder"' EXIT
log=$folder/log

# invented.py PORT [how]: `loading` answers 503 three times first, `stubborn` ignores being asked to end.
cat >"$folder/invented.py" <<'PYTHON'
import http.server, json, signal, sys

how = sys.argv[2] if len(sys.argv) > 2 else ""
refusals = 3 if how == "loading" else 0
if how == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


class Invented(http.server.BaseHTTPRequestHandler):
    def reply(self, status, content):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def do_GET(self):
        self.reply(200, {"data": [{"id": "invented"}, {"id": "another"}]})

    def do_POST(self):
        global refusals
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        refusals -= 1
        if refusals >= 0:
            return self.reply(503, {})
        text = f"{asked['model']} heard {asked['messages'][0]['content']}"
        self.reply(200, {"choices": [{"message": {"content": text}}]})


http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Invented).serve_forever()
PYTHON

passed=0
failures=0
# expect WHAT CONDITION...
expect() {
    local what=$1
    shift
    if "$@"; then passed=$((passed + 1)); else echo "$what: not so"; failures=$((failures + 1)); fi
}
gone() { ! kill -0 "$1" 2>/dev/null; }
same() { [[ $1 == "$2" ]]; }
invented() {
    local port
    port=$(free_port)
    url=http://127.0.0.1:$port
    start_server invented "$log" python3 "$folder/invented.py" "$port" "$@"
    pid=$server_pid
}

invented loading
wait_ready "$url" "$log" 2>/dev/null
expect 'a server that loads at first is ready later' server_lives
expect 'its first model is asked, in any words' same "$(ask "$url" 'a "word"' 5)" 'invented heard a "word"'
expect 'it has a group of its own' same "$(ps -o pgid= -p "$pid" | tr -d ' ')" "$pid"
end_server 2>/dev/null
expect 'it is ended' gone "$pid"
expect 'and no longer known' same "$server_pid" ''
expect 'nobody answers then' same "$(ask "$url" hello 1 || echo nobody)" nobody

invented stubborn
wait_ready "$url" "$log" 2>/dev/null
end_server 2>"$folder/said"
expect 'one that does not end is killed' gone "$pid"
expect 'and that is said' same "$(cat "$folder/said")" '==> invented did not end within 2 s: killed'

server_pid=
start_server invented "$log" false
said=$( (wait_ready http://127.0.0.1:9 "$log") 2>&1 || true)
expect 'one that ends at its start is not waited for' same "$said" "error: invented ended by itself, see $log"
end_server 2>/dev/null

[[ $failures -eq 0 ]] || exit 1
echo "peer-servers: $passed passed, 0 failed"
