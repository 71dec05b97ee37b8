#!/usr/bin/env python3
"""check_limits: every duration and limit is a row of src/base/settings.def, so none stands as a bare
number elsewhere.  Units are converted in base alone."""

import re
import sys

import c_source

PATTERNS = {
    "a duration as a number": r"\b\w*(?:_ms|_seconds|_timeout|_MS|_SECONDS|_TIMEOUT)\s*(?:=|==|<|>|<=|>=)\s*[1-9]\d*\b(?!\s*\*)",
    "a duration as a product": r"\b\d+\s*\*\s*(?:60|1000|3600|86400)\b",
    "an interval of SQL text": r"\binterval\s+'\d",
}
NOT_BASE = re.compile(r"src/(?!base/).*")


def main():
    problems = []
    for path in c_source.files(".c", ".h", under="src"):
        if not NOT_BASE.fullmatch(path):
            continue
        text = c_source.code(path)
        for what, pattern in PATTERNS.items():
            for found in re.finditer(pattern, text):
                line = text.count("\n", 0, found.start()) + 1
                problems.append(f"{path}:{line}: {what}: {found[0].strip()}")
    return c_source.report(problems)


if __name__ == "__main__":
    sys.exit(main())
