#!/usr/bin/env bash
# Compares three servers by the calls negotiate and a signed ping: this handler, and Express and
# FastAPI with Microsoft's packages. Each server runs on one core, and wrk on another. Compare only
# figures from the same run on the same machine.
# usage: benches/compare/run.sh [SECONDS]     needs wrk, Node.js 20, Python 3.9
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
seconds=${1:-5}
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
cargo build --release --package switchboard --no-default-features --manifest-path "$root/Cargo.toml" --target-dir "$target" --quiet

# One connection sends all pings, so its frames must not be limited.
declare -A command
command[switchboard]="env PORT=$port ALLOW_ANONYMOUS=true RATE_LIMIT_FRAMES=0 $target/release/switchboard serve"
command[express]="env NODE_ENV=production node $work/express.mjs $port $AZURE_WEB_PUBSUB_CONNECTION_STRING"
command[fastapi]="$work/venv/bin/uvicorn --app-dir $work --port $port --log-level warning --no-access-log fastapi_server:app"
path="/api/negotiate?room_id=test&username=alice&role=writer"

load() { # SCRIPT-OR-EMPTY PATH
  taskset -c 1 wrk -t1 -c32 -d"${seconds}s" ${1:+-s "$1"} "http://127.0.0.1:$port$2"
}
rate() { awk '/Requests\/sec/{r=$2} /Non-2xx/{bad=1} END{if (bad) exit 1; printf "%d", r}'; }

declare -A negotiate ping memory start
for name in switchboard express fastapi; do
  echo "measuring $name" >&2
  start[$name]=$(taskset -c 0 python3 "$work/start.py" $port "$path" 5 ${command[$name]})
  taskset -c 0 ${command[$name]} >/dev/null & pid=$!
  trap 'kill $pid 2>/dev/null' EXIT
  until curl -sf -o /dev/null "http://127.0.0.1:$port$path"; do sleep 0.05; done
  python3 "$work/event.py" "http://127.0.0.1:$port" "$key" "$work/ping.lua"
  load "" "$path" >/dev/null # warms up
  negotiate[$name]=$(load "" "$path" | rate)
  ping[$name]=$(load "$work/ping.lua" /api/message_event/ | rate)
  memory[$name]=$(awk '/VmRSS/{printf "%.1f", $2/1024}' /proc/$pid/status)
  kill $pid; wait $pid 2>/dev/null || true
  trap - EXIT
done

ratio() { awk "BEGIN{printf \"%.1f\", $1/$2}"; }
printf '\n| | negotiate/s | ratio | signed ping/s | ratio | memory after load, MB | start to first 200, ms |\n|---|---|---|---|---|---|---|\n'
for name in switchboard express fastapi; do
  printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$name" "${negotiate[$name]}" "$(ratio "${negotiate[switchboard]}" "${negotiate[$name]}")" \
    "${ping[$name]}" "$(ratio "${ping[switchboard]}" "${ping[$name]}")" "${memory[$name]}" "${start[$name]}"
done
printf '\nratio: the rate of switchboard divided by the rate of that server.\n'
printf 'release binary without `dev`: %s bytes. %s, %s\n' "$(stat -c %s "$target/release/switchboard")" "$(awk -F': ' '/model name/{print $2; exit}' /proc/cpuinfo)" "$(uname -sm)"
