#!/usr/bin/env python3
"""check_tidy BUILD_DIR: clang-tidy over src/, two files at a time.  A file that was clean is looked at
again only when it, a header of ours that it includes, or the rules have changed."""

import concurrent.futures
import hashlib
import json
import os
import subprocess
import sys

import c_source

AT_ONCE = 2


def read_dependencies(build_dir):
    """Source -> the files of the tree that it includes, as ninja recorded them."""
    listing = subprocess.run(["ninja", "-C", build_dir, "-t", "deps"], check=True,
                             capture_output=True, text=True).stdout
    found = {}
    for block in listing.split("\n\n"):
        paths = [os.path.realpath(os.path.join(build_dir, line.strip()))
                 for line in block.split("\n")[1:] if line.startswith("    ")]
        ours = sorted(path for path in paths if path.startswith(c_source.ROOT + os.sep))
        for path in paths[:1]:
            found[path] = ours
    return found


def fingerprint(paths):
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            digest.update(path.encode() + b"\0" + file.read())
    return digest.hexdigest()


def tidy(build_dir, source):
    ended = subprocess.run(["clang-tidy", "--quiet", "-p", build_dir, source], check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return ended.returncode, ended.stdout


def main():
    build_dir = os.path.realpath(sys.argv[1])
    cache = os.path.join(build_dir, "tidy-cache")
    os.makedirs(cache, exist_ok=True)
    rules = os.path.join(c_source.ROOT, ".clang-tidy")
    dependencies = read_dependencies(build_dir)
    with open(os.path.join(build_dir, "compile_commands.json"), encoding="utf-8") as file:
        compiled = {os.path.realpath(os.path.join(entry["directory"], entry["file"])) for entry in json.load(file)}
    marks = {}
    for source in sorted(compiled):
        if source.startswith(os.path.join(c_source.ROOT, "src") + os.sep):
            mark = os.path.join(cache, fingerprint([rules, source] + dependencies.get(source, [])))
            if not os.path.exists(mark):
                marks[source] = mark
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for source, (status, text) in zip(marks, pool.map(lambda s: tidy(build_dir, s), marks)):
            if status == 0:
                open(marks[source], "w", encoding="utf-8").close()
            else:
                failed += 1
                print(text)
    print(f"{len(marks)} files looked at, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
