# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The Debian packages: what each holds, that no file is in two, and that a project
which knows only them builds and runs."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from built import BUILD_DIR, ROOT

# What is packed is not instrumented.
pytestmark = pytest.mark.no_sanitizers

CONSUMER = ROOT / "test" / "consumer"
VERSION = re.search(r"project\(Tessera VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
ABI = VERSION.rpartition(".")[0]

# Of each package some files that it must hold, and what it may hold at all.
HOLDS = {
    f"libtessera-rt{ABI}": (
        [rf"/usr/lib/\S*libtessera_rt\.so\.{VERSION}", rf"/usr/lib/\S*libtessera_rt\.so\.{ABI}"],
        r"/usr/lib/\S*libtessera_rt\.so\.[\d.]+",
    ),
    "libtessera-rt-dev": (
        ["/usr/include/tessera-c/Runtime.h", "/usr/include/tessera/Version.h",
         r"/usr/lib/\S*libtessera_rt\.so", r"/usr/lib/\S*libtessera_rt\.a",
         r"/usr/lib/\S*pkgconfig/tessera-rt\.pc", r"/usr/lib/\S*cmake/Tessera/TesseraConfig\.cmake",
         r"/usr/lib/\S*cmake/Tessera/TesseraKernels\.cmake"],
        r"/usr/(include/tessera|lib)\S*\.(h|a|so|cmake|pc)",
    ),
    "tessera-compiler": (
        ["/usr/bin/tessera-compile", "/usr/bin/tessera-opt", "/usr/bin/tessera-run",
         rf"/usr/lib/\S*libtessera_compiler\.so\.{ABI}"],
        r"/usr/bin/tessera-[a-z-]+|/usr/lib/\S*libtessera_compiler\.so\.[\d.]+",
    ),
    "libtessera-compiler-dev": (
        ["/usr/include/tessera/Compiler/Compiler.h", "/usr/include/tessera-dialects/Bsa/IR/BsaOps.td",
         r"/usr/lib/\S*libTesseraCompiler\.a"],
        r"/usr/(include/tessera|lib)\S*\.(h|a|cmake|td|inc)",
    ),
}  # fmt: skip
IS_STATIC = "TESSERA_STATIC_LLVM:BOOL=ON" in (BUILD_DIR / "CMakeCache.txt").read_text()
NEEDS = {
    f"libtessera-rt{ABI}": ["libc6"],
    "libtessera-rt-dev": [f"libtessera-rt{ABI} (= {VERSION})"],
    "tessera-compiler": ["libc6"] if IS_STATIC else ["libc6", "libmlir-22"],
    "libtessera-compiler-dev": [f"libtessera-rt-dev (= {VERSION})", "libmlir-22-dev"],
}


def run(*command, **options):
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """{name: path of the .deb}"""
    folder = tmp_path_factory.mktemp("packages")
    run("cpack", "-G", "DEB", "--config", BUILD_DIR / "CPackConfig.cmake", "-B", folder)
    debs = list(folder.glob("*.deb"))
    return {run("dpkg-deb", "--field", deb, "Package").strip(): deb for deb in debs}


def files(deb):
    """What a package holds, folders left out: "/usr/..", without link targets."""
    lines = run("dpkg-deb", "--contents", deb).splitlines()
    names = [line.split(None, 5)[5] for line in lines if line[0] != "d"]
    return [name.split(" -> ")[0].removeprefix(".") for name in names]


def test_every_component_is_a_package(packages):
    assert set(packages) == set(HOLDS)


@pytest.mark.parametrize("name", HOLDS)
def test_contents(packages, name):
    found = files(packages[name])
    required, allowed = HOLDS[name]
    for wanted in required:
        assert any(re.fullmatch(wanted, file) for file in found), f"{wanted} is not in {found}"
    licences = {f"/usr/share/doc/{name}/{file}" for file in ("copyright", "NOTICE")}
    assert licences <= set(found)
    others = [file for file in found if not re.fullmatch(allowed, file)]
    assert all(re.fullmatch(rf"/usr/share/doc/{name}/(NOTICE|copyright\S*)", file) for file in others)


def test_no_file_is_in_two_packages(packages):
    every = [file for deb in packages.values() for file in files(deb)]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("name", NEEDS)
def test_needs(packages, name):
    needs = run("dpkg-deb", "--field", packages[name], "Depends").strip().split(", ")
    for wanted in NEEDS[name]:
        assert any(need == wanted or need.split()[0] == wanted for need in needs), needs
    if IS_STATIC and name == "tessera-compiler":
        assert not [need for need in needs if "llvm" in need or "mlir" in need]


def test_users_of_the_runtime_depend_on_it(packages):
    said = run("dpkg-deb", "--info", packages[f"libtessera-rt{ABI}"], "shlibs")
    assert said == f"libtessera_rt {ABI} libtessera-rt{ABI} (>= {VERSION})\n"


@pytest.fixture(scope="session")
def unpacked(packages, tmp_path_factory):
    """What installing the runtime's packages and the compiler's program gives, in a
    folder of its own."""
    root = tmp_path_factory.mktemp("root")
    for name, deb in packages.items():
        if name != "libtessera-compiler-dev":
            run("dpkg-deb", "--extract", deb, root)
    return root / "usr"


def test_licences_are_whole(unpacked):
    """Of what is linked statically too."""
    folder = unpacked / "share" / "doc" / "tessera-compiler"
    assert (folder / "copyright").read_text() == (ROOT / "LICENSE").read_text()
    assert (folder / "NOTICE").read_text() == (ROOT / "NOTICE").read_text()
    held = {"llvm": "LLVM Exceptions", "liblld": "LLVM Exceptions", "zlib": "Jean-loup", "libzstd": "BSD", "libstdc++": "GPL"}
    for holder, word in held.items() if IS_STATIC else ():
        assert word in (folder / f"copyright.{holder}").read_text()


def test_cmake_finds_the_runtime_and_compiles_kernels(unpacked, tmp_path):
    run("cmake", "-S", CONSUMER, "-B", tmp_path, "-G", "Ninja", "-DRUNTIME_ONLY=ON",
        f"-DCMAKE_PREFIX_PATH={unpacked}")  # fmt: skip
    assert f"TESSERA_COMPILE:FILEPATH={unpacked}/bin" in (tmp_path / "CMakeCache.txt").read_text()
    run("cmake", "--build", tmp_path)
    said = run("ctest", "--test-dir", tmp_path, "--output-on-failure")
    assert "100% tests passed, 0 tests failed out of 4" in said


@pytest.mark.parametrize("static", [False, True])
def test_pkg_config_finds_the_runtime(unpacked, tmp_path, static):
    (config,) = unpacked.glob("lib/**/pkgconfig")
    environment = os.environ | {"PKG_CONFIG_LIBDIR": str(config)}
    assert run("pkg-config", "--modversion", "tessera-rt", env=environment).strip() == VERSION
    options = ["--cflags", "--libs", *(["--static"] if static else [])]
    flags = run("pkg-config", *options, "tessera-rt", env=environment).split()
    folder = config.parent
    if static:
        flags = [f"{folder}/libtessera_rt.a" if flag == "-ltessera_rt" else flag for flag in flags]
    compiler = shutil.which("cc") or shutil.which("clang-22")
    program = tmp_path / "use-runtime"
    run(compiler, CONSUMER / "UseRuntime.c", *flags, f"-Wl,-rpath,{folder}", "-o", program)
    assert f"libtessera_rt {VERSION} ran" in run(program)


COMPILE = """
import ctypes
runtime = ctypes.CDLL("{library}")
runtime.tessera_error_message.restype = ctypes.c_char_p
host, library = ctypes.c_void_p(), ctypes.c_void_p()
assert not runtime.tessera_context_host(ctypes.byref(host))
runtime.tessera_library_compile.restype = ctypes.c_void_p
error = runtime.tessera_library_compile(host, {source!r}, None, ctypes.byref(library))
assert not error, runtime.tessera_error_message(ctypes.c_void_p(error))
"""


def test_the_runtime_finds_the_compiler(unpacked):
    (library,) = unpacked.glob(f"lib/**/libtessera_rt.so.{ABI}")
    program = COMPILE.format(library=library, source=(CONSUMER / "Whole.mlir").read_bytes())
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    run(sys.executable, "-c", program, env=environment | {"TESSERA_CACHE": "0"})


PROJECT = """cmake_minimum_required(VERSION 3.20)
project(Wrong C)
find_package(Tessera REQUIRED)
add_executable(app main.c)
tessera_add_kernel({call})
"""


def refusal(folder, prefix, call, *flags):
    """What configuring a project that makes the call says, on one line."""
    (folder / "main.c").write_text("int main(void) { return 0; }\n")
    (folder / "CMakeLists.txt").write_text(PROJECT.format(call=call))
    done = subprocess.run(
        ["cmake", "-S", folder, "-B", folder / "build", "-G", "Ninja",
         "-DCMAKE_DISABLE_FIND_PACKAGE_MLIR=ON", f"-DCMAKE_PREFIX_PATH={prefix}", *flags],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    return " ".join(done.stderr.split())


@pytest.mark.parametrize(
    "call, said",
    [
        ("app attend TOPK 4", "found 'TOPK;4'; after target and name come MODULE <file>"),
        ("app attend MODULE", "found 'MODULE'; after target and name come MODULE <file>"),
        ("app 2d", "'2d' is no name in C; use letters, digits and _"),
    ],
)
def test_wrong_kernels_are_refused(unpacked, tmp_path, call, said):
    assert f"tessera_add_kernel: {said}" in refusal(tmp_path, unpacked, call)


def test_a_compiler_of_another_version_is_refused(unpacked, tmp_path):
    other = tmp_path / "tessera-compile"
    other.write_text("#!/bin/sh\necho 'tessera-compile (Tessera) 9.8.7'\n")
    other.chmod(0o755)
    said = refusal(tmp_path, unpacked, "app attend", f"-DTESSERA_COMPILE={other}")
    assert "says it is 'tessera-compile (Tessera) 9.8.7'" in said
    assert f"set TESSERA_COMPILE to the one of Tessera {VERSION}" in said


def test_a_missing_compiler_is_said(packages, tmp_path):
    for name in (f"libtessera-rt{ABI}", "libtessera-rt-dev"):
        run("dpkg-deb", "--extract", packages[name], tmp_path / "root")
    said = refusal(tmp_path, tmp_path / "root" / "usr", "app attend")
    assert "was found neither beside this package nor on the path; install tessera-compiler" in said
