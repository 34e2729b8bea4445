#!/usr/bin/env bash
# `hledger import` drops a new row of a CSV file when its date lies before the newest row it has seen.
#
# One would guess: "import new transactions" means every row that was not imported yet.
# What happens: the program keeps one date a file, of the newest row, and skips all that is older. A
#   charge of 4 January that appears in the seller's export after one of 5 January was imported is never
#   imported: "no new transactions found", exit code 0, on this run and on all that follow.
# Versions: hledger 1.25.
# Why it matters: sellers list a charge under the day it began, and it can appear days later: held by the
#   bank, paid on the second try. $50 are missing from the books and nothing tells.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

command -v hledger > /dev/null || { echo 'needs hledger'; exit 1; }
same hledger 1.25 "$(hledger --version | sed -n '1s/^hledger \([0-9.]*\).*/\1/p')"
cd "$work"
printf '%s\n' 'fields date, description, amount' 'currency $' 'account1 assets:prepaid' 'account2 assets:bank' > charges.csv.rules
touch books.journal

printf '%s\n' '2026-01-02,in_1,20.00' '2026-01-05,in_3,25.00' > charges.csv
same 'two charges' 'imported 2 new transactions from charges.csv' "$(hledger -f books.journal import charges.csv)"
printf '%s\n' '2026-01-02,in_1,20.00' '2026-01-04,in_2,50.00' '2026-01-05,in_3,25.00' > charges.csv
same 'a third one between them' 'no new transactions found in charges.csv' "$(hledger -f books.journal import charges.csv | xargs)"
printf '%s\n' '2026-01-06,in_4,10.00' >> charges.csv
same 'a fourth one after them' 'imported 1 new transactions from charges.csv' "$(hledger -f books.journal import charges.csv)"
same 'charged 105.00; in the books' '$55.00' "$(hledger -f books.journal balance assets:prepaid --no-total | awk '{ print $1 }')"
