#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Extracts the examples of definition files and pages, and runs each.

In a `.td` file every op, attribute and type must have an example: a block fenced
with ```mlir, or `Example: ` and an attribute or type in backquotes, or a line
`Example: see `dialect.op`.` that names an op with an example. In a `.md` file
every block fenced with ```mlir is one. Each is written to a file of its own and
handed to the command; what it does not accept is an error here. Of a folder, all
such files are read, except under `reference`, which repeats the `.td` files.
"""

import argparse
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^([ \t]*)```mlir\n(.*?)^\1```$", re.M | re.S)
INLINE = re.compile(r"Example:\s+`([#!][^`]*)`")
SEE = re.compile(r"Example: see `([\w.]+)`")
RECORD = re.compile(
    r"^def (?P<record>\w+)\s*:\s*"
    r"(?P<kind>\w+_\w*Op|\w+_Attr|\w+_Type|EnumAttr|AttrDef|TypeDef)<(?P<rest>[^>]*)",
    re.M,
)
NEXT_RECORD = re.compile(r"^(?:def|class|#endif)\b", re.M)


@dataclass
class Example:
    path: Path
    line: int
    name: str
    text: str


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def dedent(block, indent):
    lines = block.splitlines()
    return "\n".join(line.removeprefix(indent) for line in lines) + "\n"


def complete(example):
    """A lone attribute or type, set into a module."""
    if example.startswith("!"):
        return f"func.func private @example({example})\n"
    return f"func.func private @example() attributes {{example = {example}}}\n"


def find_examples(path, text, name, start=0):
    for match in FENCE.finditer(text):
        line = line_of(text, match.start()) + start
        yield Example(path, line, name, dedent(match[2], match[1]))
    for match in INLINE.finditer(text):
        line = line_of(text, match.start()) + start
        yield Example(path, line, name, complete(match[1]))


def read_definitions(path, problems):
    """Yields the examples of a `.td` file; notes each record without one."""
    text = path.read_text()
    records = list(RECORD.finditer(text))
    for match in records:
        end = NEXT_RECORD.search(text, match.end())
        body = text[match.start() : end.start() if end else len(text)]
        mnemonic = re.match(r'\s*"([\w.]+)"', match["rest"])
        is_op = match["kind"].endswith("Op") and mnemonic
        dialect = match["kind"].partition("_")[0].lower()
        name = f"{dialect}.{mnemonic[1]}" if is_op else match["record"]
        first_line = line_of(text, match.start())
        found = list(find_examples(path, body, name, first_line - 1))
        see = SEE.search(body)
        if not found and not see:
            problems.append(
                f"{path}:{first_line}: {name} has no example: fence one with ```mlir, "
                "or write 'Example: see `op`.'"
            )
        if see:
            yield Example(path, first_line, name, see[1]), True
        for example in found:
            yield example, False


def expand_folders(paths):
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for file in sorted(path.rglob("*")):
            inside = file.relative_to(path).parts
            if file.suffix in (".td", ".md") and "reference" not in inside:
                yield file


def collect(paths, problems):
    examples, references = [], []
    for path in paths:
        if path.suffix == ".td":
            for example, is_reference in read_definitions(path, problems):
                (references if is_reference else examples).append(example)
        else:
            examples += find_examples(path, path.read_text(), path.stem)
    known = {example.name for example in examples}
    for reference in references:
        if reference.text not in known:
            problems.append(
                f"{reference.path}:{reference.line}: {reference.name} refers to "
                f"{reference.text}, which has no example"
            )
    return examples


def run(example, file, command):
    """None, or what the command says about the example."""
    done = subprocess.run(
        [*command, str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    if done.returncode == 0:
        return None
    place = f"{example.path}:{example.line}: the example of {example.name}"
    return f"{place} fails, exit {done.returncode}:\n{done.stderr}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True, help="folder for the examples")
    parser.add_argument("--run", required=True, help="command that must accept each example")
    parser.add_argument("paths", type=Path, nargs="+", help=".td and .md files, or folders")
    arguments = parser.parse_args()

    problems = []
    examples = collect(expand_folders(arguments.paths), problems)
    if not examples:
        problems.append("no example found: are these the right files?")
    arguments.output.mkdir(parents=True, exist_ok=True)
    for number, example in enumerate(examples):
        file = arguments.output / f"{number:02}-{example.name}.mlir"
        file.write_text(example.text)
        problem = run(example, file, shlex.split(arguments.run))
        if problem:
            problems.append(problem)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(examples)} examples, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
