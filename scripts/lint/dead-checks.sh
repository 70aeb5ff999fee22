#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# A FileCheck directive without its colon is a comment and checks nothing; a
# file with directives and no FileCheck, or with no RUN line, neither.
set -euo pipefail
cd "$(dirname "$0")/../.."
status=0
complain() { echo "dead-checks: $1" >&2; status=1; }

mapfile -t files < <(git ls-files 'test/*.mlir' 'test/*.test')
for file in "${files[@]}"; do
  [[ $file == */Inputs/* ]] && continue
  grep -q 'RUN:' "$file" || complain "$file has no RUN line: add one"
  while IFS= read -r line; do
    complain "$file:$line: add the colon, or reword the comment"
  done < <(grep -nE '(//|#)[[:space:]]*[A-Z][A-Z0-9_]*-?CHECK(-[A-Z]+)*([[:space:]]|$)|(//|#)[[:space:]]*CHECK(-[A-Z]+)*([[:space:]]|$)' "$file")
  # Every prefix a RUN line names must occur as a directive.
  while IFS= read -r prefix; do
    grep -qE "(//|#)[[:space:]]*$prefix(-[A-Z]+)*(\{[A-Z]+\})?:" "$file" ||
      complain "$file: no $prefix: directive, though a RUN line asks for it"
  done < <(grep 'RUN:' "$file" | grep -oE -- '--?check-prefix(es)?[= ][A-Za-z0-9_,-]+' |
    sed -E 's/^[^= ]*[= ]//' | tr ',' '\n' | sort -u)
  if grep -qE '(//|#)[[:space:]]*CHECK(-[A-Z]+)*:' "$file" &&
    ! grep -q 'FileCheck' "$file"; then
    complain "$file has CHECK lines, but no RUN line pipes into FileCheck"
  fi
done
[[ $status == 0 ]] && echo "dead-checks: ${#files[@]} files are clean"
exit $status
