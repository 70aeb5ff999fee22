# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tessera-run as a program: .npy in and out, generated input, clear refusals."""

import os

import numpy as np
import pytest

import oracle

SMALL = ["--head-dim", "32", "--block", "16", "--dtype", "f32", "--topk", "4"]


def test_files_in_and_out(tool, tmp_path):
    rng = np.random.default_rng(11)
    q, k, v = (rng.standard_normal((1, 2, n, 32)).astype("f4") for n in (50, 90, 90))
    index = np.array([[[[0, 3, 5], [1, 2, 4], [5, 4, 0], [2, 1, 3]]] * 2], "i4")
    count = np.array([[[3, 0, 2, 1]] * 2], "i4")
    given = []
    for name, array in dict(query=q, key=k, value=v, index=index, count=count).items():
        np.save(tmp_path / f"{name}.npy", array)
        given += ["--input", f"{name}={tmp_path}/{name}.npy"]
    done = tool("tessera-run", *SMALL[:-1], "3", "--op", "attend", "--lse", *given,
                "--output", f"output={tmp_path}/o.npy", "--output", f"lse={tmp_path}/l.npy")  # fmt: skip
    assert done.returncode == 0, done.stderr
    lists = [[[index[0, h, i, : count[0, h, i]] for i in range(4)] for h in range(2)]]
    output, lse = oracle.attend(q, k, v, lists, 16, 16, 32**-0.5)
    assert np.abs(np.load(tmp_path / "o.npy") - output).max() < 1e-5
    found = np.load(tmp_path / "l.npy")
    empty = np.isneginf(lse)
    assert np.array_equal(np.isneginf(found), empty) and empty.any()
    assert np.abs(found[~empty] - lse[~empty]).max() < 1e-5
    assert "density  25.0 %" in done.stdout


def test_generated_input_depends_on_the_seed_alone(tool, tmp_path):
    def output(seed):
        path = tmp_path / f"{seed}.npy"
        done = tool("tessera-run", *SMALL, "--seed", seed, "--dim", "Sq=70", "--dim", "Skv=130",
                    "--repeat", 2, "--sizes", "--output", f"output={path}")  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "ms median of 2" in done.stdout and "MiB" in done.stdout
        return np.load(path)

    first = output(1)
    assert first.shape == (1, 2, 70, 32) and np.isfinite(first).all()
    assert np.array_equal(first, output(1))
    assert not np.array_equal(first, output(2))


def test_bf16_travels_as_two_byte_void(tool, tmp_path):
    done = tool("tessera-run", "--head-dim", "32", "--topk", "4", "--dim", "Sq=64", "--dim", "Skv=64",
                "--output", f"output={tmp_path}/o.npy")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert np.load(tmp_path / "o.npy").dtype == np.dtype("V2")


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (["--set", "topk=5"], "'topk' is 5; pass 0 to 4"),
        (["--set", "topk=1.5"], "'topk' takes a whole number"),
        (["--set", "topk=1e10"], "'topk' takes a whole number"),
        (["--set", "query=5"], "there is no scalar 'query'; there is topk"),
        (["--dim", "Nq=5"], "there is no dimension 'Nq'; there are B, H, Sq, Hkv, Skv"),
        (["--dim", "Sq=many"], "'many' is no number"),
        (["--dim", "Sq=9223372036854775807"], "is no number that 'Sq' could be"),
        (["--dim", "Sq=2147483647", "--dim", "H=2147483647"], "GiB"),
        (["--dim", "H=3", "--dim", "Hkv=2"], "3 query heads"),
        (["--input", "query"], "write name=value"),
        (["--input", "query=/nowhere.npy"], "/nowhere.npy"),
        (["--input", "topk=/nowhere.npy"], "set scalars with --set"),
        (["--input", "foo=/nowhere.npy"], "there are query, key, value"),
        (["--output", "foo=/tmp/x.npy"], "there is no result 'foo'; there is output"),
        (["--output", "output=/no/such/x.npy"], "/no/such/x.npy"),
        (["--function", "foo"], "there is no 'foo': tessera_attention"),
        (["--repeat", "0"], "write 1 or more"),
        (["--repeat", "often"], "'often' is no whole number"),
        (["--num-threads", "99999999999"], "pass 1 to 1024"),
    ],
)
def test_refusals_are_one_line_and_2(tool, arguments, expected):
    done = tool("tessera-run", *SMALL, *arguments)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and expected in done.stderr


@pytest.mark.parametrize(
    "array, expected",
    [
        (np.zeros((1, 2, 40, 32), "f2"), "holds f16, f32 is accepted"),
        (np.zeros((1, 2, 40, 32), "i8"), "holds elements of type '<i8'"),
        (np.zeros((2, 40, 32), "f4"), "has 3 dimensions, 4 are accepted; pass [B, H, Sq, 32]"),
        (np.zeros((), "f4"), "has 0 dimensions"),
        (np.zeros((1,) * 8, "f4"), "has 8 dimensions"),
        (np.zeros((1, 2, 40, 64), "f4"), "has 64 in dim 3"),
    ],
)
def test_files_that_do_not_fit(tool, tmp_path, array, expected):
    np.save(tmp_path / "q.npy", array)
    done = tool("tessera-run", *SMALL, "--input", f"query={tmp_path}/q.npy")
    assert done.returncode == 2 and "time" not in done.stdout
    assert len(done.stderr.splitlines()) == 1 and expected in done.stderr


def test_a_dimension_cannot_contradict_a_file(tool, tmp_path):
    np.save(tmp_path / "q.npy", np.zeros((1, 2, 40, 32), "f4"))
    arguments = [*SMALL, "--input", f"query={tmp_path}/q.npy", "--dim", "Sq=41"]
    done = tool("tessera-run", *arguments)
    assert done.returncode == 2
    assert "'Sq' is 41, but 40 in a file" in done.stderr


def test_map_coarse_and_gates_per_token(tool, tmp_path):
    rng = np.random.default_rng(3)
    given = {name: rng.standard_normal((1, 2, 40, 32)).astype("f4") for name in ("query", "key", "value")}
    # One factor a token, the same for all heads.
    given["fine_gate"] = rng.standard_normal((1, 1, 40, 1)).astype("f4")
    given["coarse_gate"] = rng.standard_normal((1, 1, 40, 1)).astype("f4")
    arguments = ["--gates", "both", "--gate-per", "token", "--return-map", "--return-coarse", "--set", "topk=2"]
    for name, array in given.items():
        np.save(tmp_path / f"{name}.npy", array)
        arguments += ["--input", f"{name}={tmp_path}/{name}.npy"]
    results = ["output", "index", "count", "coarse"]
    arguments += [f"--output={name}={tmp_path}/{name}.npy" for name in results]
    done = tool("tessera-run", *SMALL, *arguments)
    assert done.returncode == 0, done.stderr
    output, index, count, coarse = (np.load(tmp_path / f"{name}.npy") for name in results)

    q, k, v, *gates = given.values()
    pooled = [oracle.pool(x, 16) for x in (q, k, v)]
    scores, wanted = oracle.coarse(*pooled, 32**-0.5)
    lists = [[[oracle.select(row, i, 2) for i, row in enumerate(head)] for head in batch] for batch in scores]
    assert (count == 2).all() and index[..., :2].tolist() == lists
    assert np.abs(coarse - wanted).max() < 1e-5
    fine, _ = oracle.attend(q, k, v, lists, 16, 16, 32**-0.5)
    assert np.abs(output - oracle.combine(fine, wanted, 16, *gates)).max() < 1e-5


def test_a_gate_of_one_row_says_no_length(tool, tmp_path):
    np.save(tmp_path / "g.npy", np.ones((1, 1, 1, 32), "f4"))
    done = tool("tessera-run", *SMALL, "--gates", "fine", "--input", f"fine_gate={tmp_path}/g.npy",
                "--dim", "Sq=40", "--output", f"output={tmp_path}/o.npy")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert np.load(tmp_path / "o.npy").shape == (1, 2, 40, 32)


@pytest.mark.parametrize(
    "spoil, expected",
    [
        (lambda b: b[: len(b) - 5], "bytes"),
        (lambda b: b"text", ".npy"),
        (lambda b: b[:20], ".npy"),
        (lambda b: b.replace(b"<f4", b"<c8"), "<c8"),
        (lambda b: b.replace(b"<f4", b"<f8"), ""),
        (lambda b: b.replace(b"False", b"True "), "Fortran"),
        (lambda b: b.replace(b"(1, 2, ", b"(9e9,2,"), ""),
    ],
)
def test_foreign_and_damaged_files(tool, tmp_path, spoil, expected):
    path = tmp_path / "q.npy"
    np.save(path, np.zeros((1, 2, 40, 32), "f4"))
    path.write_bytes(spoil(path.read_bytes()))
    done = tool("tessera-run", *SMALL, "--input", f"query={path}")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and expected in done.stderr and str(path) in done.stderr


ON_GPU = ["--target", "sm_90a", "--head-dim", "128", "--topk", "4"]


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ([], "'bsa.attention' has no GPU kernel yet (it takes bsa.pool, bsa.coarse and bsa.select"),
        (["--op", "attend", "--dim", "H=3", "--dim", "Hkv=2"], "3 query heads"),
        (["--op", "attend", "--output", "foo=/tmp/x.npy"], "there is no result 'foo'; there is output"),
        (["--op", "attend", "--target", "sm_70"], "for the --target option"),
        (["--op", "attend", "--target", "host", "--gpu", "1"], "--gpu: is for a GPU"),
        (["--op", "attend", "--target", "host", "--plan", "x"], "--plan: is for a GPU"),
        (["--op", "attend", "--bundle", "none.tsb"], "--bundle: 'none.tsb' is compiled already; drop the module, or"),
    ],
)
def test_wrong_usage_of_a_gpu(tool, arguments, expected):
    options = ON_GPU if "--target" not in arguments else ON_GPU[2:]
    done = tool("tessera-run", *options, *arguments)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and expected in done.stderr


def test_no_keys_have_no_density(tool):
    done = tool("tessera-run", "--head-dim", "32", "--block", "8", "--topk", "4", "--return-map",
                "--dim", "B=1", "--dim", "H=1", "--dim", "Hkv=1", "--dim", "Sq=8", "--dim", "Skv=0")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "density" not in done.stdout and "nan" not in done.stdout


BUNDLE = ["--target", "sm_90a", "--op", "attend", "--topk", "4", "--emit", "bundle"]


def test_calls_of_a_bundle_are_checked(tool, tmp_path):
    bundle = tmp_path / "attend.tsb"
    assert tool("tessera-compile", *BUNDLE, "-o", bundle).returncode == 0

    def refusal(*arguments):
        done = tool("tessera-run", "--target", "sm_90a", "--bundle", *arguments)
        assert done.returncode and len(done.stderr.splitlines()) == 1
        return done.stderr

    assert "3 query heads" in refusal(bundle, "--dim", "H=3", "--dim", "Hkv=2")
    assert "there is no 'other': tessera_attend" in refusal(bundle, "--function", "other")
    assert "--bundle: cannot read" in refusal(tmp_path / "none.tsb")
    (tmp_path / "broken.tsb").write_bytes(bundle.read_bytes()[:-100])
    assert "bundle" in refusal(tmp_path / "broken.tsb")


def test_lists_are_checked_before_they_go_to_a_gpu(tool, tmp_path):
    np.save(tmp_path / "index.npy", np.array([[[[0, 1, 2, 16]] * 16] * 2], "i4"))
    np.save(tmp_path / "count.npy", np.full((1, 2, 16), 4, "i4"))
    done = tool("tessera-run", *ON_GPU, "--op", "attend", "--input", f"index={tmp_path}/index.npy",
                "--input", f"count={tmp_path}/count.npy")  # fmt: skip
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "'index'" in done.stderr and "16" in done.stderr


@pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="this machine has a GPU")
def test_without_a_gpu_the_error_names_the_driver(tool):
    done = tool("tessera-run", *ON_GPU, "--op", "attend")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "no CUDA driver: libcuda.so.1" in done.stderr and "install the NVIDIA driver" in done.stderr
