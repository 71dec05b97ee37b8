"""The groups of tests: found, not listed.  C programs come from meson's own list, Python programs
are tests/GROUP/test_*.py.  Within a group, C programs run two at a time, Python programs one by one,
except in the groups whose programs each have a stack of their own."""

import concurrent.futures
import glob
import json
import os
import subprocess
import sys
import time

import test_program
from test_build import BUILD_DIR, ROOT, build_dir

ORDER = ["e2e", "unit", "store", "race", "provider", "api", "worker", "mockcloud", "cli"]
LAST = ["address", "thread"]
# What takes long by itself runs once, as it is built to run.
UNSANITIZED = {"race_hours"}
# Groups of the same C programs, built under a sanitizer.
SANITIZED = {"address": ["unit", "store", "race", "provider", "api"], "thread": ["unit", "race"]}
BUDGET_SECONDS = {"unit": 20, "store": 30, "race": 30, "e2e": 120}
AT_ONCE = 2
# Programs with stacks of their own, which wait more than they work.
STACKS_AT_ONCE = {"e2e": 3}
# Those that take longest begin first, so that nobody waits for one of them alone at the end.
LONGEST = ["test_kills", "test_chaos", "test_kills_and_end", "test_kills_of_sweep", "test_many"]
PYTHON_SECONDS = 300
PYTHON_SECONDS_CI = 1500


class Group:
    def __init__(self, name, variant=""):
        self.name = name
        self.variant = variant
        self.parallel = []
        self.serial = []

    @property
    def needs_database(self):
        return self.name not in ("unit", "check")

    @property
    def programs(self):
        return self.parallel + self.serial

    def run(self, environment, deadline):
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(STACKS_AT_ONCE.get(self.name, AT_ONCE)) as pool:
            results = list(pool.map(lambda p: p.run(environment, deadline), self.parallel))
        results += [program.run(environment, deadline) for program in self.serial]
        budget = BUDGET_SECONDS.get(self.name)
        return self.name, results, time.monotonic() - started, budget


def _meson_tests(variant=""):
    directory = build_dir(variant)
    listing = subprocess.run(["meson", "introspect", "--tests", directory], check=True,
                             capture_output=True, text=True, cwd=ROOT).stdout
    for test in json.loads(listing):
        suite = test["suite"][0].split(":")[-1]
        yield suite, test


def _c_program(test, variant):
    def at_home(text):
        return text.replace(BUILD_DIR + "/", build_dir(variant) + "/")

    environment = {name: at_home(value) for name, value in test["env"].items()}
    environment.update(test_program.SANITIZER_ENVIRONMENT.get(variant, {}))
    prefix = test_program.SANITIZER_PREFIX.get(variant, [])
    command = prefix + [at_home(part) for part in test["cmd"]]
    timeout = (test["timeout"] or 60) * (4 if variant else 2)
    return test_program.Program(test["name"], command, environment, timeout,
                                test["workdir"] or build_dir(variant))


def _python_program(path):
    name = os.path.splitext(os.path.basename(path))[0]
    limit = PYTHON_SECONDS_CI if os.environ.get("CI") == "true" else PYTHON_SECONDS
    return test_program.Program(name, [sys.executable, path], {}, limit, ROOT)


def _python_programs(tests):
    """Of those that no meson.build names: (group, path)."""
    named = {os.path.realpath(os.path.join(BUILD_DIR, part)) for _, test in tests for part in test["cmd"]}
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "*", "test_*.py"))):
        if path not in named:
            yield os.path.basename(os.path.dirname(path)), path


def _rank(name):
    if name in ORDER:
        return 0, ORDER.index(name), name
    return (2, LAST.index(name), name) if name in LAST else (1, 0, name)


def _add(groups, name, variant, test):
    group = groups.setdefault(name, Group(name, variant))
    kind = group.parallel if test.get("is_parallel", True) else group.serial
    kind.append(_c_program(test, variant))


def discover():
    groups = {}
    tests = list(_meson_tests())
    for suite, test in tests:
        _add(groups, suite, "", test)
        for variant, suites in SANITIZED.items():
            if suite in suites and test["name"] not in UNSANITIZED:
                _add(groups, variant, variant, test)
    for folder, path in _python_programs(tests):
        group = groups.setdefault(folder, Group(folder))
        kind = group.parallel if folder in STACKS_AT_ONCE else group.serial
        kind.append(_python_program(path))
    for group in groups.values():
        group.parallel.sort(key=lambda program: LONGEST.index(program.name)
                            if program.name in LONGEST else len(LONGEST))
    return {name: groups[name] for name in sorted(groups, key=_rank)}


def print_list(groups):
    for name, group in groups.items():
        print(name + ":", " ".join(program.name for program in group.programs))
