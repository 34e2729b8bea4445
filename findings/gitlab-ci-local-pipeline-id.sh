#!/usr/bin/env bash
# gitlab-ci-local counts CI_PIPELINE_ID from 1000 in each checkout, so different pipelines share one id.
#
# One would guess: CI_PIPELINE_ID differs for every pipeline of an instance, as on GitLab, and so are
#   the ids of two repositories, or of two clones of one.
# What happens: the number is kept in an untracked folder of the checkout and begins at 1000. A fresh
#   clone, or `git clean -dfx`, begins again; another project has the same numbers.
# Versions: npm gitlab-ci-local 4.70.0.
# Why it matters: "buy once a pipeline" is commonly named by $CI_PIPELINE_ID. Run by this tool, the name
#   was used before, by another clone: the purchase is found as already made, or belongs to other code.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

command -v rsync > /dev/null || { echo 'needs rsync, which the runner calls'; exit 1; }
npm install --prefix "$work" --silent --no-audit --no-fund --ignore-scripts gitlab-ci-local@4.70.0
runner=$work/node_modules/.bin/gitlab-ci-local
export HOME=$work # no settings of the person who runs this
repository() { # a repository named $1 whose one job prints its pipeline's id
    git init -q -b main "$work/$1"
    printf '%s\n' 'buy:' '  script:' '    - echo "pipeline is $CI_PIPELINE_ID"' > "$work/$1/.gitlab-ci.yml"
    git -C "$work/$1" add .gitlab-ci.yml
    git -C "$work/$1" -c user.name=acme -c user.email=acme@example.com commit -q -m first
    git -C "$work/$1" remote add origin "git@gitlab.example.com:acme/$1.git"
}
run() { (cd "$work/$1" && timeout 120 "$runner" < /dev/null 2>&1) | sed -n 's/.*> pipeline is //p'; }
repository shop
repository billing
git clone -q "$work/shop" "$work/clone"
git -C "$work/clone" remote set-url origin git@gitlab.example.com:acme/shop.git

same gitlab-ci-local 4.70.0 "$("$runner" --version)"
same 'first pipeline of shop' 1000 "$(run shop)"
same 'second pipeline of shop' 1001 "$(run shop)"
same 'first pipeline of billing' 1000 "$(run billing)"
same 'first pipeline in a fresh clone of shop' 1000 "$(run clone)"
git -C "$work/shop" clean -dffxq
same 'third pipeline of shop, after git clean' 1000 "$(run shop)"
