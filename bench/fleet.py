"""fleet: a stack with a hundred thousand workers on record, made once and used by several figures."""

import os
import subprocess
import tempfile

import machine
import stack

HERE = os.path.dirname(os.path.abspath(__file__))
WORKERS = 100000
CHUNK = 10000
# What a fleet is measured with is what it runs with: no shortened pauses.
SETTINGS = {"LOG_LEVEL": "warn"}


class PlainStack(stack.Stack):
    """Without the short times of the tests."""

    def __init__(self, **settings):
        super().__init__()
        self.settings = {**SETTINGS, **settings}


def sql_text():
    with open(os.path.join(HERE, "fleet.sql"), encoding="utf-8") as file:
        return file.read()


class Fleet:
    """Use as a context; .stack and .tokens exist once there is a fleet."""

    def __init__(self):
        self.stack = None
        self.tokens = None
        self.idle_mib = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.stack:
            self.stack.__exit__(None)
        if self.tokens:
            os.unlink(self.tokens)

    def start(self):
        """Starts it, unless it runs."""
        if self.stack:
            return
        self.stack = PlainStack()
        self.stack.__enter__()
        self.idle_mib = memory_of(self.stack)
        self.stack.stop("orchestrator", "mockcloud")
        self._make()

    def _make(self):
        database = self.stack.database
        database.rows(sql_text())
        for _ in range(WORKERS // CHUNK):
            database.rows(f"SELECT bench_instances({CHUNK}, 'ready', fleet_now() + interval '1 hour')")
        lines = [row[0] for row in database.rows("SELECT bench_tokens()")]
        with tempfile.NamedTemporaryFile("w", delete=False, prefix="inventiv-bench-") as file:
            file.write("\n".join(lines) + "\n")
            self.tokens = file.name
        database.rows("VACUUM ANALYZE")


def memory_of(park):
    """MiB of each process of a stack."""
    return {part: machine.resident_mib(park.pid(part)) for part in ("api", "orchestrator", "mockcloud")}


def program(name):
    return os.path.join(stack.BUILD_DIR, "bench", name)


def output(command, environment=None, limit=900):
    """What a measuring program prints, its lines."""
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=limit, check=False)
    if ended.returncode != 0:
        raise RuntimeError(f"{os.path.basename(command[0])} ended with {ended.returncode}: {ended.stderr[-2000:]}")
    return ended.stdout.splitlines()
