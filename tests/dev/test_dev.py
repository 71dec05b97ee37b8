#!/usr/bin/env python3
"""./dev itself: what it refuses, what it records, and what its checks find."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", "e2e", "lib"), os.path.join(ROOT, "tools")]

import c_source
import check_layers
import check_limits
import check_names
import check_sizes
import checks
from checks import equal, expect
from stack import still_runs


def dev(run_dir, *arguments, **settings):
    environment = {**os.environ, "RUN_DIR": run_dir, "DEV_BUILD": "no", "DEV_POSTGRES_FSYNC": "off", **settings}
    return subprocess.run([os.path.join(ROOT, "dev"), *arguments], env=environment, timeout=120,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def pid_of(run_dir, part):
    with open(os.path.join(run_dir, "pids", part), encoding="ascii") as record:
        return int(record.read().split()[0])


def refuses_what_it_does_not_know(run_dir):
    for arguments in (["console"], ["up", "--observe"], ["down", "--now"],
                      ["status", "api"], ["no-such-thing"]):
        ended = dev(run_dir, *arguments)
        equal(ended.returncode, 2, f"the exit status of ./dev {' '.join(arguments)}")
        expect("Usage" in ended.stderr, "the usage is shown")
    expect(not os.listdir(run_dir), "a refused command leaves nothing behind")


def soak_refuses_what_it_does_not_know(run_dir):
    ended = dev(run_dir, "soak", "--hours", "1")
    equal(ended.returncode, 2, "the exit status of ./dev soak --hours 1")
    expect("--minutes" in ended.stderr, "the usage is shown")


def choose(run_dir):
    script = os.path.join(ROOT, "tools", "dev", "choose_ports.py")
    ended = subprocess.run([sys.executable, script, run_dir], capture_output=True, text=True, check=True)
    with open(os.path.join(run_dir, "ports"), "w", encoding="ascii") as file:
        file.write(ended.stdout)
    return dict(line.split("=") for line in ended.stdout.split())


def two_stacks_share_nothing(one, other):
    first, second = choose(one), choose(other)
    shared = {name for name in first if first[name] == second[name]}
    equal(shared, set(), "what both have")
    expect(first["NETWORK"].startswith("127."), "machines get loopback addresses")
    again = choose(one)
    equal(again["NETWORK"], first["NETWORK"], "the network chosen the second time")
    equal(again["API_PORT"], first["API_PORT"], "the port chosen the second time")


def servers_start_and_stop(run_dir):
    equal(dev(run_dir, "start", "postgres", "redis").returncode, 0, "the exit status of start")
    equal(os.stat(os.path.join(run_dir, "secrets")).st_mode & 0o777, 0o600, "the mode of the secrets")
    pids = [pid_of(run_dir, "postgres"), pid_of(run_dir, "redis")]
    equal(dev(run_dir, "status").returncode, 1, "the status while the programs do not run")
    equal(dev(run_dir, "down").returncode, 0, "the exit status of down")
    expect(not any(still_runs(pid) for pid in pids), "nothing runs any more")
    equal(os.listdir(os.path.join(run_dir, "pids")), [], "the records")


def a_killed_database_starts_again(run_dir):
    dev(run_dir, "start", "postgres")
    os.kill(pid_of(run_dir, "postgres"), signal.SIGKILL)
    equal(dev(run_dir, "start", "postgres").returncode, 0, "the exit status of start")


def another_process_is_left_alone(run_dir):
    """A recorded id that somebody else has by now: the start time tells."""
    with subprocess.Popen(["tail", "-f", "/dev/null"]) as stranger:
        with open(os.path.join(run_dir, "pids", "api"), "w", encoding="ascii") as record:
            record.write(f"{stranger.pid} 1 1\n")
        dev(run_dir, "down")
        expect(stranger.poll() is None, "the stranger still runs")
        stranger.kill()


def secrets_are_kept(run_dir):
    with open(os.path.join(run_dir, "secrets"), encoding="ascii") as file:
        before = file.read()
    dev(run_dir, "start", "redis")
    with open(os.path.join(run_dir, "secrets"), encoding="ascii") as file:
        equal(file.read(), before, "the secrets after a second start")


class MadeUpTree:
    """Sources that the checks look at in place of the tree's."""

    def __init__(self, texts):
        self._texts = texts
        self._kept = c_source.files, c_source.read

    def __enter__(self):
        c_source.files = lambda *endings, under="": sorted(
            path for path in self._texts if path.endswith(endings) and path.startswith(under))
        c_source.read = self._texts.__getitem__

    def __exit__(self, *_):
        c_source.files, c_source.read = self._kept


def found(check, path, text):
    out = tempfile.TemporaryFile("w+")
    kept, sys.stdout = sys.stdout, out
    try:
        with MadeUpTree({path: text}):
            return check.main() != 0
    finally:
        sys.stdout = kept
        out.close()


SMALL = "static int\nstate_count(void)\n{\n    return 1;\n}\n"
LONG = "int\nstate_count(void)\n{\n" + "    state++;\n" * 46 + "}\n"
FINDINGS = [
    ("an include upwards", check_layers, "src/base/state.c", '#include "domain/state.h"\n'),
    ("an include of a sibling", check_layers, "src/worker/state.c", '#include "store/db.h"\n'),
    ("memory taken elsewhere", check_layers, "src/domain/state.c", "x = malloc(1);\n"),
    ("a clock read elsewhere", check_layers, "src/domain/state.c", "x = time(NULL);\n"),
    ("a sleeping test", check_layers, "tests/unit/state.c", "usleep(1);\n"),
    ("a database call in a program", check_layers, "src/api/state.c", "PQexec(c, q);\n"),
    ("SQL in C", check_layers, "src/store/state.c", 'run("SELECT 1");\n'),
    ("a case for the local cloud", check_layers, "src/worker/state.c", "/* mock */\n"),
    ("a long file", check_sizes, "src/base/state.c", SMALL + "\n" * 500),
    ("a long function", check_sizes, "src/base/state.c", LONG),
    ("a name used twice", check_names, "src/base/state.c", SMALL + SMALL),
    ("a name of no module", check_names, "src/base/other.c", SMALL),
    ("a vague file name", check_names, "src/base/state_util.c", SMALL),
    ("a duration in code", check_limits, "src/store/state.c", "int wait_ms = 500;\n"),
    ("a product of seconds", check_limits, "src/store/state.c", "int x = 60 * 1000;\n"),
]


def clean_sources_pass():
    for check in (check_layers, check_sizes, check_names, check_limits):
        expect(not found(check, "src/base/state.c", SMALL), f"{check.__name__} finds nothing")


def main():
    folders = [tempfile.mkdtemp(prefix="inventiv-dev-") for _ in range(3)]
    with checks.Run() as run:
        try:
            run.test("what a later version will do is unknown now", refuses_what_it_does_not_know, folders[0])
            run.test("soak names its options, and refuses others", soak_refuses_what_it_does_not_know, folders[0])
            run.test("two stacks share no port and no network", two_stacks_share_nothing, *folders[1:])
            run.test("servers start, and stop without a trace", servers_start_and_stop, folders[0])
            run.test("a killed database starts again", a_killed_database_starts_again, folders[0])
            run.test("secrets are made once", secrets_are_kept, folders[0])
            run.test("a recorded id that another process got is left alone", another_process_is_left_alone,
                     folders[0])
            run.test("the checks find nothing in clean sources", clean_sources_pass)
            for what, check, path, text in FINDINGS:
                run.check(f"the checks find {what}", found(check, path, text))
        finally:
            for folder in folders:
                dev(folder, "discard")
                shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
