#!/usr/bin/env bash
# beancount's `balance` directive with two decimals accepts a balance that is a whole cent off.
#
# One would guess: `balance Assets:Prepaid 20.01 USD` fails when the account holds 20.00 USD. A transaction
#   is checked within half a unit of the last digit; an assertion is hardly looser.
# What happens: an assertion is given one whole unit of the last digit that is written, so 20.00 passes
#   for 20.01 and for 19.99. `~ 0` after the number makes the check exact. Writing the number with more
#   zeros (20.010) makes it ten times stricter.
# Versions: PyPI beancount 3.2.3.
# Why it matters: the balance that a seller reports is checked against the ledger with this directive.
#   A missing line of one cent, the size of a fee or of a cheap call, is never found.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check beancount==3.2.3
check() { # the verdict of bean-check on an account of 20.00 USD and the asserted amount $1
    printf '%s\n' '2026-01-01 open Assets:Prepaid USD' '2026-01-01 open Assets:Bank USD' \
        '2026-01-02 * "credits"' '  Assets:Prepaid  20.00 USD' '  Assets:Bank    -20.00 USD' \
        "2026-01-03 balance Assets:Prepaid $1" > "$work/books.beancount"
    if "$work/venv/bin/bean-check" "$work/books.beancount" 2> "$work/errors"; then echo accepted; return; fi
    grep -q 'Balance failed' "$work/errors" && echo rejected
}

same 'PyPI beancount' 3.2.3 "$("$work/venv/bin/python" -c 'import beancount; print(beancount.__version__)')"
same 'account of 20.00, asserted 20.01' accepted "$(check '20.01 USD')"
same 'account of 20.00, asserted 19.99' accepted "$(check '19.99 USD')"
same 'account of 20.00, asserted 20.02' rejected "$(check '20.02 USD')"
same 'account of 20.00, asserted 20.01 ~ 0' rejected "$(check '20.01 ~ 0 USD')"
same 'account of 20.00, asserted 20.010' rejected "$(check '20.010 USD')"
