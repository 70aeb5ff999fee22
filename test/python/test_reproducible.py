# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What tessera-compile writes depends on what it is given alone: not on where its
memory lies, nor on the folder or the environment."""

import concurrent.futures
import os
import subprocess

import pytest

from built import TOOLS_DIR

# Neither instrumented code nor its options survive an empty environment.
pytestmark = pytest.mark.no_sanitizers

HOST = {
    "attention": ["--head-dim", "64", "--block", "64", "--topk", "8", "--dtype", "bf16"],
    "gated": ["--head-dim", "40", "--block", "16x32", "--topk", "5", "--dtype", "f32", "--sizes",
              "--gates", "both", "--lse", "--return-map", "--return-coarse", "--scale"],
    "forced": ["--head-dim", "128", "--block", "64", "--topk", "16", "--dtype", "f16",
               "--local", "2", "--sink", "1", "--forced", "beside"],
    "pieces": ["--no-fuse", "--head-dim", "32", "--dtype", "f32"],
    "lists": ["--op", "attend", "--head-dim", "96", "--topk", "12", "--sizes", "--lse"],
}  # fmt: skip
GPU = {
    "128": ["--head-dim", "128", "--block", "64", "--topk", "76", "--sizes", "--lse"],
    "64": ["--head-dim", "64", "--block", "128x64", "--topk", "16", "--dtype", "f16"],
    "192": ["--head-dim", "192", "--block", "64", "--topk", "9", "--scale"],
}

# Where the program's memory lies: as the system draws it, twice, and fixed.
WAYS = {
    "drawn": [],
    "moved": ["env", "-i", f"PATH={os.environ['PATH']}", "PADDING=" + "x" * 4099],
    "fixed": ["setarch", "-R"],
}


def may_fix_addresses():
    """Some containers forbid personality(2); then what is drawn differs twice."""
    return subprocess.run([*WAYS["fixed"], "true"], capture_output=True, check=False).returncode == 0


def compiled(way, flags, names, folder):
    """{name: bytes} of the files it wrote."""
    (folder / way).mkdir()
    done = subprocess.run(
        [*WAYS[way], TOOLS_DIR / "tessera-compile", *flags, "-o", names[0]],
        capture_output=True, text=True, cwd=folder / way, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {name: (folder / way / name).read_bytes() for name in names}


def check(flags, names, folder):
    ways = [way for way in WAYS if way != "fixed" or may_fix_addresses()]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        first, *others = pool.map(lambda way: compiled(way, flags, names, folder), ways)
    for way, contents in zip(ways[1:], others, strict=True):
        for name in names:
            assert len(first[name]) > 1000, f"{name} is next to empty"
            assert contents[name] == first[name], f"{name}: {way} differs from {ways[0]}"


@pytest.mark.parametrize("spec", HOST)
def test_objects_and_headers_are_equal_byte_by_byte(tmp_path, spec):
    check(HOST[spec], ["out.o", "out.h"], tmp_path)


def test_objects_for_both_are_equal_byte_by_byte(tmp_path):
    flags = ["--op", "attend", "--target", "host,sm_90a", "--head-dim", "64,128", "--topk", "16"]
    check(flags, ["out.o", "out.h"], tmp_path)


def test_bundles_for_the_host_are_equal_byte_by_byte(tmp_path):
    check(["--head-dim", "64", "--topk", "4", "--emit", "bundle"], ["out.bundle"], tmp_path)


@pytest.mark.parametrize("emit", ["ptx", "cubin", "bundle"])
@pytest.mark.parametrize("spec", GPU)
def test_gpu_code_is_equal_byte_by_byte(tmp_path, spec, emit):
    flags = ["--op", "attend", "--target", "sm_90a", *GPU[spec], "--emit", emit]
    check(flags, [f"out.{emit}"], tmp_path)
