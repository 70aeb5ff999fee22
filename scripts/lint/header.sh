#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Every source file names its licence in its first two lines.
set -euo pipefail
cd "$(dirname "$0")/../.."
count=0 status=0
while IFS= read -r file; do
  [[ -s $file ]] || continue
  count=$((count + 1))
  if ! head -2 "$file" |
    grep -q 'SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception'; then
    echo "header: $file lacks its SPDX line; CONTRIBUTING.md shows it" >&2
    status=1
  fi
done < <(git ls-files '*.h' '*.c' '*.cpp' '*.td' '*.sh' '*.py')
# An empty list means that git could not tell, not that all is well.
((count)) || { echo "header: git lists no file here" >&2; exit 1; }
((status)) || echo "header: $count files name their licence"
exit $status
