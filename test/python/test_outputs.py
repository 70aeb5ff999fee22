# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What tools write appears whole or not at all, and spoils nothing that is there."""

import os
import subprocess

import numpy as np
import pytest

from built import TOOLS_DIR

SMALL = ("--head-dim", "32", "--block", "8", "--topk", "4", "--cpu", "x86-64-v3")
KERNEL = """
tile.kernel @fill(%out: memref<?xi32>) {
  %c0 = arith.constant 0 : index
  tile.role @all agents(1) each thread (%agent) {
    %one = arith.constant 1 : i32
    memref.store %one, %out[%c0] : memref<?xi32>
  }
}
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_opt_writes_over_what_it_reads(tool, tmp_path):
    path = tmp_path / "x.mlir"
    functions = "".join(f"func.func @f{i}() {{\n  return\n}}\n" for i in range(2000))
    path.write_text(functions)  # more than a page: such a file is mapped
    done = tool("tessera-opt", path, "-o", path)
    assert done.returncode == 0, done.stderr
    assert path.read_text().count("func.func @") == 2000
    assert names(tmp_path) == ["x.mlir"]


@pytest.mark.parametrize("text", ["func.func @f( {", "func.func @f() {\n  return %x : i32\n}\n"])
def test_opt_that_fails_leaves_its_input(tool, tmp_path, text):
    path = tmp_path / "x.mlir"
    path.write_text(text)
    assert tool("tessera-opt", path, "-o", path).returncode == 1
    assert path.read_text() == text and names(tmp_path) == ["x.mlir"]


def test_a_compile_that_fails_changes_nothing(tool, tmp_path):
    good, bad = tmp_path / "x.o", tmp_path / "bad.mlir"
    bad.write_text("func.func @f(%x: tensor<?x?x?x31xf32>) -> tensor<?x?x?x31xf32> {\n"
                   "  %m = bsa.pool %x by 8 : tensor<?x?x?x31xf32> -> tensor<?x?x?x31xf32>\n"
                   "  return %m : tensor<?x?x?x31xf32>\n}\n")  # fmt: skip
    assert tool("tessera-compile", *SMALL, "-o", good).returncode == 0
    before = good.read_bytes(), (tmp_path / "x.h").read_bytes()
    done = tool("tessera-compile", bad, "-o", good)
    assert done.returncode == 1 and "head dimension 31" in done.stderr
    assert (good.read_bytes(), (tmp_path / "x.h").read_bytes()) == before
    assert names(tmp_path) == ["bad.mlir", "x.h", "x.o"]


def test_object_and_header_come_together(tool, tmp_path):
    output = tmp_path / "x.o"
    output.write_text("old")
    output.chmod(0o640)
    (tmp_path / "x.h").mkdir()
    done = tool("tessera-compile", *SMALL, "-o", output)
    assert done.returncode == 2 and "x.h" in done.stderr
    assert output.read_text() == "old" and names(tmp_path) == ["x.h", "x.o"]
    (tmp_path / "x.h").rmdir()
    assert tool("tessera-compile", *SMALL, "-o", output).returncode == 0
    assert names(tmp_path) == ["x.h", "x.o"]
    assert output.read_bytes().startswith(b"\x7fELF")
    assert output.stat().st_mode & 0o777 == 0o640


def test_a_header_of_somebody_else_stays(tool, tmp_path):
    header = tmp_path / "x.h"
    header.write_text("/* by hand */\n")
    done = tool("tessera-compile", *SMALL, "-o", tmp_path / "x.o")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert f"has its header in '{header}', which is there and was not written by this tool" in done.stderr
    assert header.read_text() == "/* by hand */\n" and names(tmp_path) == ["x.h"]


def test_devices_pipes_and_links_are_written_as_they_are(tool, tmp_path):
    for path in ("/dev/null", "/dev/stdout"):
        done = subprocess.run(
            [TOOLS_DIR / "tessera-compile", *SMALL, "-o", path], capture_output=True, check=True
        )
        assert path == "/dev/null" or done.stdout.startswith(b"\x7fELF")
    with open(tmp_path / "all", "w+b") as out:  # a regular file under another name
        subprocess.run([TOOLS_DIR / "tessera-compile", *SMALL, "-o", "/dev/stdout"], stdout=out, check=True)
        out.seek(0)
        assert out.read().startswith(b"\x7fELF")
    (tmp_path / "all").unlink()
    assert not os.path.exists("/dev/null.h") and not os.path.exists("/dev/stdout.h")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        assert tool("tessera-compile", *SMALL, "--emit", "header", "-o", pipe).returncode == 0
        assert reader.stdout.read().startswith(b"/* Compiled by Tessera")
    link, real = tmp_path / "link", tmp_path / "real"
    real.write_text("old")
    link.symlink_to(real)
    assert tool("tessera-compile", *SMALL, "--emit", "header", "-o", link).returncode == 0
    assert link.is_symlink() and real.read_text().startswith("/* Compiled by Tessera")
    assert names(tmp_path) == ["link", "pipe", "real"]


@pytest.mark.parametrize("arguments", [("tessera-compile", *SMALL, "-o"), ("tessera-opt", "-", "-o")])
def test_no_such_folder_is_found_before_the_work(tool, arguments):
    done = tool(*arguments, "/no/such/x.o")
    assert done.returncode == 2
    assert done.stderr == f"{arguments[0]}: cannot write '/no/such/x.o': No such file or directory\n"


def test_sim_writes_its_trace_whole(tool, tmp_path):
    kernel, trace = tmp_path / "k.mlir", tmp_path / "t.json"
    kernel.write_text(KERNEL)
    np.save(tmp_path / "x.npy", np.zeros(4, "i4"))
    arguments = (kernel, "--input", f"out={tmp_path}/x.npy", "--trace")
    assert tool("tessera-sim", *arguments, trace).returncode == 0
    assert trace.read_text().strip().endswith(("]", "}"))
    full = tmp_path / "full.json"
    full.symlink_to("/dev/full")
    done = tool("tessera-sim", *arguments, full)
    assert done.returncode == 1 and f"cannot write '{full}': No space left on device" in done.stderr
    assert names(tmp_path) == ["full.json", "k.mlir", "t.json", "x.npy"]


def test_each_result_has_a_file_of_its_own(tool):
    for arguments, said in (
        (("a=x.npy", "a=y.npy"), "--output: 'a' is given twice; drop one"),
        (("a=x.npy", "b=x.npy"), "--output: 'a' and 'b' both go to 'x.npy'; give each a file of its own"),
    ):
        flags = [word for argument in arguments for word in ("--output", argument)]
        for name in ("tessera-run", "tessera-sim"):
            done = tool(name, "x.mlir", *flags)
            assert (done.returncode, done.stderr) == (2, f"{name}: {said}\n")


@pytest.mark.parametrize("name", ["tessera-opt", "tessera-compile", "tessera-run", "tessera-sim"])
def test_what_is_no_module_is_not_shown(tool, tmp_path, name):
    path = tmp_path / "x.o"
    path.write_bytes(b"abc\x1b[31m\x00" * 10)
    done = tool(name, path)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert f"'{path}' is no MLIR: there is a byte 1b (hexadecimal) at offset 3" in done.stderr
    assert done.stderr.replace("\n", "").isprintable()


def test_bytecode_is_a_module(tool, tmp_path):
    path = tmp_path / "x.mlirbc"
    done = tool("tessera-opt", "--emit-bytecode", "-o", path, stdin="func.func @f() {\n  return\n}")
    assert done.returncode == 0, done.stderr
    assert "func.func @f()" in tool("tessera-opt", path).stdout
