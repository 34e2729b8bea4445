#!/usr/bin/env bash
# The two bean-query programs show different sums for the same sub-cent costs, also in their CSV output.
#
# One would guess: bean-query of beancount 2 and beanquery for beancount 3 print the same sum of the same file,
#   and CSV, made for programs, holds the exact number.
# What happens: both show as many decimals as the most frequent amount of that currency has, in tables and
#   in CSV alike. The older cuts the rest off, the newer rounds it: 0.0165 is 0.01 in one, 0.02 in the other.
# Versions: PyPI beancount 2.3.5 (its own bean-query); PyPI beanquery 0.2.0 with beancount 3.2.3.
# Why it matters: a bill that is made from either is wrong by up to a cent a line, and two people with the
#   same ledger bill different sums. A purchase history with many round amounts switches the digits off.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

python3 -m venv "$work/two"
"$work/two/bin/pip" install --quiet --no-compile --disable-pip-version-check beancount==2.3.5
python3 -m venv "$work/three"
"$work/three/bin/pip" install --quiet --no-compile --disable-pip-version-check beancount==3.2.3 beanquery==0.2.0
books() { # three calls of 0.0055 and $1 purchases of 20.00
    printf '2026-01-01 open %s\n' Assets:Prepaid Assets:Bank Expenses:Model
    for _ in 1 2 3; do printf '%s\n' '2026-01-02 * "call"' '  Expenses:Model  0.0055 USD' '  Assets:Prepaid'; done
    for ((i = 0; i < $1; i++)); do printf '%s\n' '2026-01-03 * "credits"' '  Assets:Prepaid  20.00 USD' '  Assets:Bank  -20.00 USD'; done
}
books 1 > "$work/few.beancount"
books 5 > "$work/many.beancount"
sum() { # the sum of the calls in file $2 as the reader in folder $1 writes it to CSV
    "$work/$1/bin/bean-query" -f csv "$work/$2.beancount" \
        "SELECT sum(position) WHERE account = 'Expenses:Model'" 2> /dev/null | tail -1 | tr -d ' \r'
}
version() { "$work/$1/bin/python" -c "from importlib.metadata import version; print(version('$2'))"; }

same 'PyPI beancount' 2.3.5 "$(version two beancount)"
same 'PyPI beancount' 3.2.3 "$(version three beancount)"
same 'PyPI beanquery' 0.2.0 "$(version three beanquery)"
same 'the calls and one purchase, bean-query of beancount 2' 0.0165USD "$(sum two few)"
same 'the calls and one purchase, beanquery' 0.0165USD "$(sum three few)"
same 'the calls and five purchases, bean-query of beancount 2' 0.01USD "$(sum two many)"
same 'the calls and five purchases, beanquery' 0.02USD "$(sum three many)"
