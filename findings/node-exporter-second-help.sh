#!/usr/bin/env bash
# node_exporter drops a balance when another file of the folder describes its metric in other words.
#
# One would guess: two files that are right by themselves are both collected, or the second is refused
#   where somebody looks: in the answer's status, in `node_textfile_scrape_error`.
# What happens: where the HELP text of a metric differs, the samples of the second file are left out, also
#   those of other accounts. The same where it has no HELP line at all, or a sample has the labels of one
#   in the first file. The answer is 200, scrape_error is 0, collector_success is 1; one line of the log says it.
# Versions: node_exporter 1.5.0 (Debian prometheus-node-exporter 1.5.0-1+b6).
# Why it matters: two teams write their balances into one folder, one of them with the next version of a tool
#   whose text was improved. From then on a balance is missing, and an alert on it never fires.
set -euo pipefail
work=$(mktemp -d)
exporter=
trap '[ -z "$exporter" ] || kill "$exporter" 2> /dev/null || true; rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

chmod 755 "$work"
(cd "$work" && apt-get download -qq prometheus-node-exporter=1.5.0-1+b6 2> /dev/null)
dpkg -x "$work"/prometheus-node-exporter_*.deb "$work/installed"
program=$work/installed/usr/bin/prometheus-node-exporter
same node_exporter 1.5.0 "$("$program" --version 2>&1 | sed -n '1s/.*version \([0-9.]*\) .*/\1/p')"

# The answer to one look, with the two files; its last line is the status.
look() {
    rm -rf "$work/folder" && mkdir "$work/folder"
    printf '%s\n' '# HELP prepaid_balance What is left.' '# TYPE prepaid_balance gauge' \
        'prepaid_balance{account="team"} 12.5' > "$work/folder/a.prom"
    printf '%s\n' "$@" > "$work/folder/b.prom"
    "$program" --collector.disable-defaults --collector.textfile --collector.textfile.directory="$work/folder" \
        --web.disable-exporter-metrics --web.listen-address=127.0.0.1:0 > "$work/log" 2>&1 &
    exporter=$!
    local port=
    for _ in $(seq 100); do
        port=$(sed -n 's/.*address=127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/log" | head -n 1)
        [ -z "$port" ] || break
        sleep 0.1
    done
    curl -s -w '%{http_code}\n' "http://127.0.0.1:$port/metrics" > "$work/answer"
    kill "$exporter" && wait "$exporter" 2> /dev/null || true
    exporter=
}
balances() { sed -n 's/^prepaid_balance{account="\([a-z]*\)"[^}]*} /\1 /p' "$work/answer" | paste -sd,; }
health() { sed -n 's/^node_textfile_scrape_error /error /p; s/^node_scrape_collector_success{.*} /success /p; $p' "$work/answer" | paste -sd,; }

look '# HELP prepaid_balance What is left.' '# TYPE prepaid_balance gauge' 'prepaid_balance{account="ops"} 3'
same 'one text' 'ops 3,team 12.5' "$(balances)"
look '# HELP prepaid_balance What is left now.' '# TYPE prepaid_balance gauge' 'prepaid_balance{account="ops"} 3'
same 'another text' 'team 12.5' "$(balances)"
same 'what a monitor sees' 'success 1,error 0,200' "$(health)"
look '# TYPE prepaid_balance gauge' 'prepaid_balance{account="ops"} 3'
same 'no text' 'team 12.5' "$(balances)"
same 'what a monitor sees of that' 'success 1,error 0,200' "$(health)"
look '# HELP prepaid_balance What is left.' '# TYPE prepaid_balance gauge' 'prepaid_balance{account="team"} 3'
same 'the same labels' 'team 12.5' "$(balances)"
same 'what a monitor sees of this' 'success 1,error 0,200' "$(health)"
