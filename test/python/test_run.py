# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tessera-run as a program: .npy in and out, generated input, clear refusals."""

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
    "arguments, code, expected",
    [
        (["--set", "topk=5"], 1, "'topk' is 5; pass 0 to 4"),
        (["--set", "foo=5"], 2, "there is no scalar 'foo'"),
        (["--dim", "Sx=5"], 2, "there is no dimension 'Sx'"),
        (["--dim", "Sq=many"], 2, "'many' is no number"),
        (["--input", "query"], 2, "write name=value"),
        (["--input", "query=/nowhere.npy"], 2, "/nowhere.npy"),
        (["--output", "foo=/tmp/x.npy"], 2, "there is no result 'foo'"),
        (["--repeat", "0"], 2, "write 1 or more"),
    ],
)
def test_refusals_are_one_line(tool, arguments, code, expected):
    done = tool("tessera-run", *SMALL, *arguments)
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == 1 and expected in done.stderr


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
