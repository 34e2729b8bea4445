#!/usr/bin/env bash
# Hermes is given permission to spend, says "enabled", and is refused for lack of it.
#
# One would guess: the top-up that was held back while the person allowed it goes out with the token that
#   the person has just allowed.
# What happens: Hermes keeps a token in memory for thirty seconds. Only a 401 makes it read the new one; the
#   refusal that starts the permission is a 403. The held top-up goes out with the old token, and is refused
#   with "Terminal billing needs approval" right below "Terminal billing enabled". The same command half a
#   minute later works. A change of the plan, held back in the same way, does read the new token first.
# Versions: PyPI hermes-agent 0.19.0.
# Why it matters: the person gives the permission a second time, asks an administrator, or buys elsewhere.
#   Who keeps tokens in memory has to drop them where the permission changes, not where a token ends.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check hermes-agent==0.19.0
cat > "$work/allow.py" <<'PY'
import base64, contextlib, http.server, io, json, os, sys, threading, time, urllib.parse

# A portal whose person allows at once whatever is asked for. A token says what it may do.
charged = []
def token(scope):
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    return f'{part({"alg": "none"})}.{part({"exp": time.time() + 900, "scope": scope})}.{part(0)}'
class Portal(http.server.BaseHTTPRequestHandler):
    def reply(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def form(self):
        text = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        return dict(urllib.parse.parse_qsl(text))
    def may_spend(self):
        claims = self.headers["authorization"].split(".")[1]
        return b"billing:manage" in base64.urlsafe_b64decode(claims + "==")
    def do_GET(self):
        if "/charge/" in self.path:
            return self.reply(200, {"status": "settled", "amountUsd": "25"})
        if self.path == "/api/billing/state":
            return self.reply(200, {
                "org": {"id": "o", "name": "Acme", "role": "OWNER"}, "canChangePlan": True,
                "balanceUsd": "3", "cliBillingEnabled": True, "chargePresets": ["25"],
                "card": {"brand": "Visa", "last4": "4242"}})
        self.reply(200, {})
    def do_POST(self):
        form = self.form()
        if self.path == "/api/oauth/device/code":
            page = {"verification_uri": "http://x/", "verification_uri_complete": "http://x/"}
            code = {"device_code": form["scope"], "user_code": "AAAA", "expires_in": 60, "interval": 1}
            return self.reply(200, {**page, **code})
        if self.path == "/api/oauth/token":
            scope = form["device_code"]
            return self.reply(200, {"access_token": token(scope), "refresh_token": "r",
                                    "expires_in": 900, "scope": scope, "token_type": "Bearer"})
        if not self.may_spend():
            return self.reply(403, {"error": "insufficient_scope"})
        charged.append(1)
        self.reply(202, {"chargeId": "ch_1"})
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Portal)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
os.environ["HERMES_PORTAL_BASE_URL"] = url
sys.argv = ["hermes"]
import hermes_cli.main
from hermes_cli import auth, nous_billing
from prompt_toolkit.application import create_app_session
from prompt_toolkit.output import create_output
import cli

class Terminal(cli.HermesCLI):
    def __init__(self, answers):
        self._app, self.answers = object(), answers
    def _prompt_text_input_modal(self, **_):
        return self.answers.pop(0)

def top_up(answers):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), create_app_session(output=create_output(stdout=printed)):
        Terminal(answers)._show_billing()
    words = ("enabled", "needs approval", "added")
    return "; ".join(line.strip(" ✓🔴") for line in printed.getvalue().splitlines()
                     if any(word in line for word in words))

with contextlib.redirect_stdout(io.StringIO()):
    auth.persist_nous_credentials(auth._nous_device_code_login(
        portal_base_url=url, scope="inference:invoke", open_browser=False))
print(top_up(["buy", "25", "pay", "yes", "resume"]))
print(len(charged))
# Thirty seconds later:
nous_billing._token_cache = (nous_billing._token_cache[0] - 31, *nous_billing._token_cache[1:])
print(top_up(["buy", "25", "pay"]))
print(len(charged))
PY
version=$("$work/venv/bin/pip" show hermes-agent | sed -n 's/^Version: //p')
mapfile -t out < <(cd "$work" && env HOME="$work" BROWSER=true timeout 120 "$work/venv/bin/python" allow.py 2>/dev/null)

same 'PyPI hermes-agent' 0.19.0 "$version"
same 'it says' 'Terminal billing enabled.; Terminal billing needs approval — run /topup to enable it, then retry.' "${out[0]}"
same 'charges' 0 "${out[1]}"
same 'half a minute later' '$25 added to your balance.' "${out[2]}"
same 'charges then' 1 "${out[3]}"
