# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tessera-sim as a program: .npy in and out, reports, traces, clear refusals."""

import json
from pathlib import Path

import numpy as np
import pytest

import oracle

KERNEL = Path(__file__).parents[1] / "Dialect/Tile/attend-plain.mlir"
QUERIES, KEYS = 100, 200


def bf16(rng, *shape):
    """The bits of random numbers, and the numbers."""
    bits = (rng.standard_normal(shape).astype("f4").view("u4") >> 16).astype("u2")
    return bits, (bits.astype("u4") << 16).view("f4")


@pytest.fixture
def call(tmp_path):
    """Arguments of the command line, and what the kernel has to give."""
    rng = np.random.default_rng(7)
    (q, qs), (k, ks), (v, vs) = (
        bf16(rng, 1, h, n, 128) for h, n in [(2, QUERIES), (1, KEYS), (1, KEYS)]
    )
    index = np.array([[[[3, 0], [1, 99]], [[2, 1], [99, 99]]]], "i4")
    count = np.array([[[2, 1], [2, 0]]], "i4")
    sizes = np.array([64, 60, 64, 8], "i4")
    arguments = ["--shape", f"o=1x2x{QUERIES}x128", "--shape", f"lse={2 * QUERIES}"]
    scalars = dict(scale=0.0625, group=2, batches=1, heads=2, blocks=2, tokens=QUERIES, capacity=2)
    for name, number in scalars.items():
        arguments += ["--set", f"{name}={number}"]
    lists = dict(index=index.ravel(), count=count.ravel(), sizes=sizes)
    for name, array in dict(q=q, k=k, v=v, **lists).items():
        np.save(tmp_path / f"{name}.npy", array)
        arguments += ["--input", f"{name}={tmp_path}/{name}.npy"]
    lists = [[[index[0, h, i, : count[0, h, i]] for i in range(2)] for h in range(2)]]
    return arguments, oracle.attend(qs, ks, vs, lists, 64, 64, 0.0625, kv_sizes=sizes)


def test_files_in_and_out(tool, tmp_path, call):
    arguments, (output, lse) = call
    done = tool("tessera-sim", KERNEL, *arguments, "--grid", 2, "--resident", 2, "--interleavings", 3,
                "--output", f"o={tmp_path}/o.npy", "--output", f"lse={tmp_path}/l.npy",
                "--trace", f"{tmp_path}/trace.json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "nothing to report, seeds 0 .. 2\n"
    bits = np.load(tmp_path / "o.npy").view("u2").astype("u4")
    assert np.abs((bits << 16).view("f4") - output).max() < 0.02
    found = np.load(tmp_path / "l.npy").reshape(lse.shape)
    assert np.array_equal(np.isneginf(found), np.isneginf(lse))
    some = np.isfinite(lse)
    assert np.abs(found[some] - lse[some]).max() < 0.01
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    loads = [e for e in events if e["name"] == "load" and e["ph"] == "b"]
    assert len(loads) == 2 * 5 + 4, "key and value of each entry of the lists, and four queries"


FUNCTION = """
func.func @attend(%q: {q} {{bsa.name = "query"}}, %k: {q} {{bsa.name = "key"}},
    %v: {q} {{bsa.name = "value"}}, %i: tensor<?x?x?x3xi32> {{bsa.name = "index"}},
    %n: tensor<?x?x?xi32> {{bsa.name = "count"}}, %s: tensor<?xi32> {{bsa.name = "sizes"}},
    %f: f32 {{bsa.name = "factor"}})
    -> ({q} {{bsa.name = "output"}}, tensor<?x?x?xf32> {{bsa.name = "lse"}}) {{
  %m = bsa.map_from_lists %i, %n : tensor<?x?x?x3xi32>, tensor<?x?x?xi32> -> {m}
  %o, %l = bsa.attend query(%q : {q}) key(%k : {q}, sizes %s : tensor<?xi32>) value(%v : {q})
      at(%m : {m}) scale(%f) -> {q}, lse tensor<?x?x?xf32>
  return %o, %l : {q}, tensor<?x?x?xf32>
}}
""".format(q="tensor<?x?x?x64xbf16>", m="!bsa.block_map<64x64, capacity = 3>")


@pytest.mark.parametrize("plan", ["", "order=static", "order=ticket", "order=wave"])
def test_a_function_gives_what_it_gives_on_the_host(tool, tmp_path, plan):
    """Grouped heads, a short last block, partial and empty blocks, empty lists."""
    rng = np.random.default_rng(11)
    (tmp_path / "f.mlir").write_text(FUNCTION)
    index = rng.permuted(np.tile(np.arange(4), (2, 4, 2, 1)), axis=3)[..., :3].astype("i4")
    count = rng.integers(0, 4, (2, 4, 2)).astype("i4")
    arrays = dict(query=bf16(rng, 2, 4, 100, 64)[0], index=index, count=count,
                  key=bf16(rng, 2, 2, 210, 64)[0], value=bf16(rng, 2, 2, 210, 64)[0],
                  sizes=np.array([64, 0, 33, 18], "i4"))  # fmt: skip
    flags = ["--set", "factor=0.25"]
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
        flags += ["--input", f"{name}={tmp_path}/{name}.npy"]

    def results(name, *arguments):
        files = [f"--output={r}={tmp_path}/{name}-{r}.npy" for r in ("output", "lse")]
        done = tool(*arguments, tmp_path / "f.mlir", *flags, *files)
        assert done.returncode == 0, done.stderr
        output, lse = (np.load(tmp_path / f"{name}-{r}.npy") for r in ("output", "lse"))
        return done.stdout, (output.view("u2").astype("u4") << 16).view("f4"), lse

    _, output, lse = results("host", "tessera-run")
    said, found, found_lse = results("sim", "tessera-sim", "--sms", 3, "--interleavings", 3,
                                     *(["--plan", plan] if plan else []))  # fmt: skip
    assert said.startswith("launch   attend_attend_"), said
    assert plan[len("order=") :] in said
    assert np.abs(output - found).max() < 0.02
    assert np.array_equal(np.isneginf(lse), np.isneginf(found_lse))
    assert np.isneginf(lse).any(), "a list is empty"
    some = np.isfinite(lse)
    assert np.abs(found_lse[some] - lse[some]).max() < 0.01


def test_lists_of_a_function_are_checked(tool, tmp_path):
    (tmp_path / "f.mlir").write_text(FUNCTION)
    np.save(tmp_path / "count.npy", np.full((1, 2, 2), 4, "i4"))
    done = tool("tessera-sim", tmp_path / "f.mlir", "--dim", "Skv=64",
                "--input", f"count={tmp_path}/count.npy", "--dim", "Sq=128")  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("tessera-sim: attend: 'count")
    assert len(done.stderr.splitlines()) == 1


def test_reports_and_exits_with_1(tool, tmp_path, call):
    broken = tmp_path / "broken.mlir"
    broken.write_text(KERNEL.read_text().replace("tile.release %vs", "tile.release %ks"))
    done = tool("tessera-sim", broken, *call[0], "--seed", 4, "--trace", "text")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert "broken.mlir:" in lines[0] and "@attend" in lines[0] and "[released-twice]" in lines[0]
    assert lines[-1] == "tessera-sim: seed 4: the kernel is wrong"
    assert "@load" in done.stdout and "acquire" in done.stdout


def test_a_warpgroup_that_fills_its_own_ring(tool, tmp_path):
    """Three CTAs, four tiles each; whole numbers, so that any order of adds is exact."""
    rng = np.random.default_rng(3)
    x, y = (rng.integers(-1, 2, (1, 3, 256, 64)).astype("f4") for _ in range(2))
    for name, array in dict(x=x, y=y, o=np.zeros((1, 1, 64, 64), "f4")).items():
        np.save(tmp_path / f"{name}.npy", (array.view("u4") >> 16).astype("u2"))
    inputs = [a for n in "xyo" for a in ("--input", f"{n}={tmp_path}/{n}.npy")]
    done = tool("tessera-sim", KERNEL.with_name("self-refilled.mlir"), *inputs, "--set", "tiles=4",
                "--grid", 3, "--resident", 3, "--interleavings", 5,
                "--output", f"o={tmp_path}/sum.npy")  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = (np.load(tmp_path / "sum.npy").view("u2").astype("u4") << 16).view("f4")[0, 0]
    tiles = [a[0].reshape(3, 4, 64, 64) for a in (x, y)]
    wanted = np.einsum("ctid,ctjd->ij", *tiles)
    assert np.abs(found - wanted).max() <= 1, "each of three adds may round by half a unit"


def test_results_that_depend_on_the_order_are_reported(tool, tmp_path):
    race = tmp_path / "race.mlir"
    race.write_text(
        """tile.kernel @race(%x: memref<1xi32>) {
             tile.role @both agents(2) each thread (%agent) {
               %c0 = arith.constant 0 : index
               %mine = arith.index_cast %agent : index to i32
               memref.store %mine, %x[%c0] : memref<1xi32>
             }
           }"""
    )
    done = tool("tessera-sim", race, "--shape", "x=1", "--interleavings", 50)
    assert done.returncode == 1
    assert "the results are not those of seed 0" in done.stderr


@pytest.mark.parametrize(
    "arguments, said",
    [
        ([], "'q' wants one of --input q=FILE.npy"),
        (["--input", "query=q.npy"], "there is no parameter 'query'; there are q, k, v"),
        (["--shape", "q=1x2x"], "'1x2x' is no shape of 'q'"),
        (["--input", "q"], "'q' is no assignment"),
        (["--kernel", "other"], "there is no kernel 'other'; there is attend"),
        (["--interleavings", "0"], "--interleavings wants 1 or more"),
        (["--grid", "many"], "'many' is no whole number"),
    ],
)
def test_wrong_usage(tool, arguments, said):
    done = tool("tessera-sim", KERNEL, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("tessera-sim: ")


@pytest.mark.parametrize(
    "argument, said",
    [
        ("q=twice.npy", "argument 0 has 2 dimensions; expected 4"),
        ("count=q.npy", "holds u16; expected i32"),
    ],
)
def test_arrays_that_do_not_fit(tool, tmp_path, call, argument, said):
    name, file = argument.split("=")
    np.save(tmp_path / "twice.npy", np.zeros((2, 128), "u2"))
    flags = [f"{name}={tmp_path}/{file}" if flag.startswith(f"{name}=") else flag for flag in call[0]]
    done = tool("tessera-sim", KERNEL, *flags)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
