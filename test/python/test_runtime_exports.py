# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""libtessera_rt.so exports what its headers declare, under the version that its
list of exports names, and nothing else."""

import re
import subprocess

from built import BUILD_DIR, ROOT

LIBRARY = BUILD_DIR / "lib" / "libtessera_rt.so"
LIST = ROOT / "lib" / "Runtime" / "tessera_rt.map"


def exported():
    """{"tessera_version@@TESSERA_0.1", ..}; versions themselves are left out."""
    done = subprocess.run(
        ["nm", "-D", "--defined-only", "--with-symbol-versions", LIBRARY],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    symbols = (line.split()[-2:] for line in done.stdout.splitlines())
    return {name for kind, name in symbols if kind != "A"}


def listed():
    text = re.sub(r"/\*.*?\*/", "", LIST.read_text(), flags=re.DOTALL)
    nodes = re.findall(r"(TESSERA_[\d.]+) \{\s*global:(.*?)local:\s*\*;\s*\}", text, re.DOTALL)
    assert nodes, f"no version in {LIST}"
    return {f"{name}@@{node}" for node, names in nodes for name in re.findall(r"\w+", names)}


def declared():
    """The functions of include/tessera-c."""
    headers = (path.read_text() for path in (ROOT / "include" / "tessera-c").glob("*.h"))
    declaration = re.compile(r"^TESSERA_API\b[^;(]*?(\w+)\s*\(", re.MULTILINE)
    return {name for text in headers for name in declaration.findall(text)}


def test_exports_are_those_listed():
    assert exported() == listed()


def test_exports_are_those_declared():
    assert {symbol.split("@")[0] for symbol in listed()} == declared()


def test_the_soname_carries_the_version():
    done = subprocess.run(["readelf", "-d", LIBRARY], capture_output=True, text=True, check=True)
    soname = re.search(r"\(SONAME\).*\[(.*)\]", done.stdout).group(1)
    version = LIBRARY.resolve().name.removeprefix("libtessera_rt.so.")
    assert soname == "libtessera_rt.so." + ".".join(version.split(".")[:2])


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
    assert needed <= {name.replace("@@", "@") for name in listed()}
