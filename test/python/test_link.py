# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Objects in programs: several together, with the compilers and linkers that people
have, and what of them is left when nobody calls it."""

import re
import subprocess

import pytest

from built import BUILD_DIR, ROOT, run_tool

# What is linked here is not instrumented.
pytestmark = pytest.mark.no_sanitizers

RUNTIME = BUILD_DIR / "lib" / "libtessera_rt.a"
MAIN = r"""
#include "both.h"
#include "host.h"
#include <stdio.h>
#include <string.h>

enum { kTokens = 70, kFeatures = 64 };
static float x[kTokens * kFeatures], y[kTokens * kFeatures];
static uint16_t half[kTokens * kFeatures];

int main(void) {
  tessera_tensor in = {x, TESSERA_F32, 4, {1, 1, kTokens, kFeatures},
                       {kTokens * kFeatures, kTokens * kFeatures, kFeatures, 1}};
  tessera_tensor out = in;
  out.data = y;
  for (int i = 0; i < kTokens * kFeatures; ++i)
    x[i] = 1;
  tessera_error *error = host_f32(NULL, NULL, NULL, 0, &in, &in, &in, 2, &out);
  if (error)
    return puts(tessera_error_message(error)), 1;
  if (y[0] != 2 || y[kTokens * kFeatures - 1] != 2)
    return 2;
  int32_t lists[2 * 4] = {0}, counts[2] = {1, 0};
  tessera_tensor index = {lists, TESSERA_I32, 4, {1, 1, 2, 4}, {8, 8, 4, 1}};
  tessera_tensor count = {counts, TESSERA_I32, 3, {1, 1, 2}, {2, 2, 1}};
  for (int i = 0; i < kTokens * kFeatures; ++i)
    half[i] = 0x3f80;
  tessera_tensor hin = in, hout = in;
  hin.dtype = hout.dtype = TESSERA_BF16;
  hin.data = half;
  hout.data = y;
  int64_t least, best;
  error = both_d64_workspace(NULL, &hin, &hin, &hin, &index, &count, &hout, &least, &best);
  if (error || least || best)
    return 3;
  error = both_d64(NULL, NULL, NULL, 0, &hin, &hin, &hin, &index, &count, &hout);
  if (error)
    return puts(tessera_error_message(error)), 1;
  const uint16_t *result = (const uint16_t *)y; /* of an empty list: 0 */
  if (result[0] != 0x3f80 || result[kTokens * kFeatures - 1] != 0)
    return 4;
  tessera_context *gpu = NULL;
  error = tessera_context_gpu(0, &gpu);
  if (tessera_error_code(error) != TESSERA_NO_GPU && error)
    return 5;
  tessera_error_destroy(error);
  tessera_context_destroy(gpu);
  puts("both ran");
  return 0;
}
"""


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def compile_to(path, *flags):
    done = run_tool("tessera-compile", *flags, "-o", path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    """A folder with main.c, an object for the host, and one for host and GPU that has
    two functions."""
    folder = tmp_path_factory.mktemp("objects")
    compile_to(folder / "host.o", "--head-dim", 64, "--topk", 4, "--dtype", "f32", "--name", "host_f32")
    compile_to(folder / "both.o", "--op", "attend", "--head-dim", "64,128", "--topk", 4,
               "--target", "host,sm_90a", "--name", "both")  # fmt: skip
    (folder / "main.c").write_text(MAIN)
    return folder


def symbols(path, *flags):
    """{name: its letter in nm}"""
    lines = run("nm", *flags, path).splitlines()
    return {words[-1]: words[-2] for words in (line.split() for line in lines) if len(words) > 1}


LINKERS = {
    "gcc-ld": ["gcc", "-fuse-ld=bfd"],
    "gcc-lld": ["gcc", "-B/usr/lib/llvm-22/bin", "-fuse-ld=lld"],
    "clang-lld": ["clang-22", "-fuse-ld=lld"],
    "clang-ld": ["clang-22", "-fuse-ld=bfd"],
}


@pytest.mark.parametrize("kind", ["static", "shared"])
@pytest.mark.parametrize("linker", LINKERS)
def test_objects_meet_in_a_program(objects, tmp_path, linker, kind):
    program = tmp_path / "program"
    runtime = [RUNTIME] if kind == "static" else [
        f"-L{RUNTIME.parent}", "-ltessera_rt", f"-Wl,-rpath,{RUNTIME.parent}"]  # fmt: skip
    run(*LINKERS[linker], "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", f"-I{ROOT}/include",
        objects / "main.c", objects / "host.o", objects / "both.o", *runtime, "-pthread", "-lm",
        "-Wl,--gc-sections", "-Wl,-z,text", "-o", program)  # fmt: skip
    assert run(program) == "both ran\n"
    left = symbols(program)
    assert "both_d64" in left and "both_d64__sm_90a__record" in left
    assert not [name for name in left if "d128" in name], "nobody calls it"
    images = [name for name in left if name.startswith("image__")]
    assert len(images) == sum(name.startswith("image__") for name in symbols(objects / "both.o")) / 2


@pytest.mark.parametrize("compiler", ["gcc", "clang-22"])
def test_one_program_runs_objects_and_bundles(tmp_path, compiler):
    """What CMake builds with one compiler (test/unit/Object)."""
    source, built = ROOT / "test" / "unit" / "Object", BUILD_DIR / "test" / "unit" / "Object"
    program = tmp_path / "program"
    run(compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include", f"-I{built}",
        source / "AttendProgram.c", source / "Cuda.c", built / "attend_bf16.o", RUNTIME,
        "-pthread", "-lm", "-o", program)  # fmt: skip
    for bundle in ([], [built / "attend.tsb"]):
        assert "host: largest error of a row" in run(program, "host", *bundle)


def test_tables_are_of_one_object(objects):
    """What is not an entry is local, so nothing of two objects gets mixed."""
    found = symbols(objects / "both.o")
    entries = {name for name, kind in found.items() if kind.isupper() and kind != "U"}
    assert entries == {f"both_d{d}{end}" for d in (64, 128) for end in ("", "_workspace", "__packed")}
    sections = run("readelf", "-SW", objects / "both.o")
    assert re.search(r"\.data\.rel\.ro\S*both_d64__table", sections)
    assert re.search(r"\.data\S*both_d64__function", sections)


def test_objects_need_the_runtime_and_the_c_library(objects):
    for name in ("host.o", "both.o"):
        needs = symbols(objects / name, "--undefined-only")
        ours = {need for need in needs if need.startswith("tessera_")}
        assert {"tessera_rt_run", "tessera_rt_workspace"} <= ours
        assert ours <= set(symbols(RUNTIME, "--defined-only"))
        assert not [need for need in needs if need.startswith("_Z")]


def test_objects_make_a_shared_library(objects, tmp_path):
    library = tmp_path / "libboth.so"
    run("gcc", "-shared", objects / "both.o", f"-L{RUNTIME.parent}", "-ltessera_rt", "-lm",
        "-Wl,-z,defs", "-Wl,-z,text", "-o", library)  # fmt: skip
    assert "both_d128_workspace" in symbols(library, "-D")


def test_an_object_for_a_gpu_alone(tmp_path):
    path = compile_to(tmp_path / "gpu.o", "--op", "attend", "--head-dim", 64, "--topk", 4, "--target", "sm_90a",
                      "--emit", "object", "--name", "gpu_alone")  # fmt: skip
    header = (tmp_path / "gpu.h").read_text()
    assert " * For sm_90a.\n" in header and '"tessera-c/Gpu.h"' in header and "__packed" not in header
    (tmp_path / "main.c").write_text(r"""
#include "gpu.h"
#include <stdio.h>
int main(void) {
  tessera_tensor x = {0};
  tessera_error *error = gpu_alone(NULL, NULL, NULL, 0, &x, &x, &x, &x, &x, &x);
  puts(tessera_error_message(error));
  int code = tessera_error_code(error) == TESSERA_NOT_FOUND ? 0 : 1;
  tessera_error_destroy(error);
  return code;
}
""")
    run("gcc", f"-I{ROOT}/include", tmp_path / "main.c", path, RUNTIME, "-pthread", "-lm", "-o", tmp_path / "main")
    assert run(tmp_path / "main") == (
        "gpu_alone: the object has no code for the host, it is for sm_90a; pass a context of such a GPU, "
        "or compile with --target host,sm_90a\n"
    )
