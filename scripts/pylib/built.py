# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Where the tree was built, and its tools as programs. CTest says where; run by
hand, it is build."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD_DIR = pathlib.Path(os.environ.get("TESSERA_BUILD_DIR", ROOT / "build"))
TOOLS_DIR = pathlib.Path(os.environ.get("TESSERA_TOOLS_DIR", BUILD_DIR / "bin"))


def run_tool(name, *arguments, stdin="", timeout=120):
    """Runs bin/<name>; never fails by itself, so that tests can look at it."""
    return subprocess.run(
        [str(TOOLS_DIR / name), *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
