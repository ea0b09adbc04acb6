#!/bin/sh
# Measures the cost of the host: calls through it, and direct calls to the same handler.
# Needs wrk and two cores: the host runs on the first, handler and wrk share the second.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}
[ "${SKIP_BUILD:-}" ] || cargo build --quiet --release --package devhost --bins --examples
host=$target/release/functions-devhost
FLOOR=$target/release/examples/floor
export FLOOR

cleanup() { kill "$direct" "$through" 2>/dev/null || true; }
FUNCTIONS_CUSTOMHANDLER_PORT=7172 taskset -c 1 "$FLOOR" >/dev/null & direct=$!
taskset -c 0 "$host" --app "$here" --port 7171 --quiet "$@" & through=$!
trap cleanup EXIT
until curl -s -o /dev/null http://127.0.0.1:7171/api/echo; do sleep 0.05; done
handler=$(pgrep -P "$through")
taskset -pc 1 "$handler" >/dev/null

memory() { awk '/VmRSS/ { printf "%.1f MB", $2 / 1024 }' "/proc/$through/status"; }
measure() { taskset -c 1 wrk -t1 -c"$1" -d5s --latency "$2" | awk -v what="$3" '/50%/ { p50 = $2 } /99%/ { p99 = $2 } /Requests\/sec/ { print what ": " $2 " requests/s, median " p50 ", p99 " p99 }'; }

echo "idle: $(memory)"
for clients in 1 50; do
  measure $clients http://127.0.0.1:7172/api/echo "direct,  $clients clients"
  measure $clients http://127.0.0.1:7171/api/echo "through, $clients clients"
done
echo "after load: $(memory)"
