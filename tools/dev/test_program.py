"""One test program: run in its own process group with a time limit, its output kept, its closing
line read."""

import os
import re
import signal
import subprocess
import time

CLOSING_LINE = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, \d+ skipped)?$")
# What a test program ends with that lacks something which not every machine has (a newer Node).
SKIPPED = 77
SANITIZER_ENVIRONMENT = {
    "address": {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:detect_stack_use_after_return=1",
                "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"},
    "thread": {"TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1"},
}
# The thread sanitizer cannot bear address randomisation of newer kernels.
SANITIZER_PREFIX = {"thread": ["setarch", "-R"]}


class Result:
    def __init__(self, name, passed, failed, output, seconds, problem=None):
        self.name = name
        self.passed = passed
        self.failed = failed
        self.output = output
        self.seconds = seconds
        self.problem = problem


def _closing_counts(output):
    lines = [line for line in output.splitlines() if line.strip()]
    match = CLOSING_LINE.match(lines[-1].strip()) if lines else None
    return (int(match[1]), int(match[2])) if match else None


class Program:
    def __init__(self, name, command, environment, timeout, workdir):
        self.name = name
        self._command = command
        self._environment = environment
        self._timeout = timeout
        self._workdir = workdir

    def run(self, environment, deadline):
        started = time.monotonic()
        limit = min(self._timeout, deadline - started)
        if limit <= 0:
            return Result(self.name, 0, 1, "", 0, "not run: the time for all tests is over")
        output, status, ended = self._output({**environment, **self._environment}, limit)
        return self._judge(output, status, ended, time.monotonic() - started, limit)

    def _output(self, environment, limit):
        with subprocess.Popen(self._command, env=environment, cwd=self._workdir,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace",
                              start_new_session=True) as child:
            try:
                return child.communicate(timeout=limit)[0], child.returncode, True
            except subprocess.TimeoutExpired:
                self._end(child)
                return child.communicate()[0], child.returncode, False

    @staticmethod
    def _end(child):
        """SIGTERM first, so that a program can stop the servers that it started."""
        for number, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
            try:
                os.killpg(child.pid, number)
                child.wait(patience)
                return
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue

    def _judge(self, output, status, ended, seconds, limit):
        counts = _closing_counts(output)
        passed, failed = counts or (0, 0)
        problem = None
        if not ended:
            problem = f"did not end within {limit:.0f} s"
        elif counts is None:
            problem = f"printed no 'N passed, N failed' at its end (exit status {status})"
        elif status == SKIPPED and failed == 0:
            return Result(self.name, passed, 0, output, seconds)
        elif status != 0 and failed == 0:
            problem = f"says that nothing failed, and ended with status {status}"
        elif status == 0 and failed > 0:
            problem = "counts failures, and ended with status 0"
        elif passed + failed == 0:
            problem = "ran no test"
        if problem and failed == 0:
            failed = 1
        return Result(self.name, passed, failed, output, seconds, problem)
