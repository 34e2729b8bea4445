#!/usr/bin/env bash
# beangulp takes a second purchase for a duplicate of the first when the amounts differ by up to five percent.
#
# One would guess: an importer marks a transaction as a duplicate when the same one is in the ledger:
#   the same date, amount and reference.
# What happens: by default two transactions on the same accounts within two days are "the same" when their
#   amounts are within five percent. Narration, links and tags are not compared. A top-up of 20.00 on
#   Monday and one of 20.90 on Tuesday: the second is written out as a comment, with exit code 0.
# Versions: PyPI beangulp 0.2.0 with beancount 3.2.3.
# Why it matters: a real charge to the card is left out of the books. Repeated top-ups of nearly one
#   amount are just what prepaid credits look like; a double charge is hidden in the same way.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check beancount==3.2.3 beangulp==0.2.0
cat > "$work/importer.py" <<'PY'
import csv
import datetime
import pathlib

import beangulp
from beancount.core import amount, data
from beancount.core.number import D


class Invoices(beangulp.Importer):
    def identify(self, path):
        return path.endswith(".csv")

    def account(self, path):
        return "Assets:Prepaid"

    def extract(self, path, existing):
        entries = []
        for number, (day, reference, total) in enumerate(csv.reader(pathlib.Path(path).open()), 1):
            cost = amount.Amount(D(total), "USD")
            legs = [
                data.Posting("Assets:Prepaid", cost, None, None, None, None),
                data.Posting("Assets:Bank", -cost, None, None, None, None),
            ]
            meta = data.new_metadata(path, number)
            date = datetime.date.fromisoformat(day)
            entries.append(data.Transaction(meta, date, "*", None, reference, frozenset(), frozenset({reference}), legs))
        return entries


if __name__ == "__main__":
    beangulp.Ingest([Invoices()])()
PY
cat > "$work/books.beancount" <<'BEAN'
2026-01-01 open Assets:Prepaid
2026-01-01 open Assets:Bank
2026-01-05 * "in_1" ^in_1
  Assets:Prepaid  20.00 USD
  Assets:Bank    -20.00 USD
BEAN
extract() { # whether the invoice of $1 one day later is written out as an entry or as a comment
    mkdir -p "$work/down" && printf '2026-01-06,in_2,%s\n' "$1" > "$work/down/invoices.csv"
    "$work/venv/bin/python" "$work/importer.py" extract -e "$work/books.beancount" "$work/down" > "$work/out" 2> "$work/err"
    if grep -q '^2026-01-06 \* "in_2"' "$work/out"; then echo entry; else grep -q '^; 2026-01-06 \* "in_2"' "$work/out" && echo comment; fi
}

same 'PyPI beangulp' 0.2.0 "$("$work/venv/bin/python" -c "from importlib.metadata import version; print(version('beangulp'))")"
same 'another invoice, 20.90, a day after 20.00' comment "$(extract 20.90)"
same 'another invoice, 21.10, a day after 20.00' entry "$(extract 21.10)"
