"""checks: the whole framework of the end-to-end tests.  A test's name is a sentence that holds when
it passes.

    with checks.Run() as run:
        run.check("one and one are two", 1 + 1 == 2)
        run.after_each(stack.expect_invariants)
        run.test("a machine is given back", test_given_back, stack)
    # prints `ok NAME` or `FAIL NAME`, then `N passed, N failed`, and exits accordingly
"""

import os
import signal
import sys
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib"))
from expect import until  # noqa: E402


class Failure(AssertionError):
    """What a test raises: what was seen instead of what should be."""


def expect(condition, message):
    if not condition:
        raise Failure(message)


def equal(seen, wanted, what):
    expect(seen == wanted, f"{what} is {seen!r}, not {wanted!r}")


def wait_until(what, condition, seconds):
    """The condition's first true value, waited for."""
    return until(condition, what, seconds)


class Run:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self._after = []
        # So that a test that is stopped from outside stops the stack that it started.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None and not issubclass(kind, (Failure, Exception)):
            return False
        if error is not None:
            self._count("the test program runs to its end", error)
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)

    def after_each(self, function):
        """Belongs to every later test: one that passes and leaves something wrong has failed.
        None: no more."""
        self._after = [function] if function else []

    def check(self, sentence, condition, message="does not hold"):
        self._count(sentence, None if condition else Failure(message))
        return bool(condition)

    def test(self, sentence, function, *arguments):
        """Counts function(*arguments) as passed unless it raises; returns what it returns."""
        started = time.monotonic()
        try:
            result = function(*arguments)
            for after in self._after:
                after()
        except Exception as error:  # a test may fail in any way; the next one still runs
            self._count(sentence, error)
            return None
        self._count(f"{sentence} ({time.monotonic() - started:.1f} s)", None)
        return result

    def _count(self, sentence, error):
        if error is None:
            self.passed += 1
            print(f"ok   {sentence}", flush=True)
            return
        self.failed += 1
        print(f"FAIL {sentence}", flush=True)
        if isinstance(error, Failure):
            print(f"    {error}", flush=True)
        else:
            traceback.print_exception(error, file=sys.stdout)
