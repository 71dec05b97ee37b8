#!/usr/bin/env python3
"""check_names: a function's name is unique in the sources and begins with its module, so that one
search finds its body; files have telling names; no path of somebody's machine is in the tree."""

import collections
import os
import re
import sys

import c_source

VAGUE = ("manager", "helper", "util", "process")
# Written in parts, so that this file does not accuse itself.
FOREIGN = re.compile("|".join((r"/wor" + r"k/", r"/roo" + r"t/\w", r"/hom" + r"e/\w+/",
                               r"registry\.npm" + r"js", r"deb\.deb" + r"ian\.org")))
TEXT = (".c", ".h", ".def", ".py", ".sh", ".sql", ".md", ".json", ".js", ".ts", ".build", ".txt", ".yml")


def duplicate_problems(found):
    places = collections.defaultdict(list)
    for function in found:
        places[function.name].append(function)
    return [f"{name} is defined more than once: " + ", ".join(f"{f.path}:{f.line}" for f in where)
            for name, where in sorted(places.items()) if len(where) > 1 and name != "main"]


TYPE = re.compile(r"^(?:typedef )?(?:struct|enum|union) (\w+) \{", re.M)


def layer_names():
    """Layer -> what a function of it may be named by: its files, its folders, the types that it
    declares."""
    names = collections.defaultdict(set)
    for path in c_source.files(".c", ".h", under="src"):
        layer = path.split("/")[1]
        stem = os.path.splitext(os.path.basename(path))[0]
        names[layer] |= {layer} | set(path.split("/")[2:-1]) | set(stem.split("_"))
        names[layer] |= {name.split("_")[0] for name in TYPE.findall(c_source.code(path))}
    return names


def prefix_problems(found):
    names = layer_names()
    return [f"{function}: begins with the name of no file, folder or type of its layer"
            for function in found
            if function.name != "main" and function.name.split("_")[0] not in names[function.path.split("/")[1]]]


def file_problems():
    return [f"{path}: '{word}' says nothing about what is in it"
            for path in c_source.files("") for word in VAGUE if word in os.path.basename(path).lower()]


def foreign_problems():
    problems = []
    for path in c_source.files(*TEXT, "dev"):
        for number, line in enumerate(c_source.read(path).split("\n"), 1):
            if FOREIGN.search(line):
                problems.append(f"{path}:{number}: a path or host of one machine")
    return problems


def main():
    found = [function for path in c_source.files(".c", ".h", under="src")
             for function in c_source.functions(path)]
    return c_source.report(duplicate_problems(found) + prefix_problems(found) + file_problems() +
                           foreign_problems())


if __name__ == "__main__":
    sys.exit(main())
