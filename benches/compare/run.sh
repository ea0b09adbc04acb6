#!/usr/bin/env bash
# Compares three servers by the calls negotiate and a signed ping: this handler, and Express and
# FastAPI with Microsoft's packages. Each server runs on one core, and wrk on another. The servers take
# turns, and each figure is the median of all rounds, since a virtual machine's speed changes from one
# moment to the next. Compare only figures from the same run on the same machine.
# usage: benches/compare/run.sh [ROUNDS [SECONDS]]     needs wrk, Node.js 20, Python 3.9
# BINARY=FILE measures that binary of switchboard instead of building one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
rounds=${1:-5}
seconds=${2:-4}
target=${CARGO_TARGET_DIR:-$root/target}
work=$target/compare
port=8095
key=the-access-key-of-the-bench-0123456789
export AZURE_WEB_PUBSUB_CONNECTION_STRING="Endpoint=http://localhost:8080;AccessKey=$key;Version=1.0;"

for tool in wrk npm python3 taskset; do
  command -v "$tool" >/dev/null || { echo "$tool is missing (Debian: apt-get install wrk npm python3-venv util-linux)" >&2; exit 1; }
done

echo "setting up in $work" >&2
mkdir -p "$work"
cp "$here"/*.mjs "$here"/*.py "$here"/package*.json "$here/requirements.txt" "$work"
(cd "$work" && npm ci --silent --no-audit --no-fund --omit-lockfile-registry-resolved)
[ -x "$work/venv/bin/uvicorn" ] || { python3 -m venv "$work/venv" && "$work/venv/bin/pip" install -q -r "$work/requirements.txt"; }
binary=${BINARY:-$target/release/switchboard}
[ -n "${BINARY:-}" ] || cargo build --release --package switchboard --no-default-features --manifest-path "$root/Cargo.toml" --target-dir "$target" --quiet

# One connection sends all pings, so its frames must not be limited.
declare -A command
command[switchboard]="env PORT=$port ALLOW_ANONYMOUS=true RATE_LIMIT_FRAMES=0 $binary serve"
command[express]="env NODE_ENV=production node $work/express.mjs $port $AZURE_WEB_PUBSUB_CONNECTION_STRING"
command[fastapi]="$work/venv/bin/uvicorn --app-dir $work --port $port --log-level warning --no-access-log fastapi_server:app"
path="/api/negotiate?room_id=test&username=alice&role=writer"

load() { # SCRIPT-OR-EMPTY PATH
  taskset -c 1 wrk -t1 -c32 -d"${seconds}s" ${1:+-s "$1"} "http://127.0.0.1:$port$2"
}
rate() { awk '/Requests\/sec/{r=$2} /Non-2xx/{bad=1} END{if (bad) exit 1; printf "%d", r}'; }

servers=(switchboard express fastapi)
results=$work/results
: >"$results"
for ((round = 1; round <= rounds; round++)); do
  for name in "${servers[@]}"; do
    echo "round $round of $rounds: $name" >&2
    # shellcheck disable=SC2086 # A command is several words.
    start=$(taskset -c 0 python3 "$work/start.py" $port "$path" 3 ${command[$name]})
    # shellcheck disable=SC2086
    taskset -c 0 ${command[$name]} >/dev/null & pid=$!
    trap 'kill $pid 2>/dev/null' EXIT
    until curl -sf -o /dev/null "http://127.0.0.1:$port$path"; do sleep 0.05; done
    python3 "$work/event.py" "http://127.0.0.1:$port" "$key" "$work/ping.lua"
    load "" "$path" >/dev/null # warms up
    negotiate=$(load "" "$path" | rate)
    ping=$(load "$work/ping.lua" /api/message_event/ | rate)
    memory=$(awk '/VmRSS/{printf "%.1f", $2/1024}' /proc/$pid/status)
    echo "$name $negotiate $ping $memory $start" >>"$results"
    kill $pid; wait $pid 2>/dev/null || true
    trap - EXIT
  done
done

median() { # SERVER COLUMN
  awk -v name="$1" -v column="$2" '$1 == name {print $column}' "$results" | sort -n |
    awk '{value[NR] = $1} END {print (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2}'
}
ratio() { # SERVER COLUMN
  awk "BEGIN{printf \"%.1f\", $(median switchboard "$2") / $(median "$1" "$2")}"
}
printf '\n| | negotiate/s | ratio | signed ping/s | ratio | memory after load, MB | start to first 200, ms |\n|---|---|---|---|---|---|---|\n'
for name in "${servers[@]}"; do
  printf '| %s | %.0f | %s | %.0f | %s | %s | %s |\n' "$name" "$(median "$name" 2)" "$(ratio "$name" 2)" \
    "$(median "$name" 3)" "$(ratio "$name" 3)" "$(median "$name" 4)" "$(median "$name" 5)"
done
printf '\nmedians of %s rounds. ratio: the rate of switchboard divided by the rate of that server.\n' "$rounds"
printf 'the binary without the feature dev: %s bytes. %s, %s\n' "$(stat -c %s "$binary")" "$(awk -F': ' '/model name/{print $2; exit}' /proc/cpuinfo)" "$(uname -sm)"
