# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The part of the demo that compiles GPU kernels, and runs them where it can."""

import subprocess
import sys

import pytest

from built import ROOT

sys.path.append(str(ROOT / "scripts/demo"))
import gpu  # noqa: E402


def test_kernels_of_models(tool, tmp_path):
    said = []
    assert gpu.compile_kernels(said.append, tmp_path)
    assert said[0].startswith("GPU kernels of attention over lists, assembled by ptxas")
    shapes = [line for line in said if line.startswith("  D = ")]
    resources = [line for line in said if "0+0 B spilled" in line]
    plans = [line for line in said if "plan tiles=" in line]
    assert len(shapes) == len(gpu.SHAPES)
    assert len(resources) == len(plans) >= len(shapes)
    assert len(said) == 1 + len(shapes) + len(resources) + len(plans)
    models = tool("tessera-bench", "--list-models").stdout
    for shape in gpu.SHAPES:
        row = next(line.split() for line in models.splitlines() if line.startswith(shape.model + " "))
        assert row[1].endswith(f"x{shape.features}")
        if shape.block == 64:
            assert int(row[6]) == shape.capacity


@pytest.mark.parametrize(
    "exists, code, rows, right, said",
    [
        (False, None, "", True, "no GPU here: these kernels were compiled and not run"),
        (True, 0, "NVIDIA H200\nrow\n", True, "  row"),
        (True, 1, "NVIDIA H200\nrow\n", False, "WRONG: complaint"),
        (True, 1, "", True, "compiled and not run: complaint"),
    ],
)
def test_runs(monkeypatch, tmp_path, exists, code, rows, right, said):
    monkeypatch.setattr(gpu, "DRIVER", tmp_path if exists else tmp_path / "none")
    answer = subprocess.CompletedProcess([], code, rows, "complaint\n" if code else "")
    monkeypatch.setattr(gpu, "run_tool", lambda *arguments: answer)
    lines = []
    assert gpu.run_kernels(lines.append) == right
    assert lines[-1] == said
