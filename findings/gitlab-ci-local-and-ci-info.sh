#!/usr/bin/env bash
# gitlab-ci-local sets GITLAB_CI to "false"; ci-info and env-ci read that as "this is GitLab".
#
# One would guess: a job on a desk either has GITLAB_CI=true, as on GitLab, or has no GITLAB_CI.
# What happens: it has GITLAB_CI=false beside CI=true. ci-info and env-ci ask only whether the variable
#   is there, and name the system GitLab; `[ "$GITLAB_CI" = true ]` in a script says the opposite.
# Versions: npm gitlab-ci-local 4.70.0, ci-info 4.5.0, env-ci 11.2.0.
# Why it matters: a job that buys asks where it runs: on GitLab a pipeline has one id and one time of
#   creation for all its attempts. On a desk neither is true, and half of the tools cannot see it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

command -v rsync > /dev/null || { echo 'needs rsync, which the runner calls'; exit 1; }
npm install --prefix "$work" --silent --no-audit --no-fund --ignore-scripts \
    gitlab-ci-local@4.70.0 ci-info@4.5.0 env-ci@11.2.0
runner=$work/node_modules/.bin/gitlab-ci-local
export HOME=$work # no settings of the person who runs this
cat > "$work/where.mjs" << 'END'
import { createRequire } from 'node:module';
import envCi from 'env-ci';
const info = createRequire(import.meta.url)('ci-info');
console.log(`ci-info: ${info.name}, ${info.GITLAB}; env-ci: ${envCi().service}`);
END
repository=$work/shop
git init -q -b main "$repository"
cat > "$repository/.gitlab-ci.yml" << END
where:
  script:
    - echo "GITLAB_CI is \$GITLAB_CI and CI is \$CI"
    - node $work/where.mjs
END
git -C "$repository" add .gitlab-ci.yml
git -C "$repository" -c user.name=acme -c user.email=acme@example.com commit -q -m first
git -C "$repository" remote add origin git@gitlab.example.com:acme/shop.git
log=$(cd "$repository" && env -u CI -u GITHUB_ACTIONS timeout 120 "$runner" < /dev/null 2>&1)

same gitlab-ci-local 4.70.0 "$("$runner" --version)"
same 'variables' 'GITLAB_CI is false and CI is true' "$(sed -n 's/.*> \(GITLAB_CI is .*\)/\1/p' <<< "$log")"
same 'what the libraries say' 'ci-info: GitLab CI, true; env-ci: gitlab' "$(sed -n 's/.*> \(ci-info: .*\)/\1/p' <<< "$log")"
