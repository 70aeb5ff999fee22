# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What every tool promises: help, version, and one line with exit code 2."""

import pytest

from built import TOOLS_DIR

TOOLS = [
    "tessera-bench",
    "tessera-compile",
    "tessera-run",
    "tessera-sim",
    "tessera-opt",
    "tessera-lsp-server",
]


@pytest.mark.parametrize("name", TOOLS)
def test_version_names_llvm_and_targets(tool, name):
    done = tool(name, "--version")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{name} (Tessera) ")
    assert lines[1].startswith("LLVM 22.")
    assert lines[2].startswith("targets: ")


@pytest.mark.parametrize("name", TOOLS)
def test_help_shows_no_backend_option(tool, name):
    done = tool(name, "--help")
    assert done.returncode == 0
    assert "USAGE" in done.stdout
    for noise in ("amdgpu", "polly", "aarch64"):
        assert noise not in done.stdout


@pytest.mark.parametrize("name", TOOLS)
def test_unknown_option_is_one_line_and_2(tool, name):
    done = tool(name, "--no-such-option")
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"{name}: ")
    assert "'--no-such-option'" in done.stderr


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["no-such-file.mlir"], "no-such-file.mlir"),
        (["-", "second.mlir"], "positional"),
        (["-", "-o", "/no/such/folder/x"], "/no/such/folder/x"),
        (["--verify-roundtrip=maybe"], "maybe"),
        (["--pass-pipeline=no-such-pass"], "builtin.module"),
        (["--pass-pipeline=builtin.module(no-such-pass)"], "no-such-pass"),
        (["--pass-pipeline=builtin.module(func.func(cse)"], "parentheses"),
        (["--bsa-expand=no-such"], "no such option no-such"),
        (["--convert-bsa-to-vector=lanes=many"], "many"),
    ],
)
def test_opt_wrong_usage(tool, arguments, said):
    done = tool("tessera-opt", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("tessera-opt: ")


def test_opt_wrong_module_is_1_without_a_stack_trace(tool):
    done = tool("tessera-opt", stdin="func.func @f( {")
    assert done.returncode == 1
    assert "error:" in done.stderr
    assert "Stack dump" not in done.stderr


def test_opt_prints_what_it_read(tool):
    done = tool("tessera-opt", stdin="func.func @f() { return }")
    assert done.returncode == 0
    assert "func.func @f()" in done.stdout


def test_every_tool_is_covered():
    built = {path.name for path in TOOLS_DIR.glob("tessera-*") if path.is_file()}
    assert set(TOOLS) <= built
