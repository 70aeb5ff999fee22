# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whole attention, compiled for the host, against the float64 oracle over random
geometry: grouped heads, unequal lengths and blocks, partial and empty blocks,
gates, forced blocks, any k, both layouts, both CPU levels."""

import numpy as np
import pytest

import oracle
from compiled import RUNTIME, CallError, Module, from_bits
from geometry import Case, Config, MixedWording, attention_module

CONFIGS = [
    Config(),
    Config(features=128, sizes=1, coarse_gate="full"),
    Config(features=128, sizes=2, capacity=6, local=1, coarse_gate="row"),
    Config(features=32, q_block=8, kv_block=8, capacity=7, sink=1, local=2, sizes=1),
    Config(features=40, q_block=16, kv_block=24, capacity=5, fine_gate="full"),
    Config(features=96, q_block=64, kv_block=128, capacity=4, sizes=2, sink=2),
    Config(features=64, q_block=128, kv_block=64, capacity=5, scale=True, sizes=1),
    Config(features=256, q_block=16, kv_block=16, capacity=9, sizes=2, forced="beside", sink=2, local=1),
    Config(features=72, q_block=256, kv_block=256, capacity=4, sizes=1),
    Config(dtype="bf16", features=128, sizes=1, local=1, coarse_gate="full", scale=True),
    Config(dtype="bf16", features=64, sizes=2, fine_gate="dynamic", coarse_gate="dynamic"),
    Config(dtype="bf16", features=104, q_block=40, kv_block=56, capacity=6),
    Config(dtype="f16", features=64, sizes=1, coarse_gate="dynamic", forced="beside", local=2, capacity=9),
    Config(dtype="f16", features=192, q_block=64, kv_block=64, capacity=3, fine_gate="row"),
    Config(features=64, coarse=False, sizes=1, sink=1),
    Config(features=128, coarse=False, fine_gate="dynamic", scale=True),
]  # fmt: skip
CASES_EACH = 64  # 16 configs: 1,024 geometries
HALF_ULP = {"f32": 2.0**-24, "bf16": 2.0**-8, "f16": 2.0**-11}


def check_close(found, wanted, magnitude, dtype, what):
    """f32 arithmetic on values up to `magnitude`, then one rounding to dtype."""
    assert np.isfinite(found).all(), f"{what}: not finite"
    bound = 4e-5 * magnitude + 1.01 * HALF_ULP[dtype] * np.abs(wanted) + 1e-7
    worst = np.max(np.abs(found - wanted) - bound, initial=-np.inf)
    assert worst <= 0, f"{what}: off by {worst} more than allowed"


def check_selection(case, scores, index, count):
    """Every list is the oracle's, but for scores nearer than f32 can tell."""
    config = case.config
    for b, h, i in np.ndindex(count.shape):
        found = index[b, h, i, : count[b, h, i]].tolist()
        sizes = oracle.sizes_of(case.kv_sizes, b)
        empty = () if sizes is None else np.flatnonzero(sizes == 0)
        row = scores[b, h, i]
        wanted = oracle.select(row, i, case.topk, config.sink, config.local, config.forced, empty)
        assert found == sorted(set(found)), f"list {b, h, i} is not ascending: {found}"
        assert len(found) == len(wanted), f"list {b, h, i}: {found}, expected {wanted}"
        gained, lost = set(found) - set(wanted), set(wanted) - set(found)
        near = 1e-4 * (1 + np.abs(row[np.isfinite(row)]).max(initial=0))
        for g in gained:
            assert min(abs(row[g] - row[w]) for w in lost) < near, f"list {b, h, i}: {g} over {lost}"


def check(case, results):
    config = case.config
    output, lse, *middle, index, count = results
    q, k, v = (from_bits(x, config.dtype) for x in (case.q, case.k, case.v))
    gates = [None if g is None else from_bits(g, config.dtype) for g in (case.fine_gate, case.coarse_gate)]
    scale = case.scale or config.features**-0.5
    pooled = [oracle.pool(q, config.q_block, case.q_sizes)]
    pooled += [oracle.pool(x, config.kv_block, case.kv_sizes) for x in (k, v)]
    scores, coarse = oracle.coarse(*pooled, scale, case.kv_sizes)
    check_selection(case, scores, index, count)
    lists = [[[row[:n] for row, n in zip(*head)] for head in zip(*batch)] for batch in zip(index, count)]
    fine, fine_lse = oracle.attend(
        q, k, v, lists, config.q_block, config.kv_block, scale, case.q_sizes, case.kv_sizes
    )
    whole = oracle.combine(
        fine, coarse if config.coarse else None, config.q_block, *gates, q_sizes=case.q_sizes
    )
    biggest = max(1, np.abs(fine).max(), np.abs(coarse).max())
    biggest *= max([1] + [np.abs(g).max() for g in gates if g is not None])
    check_close(from_bits(output, config.dtype), whole, biggest, config.dtype, "output")
    empty = np.isneginf(fine_lse)
    assert np.array_equal(np.isneginf(lse), empty), "lse is -inf in the wrong rows"
    check_close(lse[~empty], fine_lse[~empty], 1 + np.abs(fine_lse[~empty]), "f32", "lse")
    if config.coarse:
        check_close(middle[0], coarse, max(1, np.abs(coarse).max()), "f32", "coarse")


@pytest.mark.parametrize("number", range(len(CONFIGS)))
def test_random_geometry(number, seed, tmp_path):
    config = CONFIGS[number]
    module = Module(attention_module(config), tmp_path)
    for repeat in range(CASES_EACH):
        case = Case(config, seed + 1000 * number + repeat)
        RUNTIME.tessera_limit_cpu_level(3 if repeat % 4 == 3 else 4)
        results = case.outputs()
        module.call("attention", *case.inputs(), *results)
        try:
            check(case, results)
        except AssertionError as error:
            raise AssertionError(f"{error}; config {number}, seed {case.seed}, k {case.topk}") from error
        finally:
            RUNTIME.tessera_limit_cpu_level(2**31 - 1)


@pytest.mark.parametrize("number", range(len(CONFIGS)))
def test_random_wording(number, seed, tmp_path):
    for repeat in range(2):
        case = Case(CONFIGS[number], seed + 1000 * number + repeat)
        wording = MixedWording(case)
        text = attention_module(case.config, wording)
        (tmp_path / str(repeat)).mkdir()
        module = Module(text, tmp_path / str(repeat))
        results = case.outputs()
        try:
            module.call("attention", *case.inputs(wording), *results)
            check(case, results)
        except (AssertionError, CallError) as error:
            raise AssertionError(f"{error}; config {number}, seed {case.seed}\n{text}") from error


@pytest.mark.parametrize("number", [1, 3, 10, 14])
def test_fusing_changes_no_bit(number, seed, tmp_path):
    config = CONFIGS[number]
    text = attention_module(config)
    for name in ("fused", "apart"):
        (tmp_path / name).mkdir()
    fused = Module(text, tmp_path / "fused")
    apart = Module(text, tmp_path / "apart", "--no-fuse")
    for repeat in range(8):
        case = Case(config, seed + repeat)
        one, other = case.outputs(), case.outputs()
        fused.call("attention", *case.inputs(), *one)
        apart.call("attention", *case.inputs(), *other)
        count = one[-1]
        valid = np.arange(config.capacity) < count[..., None]
        for a, b in zip(one[:-2] + [count, one[-2][valid]], other[:-2] + [other[-1], other[-2][valid]]):
            assert np.array_equal(a.view("u1"), b.view("u1")), f"seed {case.seed}"
