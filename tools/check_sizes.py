#!/usr/bin/env python3
"""check_sizes: no file over 500 lines, tests too; functions short over the whole tree: median at most
12 lines, 90th percentile at most 45.  There is no list of exceptions."""

import math
import statistics
import sys

import c_source

FILE_LINES = 500
MEDIAN_LINES = 12
P90_LINES = 45
ENDINGS = (".c", ".h", ".def", ".py", ".sh", ".sql", ".js", ".mjs", ".ts", ".tsx", ".css", "meson.build")
SCRIPTS = ("dev", ".ci/run")


def measured_files():
    return [path for path in c_source.files("") if path.endswith(ENDINGS) or path in SCRIPTS]


def percentile(ordered, share):
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def function_problems():
    found = sorted((function for path in c_source.files(".c", ".h") if path.startswith(("src/", "tests/", "tools/"))
                    for function in c_source.functions(path)), key=lambda f: f.length)
    if not found:
        return ["no function found"]
    lengths = [function.length for function in found]
    median, p90 = statistics.median(lengths), percentile(lengths, 0.9)
    print(f"{len(found)} functions: median {median:g} lines, 90th percentile {p90}; the longest:")
    for function in reversed(found[-5:]):
        print(f"    {function.length:>4}  {function}")
    problems = []
    if median > MEDIAN_LINES:
        problems.append(f"the median function has {median:g} lines, more than {MEDIAN_LINES}")
    if p90 > P90_LINES:
        problems.append(f"a tenth of the functions is longer than {p90} lines; the limit is {P90_LINES}")
    return problems


def main():
    counts = {path: len(c_source.read(path).splitlines()) for path in measured_files()}
    longest = sorted(counts, key=counts.get, reverse=True)[:5]
    print(f"{len(counts)} files; the longest:")
    for path in longest:
        print(f"    {counts[path]:>4}  {path}")
    problems = [f"{path}: {lines} lines, more than {FILE_LINES}"
                for path, lines in counts.items() if lines > FILE_LINES]
    return c_source.report(problems + function_problems())


if __name__ == "__main__":
    sys.exit(main())
