#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# No source file beyond 800 lines, and past 400 one looks for the missing wall.
set -euo pipefail
cd "$(dirname "$0")/../.."
limit=800
count=0 status=0
while IFS= read -r file; do
  [[ -f $file ]] || continue
  count=$((count + 1))
  lines=$(wc -l <"$file")
  if ((lines > limit)); then
    echo "file-size: $file has $lines lines, at most $limit: split it" >&2
    status=1
  fi
done < <(git ls-files '*.h' '*.c' '*.cpp' '*.td' '*.py' '*.mlir' '*.sh' \
  '*.cmake' '*CMakeLists.txt')
# An empty list means that git could not tell, not that all is well.
((count)) || { echo "file-size: git lists no file here" >&2; exit 1; }
((status)) || echo "file-size: $count files are within $limit lines"
exit $status
