# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whether an excerpt on a page is what a command prints.

An excerpt has whole lines of the output, one after another. `...` on a line of its
own stands for lines left out, elsewhere for a part of one line. White space does
not count, and a long line may be broken. Values may have names of their own: %keys
is one value of the output wherever it stands, also in other excerpts of the same
output. Constants such as %c64_i32 stand for themselves."""

import re

PIECE = re.compile(r"(?P<dots>\.\.\.)|(?P<name>%[\w-]+)|(?P<end>\s*\n\s*)|(?P<space>\s+)|.")
CONSTANT = re.compile(r"%c-?\d")


class Output:
    """What a command printed, and which of its values names are known to be."""

    def __init__(self, text):
        self.text = text
        self.values = {}

    def why_not(self, excerpt):
        """What is not there, or None."""
        position = 0
        for part in re.split(r"^\s*\.\.\.\s*$", excerpt, flags=re.M):
            lines = part.strip("\n").splitlines()
            if not lines:
                continue
            found = self._find(lines, position)
            if not found:
                return self._complaint(lines, position)
            position = found.end()
        return None

    def _find(self, lines, position):
        """Where the lines stand from there on; learns the names in them."""
        names = {}
        pattern = self._pattern("\n".join(lines), names)
        found = re.compile(rf"^[ \t]*{pattern}[ \t]*$", re.M).search(self.text, position)
        if found:
            self.values |= {name: found[group] for name, group in names.items()}
        return found

    def _pattern(self, text, names):
        pattern = ""
        for piece in PIECE.finditer(text.strip()):
            if piece["dots"]:
                pattern += r"[^\n]*?"
            elif piece["end"]:
                pattern += r"\s+"
            elif piece["space"]:
                pattern += r"[ \t]+"
            elif piece["name"] and not CONSTANT.match(piece[0]):
                pattern += self._value(piece[0], names)
            else:
                pattern += re.escape(piece[0]) + (r"(?![\w-])" if piece["name"] else "")
        return pattern

    def _value(self, name, names):
        if name in self.values:
            return re.escape(self.values[name]) + r"(?![\w-])"
        if name in names:
            return rf"(?P={names[name]})(?![\w-])"
        names[name] = f"value{len(names)}"
        return rf"(?P<{names[name]}>%[\w-]+)"

    def _complaint(self, lines, position):
        known = dict(self.values)
        for count in range(len(lines) - 1, 0, -1):
            found = self._find(lines[:count], position)
            self.values = dict(known)
            if found:
                after = self.text[found.end() :].lstrip("\n").partition("\n")[0]
                return f"after {lines[count - 1]!r} comes {after!r}, not {lines[count]!r}"
        return f"not there, or not where it should be: {lines[0]!r}"
