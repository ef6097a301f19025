#!/usr/bin/env bash
# The step "Scan" of action.yml: chooses what an event of GitHub Actions asks to be
# examined, whose configuration counts, and runs assay. It takes its input from the
# environment (ACTION_..., EVENT_..., GITHUB_..., RUNNER_TEMP) and leaves findings,
# sarif, root and exit-code in $GITHUB_OUTPUT. It ends with 0 so that SARIF can be uploaded; the
# step "Verdict" ends with assay's exit code.
set -euo pipefail

temp=${RUNNER_TEMP:-${TMPDIR:-/tmp}}
work=$(mktemp -d "$temp/assay.XXXXXX")
trap 'rm -rf "$work"' EXIT
program=${ACTION_PROGRAM:-$temp/assay}
path=${ACTION_PATH:-.}
path=${path#"$PWD/"} # of files in a folder, reports name the path as it is given
path=${path:-.}
# Not in the checkout, where a change could have put a link to anywhere by that name.
sarif=${ACTION_SARIF:-$temp/assay.sarif}
rm -f "$sarif"
config=${ACTION_CONFIG:-}
range=${ACTION_RANGE:-}
base='' # the commit whose configuration counts, where the tree's own must not

# In a container the folder belongs to another user, and Git would refuse it.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory
GIT_CONFIG_VALUE_0=$(cd "$path" && pwd)
export GIT_CONFIG_VALUE_0
root=$(git -C "$path" rev-parse --show-toplevel 2>/dev/null || pwd)

say() { printf '::%s title=assay::%s\n' "$1" "$2"; }
output() { printf '%s=%s\n' "$1" "$2" >>"${GITHUB_OUTPUT:-/dev/null}"; }
there() { [ -n "$1" ] && git -C "$path" cat-file -e "$1^{commit}" 2>/dev/null; }
shallow() { [ "$(git -C "$path" rev-parse --is-shallow-repository)" = true ]; }
deepen='this clone is shallow: set "fetch-depth: 0" on actions/checkout'

finish() { # CODE FINDINGS SARIF
  output root "$root"
  output exit-code "$1"
  output findings "$2"
  output sarif "$3"
  exit 0
}

# stop ends a run that could not begin.
stop() {
  say error "$1"
  finish 2 0 ''
}

# known ends the run unless the clone has the commit.
known() {
  there "$1" && return
  if shallow; then stop "commit $1 is not here, for $deepen"; fi
  stop "commit ${1:-of the event} is not here: check out the repository with \"fetch-depth: 0\""
}

# since_default is the range of a branch that has no earlier commit to compare with:
# all that the default branch does not have, or everything.
since_default() {
  local default="refs/remotes/origin/${EVENT_DEFAULT_BRANCH:-main}"
  known "$EVENT_AFTER"
  range=all
  if there "$default" && [ "${GITHUB_REF:-}" != "refs/heads/${EVENT_DEFAULT_BRANCH:-main}" ]; then
    range="$default..$EVENT_AFTER"
  fi
}

choose_range() {
  case "${EVENT:-}" in
  pull_request | pull_request_target)
    known "$EVENT_PULL_BASE"
    known "$EVENT_PULL_HEAD"
    range="$EVENT_PULL_BASE..$EVENT_PULL_HEAD"
    ;;
  merge_group)
    known "$EVENT_QUEUE_BASE"
    known "$EVENT_QUEUE_HEAD"
    range="$EVENT_QUEUE_BASE..$EVENT_QUEUE_HEAD"
    ;;
  push)
    if [ "${EVENT_DELETED:-}" = true ]; then
      say notice 'the branch was deleted, and brings nothing'
      finish 0 0 ''
    fi
    if there "${EVENT_BEFORE:-}"; then
      known "$EVENT_AFTER"
      range="$EVENT_BEFORE..$EVENT_AFTER"
      return
    fi
    # A new branch has zeros there, a rewritten one a commit that nobody fetches.
    since_default
    ;;
  *) range=all ;;
  esac
}

flags=()
event_range=$range
[ -n "$range" ] || choose_range
case "${EVENT:-}" in
pull_request | pull_request_target) base=$EVENT_PULL_BASE ;;
merge_group) base=$EVENT_QUEUE_BASE ;;
esac
if [ -n "$base" ]; then
  [ -z "$event_range" ] || known "$base"
  flags+=(--config-from "$base")
fi
if [ "$range" != all ]; then flags+=(--range "$range"); fi
if [ -n "$config" ]; then flags+=(--config "$config"); fi
if [ -n "${ACTION_FAIL_ON:-}" ]; then flags+=(--fail-on "$ACTION_FAIL_ON"); fi
if [ -n "${ACTION_CATEGORY:-}" ]; then flags+=(--sarif-category "$ACTION_CATEGORY"); fi
read -r -d '' -a more <<<"${ACTION_ARGS:-}" || true # of all its lines

code=0
# The bash of macOS takes an empty array for an unset one.
"$program" scan ${flags[@]+"${flags[@]}"} ${more[@]+"${more[@]}"} --report "sarif=$sarif" --report "jsonl=$work/report.jsonl" "$path" || code=$?
findings=0
if [ -f "$work/report.jsonl" ]; then
  findings=$(grep -c '^{"type":"finding"' "$work/report.jsonl" || true)
fi
if [ "$code" = 3 ] && shallow; then say error "history is missing, for $deepen"; fi
[ -f "$sarif" ] || sarif=''
finish "$code" "$findings" "$sarif"
