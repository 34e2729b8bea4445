#!/usr/bin/env bash
# gitlab-ci-local accepts `resource_group` and runs the jobs of one group at the same time.
#
# One would guess: the key is checked against GitLab's schema and kept in the expanded file, so it works:
#   of the jobs in one group only one runs at a time.
# What happens: it has no effect and no warning. Two jobs of the group "card" wait for each other inside
#   their scripts and both see the other one running.
# Versions: npm gitlab-ci-local 4.70.0.
# Why it matters: `resource_group: card` is GitLab's way to let one job buy at a time. Tried out with this
#   tool, two jobs buy at once. The guard against a second charge has to be in the purchase itself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

command -v rsync > /dev/null || { echo 'needs rsync, which the runner calls'; exit 1; }
npm install --prefix "$work" --silent --no-audit --no-fund --ignore-scripts gitlab-ci-local@4.70.0
runner=$work/node_modules/.bin/gitlab-ci-local
export HOME=$work # no settings of the person who runs this
git init -q -b main "$work/shop"
cd "$work/shop"
for pair in 'first second' 'second first'; do
    read -r job other <<< "$pair"
    cat <<YAML
$job:
  resource_group: card
  script:
    - touch $work/$job.runs
    - for i in \$(seq 100); do [ ! -e $work/$other.runs ] || break; sleep 0.1; done
    - if [ -e $work/$other.runs ]; then echo "$job sees $other"; else echo "$job is alone"; fi
    - sleep 1
    - rm $work/$job.runs
YAML
done > .gitlab-ci.yml
git add .gitlab-ci.yml
git -c user.name=acme -c user.email=acme@example.com commit -q -m first
git remote add origin git@gitlab.example.com:acme/shop.git

same gitlab-ci-local 4.70.0 "$("$runner" --version)"
timeout 120 "$runner" < /dev/null > "$work/log" 2>&1
same 'the key in the expanded file' 2 "$(grep -c 'resource_group: card' .gitlab-ci-local/expanded-gitlab-ci.yml)"
same 'lines of the log that name the key' 0 "$(grep -c resource_group "$work/log" || true)"
same 'two jobs of one group' 'first sees second, second sees first' \
    "$(sed -n 's/.*> \(first sees second\|second sees first\)$/\1/p' "$work/log" | sort | paste -sd, | sed 's/,/, /')"
