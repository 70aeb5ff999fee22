# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Single ops, compiled for the host, against the oracle, bit for bit where the
contract fixes every bit; and what compiled code says of wrong calls."""

import numpy as np
import pytest

import oracle
from compiled import CallError, Module

SELECT = """
func.func @select(%scores: tensor<?x?x?x?xf32>, %k: i32, %sizes: tensor<?xi32>)
    -> (tensor<?x?x?x{capacity}xi32>, tensor<?x?x?xi32>) {{
  %map = bsa.select %scores : tensor<?x?x?x?xf32> top(%k) sizes(%sizes : tensor<?xi32>)
      policy(#bsa.select<capacity = {capacity}, sink = {sink}, local = {local}, forced = {forced}>)
      -> !bsa.block_map<64x64, capacity = {capacity}, ascending>
  %i, %n = bsa.map_to_lists %map : !bsa.block_map<64x64, capacity = {capacity}, ascending>
      -> tensor<?x?x?x{capacity}xi32>, tensor<?x?x?xi32>
  return %i, %n : tensor<?x?x?x{capacity}xi32>, tensor<?x?x?xi32>
}}
"""
SPECIAL = np.array([np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, -1e-45, 1.0, -1.0], "f4")


@pytest.mark.parametrize("sink, local, forced", [(0, 0, "within"), (2, 0, "within"), (1, 2, "within"), (1, 1, "beside")])
def test_select_is_exact(sink, local, forced, seed, tmp_path):
    capacity = 9
    module = Module(SELECT.format(capacity=capacity, sink=sink, local=local, forced=forced), tmp_path)
    rng = np.random.default_rng(seed)
    most = capacity - (sink + 2 * local - 1 if forced == "beside" else 0)
    for repeat in range(60):
        shape = (*rng.integers(1, 3, 2), rng.integers(1, 6), rng.integers(1, 20))
        scores = rng.integers(-3, 4, shape).astype("f4")  # many ties
        special = rng.random(shape) < 0.3
        scores[special] = rng.choice(SPECIAL, special.sum())
        sizes = rng.integers(0, 3, shape[3]).astype("i4")
        k = int(rng.integers(0, most + 1))
        index, count = np.full((*shape[:3], capacity), -7, "i4"), np.full(shape[:3], -7, "i4")
        module.call("select", scores, k, sizes, index, count)
        for b, h, i in np.ndindex(*shape[:3]):
            wanted = oracle.select(scores[b, h, i], i, k, sink, local, forced, np.flatnonzero(sizes == 0))
            found = index[b, h, i, : count[b, h, i]].tolist()
            assert found == wanted, f"seed {seed}, repeat {repeat}, k {k}, row {scores[b, h, i]}"


PARTITION = """
func.func @there(%x: tensor<?x?x?x32x{t}>, %t: i32, %h: i32, %w: i32{arg}) -> (tensor<?x?x?x32x{t}>, tensor<?xi32>) {{
  %y, %sizes = bsa.partition %x by #bsa.cube<{cube}> grid(%t, %h, %w){text}
      : tensor<?x?x?x32x{t}> -> tensor<?x?x?x32x{t}>, tensor<?xi32>
  return %y, %sizes : tensor<?x?x?x32x{t}>, tensor<?xi32>
}}
func.func @back(%y: tensor<?x?x?x32x{t}>, %t: i32, %h: i32, %w: i32{arg}) -> tensor<?x?x?x32x{t}> {{
  %x = bsa.unpartition %y by #bsa.cube<{cube}> grid(%t, %h, %w){text}
      : tensor<?x?x?x32x{t}> -> tensor<?x?x?x32x{t}>
  return %x : tensor<?x?x?x32x{t}>
}}
"""


@pytest.mark.parametrize("place", ["", "prefix", "suffix"])
@pytest.mark.parametrize("cube, dtype", [((4, 4, 4), "f32"), ((2, 4, 1), "bf16")])
def test_partition_and_back(place, cube, dtype, seed, tmp_path):
    text, arg = (f" text(%n {place})", ", %n: i32") if place else ("", "")
    source = PARTITION.format(t=dtype, cube="x".join(map(str, cube)), text=text, arg=arg)
    module = Module(source, tmp_path)
    rng = np.random.default_rng(seed)
    volume = int(np.prod(cube))
    for _ in range(12):
        grid = tuple(int(n) for n in rng.integers(1, 10, 3))
        words = int(rng.integers(0, 2 * volume + 2)) if place else 0
        order = oracle.partition_order(grid, cube, words, place or "prefix")
        length = words + int(np.prod(grid))
        bits = rng.integers(0, 2**15, (2, 3, length, 32))
        x = bits.astype("u2") if dtype == "bf16" else bits.astype("f4")
        y = np.full((2, 3, len(order) * volume, 32), 77, x.dtype)
        sizes, back = np.full(len(order), -7, "i4"), np.full_like(x, 77)
        scalars = [*grid, *([words] if place else [])]
        module.call("there", x, *scalars, y, sizes)
        assert sizes.tolist() == [len(rows) for rows in order]
        for i, rows in enumerate(order):
            block = y[:, :, i * volume : (i + 1) * volume]
            assert np.array_equal(block[:, :, : len(rows)], x[:, :, rows])
            assert not block[:, :, len(rows) :].any()
        module.call("back", y, *scalars, back)
        assert np.array_equal(back, x)


ATTEND = """
func.func @attend(%q: tensor<?x?x?x32xf32>, %k: tensor<?x?x?x32xf32>, %v: tensor<?x?x?x32xf32>,
                  %index: tensor<?x?x?x4xi32>, %count: tensor<?x?x?xi32>) -> tensor<?x?x?x32xf32> {
  %map = bsa.map_from_lists %index, %count : tensor<?x?x?x4xi32>, tensor<?x?x?xi32>
      -> !bsa.block_map<8x8, capacity = 4>
  %o = bsa.attend query(%q : tensor<?x?x?x32xf32>) key(%k : tensor<?x?x?x32xf32>)
      value(%v : tensor<?x?x?x32xf32>) at(%map : !bsa.block_map<8x8, capacity = 4>)
      -> tensor<?x?x?x32xf32>
  return %o : tensor<?x?x?x32xf32>
}
"""


@pytest.fixture(scope="module")
def attend(tmp_path_factory):
    return Module(ATTEND, tmp_path_factory.mktemp("attend"))


def attend_inputs(seed=0):
    rng = np.random.default_rng(seed)
    q, k, v = (rng.standard_normal((1, h, n, 32)).astype("f4") for h, n in ((2, 16), (1, 40), (1, 40)))
    index = np.array([[[[4, 0, 2, -9], [1, -9, -9, -9]], [[3, 2, 1, 0], [-9] * 4]]], "i4")
    return [q, k, v, index, np.array([[[3, 1], [4, 0]]], "i4"), np.full_like(q, np.nan)]


def test_lists_in_any_order(attend):
    q, k, v, index, count, output = attend_inputs()
    attend.call("attend", q, k, v, index, count, output)
    lists = [[[index[0, h, i, : count[0, h, i]] for i in range(2)] for h in range(2)]]
    wanted, _ = oracle.attend(q, k, v, lists, 8, 8, 32**-0.5)
    assert np.abs(output - wanted).max() < 1e-5
    assert not output[0, 1, 8:].any()  # an empty list gives 0


@pytest.mark.parametrize(
    "spoil, expected",
    [
        (lambda a: a.__setitem__(2, a[2][:, :, :32]), ["'value' has 32 rows", "'key' has 40"]),
        (lambda a: a.__setitem__(0, a[0].astype("f2")), ["'query'", "f16", "f32"]),
        (lambda a: a[3].__setitem__((0, 0, 0, 1), 5), ["'index'", "5", "0 to 4"]),
        (lambda a: a[3].__setitem__((0, 0, 0, 1), 4), ["'index'", "4"]),
        (lambda a: a[4].__setitem__((0, 1, 0), 5), ["'count'", "5", "0 to 4"]),
        (lambda a: a.__setitem__(5, a[0]), ["'output'", "'query'"]),
        (lambda a: a.__setitem__(3, a[3][:, :, :1]), ["'index'"]),
    ],
)
def test_wrong_calls_say_what_is_wrong(attend, spoil, expected):
    arguments = attend_inputs()
    spoil(arguments)
    with pytest.raises(CallError) as caught:
        attend.call("attend", *arguments)
    message = str(caught.value)
    assert message.startswith("attend: ") and "\n" not in message
    for part in expected:
        assert part in message, message


def test_k_out_of_range_is_refused(tmp_path):
    module = Module(SELECT.format(capacity=4, sink=0, local=0, forced="within"), tmp_path)
    scores, sizes = np.zeros((1, 1, 1, 6), "f4"), np.ones(6, "i4")
    results = np.zeros((1, 1, 1, 4), "i4"), np.zeros((1, 1, 1), "i4")
    for k in (-1, 5):
        with pytest.raises(CallError, match=f"'topk'.*{k}"):
            module.call("select", scores, k, sizes, *results)
