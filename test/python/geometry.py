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

    @property
    def map_type(self):
        return f"!bsa.block_map<{self.q_block}x{self.kv_block}, capacity = {self.capacity}, ascending>"

    @property
    def policy(self):
        return (
            f"#bsa.select<capacity = {self.capacity}, sink = {self.sink}, "
            f"local = {self.local}, forced = {self.forced}>"
        )


class Wording:
    """How a module states the calls it is for: every extent and every scalar is an
    argument's."""

    topk = scale = "argument"

    def extent(self, _name):
        return "?"

    def casts(self):
        return False

    def tensor(self, names, dtype, *last):
        return f"tensor<{'x'.join([*map(self.extent, names), *map(str, last), dtype])}>"


class MixedWording(Wording):
    """Types that say what one call has, some more of it, some less, with casts between
    them; k and scale may be constants, or computed from what is passed."""

    def __init__(self, case):
        self.rng = np.random.default_rng([case.seed, 1])
        self.topk, self.scale = self.rng.choice(["argument", "constant", "computed"], 2)
        c, (batch, heads, length, _), keys = case.config, case.q.shape, case.k.shape
        self.extents = dict(B=batch, H=heads, Sq=length, Hkv=keys[1], Skv=keys[2])
        self.extents.update(Nq=-(-length // c.q_block), Nkv=-(-keys[2] // c.kv_block))
        for name, gate in (("fine_gate", case.fine_gate), ("coarse_gate", case.coarse_gate)):
            self.extents.update({f"{name}{d}": n for d, n in enumerate(() if gate is None else gate.shape)})
        self.values = {"topk": str(case.topk), "scale": f"0x{np.float32(case.scale or 0).view('u4'):08X}"}

    def extent(self, name):
        return str(self.extents[name]) if self.rng.random() < 0.5 else "?"

    def casts(self):
        return self.rng.random() < 0.3


def attention_module(c, wording=None):
    """@attention(q, k, v, [q_sizes, kv_sizes,] [gates,] topk, [scale]) ->
    output, lse, [coarse,] index, count"""
    w = wording or Wording()
    arguments, lines = [], []

    def sequence(side, dtype=c.dtype):
        return w.tensor(["B", "H", "Sq"] if side == "q" else ["B", "Hkv", "Skv"], dtype, c.features)

    def argument(name, kind):
        arguments.append(f"%{name}: {kind}")
        return f"%{name} : {kind}"

    def given(name, side):
        value = argument(name, sequence(side))
        if not w.casts():
            return value
        lines.append(f"%{name}_cast = tensor.cast {value} to {(kind := sequence(side))}")
        return f"%{name}_cast : {kind}"

    def scalar(name, kind, operation, by):
        origin = getattr(w, name)
        if origin == "constant":
            lines.append(f"%{name} = arith.constant {w.values[name]} : {kind}")
        elif origin == "computed":
            argument(f"{name}_given", kind)
            lines.append(f"%{name}_by = arith.constant {by} : {kind}")
            lines.append(f"%{name} = arith.{operation} %{name}_given, %{name}_by : {kind}")
        else:
            argument(name, kind)
        return f"%{name}"

    q, k, v = given("q", "q"), given("k", "k"), given("v", "k")
    gates = ""
    if c.sizes:
        batch = ["B"] if c.sizes == 2 else []
        q += ", sizes " + argument("qs", w.tensor([*batch, "Nq"], "i32"))
        k += ", sizes " + argument("ks", w.tensor([*batch, "Nkv"], "i32"))
    for name, kind in (("fine_gate", c.fine_gate), ("coarse_gate", c.coarse_gate)):
        if kind:
            last = 1 if kind == "row" else c.features
            gates += f" {name}({argument(name, w.tensor([name + d for d in '012'], c.dtype, last))})"
    topk = scalar("topk", "i32", "subi", "3")
    scale = f" scale({scalar('scale', 'f32', 'mulf', '0.5')})" if c.scale else ""
    output, lse = sequence("q"), w.tensor(["B", "H", "Sq"], "f32")
    coarse = w.tensor(["B", "H", "Nq"], "f32", c.features)
    coarse_name, coarse_type = (", %oc", f", coarse {coarse}") if c.coarse else ("", "")
    lists = f"{w.tensor(['B', 'H', 'Nq'], 'i32', c.capacity)}, {w.tensor(['B', 'H', 'Nq'], 'i32')}"
    results = f"{output}, {lse}{', ' + coarse if c.coarse else ''}, {lists}"
    return f"""
func.func @attention({', '.join(arguments)}) -> ({results}) {{
  {chr(10).join(lines)}
  %o, %lse, %map{coarse_name} = bsa.attention query({q}) key({k}) value({v}){gates} top({topk}){scale}
      block({c.q_block}x{c.kv_block}) select({c.policy}) {'' if c.coarse else 'without_coarse'}
      -> {output}, lse {lse}, map {c.map_type}{coarse_type}
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

    def inputs(self, wording=None):
        w = wording or Wording()
        optional = [self.q_sizes, self.kv_sizes, self.fine_gate, self.coarse_gate]
        topk = {"argument": [self.topk], "computed": [self.topk + 3], "constant": []}[w.topk]
        scale = {"argument": 1, "computed": 2, "constant": 0}[w.scale] if self.scale else 0
        last = topk + ([scale * self.scale] if scale else [])
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
