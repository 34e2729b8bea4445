"""Hermes' own billing, with a script in place of the person at its menus. Reads requests, one JSON
object a line, and answers each with one line: what was asked for, and what Hermes printed.

    {"do": "state"}                       what its screens are made from; also "subscription",
                                          "account" and "usage"
    {"do": "preview", "plan": ID}         a change of the plan, quoted
    {"do": "screen", "command": "/topup", "answers": [...]}
                                          a command of its prompt, and what is chosen or typed there
    {"do": "call", "name": ..., "with": {...}}
                                          one function of its client, and how it failed
    {"do": "login", "url": ..., "scope": ...}
                                          the device flow; a line with the code goes before its answer
    {"do": "step_up"}                     the same for permission to spend
"""
import contextlib
import dataclasses
import io
import json
import sys

sys.argv = ["hermes"]

import hermes_cli.main  # noqa: F401
from agent import billing_usage, billing_view, subscription_view
from hermes_cli import auth, nous_account, nous_billing
from prompt_toolkit.application import create_app_session
from prompt_toolkit.output import create_output

import cli


class Terminal(cli.HermesCLI):
    """The prompt of Hermes with nobody at it: menus are answered from a list."""

    def __init__(self, answers):
        self._app = object()
        self.answers = list(answers)
        self.asked = []

    def next(self, question, allowed=None):
        assert self.answers, f"no answer to {question}"
        answer = self.answers.pop(0)
        assert allowed is None or answer in allowed, f"{question}: {answer} is not in {allowed}"
        self.asked.append(question)
        return answer

    def _prompt_text_input_modal(self, *, title, detail, choices):
        return self.next(title, [choice[0] for choice in choices])

    def _prompt_text_input(self, prompt):
        return self.next(prompt.strip())


def plain(value):
    """What a dataclass of Hermes says, its derived properties with it, money as text."""
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        names += [name for name, kind in vars(type(value)).items() if isinstance(kind, property)]
        return {name: plain(getattr(value, name)) for name in names if not name.startswith("raw_")}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def state(_):
    return billing_view.build_billing_state()


def subscription(_):
    return subscription_view.build_subscription_state()


def account(_):
    return nous_account.get_nous_portal_account_info(force_fresh=True)


def usage(_):
    return billing_usage.build_usage_model()


def preview(request):
    payload = nous_billing.post_subscription_preview(subscription_type_id=request["plan"])
    return subscription_view.subscription_change_preview_from_payload(payload)


def screen(request):
    terminal = Terminal(request["answers"])
    show = {"/topup": terminal._show_billing, "/subscription": terminal._show_subscription}
    show[request["command"]]()
    return {"asked": terminal.asked, "left": terminal.answers}


def call(request):
    try:
        return getattr(nous_billing, request["name"])(**request.get("with", {}))
    except nous_billing.BillingError as failed:
        return {"kind": type(failed).__name__, **plain(vars(failed)), "message": str(failed)}


def show_code(_, code):
    print(json.dumps({"user_code": code}), file=sys.__stdout__, flush=True)


def login(request):
    got = auth._nous_device_code_login(
        portal_base_url=request["url"],
        scope=request["scope"],
        open_browser=False,
        on_verification=show_code,
    )
    auth.persist_nous_credentials(got)
    return {"scope": got["scope"]}


def step_up(_):
    granted = auth.step_up_nous_billing_scope(open_browser=False, on_verification=show_code)
    return {"granted": granted}


def answer(request):
    # A person types the next command later than Hermes keeps a token in memory.
    nous_billing.invalidate_cached_token()
    does = {"state": state, "subscription": subscription, "account": account, "usage": usage,
            "preview": preview, "screen": screen, "call": call, "login": login,
            "step_up": step_up}[request["do"]]
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            with create_app_session(output=create_output(stdout=printed)):
                found = plain(does(request))
    except Exception as failed:
        found = {"failed": type(failed).__name__, "message": str(failed)}
    return {"found": found, "printed": printed.getvalue()}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
