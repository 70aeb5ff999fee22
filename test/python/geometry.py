# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Attention modules as MLIR text, and random inputs that fit them."""

import dataclasses

import numpy as np

from compiled import to_bits


@dataclasses.dataclass(frozen=True)
class Config:
    """What is static in a module."""

    dtype: str = "f32"
    features: int = 64
    q_block: int = 64
    kv_block: int = 64
    capacity: int = 8
    sink: int = 0
    local: int = 0
    forced: str = "within"
    fine_gate: str = ""  # "", "full", "row" (last dimension 1) or "dynamic"
    coarse_gate: str = ""
    sizes: int = 0  # rank of q_sizes and kv_sizes; 0: absent
    scale: bool = False
    coarse: bool = True

    @property
    def max_topk(self):
        forced = self.sink + max(0, 2 * self.local - 1)
        return self.capacity - (forced if self.forced == "beside" else 0)

    def sequence(self, last=None):
        return f"tensor<?x?x?x{last or self.features}x{self.dtype}>"

    @property
    def map_type(self):
        return f"!bsa.block_map<{self.q_block}x{self.kv_block}, capacity = {self.capacity}, ascending>"

    @property
    def policy(self):
        return (
            f"#bsa.select<capacity = {self.capacity}, sink = {self.sink}, "
            f"local = {self.local}, forced = {self.forced}>"
        )

    def gate_type(self, kind):
        return self.sequence(1 if kind == "row" else None)


def attention_module(c):
    """@attention(q, k, v, [q_sizes, kv_sizes,] [gates,] topk, [scale]) ->
    output, lse, [coarse,] index, count"""
    x, f32 = c.sequence(), f"tensor<?x?x?x{c.features}xf32>"
    sizes = "tensor<?xi32>" if c.sizes == 1 else "tensor<?x?xi32>"
    arguments = [f"%q: {x}", f"%k: {x}", f"%v: {x}"]
    q_sizes = kv_sizes = gates = ""
    if c.sizes:
        arguments += [f"%qs: {sizes}", f"%ks: {sizes}"]
        q_sizes, kv_sizes = f", sizes %qs : {sizes}", f", sizes %ks : {sizes}"
    for name, kind in (("fine_gate", c.fine_gate), ("coarse_gate", c.coarse_gate)):
        if kind:
            arguments.append(f"%{name}: {c.gate_type(kind)}")
            gates += f" {name}(%{name} : {c.gate_type(kind)})"
    arguments.append("%topk: i32")
    scale = ""
    if c.scale:
        arguments.append("%scale: f32")
        scale = " scale(%scale)"
    coarse_name, coarse_type = (", %oc", f", coarse {f32}") if c.coarse else ("", "")
    lists = f"tensor<?x?x?x{c.capacity}xi32>, tensor<?x?x?xi32>"
    results = f"{x}, tensor<?x?x?xf32>{', ' + f32 if c.coarse else ''}, {lists}"
    return f"""
func.func @attention({', '.join(arguments)}) -> ({results}) {{
  %o, %lse, %map{coarse_name} = bsa.attention query(%q : {x}{q_sizes})
      key(%k : {x}{kv_sizes}) value(%v : {x}){gates} top(%topk){scale}
      block({c.q_block}x{c.kv_block}) select({c.policy}) {'' if c.coarse else 'without_coarse'}
      -> {x}, lse tensor<?x?x?xf32>, map {c.map_type}{coarse_type}
  %i, %n = bsa.map_to_lists %map : {c.map_type} -> {lists}
  return %o, %lse{coarse_name}, %i, %n : {results}
}}
"""


def random_sizes(rng, config, batch, length, block):
    """Valid tokens of each block, 0 .. what exists; some full, some empty."""
    blocks = -(-length // block)
    shape = (blocks,) if config.sizes == 1 else (batch, blocks)
    exist = np.minimum(block, length - np.arange(blocks) * block)
    sizes = rng.integers(0, exist + 1, shape)
    kind = rng.random(shape)
    return np.where(kind < 0.4, exist, np.where(kind > 0.85, 0, sizes)).astype("i4")


def random_gate(rng, config, kind, shape):
    if not kind:
        return None
    shape = list(shape)
    for dim in range(3):  # any dimension may be 1
        if kind == "dynamic" and rng.random() < 0.5:
            shape[dim] = 1
    if kind == "row":
        shape[3] = 1
    return to_bits(rng.standard_normal(shape), config.dtype)


def as_layout(rng, array):
    """The same values in BHSD or BSHD memory."""
    if rng.random() < 0.5:
        return array
    return np.ascontiguousarray(array.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3)


class Case:
    """Random inputs of one call; rows that must not be read are NaN or huge."""

    def __init__(self, config, seed):
        rng = np.random.default_rng(seed)
        self.config, self.seed = config, seed
        batch, kv_heads, group = rng.integers(1, 3), rng.integers(1, 3), rng.integers(1, 4)
        heads = kv_heads * group
        length_q = int(rng.integers(1, 4 * config.q_block + 1))
        length_kv = int(rng.integers(1, 7 * config.kv_block + 1))
        shape_q = (batch, heads, length_q, config.features)
        shape_kv = (batch, kv_heads, length_kv, config.features)
        spread = rng.choice([0.3, 1.0, 4.0])
        q, k, v = (rng.standard_normal(s) * spread for s in (shape_q, shape_kv, shape_kv))
        self.q_sizes = self.kv_sizes = None
        if config.sizes:
            self.q_sizes = random_sizes(rng, config, batch, length_q, config.q_block)
            self.kv_sizes = random_sizes(rng, config, batch, length_kv, config.kv_block)
            self.spoil(q, self.q_sizes, config.q_block, np.nan)
            self.spoil(k, self.kv_sizes, config.kv_block, 6e4)
            self.spoil(v, self.kv_sizes, config.kv_block, 6e4)
        self.q, self.k, self.v = (as_layout(rng, to_bits(x, config.dtype)) for x in (q, k, v))
        self.fine_gate = random_gate(rng, config, config.fine_gate, shape_q)
        self.coarse_gate = random_gate(rng, config, config.coarse_gate, shape_q)
        self.topk = int(rng.integers(0, config.max_topk + 1))
        self.scale = float(np.float32(rng.uniform(0.05, 0.3))) if config.scale else None

    @staticmethod
    def spoil(x, sizes, block, poison):
        for b in range(x.shape[0]):
            for i in range(-(-x.shape[2] // block)):
                count = (sizes[b] if sizes.ndim == 2 else sizes)[i]
                x[b, :, i * block + count : (i + 1) * block] = poison

    def inputs(self):
        optional = [self.q_sizes, self.kv_sizes, self.fine_gate, self.coarse_gate]
        last = [self.topk] + ([self.scale] if self.scale else [])
        return [self.q, self.k, self.v, *[x for x in optional if x is not None], *last]

    def outputs(self):
        """Poisoned arrays for output, lse, [coarse,] index, count."""
        batch, heads, length, features = self.q.shape
        blocks = -(-length // self.config.q_block)
        output = to_bits(np.full(self.q.shape, np.nan), self.config.dtype)
        arrays = [output, np.full((batch, heads, length), np.nan, "f4")]
        if self.config.coarse:
            arrays.append(np.full((batch, heads, blocks, features), np.nan, "f4"))
        arrays.append(np.full((batch, heads, blocks, self.config.capacity), -7, "i4"))
        arrays.append(np.full((batch, heads, blocks), -7, "i4"))
        return arrays
