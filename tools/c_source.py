"""c_source: what the checks know of the tree: its files, C text without comments and strings, and the
functions, which the format puts where a line-based look finds them (name at the start of a line,
braces alone at the start of theirs)."""

import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOKENS = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)
FUNCTION = re.compile(r"^(?:[A-Za-z_][\w\s*]*[\s*])?([A-Za-z_]\w*)\(")


class Function:
    def __init__(self, name, path, line, length):
        self.name = name
        self.path = path
        self.line = line
        self.length = length

    def __str__(self):
        return f"{self.path}:{self.line} {self.name}"


def files(*endings, under=""):
    """Tracked and new files, relative to the root, sorted."""
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z", "--", under or "."],
                             cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(path for path in set(listing.split("\0"))
                  if path.endswith(tuple(endings)) and os.path.isfile(os.path.join(ROOT, path)))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def _blank(match):
    text = match[0]
    if text[0] == "/":
        return re.sub(r"[^\n]", " ", text)
    return text[0] + " " * (len(text) - 2) + text[-1]


def code(path):
    """The text with comments and the insides of strings as blanks; lines keep their numbers."""
    return TOKENS.sub(_blank, read(path))


def functions(path):
    lines = code(path).split("\n")
    opened = None
    for number, line in enumerate(lines):
        found = FUNCTION.match(line)
        if found:
            name, name_line = found[1], number
        elif line.rstrip() == "{" and number > 0 and lines[number - 1].rstrip().endswith(")"):
            opened = number
        elif line.startswith("}") and opened is not None:
            yield Function(name, path, name_line + 1, number - opened - 1)
            opened = None


def report(problems):
    for problem in problems:
        print(problem)
    return 1 if problems else 0
