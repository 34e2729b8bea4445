#!/usr/bin/env bash
# `ledger csv` writes a quotation mark as \" instead of "", and readers of CSV move the amount by a column.
#
# One would guess: the command `csv` writes what readers of CSV take: a quotation mark is doubled.
# What happens: a payee with a comma between quotation marks splits at the comma. Python's reader returns
#   nine columns instead of eight without an error, and the currency stands where the amount is expected. hledger
#   refuses the file at that line. The format function that doubles them, quoted_rfc, is not the default.
# Versions: ledger 3.3.0, hledger 1.25, the csv module of Python 3.11.
# Why it matters: texts of purchases are free, such as: credits for "batch, nightly". The rows of a bill made
#   from the export are shifted, and a sum over the amount's column leaves them out or stops.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

for program in ledger hledger; do command -v "$program" > /dev/null || { echo "needs $program"; exit 1; }; done
same ledger 3.3.0 "$(ledger --version | sed -n '1s/^Ledger \([0-9.]*\).*/\1/p')"
same hledger 1.25 "$(hledger --version | sed -n '1s/^hledger \([0-9.]*\).*/\1/p')"
export HOME=$work # no settings of the person who runs this
printf '%s\n' '2026-01-02 credits for "batch, nightly"' '    Assets:Prepaid    25.00 USD' '    Assets:Bank' > "$work/books"
printf '%s\n' 'fields date,,description,account1,currency,amount,,' 'date-format %Y/%m/%d' > "$work/rules"

columns() { # of the first row of file $1: how many, and the sixth, which is the amount
    python3 -c 'import csv, sys; row = next(csv.reader(open(sys.argv[1]))); print(len(row), row[5])' "$1"
}
hledger_reads() { if hledger -f "csv:$1" --rules-file "$work/rules" print > /dev/null 2>&1; then echo yes; else echo no; fi; }

ledger -f "$work/books" csv > "$work/default.csv"
same 'columns and the sixth, as Python reads them' '9 USD' "$(columns "$work/default.csv")"
same 'hledger reads it' no "$(hledger_reads "$work/default.csv")"

doubled='%(quoted_rfc(date)),"",%(quoted_rfc(payee)),%(quoted_rfc(display_account)),%(quoted_rfc(commodity(scrub(display_amount)))),%(quoted_rfc(quantity(scrub(display_amount)))),"",""\n'
ledger -f "$work/books" csv --csv-format "$doubled" > "$work/doubled.csv"
same 'with quoted_rfc in --csv-format' '8 25' "$(columns "$work/doubled.csv")"
same 'hledger reads that' yes "$(hledger_reads "$work/doubled.csv")"
