# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tensors that are gates and something else as well, and gates that several ops
share: what a call accepts, and that what it accepts is right."""

import numpy as np
import pytest

import oracle
from compiled import CallError, Module

ATTENTION = """
  %{0} = bsa.attention query(%{1} : !seq) key(%{2} : !seq) value(%{2} : !seq) {3}(%{4} : !seq)
      top(%k) block(16x16) select(#bsa.select<capacity = 8>) -> !seq"""
SHARED = (
    "!seq = tensor<?x?x?x32xf32>\n"
    "func.func @shared(%q: !seq, %p: !seq, %gate: !seq, %k: i32) -> (!seq, !seq) {"
    + ATTENTION.format("o", "q", "q", "fine_gate", "gate")
    + ATTENTION.format("r", "p", "p", "fine_gate", "gate")
    + "\n  return %o, %r : !seq, !seq\n}\n"
    "func.func @key_gates(%q: !seq, %x: !seq, %k: i32) -> !seq {"
    + ATTENTION.format("o", "q", "x", "coarse_gate", "x")
    + "\n  return %o : !seq\n}\n"
    "func.func @query_gates(%q: !seq, %k: i32) -> !seq {"
    + ATTENTION.format("o", "q", "q", "fine_gate", "q")
    + "\n  return %o : !seq\n}\n"
)


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    return Module(SHARED, tmp_path_factory.mktemp("gates"))


def random(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype("f4")


def dense(q, k, **gates):
    """Attention that keeps every block, of keys that are the values."""
    pooled_query, pooled_key = oracle.pool(q, 16), oracle.pool(k, 16)
    _, coarse = oracle.coarse(pooled_query, pooled_key, pooled_key, 32**-0.5)
    every = list(range(pooled_key.shape[2]))
    lists = [[[every] * pooled_query.shape[2]] * q.shape[1]] * q.shape[0]
    fine, _ = oracle.attend(q, k, k, lists, 16, 16, 32**-0.5)
    return oracle.combine(fine, coarse, 16, **gates)


def check(found, wanted):
    assert np.abs(found - wanted).max() < 2e-5


def test_attentions_of_two_lengths_share_a_gate_of_one_row(module):
    q, p, gate = random(1, 2, 40, 32), random(2, 1, 70, 32), random(1, 1, 1, 32)
    output, other = np.full_like(q, np.nan), np.full_like(p, np.nan)
    module.call("shared", q, p, gate, 8, output, other)
    check(output, dense(q, q, fine_gate=gate))
    check(other, dense(p, p, fine_gate=gate))
    with pytest.raises(CallError, match="'fine_gate' has 40 in dim 2, but it gates 70 rows"):
        module.call("shared", q, p, random(1, 1, 40, 32), 8, output, other)


@pytest.mark.parametrize("rows", [1, 40])
def test_a_key_may_gate(module, rows):
    q, key = random(1, 2, 40, 32), random(1, 1, rows, 32)
    output = np.full_like(q, np.nan)
    module.call("key_gates", q, key, 8, output)
    check(output, dense(q, key, coarse_gate=key))


def test_a_key_of_another_length_may_not_gate(module):
    q = random(1, 2, 40, 32)
    with pytest.raises(CallError, match="'key' has 41 in dim 2, but it gates 40 rows"):
        module.call("key_gates", q, random(1, 2, 41, 32), 8, np.empty_like(q))


def test_a_query_may_gate_itself(module):
    q = random(1, 2, 40, 32)
    output = np.full_like(q, np.nan)
    module.call("query_gates", q, 8, output)
    check(output, dense(q, q, fine_gate=q))
    with pytest.raises(CallError, match="'output' has 40 rows .* but 'query' has 1"):
        module.call("query_gates", random(1, 2, 1, 32), 8, output)
