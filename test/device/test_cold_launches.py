# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Cold launches of every row of the tuning table give the same bits, and are right."""

import ctypes
import os
import pathlib

import cold
import numpy as np
import orders
import pytest

TOOLS = pathlib.Path(os.environ.get("TESSERA_TOOLS_DIR", "build/bin"))

# Rows whose query passes through registers, then the others.
THROUGH_REGISTERS = [(96, "64"), (128, "64"), (192, "64"), (192, "128")]
OTHERS = [(64, "64"), (64, "128x64"), (64, "128"), (96, "128x64"), (96, "128"), (128, "64x128"),
          (128, "128x64"), (128, "128"), (256, "64"), (256, "128")]  # fmt: skip


def why_no_gpu():
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return "no NVIDIA driver on this machine"
    count = ctypes.c_int()
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)) or not count.value:
        return "the NVIDIA driver finds no GPU"
    return ""


needs_gpu = pytest.mark.skipif(bool(why_no_gpu()), reason=why_no_gpu())


@needs_gpu
@pytest.mark.parametrize("dtype", ["f16", "bf16"])
@pytest.mark.parametrize("head_dim, block", THROUGH_REGISTERS + OTHERS)
def test_cold_launches(head_dim, block, dtype):
    launches = 20 if (head_dim, block) in THROUGH_REGISTERS else 6
    kernel = cold.Kernel(head_dim, block, dtype)
    verdict = cold.run_cold(TOOLS / "tessera-run", TOOLS / "tessera-compile", kernel, launches)
    assert verdict.passes, str(verdict)
    assert verdict.launches == launches


@needs_gpu
@pytest.mark.parametrize("head_dim, block, dtype", orders.ROWS)
def test_orders(head_dim, block, dtype):
    failures, ran = orders.check_row(TOOLS / "tessera-run", TOOLS / "tessera-compile", head_dim, block, dtype)
    assert not failures, "\n".join(failures)
    assert set(ran) == set(orders.ORDERS)


# That a launch is judged rightly needs no GPU.


@pytest.mark.parametrize("dtype", ["f16", "bf16"])
def test_one_row_is_seen(dtype):
    kernel = cold.Kernel(64, "64", dtype)
    wanted = cold.reference(kernel, cold.make_inputs(kernel))
    narrow = wanted[0].astype(np.float32)
    output = narrow.astype(np.float16) if dtype == "f16" else cold.to_bf16(narrow)
    lse = wanted[1].astype(np.float32)
    right = "a", "", [output, lse]
    assert cold.judge(kernel, wanted, [right, right]).passes

    row = tuple(np.argwhere(np.isfinite(lse))[0])
    harmed = output.copy()
    harmed[row][0] = 0 if output[row][0] else 1
    harmed[row] = np.roll(harmed[row], 1)
    verdict = cold.judge(kernel, wanted, [right, ("b", "", [harmed, lse]), right])
    assert not verdict.passes and verdict.odd == 1
    assert [list(rows) for rows in verdict.wrong["b"]] == [list(row)]
    assert "b: 1 rows are wrong" in str(verdict)

    other_lse = lse.copy()
    other_lse[row] += 0.01
    assert len(cold.judge(kernel, wanted, [("c", "", [output, other_lse])]).wrong["c"]) == 1
    other_lse[row] = -np.inf
    assert not cold.judge(kernel, wanted, [("c", "", [output, other_lse])]).passes
    assert not cold.judge(kernel, wanted, [(None, "no GPU", None)]).passes
    assert not cold.judge(kernel, wanted, []).passes


def test_lists_are_ragged():
    inputs = cold.make_inputs(cold.Kernel(192, "64", "f16"))
    assert {0, 1, 2} <= set(inputs["count"].ravel())
    assert len(set(inputs["key_sizes"])) > 2
