#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# clang-tidy over the C++ files that changed, the latest first. A file with MLIR in
# it takes about a minute, so this is not part of test.sh.
#   scripts/tidy.sh [--all | --branch | <commit>] [--minutes <n>]
# Without a choice: what changed since HEAD. --branch: since the branch left main;
# on main itself since the newest release, or the last 30 commits or merges if there
# is none. --minutes: begin no file after that, stop those that run, and name what
# was not reached.
set -euo pipefail
cd "$(dirname "$0")/.."
BUILD_DIR=${BUILD_DIR:-build-tidy}
. scripts/lib/configure.sh

usage() {
  echo "usage: scripts/tidy.sh [--all | --branch | <commit>] [--minutes <n>]" >&2
  exit 2
}

# Nothing where history does not reach as far: then every commit counts.
branch_point() {
  local main base
  for main in origin/main main; do
    base=$(git merge-base HEAD "$main" 2>/dev/null) || continue
    if [[ $base != "$(git rev-parse HEAD)" ]]; then
      echo "$base"
      return
    fi
  done
  git describe --tags --abbrev=0 HEAD^ 2>/dev/null ||
    git rev-parse --verify --quiet HEAD~30 || true
}

# Of every changed file, and of a changed header the file beside it that has its name.
changed_since() {
  {
    git diff --name-only HEAD
    git log --name-only --format= "${1:+$1..}HEAD"
  } | awk '/\.(cpp|c|h)$/ && !seen[$0]++' | while IFS= read -r file; do
    [[ $file != *.h ]] || file=$(git ls-files "*/$(basename "$file" .h).cpp")
    printf '%s' "${file:+$file$'\n'}"
  done
}

choice=HEAD minutes=
while (($#)); do
  case $1 in
    --minutes) [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage; minutes=$2; shift ;;
    --all | --branch) choice=$1 ;;
    -*) usage ;;
    *) choice=$(git rev-parse --verify "$1^{commit}") ;;
  esac
  shift
done
case $choice in
  --all) list=$(git ls-files '*.cpp' '*.c') ;;
  --branch) list=$(changed_since "$(branch_point)") ;;
  *) list=$(changed_since "$choice") ;;
esac
# The consumer is a project of its own, and cmake/ is compiled by other builds:
# neither is in this compile database.
mapfile -t files < <(awk '!/^(test\/consumer|cmake)\// && NF && !seen[$0]++' <<<"$list" |
  while IFS= read -r file; do [[ ! -f $file ]] || echo "$file"; done)
if [[ ${#files[@]} == 0 ]]; then
  echo "no C or C++ file changed; scripts/tidy.sh --all checks every one"
  exit
fi

scripts/setup.sh tidy
# Without the precompiled header, which clang-tidy would have to build first.
configure -DTESSERA_PCH=OFF
cmake --build "$build" --target tessera-generated >/dev/null

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
deadline=$((SECONDS + ${minutes:-100000} * 60))
# Leaves the exit code of file number $1 in $work, and 124 if time was up.
check() {
  local code=0
  timeout "$((deadline - SECONDS))" clang-tidy-22 -p "$build" --quiet \
    --warnings-as-errors='*' "${files[$1]}" >"$work/$1.log" 2>&1 || code=$?
  echo "$code" >"$work/$1"
  [[ $code == 0 || $code == 124 ]] || cat "$work/$1.log"
}
say "checking ${#files[@]} files"
for i in "${!files[@]}"; do
  while (($(jobs -rp | wc -l) >= $(nproc))); do wait -n || true; done
  ((SECONDS < deadline)) || break
  check "$i" &
done
wait

wrong=() unreached=()
for i in "${!files[@]}"; do
  case $(cat "$work/$i" 2>/dev/null || echo 124) in
    0) ;;
    124) unreached+=("${files[$i]}") ;;
    *) wrong+=("${files[$i]}") ;;
  esac
done
say "$((${#files[@]} - ${#wrong[@]} - ${#unreached[@]})) of ${#files[@]} files are clean"
if ((${#unreached[@]})); then
  echo "tidy: not reached in $minutes minutes, scripts/tidy.sh --all has the time:"
  printf '  %s\n' "${unreached[@]}"
fi
if ((${#wrong[@]})); then
  echo "tidy: clang-tidy complains of" >&2
  printf '  %s\n' "${wrong[@]}" >&2
  exit 1
fi
