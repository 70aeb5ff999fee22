# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every plan that ships goes through the assembler: no spill, no serialised product."""

import itertools
import re

import pytest

SHAPES = list(itertools.product([64, 96, 128, 192, 256], ["64", "64x128", "128x64", "128"]))
ORDERS = ["static", "ticket", "wave"]


def assemble(tool, tmp_path, *arguments):
    """What is printed of the one kernel."""
    done = tool("tessera-compile", "--op", "attend", "--target", "sm_90a", "--topk", 40, *arguments,
                "-o", tmp_path / "k.cubin")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "k.cubin").read_bytes()[:4] == b"\x7fELF"
    return done.stderr


def check(report):
    assert " 0+0 B spilled" in report and " 0 B stack" in report, report
    assert not re.search(r"\(C\d+\)", report), report


@pytest.mark.parametrize("head_dim, block", SHAPES)
def test_shapes(tool, tmp_path, head_dim, block):
    """All that an attention can take; the order of tiles rotates."""
    order = ORDERS[SHAPES.index((head_dim, block)) % 3]
    check(assemble(tool, tmp_path, "--head-dim", head_dim, "--block", block, "--lse", "--sizes",
                   "--scale", "--plan", f"order={order}"))  # fmt: skip


@pytest.mark.no_sanitizers
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("options", [[], ["--lse"], ["--lse", "--sizes"], ["--dtype", "f16", "--sizes"]])
@pytest.mark.parametrize("head_dim, block", [(64, "64"), (128, "64"), (128, "128")])
def test_tuned_shapes(tool, tmp_path, head_dim, block, options, order):
    check(assemble(tool, tmp_path, "--head-dim", head_dim, "--block", block, *options,
                   "--plan", f"order={order}"))  # fmt: skip


def test_a_bad_plan_is_seen(tool, tmp_path):
    """The checks above can fail: too few registers serialise products and spill."""
    report = assemble(tool, tmp_path, "--head-dim", 64, "--plan",
                      "tiles=4,registers=112/32,query=ring,overlap=yes")  # fmt: skip
    with pytest.raises(AssertionError):
        check(report)
