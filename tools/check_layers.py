#!/usr/bin/env python3
"""check_layers: includes go down only, and each kind of call has one home.

Also holds that what runs in production has no case for the local cloud."""

import re
import sys

import c_source

# layer -> the layers that it may include
MAY_INCLUDE = {
    "base": {"base"},
    "domain": {"domain", "base"},
    "store": {"store", "domain", "base"},
    "provider": {"provider", "domain", "base"},
    "api": {"api", "store", "domain", "base"},
    "orchestrator": {"orchestrator", "store", "provider", "domain", "base"},
    "worker": {"worker", "base"},
    "mockcloud": {"mockcloud", "base"},
    "cli": {"cli", "domain", "base"},
}

# what -> (pattern, the paths where it may stand)
HOMES = {
    "memory": (r"(?<![\w.>])(?:malloc|calloc|realloc|free|strdup|strndup|asprintf|vasprintf)\s*\(",
               r"src/base/mem\.c"),
    "clock": (r"(?<![\w.>])(?:time|gettimeofday|clock_gettime|ftime)\s*\(", r"src/base/clock\.c"),
    "sleep": (r"(?<![\w.>])(?:sleep|usleep|nanosleep|clock_nanosleep|clock_pause_ms)\s*\(",
              r"src/base/clock\.[ch]|src/(?:store|worker|cli|orchestrator|api|mockcloud)/.*"),
    "chance": (r"(?<![\w.>])(?:rand|random|srand|srandom|drand48)\s*\(", r"(?!)"),
    "a shell": (r"(?<![\w.>])(?:system|popen)\s*\(", r"(?!)"),
    "unbounded text": (r"(?<![\w.>])(?:strcpy|strcat|sprintf|vsprintf|gets)\s*\(", r"(?!)"),
    "PostgreSQL": (r"\bPQ[a-z]\w*\s*\(", r"src/store/.*|tests/.*"),
    "Redis": (r"\bredis[A-Z]\w*\s*\(", r"src/store/.*|tests/.*"),
    "curl": (r"\bcurl_\w+\s*\(", r"src/base/http_\w+\.[ch]"),
    "microhttpd": (r"\bMHD_\w+\s*\(", r"src/base/http_\w+\.[ch]"),
    "fork": (r"(?<![\w.>])(?:fork|vfork|posix_spawnp?)\s*\(", r"src/base/child\.c|tests/.*"),
}
SQL = re.compile(r"\"\s*(?:SELECT\s|INSERT INTO|UPDATE\s+\w+\s+SET|DELETE FROM|CREATE TABLE)")
LOCAL_CLOUD_FREE = ("src/provider", "src/worker", "src/orchestrator", "deploy/installer")


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def include_problems(path):
    layer = path.split("/")[1]
    if layer not in MAY_INCLUDE:
        return [f"{path}: layer '{layer}' is not in the order of layers"] if "/" in path[4:] else []
    return [f"{path}: {layer} includes {found[1]}/{found[2]}, which is not below it"
            for found in re.finditer(r'^\s*#\s*include\s+"(\w+)/([^"]+)"', c_source.read(path), re.M)
            if found[1] not in MAY_INCLUDE[layer]]


def call_problems(path):
    text = c_source.code(path)
    for what, (pattern, home) in HOMES.items():
        if re.fullmatch(home, path):
            continue
        for found in re.finditer(pattern, text):
            yield f"{path}:{line_of(text, found.start())}: {found[0]}...) is at home elsewhere ({what})"


def sql_problems(path):
    text = c_source.read(path)
    return [f"{path}:{line_of(text, found.start())}: SQL belongs in sql/"
            for found in SQL.finditer(text)]


def local_cloud_problems():
    return [f"{path}:{number}: names the local cloud"
            for folder in LOCAL_CLOUD_FREE for path in c_source.files("", under=folder)
            for number, line in enumerate(c_source.read(path).split("\n"), 1)
            if "mock" in line.lower()]


def main():
    problems = local_cloud_problems()
    for path in c_source.files(".c", ".h", under="src"):
        problems += include_problems(path)
        problems += call_problems(path)
        problems += sql_problems(path)
    for path in c_source.files(".c", ".h", under="tests"):
        problems += [problem for problem in call_problems(path) if "(sleep)" in problem]
    return c_source.report(problems)


if __name__ == "__main__":
    sys.exit(main())
