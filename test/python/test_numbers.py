# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Scalars, counts, sizes and extents are checked wherever they come from: what
a function computes, fixes in a type or casts is refused as an argument is."""

import numpy as np
import pytest

import oracle
from compiled import CallError, Module

ATTENTION = """
func.func @f(%q: tensor<?x?x?x32xf32>, %k: tensor<?x?x?x32xf32>, %v: tensor<?x?x?x32xf32>
             {arguments}) -> tensor<?x?x?x32xf32> {{
  {topk}
  %o = bsa.attention query(%q : tensor<?x?x?x32xf32>) key(%k : tensor<?x?x?x32xf32>)
      value(%v : tensor<?x?x?x32xf32>) top(%topk) block(16x16)
      select(#bsa.select<capacity = 4>) -> tensor<?x?x?x32xf32>
  return %o : tensor<?x?x?x32xf32>
}}"""

ATTEND = """
func.func @f(%q: tensor<?x?x?x32xf32>, %k: tensor<?x?x?x32xf32>, %v: tensor<?x?x?x32xf32>,
             %i: tensor<?x?x?x4xi32> {arguments}) -> tensor<?x?x?x32xf32> {{
  {map}
  %o = bsa.attend query(%q : tensor<?x?x?x32xf32>) key(%k : tensor<?x?x?x32xf32>)
      value(%v : tensor<?x?x?x32xf32>) at(%m : !bsa.block_map<16x16, capacity = 4>)
      -> tensor<?x?x?x32xf32>
  return %o : tensor<?x?x?x32xf32>
}}"""


def compiled(text, folder, name):
    """A module in a folder of its own: libraries are known by their path."""
    (folder / name).mkdir()
    return Module(text, folder / name)


def sequences(rng, queries=40, keys=80):
    return [rng.standard_normal((1, 2, n, 32)).astype("f4") for n in (queries, keys, keys)]


def attend(q, k, v, index, count):
    lists = [[[row[:count] for row in head] for head in batch] for batch in index]
    return oracle.attend(q, k, v, lists, 16, 16, 32**-0.5)[0]


def test_integer_arithmetic_is_an_expression(tmp_path):
    module = Module(ATTENTION.format(arguments=", %n: i32, %d: i32", topk="""
      %c2 = arith.constant 2 : index
      %keys = tensor.dim %k, %c2 : tensor<?x?x?x32xf32>
      %keys32 = arith.index_cast %keys : index to i32
      %product = arith.muli %keys32, %n : i32
      %topk = arith.ceildivsi %product, %d : i32"""), tmp_path)  # fmt: skip
    q, k, v = sequences(np.random.default_rng(3))
    fixed = compiled(ATTENTION.format(arguments=", %topk: i32", topk=""), tmp_path, "fixed")
    expected, found = np.full_like(q, np.nan), np.full_like(q, np.nan)
    fixed.call("f", q, k, v, 3, expected)
    module.call("f", q, k, v, 3, 80, found)
    assert np.array_equal(found, expected)
    untouched = np.full_like(q, np.nan)
    with pytest.raises(CallError, match="'topk' is computed as 5, 0 to 4 is accepted"):
        module.call("f", q, k, v, 5, 80, untouched)
    with pytest.raises(CallError, match="is a quotient by 0"):
        module.call("f", q, k, v, 5, 0, untouched)
    with pytest.raises(CallError, match="outside the integers of its type"):
        module.call("f", q, k, v, 2**30, 80, untouched)
    assert np.isnan(untouched).all()


def test_other_arithmetic_is_computed_by_the_function_first(tmp_path):
    module = Module(ATTENTION.format(arguments=", %share: f32", topk="""
      %c2 = arith.constant 2 : index
      %keys = tensor.dim %k, %c2 : tensor<?x?x?x32xf32>
      %keys32 = arith.index_cast %keys : index to i32
      %rows = arith.sitofp %keys32 : i32 to f32
      %some = arith.mulf %rows, %share : f32
      %topk = arith.fptosi %some : f32 to i32"""), tmp_path)  # fmt: skip
    q, k, v = sequences(np.random.default_rng(4))
    fixed = compiled(ATTENTION.format(arguments=", %topk: i32", topk=""), tmp_path, "fixed")
    expected, found = np.full_like(q, np.nan), np.full_like(q, np.nan)
    fixed.call("f", q, k, v, 2, expected)
    module.call("f", q, k, v, 2.5 / 80, found)
    assert np.array_equal(found, expected)
    for share, computed in ((0.5, 40), (-0.25, -20)):
        with pytest.raises(CallError, match=f"is computed as {computed}, 0 to 4 is accepted"):
            module.call("f", q, k, v, share, np.empty_like(q))


@pytest.mark.parametrize("count", ["constant", "argument", "absent"])
def test_one_count_for_all_lists(count, tmp_path):
    texts = {
        "constant": ("", "%n = arith.constant 3 : i32", ", %n", ", i32"),
        "argument": (", %n: i32", "", ", %n", ", i32"),
        "absent": ("", "", "", ""),
    }
    arguments, before, operand, kind = texts[count]
    module = Module(ATTEND.format(arguments=arguments, map=f"""{before}
      %m = bsa.map_from_lists %i{operand} : tensor<?x?x?x4xi32>{kind}
          -> !bsa.block_map<16x16, capacity = 4>"""), tmp_path)  # fmt: skip
    q, k, v = sequences(np.random.default_rng(5))
    index = np.array([[[[4, 1, 0, 2], [0, 2, 3, 1], [3, 4, 1, 0]]] * 2], "i4")
    used = 4 if count == "absent" else 3
    given = [3] if count == "argument" else []
    found = np.full_like(q, np.nan)
    module.call("f", q, k, v, index, *given, found)
    assert np.abs(found - attend(q, k, v, index, used)).max() < 1e-5
    index[0, 1, 2, used - 1] = 5
    with pytest.raises(CallError, match="'index' is 5 at .*there are 5 key blocks"):
        module.call("f", q, k, v, index, *given, found)


def test_casts_hide_nothing(tmp_path):
    module = Module(ATTEND.format(arguments=", %n: tensor<?x?x?xi32>", map="""
      %ic = tensor.cast %i : tensor<?x?x?x4xi32> to tensor<1x?x?x4xi32>
      %nc = tensor.cast %n : tensor<?x?x?xi32> to tensor<1x?x?xi32>
      %m = bsa.map_from_lists %ic, %nc : tensor<1x?x?x4xi32>, tensor<1x?x?xi32>
          -> !bsa.block_map<16x16, capacity = 4>"""), tmp_path)  # fmt: skip
    q, k, v = sequences(np.random.default_rng(6))
    index = np.array([[[[4, 1, 0, 2], [0, 2, 3, 1], [3, 4, 1, 0]]] * 2], "i4")
    count = np.full((1, 2, 3), 3, "i4")
    found = np.full_like(q, np.nan)
    module.call("f", q, k, v, index, count, found)
    assert np.abs(found - attend(q, k, v, index, 3)).max() < 1e-5
    count[0, 1, 0] = 5
    with pytest.raises(CallError, match="'count' is 5 at"):
        module.call("f", q, k, v, index, count, found)
    count[0, 1, 0] = 3
    index[0, 0, 1, 1] = -7
    with pytest.raises(CallError, match="'index' is -7 at"):
        module.call("f", q, k, v, index, count, found)


def test_lengths_fixed_in_types(tmp_path):
    text = ATTENTION.format(arguments=", %topk: i32", topk="")
    static = text.replace("tensor<?x?x?x32xf32>", "tensor<1x2x48x32xf32>")
    q, k, v = sequences(np.random.default_rng(7), 48, 48)
    expected, found = np.full_like(q, np.nan), np.full_like(q, np.nan)
    compiled(text, tmp_path, "dynamic").call("f", q, k, v, 2, expected)
    module = compiled(static, tmp_path, "static")
    module.call("f", q, k, v, 2, found)
    assert np.array_equal(found, expected)
    with pytest.raises(CallError, match="'key' has 47 in dim 2 of .*, 48 is accepted"):
        module.call("f", q, k[:, :, :47].copy(), v, 2, found)


def test_sizes_of_one_row_serve_every_batch_entry(tmp_path):
    module = Module(None, tmp_path, "--head-dim", "32", "--block", "16", "--dtype", "f32",
                    "--topk", "4", "--sizes", "--name", "f")  # fmt: skip
    rng = np.random.default_rng(8)
    q, k, v = (rng.standard_normal((2, 2, 48, 32)).astype("f4") for _ in range(3))
    sizes = np.array([[16, 3, 9], [16, 3, 9]], "i4")
    results = []
    for given in (sizes[0].copy(), sizes[:1].copy(), sizes):
        results.append(np.full_like(q, np.nan))
        module.call("f", q, k, v, given, given, 3, results[-1])
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])
    with pytest.raises(CallError, match="'query_sizes' has 3 batch entries .* or pass 1 here"):
        three = np.repeat(sizes[:1], 3, axis=0)
        module.call("f", q, k, v, three, sizes, 3, results[0])
    sizes[1, 1] = 17
    with pytest.raises(CallError, match="'query_sizes' is 17 for batch 1, block 1"):
        module.call("f", q, k, v, sizes, sizes, 3, results[0])
