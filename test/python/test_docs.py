# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The commands of docs/getting-started.md, run as they stand."""

import re
import subprocess

from built import BUILD_DIR, ROOT


def test_getting_started_commands(tmp_path):
    page = (ROOT / "docs" / "getting-started.md").read_text()
    commands = re.findall(r"```bash\n(.*?)```", page, re.S)
    assert len(commands) == 3
    # A copy of the tree's shape, so that the build directory may lie anywhere.
    (tmp_path / "build").mkdir()
    for name in ("bin", "lib"):
        (tmp_path / "build" / name).symlink_to(BUILD_DIR / name)
    (tmp_path / "include").symlink_to(ROOT / "include")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "bsa.fused" in done.stdout
    assert done.stdout.rstrip().endswith("2.000")
