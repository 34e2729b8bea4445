#!/usr/bin/env bash
# The PyPI client `openrouter` repeats a failed read of the balance for an hour unless it is stopped.
#
# One would guess: `credits.get_credits()` without any option gives up after two or three tries, or
#   after the usual minute.
# What happens: every 5xx is repeated with growing pauses until 3,600,000 ms have passed. The
#   script does not wait that long: it replaces the clock and the pauses of its own Python process, so
#   that each pause is over at once and is added up.
# Versions: PyPI openrouter 1.3.84.
# Why it matters: a gate in CI that asks "are credits left?" stands for an hour, billed by the minute,
#   when the seller has a bad day; a watch reports nothing in that time.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check openrouter==1.3.84
cat > "$work/read.py" <<'PY'
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

from openrouter import OpenRouter

requests = 0


class Seller(BaseHTTPRequestHandler):
    def do_GET(self):
        global requests
        requests += 1
        body = b'{"error":{"code":500,"message":"internal"}}'
        self.send_response(500)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Seller)
threading.Thread(target=server.serve_forever, daemon=True).start()

# The clock that the SDK reads: it moves on by each pause at once.
real_time, slept, pauses = time.time, 0.0, []


def jump(seconds):
    global slept
    pauses.append(seconds)
    slept += seconds


time.time, time.sleep = (lambda: real_time() + slept), jump
outcome = "returned"
with OpenRouter(api_key="key", server_url=f"http://127.0.0.1:{server.server_port}/api/v1") as client:
    try:
        client.credits.get_credits()
    except Exception as error:
        outcome = type(error).__name__
print(version("openrouter"))
print(outcome)
print(f"{requests} requests over {slept / 60:.1f} minutes, longest pause {max(pauses):.0f} s", flush=True)
print("yes" if 3600 <= slept <= 3700 and requests >= 50 else "no")
PY
mapfile -t out < <(NO_PROXY=127.0.0.1 timeout 120 "$work/venv/bin/python" "$work/read.py")

same 'PyPI openrouter' 1.3.84 "${out[0]}"
echo "after: ${out[1]}; ${out[2]}"
same 'one get_credits() goes on for an hour of 500s' yes "${out[3]}"
