# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tessera-compile as a program: flags instead of a module, what it writes, and
what it says when it cannot."""

import os
import subprocess

import numpy as np
import pytest

import oracle
from built import BUILD_DIR, ROOT, TOOLS_DIR
from compiled import Module, from_bits, to_bits

MAIN = r"""
#include "attention.h"
#include <stdio.h>
#include <string.h>
enum { kTokens = 70, kFeatures = 32 };
static float q[kTokens * kFeatures], o[kTokens * kFeatures];
int main(void) {
  tessera_tensor x = {q, TESSERA_F32, 4, {1, 1, kTokens, kFeatures},
                      {kTokens * kFeatures, kTokens * kFeatures, kFeatures, 1}};
  tessera_tensor output = x;
  output.data = o;
  for (int i = 0; i < kTokens * kFeatures; ++i)
    q[i] = (i % kFeatures) * 0.25f;
  tessera_error *error = tessera_attention(NULL, NULL, NULL, 0, &x, &x, &x, 2, &output);
  if (error)
    return puts(tessera_error_message(error)), 1;
  for (int i = 0; i < kTokens * kFeatures; ++i) /* equal rows: fine = coarse = row */
    if (o[i] < 2 * q[i] - 1e-4f || o[i] > 2 * q[i] + 1e-4f)
      return printf("%d: %f\n", i, o[i]), 1;
  error = tessera_attention(NULL, NULL, NULL, 0, &x, &x, &x, 5, &output);
  if (!error || !strstr(tessera_error_message(error), "topk"))
    return 2;
  tessera_error_destroy(error);
  return 0;
}
"""


def test_c_program_with_header_and_runtime_alone(tool, tmp_path):
    done = tool("tessera-compile", "--head-dim", 32, "--block", 16, "--topk", 4, "--dtype", "f32",
                "-o", tmp_path / "attention.o")  # fmt: skip
    assert done.returncode == 0, done.stderr
    (tmp_path / "main.c").write_text(MAIN)
    subprocess.run(
        ["cc", "-Wall", "-Wextra", "-Werror", "-std=c11", f"-I{ROOT}/include", f"-I{tmp_path}",
         tmp_path / "main.c", tmp_path / "attention.o", f"{BUILD_DIR}/lib/libtessera_rt.so",
         "-lm", f"-Wl,-rpath,{BUILD_DIR}/lib", "-o", tmp_path / "main"],
        check=True,
    )  # fmt: skip
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    header = (tmp_path / "attention.h").read_text()
    assert "f32 [B, H, Sq, 32]" in header and "Skv: rows" in header


@pytest.mark.parametrize("cpu", ["x86-64-v3", "x86-64-v4"])
def test_one_level_alone(tool, tmp_path, cpu):
    done = tool("tessera-compile", "--head-dim", 32, "--emit", "llvm", "--cpu", cpu)
    assert done.returncode == 0, done.stderr
    other = {"x86-64-v3": "__v4", "x86-64-v4": "__v3"}[cpu]
    assert "__" + cpu[-2:] in done.stdout and other not in done.stdout


def test_attend_from_flags(tmp_path):
    flags = ["--op", "attend", "--head-dim", "40", "--block", "8x16", "--topk", "3", "--dtype", "bf16"]
    module = Module(None, tmp_path, *flags)
    rng = np.random.default_rng(5)
    q, k, v = (to_bits(rng.standard_normal((1, 2, n, 40)), "bf16") for n in (9, 33, 33))
    index = np.array([[[[2, 0, 1], [1, 9, 9]], [[0, 9, 9], [9, 9, 9]]]], "i4")
    count = np.array([[[3, 1], [1, 0]]], "i4")
    output = np.full_like(q, 0x7FC0)
    module.call("tessera_attend", q, k, v, index, count, output)
    lists = [[[index[0, h, i, : count[0, h, i]] for i in range(2)] for h in range(2)]]
    wanted, _ = oracle.attend(*(from_bits(x, "bf16") for x in (q, k, v)), lists, 8, 16, 40**-0.5)
    assert np.abs(from_bits(output, "bf16") - wanted).max() < 0.02


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (["--block", "6y"], "'6y' is no block; write 64 or 64x128"),
        (["--topk", "4", "--local", "5"], "raise the capacity to 9"),
        (["nothere.mlir"], "nothere.mlir"),
        (["--cpu", "x86-64-v9"], "use host, all, x86-64-v4, x86-64-v3"),
        (["--target", "sm_99"], "'sm_99' is none of host, sm_90a"),
        (["-", "--topk", "4"], "already"),
        (["--op", "attent"], "'attent' is none of attention, attend"),
        (["--emit", "asm"], "'asm' is none of tile, mlir, llvm, ptx, cubin, bundle, object, header"),
        (["--head-dim", "100"], "use a multiple of 8 from 32 to 256"),
        (["--head-dim", "wide"], "'wide' is no whole number"),
        (["--block", "64x"], "write 64 or 64x128"),
        (["--op", "attend", "--return-map"], "leave that out or compile attention"),
        (["--return-coarse", "--without-coarse"], "drop one of the two"),
        (["--gate-per", "token"], "there are no gates"),
        (["--name", "my-attention"], "use letters, digits and '_'"),
        (["--no-such-flag"], "see tessera-compile --help"),
        (["--kv-head", "2"], "did you mean '--kv-heads'? See tessera-compile --help"),
        ([""], "cannot open input file ''"),
        (["-o", "/no/such/x.o"], "/no/such/x.o"),
        (["-o", "x.h"], "name the object .o"),
    ],
)
def test_wrong_usage_is_one_line_and_2(tool, arguments, expected):
    done = tool("tessera-compile", *arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("tessera-compile: ") and expected in done.stderr


@pytest.mark.parametrize("name", ["tessera-compile", "tessera-run"])
def test_wrong_modules_are_1_and_have_a_place(tool, tmp_path, name):
    path = tmp_path / "in.mlir"
    path.write_text("func.func @f( {")
    done = tool(name, path)
    assert done.returncode == 1 and done.stderr.startswith(f"{path}:1:14: error: ")
    path.write_text("func.func @f(%a: index) {\n  return\n}")
    done = tool(name, path)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == f"{name}: {path}:1:1: 'arg0' of 'f' is 'index'; pass tensors, i32 or f32\n"


def test_a_full_disk_is_reported(tool):
    done = tool("tessera-compile", "--emit", "header", "-o", "/dev/full")
    assert done.returncode == 1
    assert done.stderr == "tessera-compile: cannot write '/dev/full': No space left on device\n"


def test_objects_are_not_shown_on_terminals():
    leader, terminal = os.openpty()
    done = subprocess.run(
        [TOOLS_DIR / "tessera-compile"], stdout=terminal, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(terminal)
    os.close(leader)
    assert done.returncode == 2 and "name a file with -o" in done.stderr


def test_timing_adds_up(tool, tmp_path):
    done = tool("tessera-compile", "--head-dim", 32, "--timing", "-o", tmp_path / "x.o")
    assert done.returncode == 0
    rows = [line.split(" ms  ") for line in done.stderr.splitlines()]
    assert [stage for _, stage in rows] == [
        "read", "expand and fuse", "loops and vectors", "LLVM dialect", "LLVM IR", "optimise",
        "machine code", "total",
    ]  # fmt: skip
    *stages, total = (float(time) for time, _ in rows)
    assert 0.8 * total < sum(stages) <= total + 1


def test_headers_name_every_number(tool):
    done = tool("tessera-compile", "--emit", "header")
    assert done.returncode == 0
    assert " * Nq: query blocks\n" in done.stdout and " * Nq = ceil(Sq / 64)\n" in done.stdout
    assert " * :" not in done.stdout and " *  =" not in done.stdout
