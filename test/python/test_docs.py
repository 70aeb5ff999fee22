# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What pages of docs/ tell a reader to do, done as it stands."""

import multiprocessing
import os
import re
import subprocess
import sys
import threading

import numpy as np
import pytest

from built import BUILD_DIR, ROOT
from compiled import Module
from excerpts import Output

# The file a block is, its language, what is special about it, its text.
BLOCK = re.compile(r"(?:^`(\S+)`:\n\n)?^```(\w*)( excerpt| gpu)?\n(.*?)^```$", re.M | re.S)
# One command for a machine with a GPU. Without one, and only then, it stops at the
# driver.
ON_GPU = """{{
{text}}} >output 2>&1 || {{
  status=$?
  cat output
  if [[ $status != 1 || -e /dev/nvidiactl ]] || ! grep -q 'no CUDA driver' output; then
    exit 1
  fi
}}
"""


def run_page(name, folder):
    """Goes through a page in one shell: a block below "`name`:" is that file, a
    bash block is run, any other is what the commands before it print, or an excerpt
    of it. Returns what each bash block printed."""
    script, expected, commands = [], [], 0
    for file, language, special, text in BLOCK.findall((ROOT / "docs" / name).read_text()):
        if file:
            script.append(f"cat > {file} <<'END OF FILE'\n{text}END OF FILE\n")
        elif language == "bash":
            command = ON_GPU.format(text=text) if special == " gpu" else text
            script.append(command + r"printf '\0'")
            commands += 1
        else:
            assert commands > 0, f"no command prints this:\n{text}"
            expected.append((commands - 1, special == " excerpt", text))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(script)],
        cwd=folder, env=os.environ | {"HOME": str(folder)},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    printed = done.stdout.split("\0")[:-1]
    outputs = [Output(text) for text in printed]
    for command, is_excerpt, text in expected:
        if is_excerpt:
            problem = outputs[command].why_not(text)
            assert not problem, f"{name}: {problem}; this is no excerpt:\n{text}"
        else:
            assert printed[command] == text
    return printed


@pytest.fixture
def tree(tmp_path):
    """A copy of the tree's shape, so that the build directory may lie anywhere."""
    (tmp_path / "build").mkdir()
    for name in ("bin", "lib", "cmake_install.cmake"):
        (tmp_path / "build" / name).symlink_to(BUILD_DIR / name)
    for name in ("include", "tools"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


@pytest.mark.no_sanitizers
def test_getting_started(tree):
    _, kernel, result, by_cmake, *_ = run_page("getting-started.md", tree)
    assert "bsa.fused" in kernel
    assert result == "2.000\n" and by_cmake.endswith("\n2.000\n")


def test_getting_started_says_how_much_stack(tmp_path):
    """The most scratch there is, with 1 MiB for the thread that calls; in a
    process of its own, because too little stack would end it."""
    flags = "--head-dim 256 --block 256 --dtype bf16 --topk 1024 --sizes --gates both --lse"
    module = Module(None, tmp_path, *flags.split(), "--batch", "1", "--heads", "1")
    tensor, sizes = np.zeros((1, 1, 256, 256), "u2"), np.array([256], "i4")
    output, lse = np.ones_like(tensor), np.zeros((1, 1, 256), "f4")
    inputs = [tensor, tensor, tensor, sizes, sizes, tensor, tensor]

    def call_on_small_stack():
        threading.stack_size(1 << 20)
        arguments = ("tessera_attention", *inputs, 1, output, lse)
        thread = threading.Thread(target=module.call, args=arguments)
        thread.start()
        thread.join()
        assert not output.any()

    process = multiprocessing.get_context("fork").Process(target=call_on_small_stack)
    process.start()
    process.join()
    assert process.exitcode == 0


@pytest.mark.no_sanitizers
def test_use_from_c(tree):
    run_page("use-from-c.md", tree)


def test_ahead_of_time(tree):
    run_page("ahead-of-time.md", tree)


def test_from_attend_to_wgmma(tree):
    run_page("from-attend-to-wgmma.md", tree)


def test_links():
    """Those to files of the tree."""
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")]:
        prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)#]+)", prose):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.no_sanitizers
def test_write_your_own_pass(tmp_path):
    (tmp_path / "build").symlink_to(BUILD_DIR)
    run_page("write-your-own-pass.md", tmp_path)
