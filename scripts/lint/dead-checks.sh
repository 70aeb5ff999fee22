#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# A FileCheck directive without its colon is a comment and checks nothing; a
# file with directives and no FileCheck, or with no RUN line, neither.
set -euo pipefail
cd "$(dirname "$0")/../.."
status=0
complain() { echo "dead-checks: $1" >&2; status=1; }

# The prefixes a file's RUN lines name, one a line.
prefixes_of() {
  { grep 'RUN:' "$1" || true; } |
    { grep -oE -- '--?check-prefix(es)?[= ][A-Za-z0-9_,-]+' || true; } |
    sed -E 's/^[^= ]*[= ]//' | tr ',' '\n' | sort -u
}

mapfile -t files < <(git ls-files 'test/*.mlir' 'test/*.test')
# An empty list means that git could not tell, not that all is well.
((${#files[@]})) || { echo "dead-checks: git lists no test here" >&2; exit 1; }
for file in "${files[@]}"; do
  [[ -f $file && $file != */Inputs/* ]] || continue
  # The outside project is built, not run by lit.
  [[ $file != test/consumer/* ]] || continue
  grep -q 'RUN:' "$file" || complain "$file has no RUN line: add one"
  mapfile -t named < <(prefixes_of "$file")
  for prefix in CHECK ${named[@]+"${named[@]}"}; do
    while IFS= read -r line; do
      complain "$file:$line: add the colon, or reword the comment"
    done < <(grep -nE "(//|#)[[:space:]]*$prefix(-[A-Z]+)*([[:space:]]|$)" "$file")
  done
  for prefix in ${named[@]+"${named[@]}"}; do
    grep -qE "(//|#)[[:space:]]*$prefix(-[A-Z]+)*(\{[A-Z]+\})?:" "$file" ||
      complain "$file: no $prefix: directive, though a RUN line asks for it"
  done
  if grep -qE '(//|#)[[:space:]]*CHECK(-[A-Z]+)*:' "$file" &&
    ! grep -q 'FileCheck' "$file"; then
    complain "$file has CHECK lines, but no RUN line pipes into FileCheck"
  fi
done
((status)) || echo "dead-checks: ${#files[@]} files are clean"
exit $status
