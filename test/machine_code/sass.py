# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Loads from shared memory that may be under way where a stage is released, read
off the machine code of sm_90.

A load goes on behind its instruction. It sets one of six scoreboards, and what
names that one in its wait mask, or DEPBAR.LE SBn, 0x0, is issued once the load is
done. An arrival at an mbarrier (SYNCS.ARRIVE) does not wait by itself. One that
expects bytes is a loader's and gives nothing back; a plain one (A1T0) is a release.

The bits that say so are not documented, but have been the same from Volta to
Hopper. From bit 41 of an instruction's upper word: stall 4, yield 1, scoreboard set
when what is written is there 3, scoreboard set when operands are read 3, wait mask
6. A fence counts for nothing here: it names no scoreboard.

    sass.py NVDISASM FILE.cubin..   says what it finds; fails if that is anything
"""

import re
import subprocess
import sys
from dataclasses import dataclass, field

NO_SCOREBOARD = 7
LOADS = re.compile(r"(LDS|LDSM|LD|ATOMS)\b")
RELEASE = re.compile(r"SYNCS\.ARRIVE\S*\.A1T0\b")
DRAINED = re.compile(r"DEPBAR\.LE SB(\d), 0x0\b")
TARGET = re.compile(r"`\((\S+)\)")
LINE = re.compile(r"\s+/\*([0-9a-f]{4,})\*/\s+(.*?)\s*;?\s*/\* 0x([0-9a-f]{16}) \*/")
UPPER = re.compile(r"\s+/\* 0x([0-9a-f]{16}) \*/")


@dataclass
class Instruction:
    address: str
    text: str
    scoreboard: int  # that it sets when it is done
    waits: set  # for these scoreboards
    successors: list = field(default_factory=list)  # indices
    opens: tuple = ()  # a meeting of threads: its name, where it ends
    meets: str = ""  # the name of the one that ends here

    @property
    def guard(self):
        return self.text.split()[0] if self.text.startswith("@") else ""

    @property
    def operation(self):
        return self.text[len(self.guard) :].strip()


@dataclass
class EarlyRelease:
    function: str
    release: Instruction
    loads: list

    def __str__(self):
        loads = ", ".join(f"{load.address} {load.text}" for load in self.loads[-3:])
        more = f" and {len(self.loads) - 3} more" if len(self.loads) > 3 else ""
        return (f"{self.function} {self.release.address} {self.release.text}: "
                f"under way: {loads}{more}")  # fmt: skip


def parse(text):
    """Functions of a disassembly (nvdisasm -c -hex): name to instructions."""
    functions, labels, instructions = {}, {}, []
    for line in text.split("\n"):
        if m := re.match(r"\.text\.(\S+):", line):
            labels, instructions = {}, []
            functions[m.group(1)] = instructions, labels
        elif m := re.match(r"(\.L\w+):", line):
            labels[m.group(1)] = len(instructions)
        elif m := LINE.match(line):
            instructions.append(Instruction(m.group(1), m.group(2), 0, set()))
        elif (m := UPPER.match(line)) and instructions:
            bits = int(m.group(1), 16) >> 41
            last = instructions[-1]
            last.scoreboard = bits >> 5 & 7
            last.waits = {number for number in range(6) if bits >> 11 >> number & 1}
            if drained := DRAINED.search(last.text):
                last.waits.add(int(drained.group(1)))
    for instructions, labels in functions.values():
        connect(instructions, labels)
    return {name: instructions for name, (instructions, _) in functions.items()}


def connect(instructions, labels):
    """Says of each instruction what may come next; a jump too many is a path too
    many, one too few would hide something. Where threads go on that meet again
    (BSYNC), the instruction that opened the meeting says (BSSY)."""
    for index, each in enumerate(instructions):
        operation, following = each.operation, {index + 1}
        target = TARGET.search(operation)
        if m := re.match(r"BSSY\S* (B\d+)", operation):
            each.opens = m.group(1), labels[target.group(1)]
        elif m := re.match(r"BSYNC\S* (B\d+)", operation):
            each.meets = m.group(1)
        elif target:
            following.add(labels[target.group(1)])
            if re.match(r"(BRA|JMP) `", operation) and not each.guard:
                following.remove(index + 1)
        elif re.match(r"(EXIT|RET)\b", operation) and not each.guard:
            following = set()
        elif re.match(r"(BRX|JMX|BRXU|BREAK|BMOV)\b", operation):
            raise ValueError(f"{each.address} {each.text}: cannot follow this")
        each.successors = sorted(n for n in following if n < len(instructions))


@dataclass(frozen=True)
class State:
    """What may be, where an instruction is reached."""

    loads: frozenset = frozenset()  # under way: their indices
    meetings: frozenset = frozenset()  # open: name, where they end

    def join(self, other):
        return State(self.loads | other.loads, self.meetings | other.meetings)


def under_way(instructions, loads, each):
    """Of the loads, those that `each` does not wait for."""
    return frozenset(n for n in loads if instructions[n].scoreboard not in each.waits)


def step(instructions, index, state):
    """The state behind an instruction, and what comes then."""
    each = instructions[index]
    loads = under_way(instructions, state.loads, each)
    if LOADS.match(each.operation) and each.scoreboard != NO_SCOREBOARD:
        loads |= {index}
    meetings, successors = state.meetings, each.successors
    if each.opens:
        meetings = {m for m in meetings if m[0] != each.opens[0]} | {each.opens}
    if each.meets:
        ends = [end for name, end in meetings if name == each.meets]
        successors = ends + (successors if each.guard or not ends else [])
    return State(loads, frozenset(meetings)), successors


def early_releases(name, instructions):
    """Where a load may be under way on some path."""
    before = {}  # states, by instruction
    work = [(0, State())]
    while work:
        index, arriving = work.pop()
        known = before.get(index)
        state = known.join(arriving) if known else arriving
        if state == known:
            continue
        before[index] = state
        behind, successors = step(instructions, index, state)
        work += [(successor, behind) for successor in successors]
    found = []
    for index, state in sorted(before.items()):
        each = instructions[index]
        loads = under_way(instructions, state.loads, each)
        if loads and RELEASE.match(each.operation):
            found.append(EarlyRelease(name, each, [instructions[n] for n in sorted(loads)]))
    return found


def count_releases(instructions):
    return sum(bool(RELEASE.match(each.operation)) for each in instructions)


def disassemble(nvdisasm, cubin):
    done = subprocess.run([nvdisasm, "-c", "-hex", cubin], capture_output=True, text=True, check=True)
    return parse(done.stdout)


def check(nvdisasm, cubin):
    """Early releases, and how many releases there are."""
    found, releases = [], 0
    for name, instructions in disassemble(nvdisasm, cubin).items():
        found += early_releases(name, instructions)
        releases += count_releases(instructions)
    return found, releases


if __name__ == "__main__":
    bad = False
    for file in sys.argv[2:]:
        early, all_releases = check(sys.argv[1], file)
        bad |= bool(early) or not all_releases
        print(*early, f"{file}: {len(early)} of {all_releases} releases are early", sep="\n")
    sys.exit(bad)
