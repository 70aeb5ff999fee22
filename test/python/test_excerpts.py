# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What counts as an excerpt, and what does not."""

import pytest

from excerpts import Output

OUTPUT = """\
module {
  tile.kernel @f(%arg0: index, %arg1: index) {
    %0 = tile.make_ring : !tile.ring<4 x none>
    %c64_i32 = arith.constant 64 : i32
    tile.role @load (%arg2) {
      %1 = tile.acquire %0[%arg2]  note(%c64_i32) : !tile.ring<4 x none>
      tile.commit %1 : !tile.free<none>
    }
    %12:2 = scf.for %arg2 = %arg0 to %arg1
    use %12#0, %12#1
  }
}
"""


@pytest.mark.parametrize(
    "excerpt",
    [
        "tile.commit %1 : !tile.free<none>",
        "%stage = tile.acquire %ring[%lane] note(%c64_i32) : ...\ntile.commit %stage : ...",
        "tile.kernel @f(%from: index,\n    %to: index) {",
        "%ring = tile.make_ring ... none>\n...\n%s = tile.acquire %ring[%x] ...\n...\n}",
        "%pair:2 = scf.for ...\nuse %pair#0, %pair#1",
        "...\nmodule {\n...",
    ],
)
def test_is_there(excerpt):
    assert Output(OUTPUT).why_not(excerpt) is None


@pytest.mark.parametrize(
    "excerpt, said",
    [
        ("tile.commit %1 : !tile.free", "not there"),  # no whole line
        ("%1 : !tile.free<none>", "not there"),
        ("tile.commit %1 : !tile.free<none>\n%x:2 = scf.for ...", "comes '    }', not"),
        ("tile.role ...\n...\nmodule {", "not there, or not where it should be: 'module {'"),
        ("%s = tile.acquire %ring[%lane] ...\ntile.commit %ring : ...", "comes"),
        ("%c32_i32 = arith.constant 64 : i32", "not there"),
        ("%c64 = arith.constant 64 : i32", "not there"),
        ("%s = tile.acquire %ring[%ring] ...", "not there"),
        ("tile.role ... tile.commit %1 ...", "not there"),  # on two lines
        ("tile.rolé @load (%arg2) {", "not there"),
    ],
)
def test_is_not_there(excerpt, said):
    assert said in Output(OUTPUT).why_not(excerpt)


def test_names_hold_in_all_excerpts_of_an_output():
    output = Output(OUTPUT)
    assert output.why_not("%ring = tile.make_ring ...") is None
    assert output.why_not("... = tile.acquire %ring[...] ...") is None
    assert output.why_not("tile.commit %ring : ...")
