# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""libtessera_rt.so and libtessera_compiler.so export what their headers declare,
under the version that their lists of exports name, and nothing else."""

import re
import subprocess

import pytest

from built import BUILD_DIR, ROOT

HEADERS = ROOT / "include" / "tessera-c"
COMPILER_HEADER = HEADERS / "Compiler.h"
LIBRARY = BUILD_DIR / "lib" / "libtessera_rt.so"
LIST = ROOT / "lib" / "Runtime" / "tessera_rt.map"
LIBRARIES = [
    (LIBRARY, LIST, [path for path in HEADERS.glob("*.h") if path != COMPILER_HEADER]),
    (
        BUILD_DIR / "lib" / "libtessera_compiler.so",
        ROOT / "lib" / "CompilerLibrary" / "tessera_compiler.map",
        [COMPILER_HEADER],
    ),
]


def exported(library):
    """{"tessera_version@@TESSERA_0.1", ..}; versions themselves are left out."""
    done = subprocess.run(
        ["nm", "-D", "--defined-only", "--with-symbol-versions", library],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    symbols = (line.split()[-2:] for line in done.stdout.splitlines())
    return {name for kind, name in symbols if kind != "A"}


def listed(exports):
    text = re.sub(r"/\*.*?\*/", "", exports.read_text(), flags=re.DOTALL)
    nodes = re.findall(r"(TESSERA_[\d.]+) \{\s*global:(.*?)local:\s*\*;\s*\}", text, re.DOTALL)
    assert nodes, f"no version in {exports}"
    return {f"{name}@@{node}" for node, names in nodes for name in re.findall(r"\w+", names)}


def declared(headers):
    """Their functions."""
    declaration = re.compile(r"^TESSERA_API\b[^;(]*?(\w+)\s*\(", re.MULTILINE)
    return {name for path in headers for name in declaration.findall(path.read_text())}


@pytest.mark.parametrize("library, exports, headers", LIBRARIES)
def test_exports_are_those_listed_and_declared(library, exports, headers):
    assert exported(library) == listed(exports)
    assert {symbol.split("@")[0] for symbol in listed(exports)} == declared(headers)


@pytest.mark.parametrize("library, exports, headers", LIBRARIES)
def test_the_soname_carries_the_version(library, exports, headers):
    done = subprocess.run(["readelf", "-d", library], capture_output=True, text=True, check=True)
    soname = re.search(r"\(SONAME\).*\[(.*)\]", done.stdout).group(1)
    version = library.resolve().name.removeprefix(library.name + ".")
    assert soname == library.name + "." + ".".join(version.split(".")[:2])


def test_compiled_code_asks_for_the_version(tool, tmp_path):
    done = tool("tessera-compile", "--head-dim", 32, "-o", tmp_path / "attention.o")
    assert done.returncode == 0, done.stderr
    library = tmp_path / "libattention.so"
    subprocess.run(["cc", "-shared", tmp_path / "attention.o", LIBRARY, "-o", library], check=True)
    done = subprocess.run(
        ["nm", "-D", "--undefined-only", "--with-symbol-versions", library],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    needed = {name for name in done.stdout.split() if name.startswith("tessera_")}
    assert "tessera_rt_check_call@TESSERA_0.1" in needed
    assert needed <= {name.replace("@@", "@") for name in listed(LIST)}
