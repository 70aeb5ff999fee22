#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Every tracked C and C++ file is formatted as .clang-format says.
set -euo pipefail
cd "$(dirname "$0")/../.."
count=0 status=0
while IFS= read -r file; do
  [[ -f $file ]] || continue
  count=$((count + 1))
  if ! clang-format-22 --dry-run -Werror "$file" >/dev/null 2>&1; then
    echo "format: $file is not formatted; run clang-format-22 -i $file" >&2
    status=1
  fi
done < <(git ls-files '*.h' '*.c' '*.cpp')
# An empty list means that git could not tell, not that all is well.
((count)) || { echo "format: git lists no file here" >&2; exit 1; }
((status)) || echo "format: $count files are clean"
exit $status
