"""What Hermes does with its login at Nous. Takes what to do, and prints what came of it as one line
of JSON. The environment is the one of any hermes command: its main module chooses the profile and
reads the files of settings.

    login URL      the device flow at this portal, kept as `hermes auth add nous` keeps it
    where          the files that the login is in
    renew          an access token as the tools of Hermes get it: renewed if it is time
    race FOLDER N  the same, N times: round by round as soon as FOLDER/go-ROUND is there
"""
import contextlib
import hashlib
import json
import os
import pathlib
import sys
import time

does, given = sys.argv[1], sys.argv[2:]
sys.argv = ["hermes"]

import hermes_cli.main  # noqa: F401
from hermes_cli import auth


def fingerprint(token):
    return hashlib.sha256(token.encode()).hexdigest()


def renew():
    try:
        return {"token": fingerprint(auth.resolve_nous_access_token())}
    except auth.AuthError as refused:
        return {"error": refused.code, "message": str(refused)}


def log_in(url):
    state = auth._nous_device_code_login(
        portal_base_url=url, scope="inference:invoke billing:manage", open_browser=False
    )
    auth.persist_nous_credentials(state)
    return where()


def where():
    _, source = auth._load_provider_state_with_source(auth._load_auth_store(), "nous")
    return {"auth": str(source), "shared": str(auth._nous_shared_store_path())}


def race(folder, rounds):
    folder = pathlib.Path(folder)
    results = []
    (folder / f"ready-{os.getpid()}").touch()
    for number in range(int(rounds)):
        while not (folder / f"go-{number}").exists():
            time.sleep(0.002)
        results.append(renew())
        (folder / f"done-{number}-{os.getpid()}").touch()
    return results


with contextlib.redirect_stdout(sys.stderr):
    answer = {"login": log_in, "where": where, "renew": renew, "race": race}[does](*given)
print(json.dumps(answer))
