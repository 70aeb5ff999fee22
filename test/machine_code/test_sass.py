# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The check of the machine code can fail, and knows what waits."""

import pathlib
import subprocess

import check_kernels
import pytest
import sass

ASSEMBLERS, NVDISASM = check_kernels.find_assemblers(check_kernels.folder_of_assemblers())

# Takes 16 rows from a stage, gives it back, and uses the rows later.
PROGRAM = """
.version 8.6
.target sm_90a
.address_size 64
.extern .shared .align 128 .b8 stage[];
.visible .entry program(.param .u64 out, .param .u32 n) {
  .reg .b32 %r<16>; .reg .b64 %rd<4>; .reg .pred %p<4>;
  ld.param.u64 %rd0, [out];
  ld.param.u32 %r0, [n];
  mov.u32 %r1, stage;
  add.u32 %r9, %r1, 4096;
  BEFORE
  ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r2, %r3, %r4, %r5}, [%r1];
  BETWEEN
  mbarrier.arrive.shared::cta.b64 _, [%r9];
  AFTER
  st.global.v4.u32 [%rd0], {%r2, %r3, %r4, %r5};
  ret;
}
"""

EARLY = {
    "at once": {},
    "in a loop": {"BEFORE": "LOOP:", "AFTER": "sub.u32 %r0, %r0, 1; setp.gt.s32 %p0, %r0, 0; @%p0 bra LOOP;"},
    "past a jump": {"BETWEEN": "setp.gt.s32 %p0, %r0, 9; @%p0 bra FAR; bar.sync 0; bar.sync 1; FAR:"},
    # What comes of it is 0, so the assembler drops it.
    "used in vain": {"BETWEEN": "xor.b32 %r7, %r2, %r2; add.u32 %r9, %r9, %r7;"},
}  # fmt: skip
LATE = {
    "after use": {"BETWEEN": "st.global.u32 [%rd0+16], %r2;"},
    "by its address": {"BETWEEN": "mul.lo.u32 %r7, %r2, %r2; and.b32 %r7, %r7, 2; add.u32 %r9, %r9, %r7;"},
    "after a branch": {"BETWEEN": "setp.eq.u32 %p0, %r2, 7; @%p0 bra OUT; bar.sync 0; OUT:"},
}


def check(tmp_path, ptxas, edits):
    text = PROGRAM
    for place in ["BEFORE", "BETWEEN", "AFTER"]:
        text = text.replace(place, edits.get(place, ""))
    (tmp_path / "p.ptx").write_text(text)
    subprocess.run([ptxas, "-arch", "sm_90a", "-o", tmp_path / "p.cubin", tmp_path / "p.ptx"], check=True)
    return sass.check(NVDISASM, tmp_path / "p.cubin")


@pytest.mark.parametrize("ptxas", [file for _, file in ASSEMBLERS], ids=[str(v) for v, _ in ASSEMBLERS])
class TestPrograms:
    @pytest.mark.parametrize("name", EARLY)
    def test_early(self, tmp_path, ptxas, name):
        early, releases = check(tmp_path, ptxas, EARLY[name])
        assert releases >= 1
        assert early and "LDSM" in str(early[0]), name

    @pytest.mark.parametrize("name", LATE)
    def test_late(self, tmp_path, ptxas, name):
        early, releases = check(tmp_path, ptxas, LATE[name])
        assert releases >= 1
        assert not early, str(early[0])


def line(address, text, scoreboard=7, waits=0):
    bits = (waits << 11 | scoreboard << 5) << 41
    return f"        /*{address}*/  {text} ;  /* 0x{0:016x} */\n    /* 0x{bits:016x} */\n"


def early_in(*lines):
    functions = sass.parse(".text.f:\n" + "".join(lines))
    return sass.early_releases("f", functions["f"])


ARRIVE = "SYNCS.ARRIVE.TRANS64.A1T0 RZ, [UR7+0x8], RZ"


def test_scoreboards():
    load = line("0010", "LDS R2, [R3]", scoreboard=2)
    assert early_in(load, line("0020", ARRIVE))
    assert early_in(load, line("0020", ARRIVE, waits=0b1000))
    assert not early_in(load, line("0020", ARRIVE, waits=0b0100))
    assert not early_in(load, line("0020", "DEPBAR.LE SB2, 0x0"), line("0030", ARRIVE))
    assert early_in(load, line("0020", "DEPBAR.LE SB2, 0x1"), line("0030", ARRIVE))
    assert early_in(load, line("0020", "MEMBAR.ALL.CTA"), line("0030", ARRIVE))
    # One that expects bytes gives nothing back.
    assert not early_in(load, line("0020", "SYNCS.ARRIVE.TRANS64 RZ, [UR7], R2"))


def test_jumps():
    load = line("0020", "LDS R2, [R3]", scoreboard=1)
    over = line("0010", "@P0 BRA `(.L_x_1)")
    assert early_in(over, load, ".L_x_1:\n", line("0030", ARRIVE)), "one path of two"
    never = line("0010", "BRA `(.L_x_1)")
    assert not early_in(never, load, ".L_x_1:\n", line("0030", ARRIVE)), "no path"
    meeting = line("0010", "BSSY B0, `(.L_x_1)"), load, line("0030", "BSYNC B0")
    assert early_in(*meeting, line("0040", "EXIT"), ".L_x_1:\n", line("0050", ARRIVE))
    with pytest.raises(ValueError, match="cannot follow"):
        early_in(line("0010", "BRX R2 -0x10"), line("0020", ARRIVE))


def test_what_is_said_of_assemblers_that_are_not_there(tmp_path):
    with pytest.raises(SystemExit, match="0 of the 2 assemblers and no nvdisasm; run scripts/setup.sh"):
        check_kernels.find_assemblers(pathlib.Path(tmp_path))
