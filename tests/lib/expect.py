"""What the Python tests of every folder share: expectations, waiting for a condition, processes and
ports, and the closing line that ./dev test reads."""
import socket
import threading
import time
import traceback

LIMIT = 20.0  # longest that a test waits for something


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def equal(got, wanted, what=''):
    if got != wanted:
        raise AssertionError(f'{what}: got {got!r}, wanted {wanted!r}')


def until(condition, what, limit=LIMIT):
    """The condition's first true value; fails when there is none in time."""
    deadline = time.monotonic() + limit
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f'not within {limit} s: {what}')
        pause.wait(0.02)


def free_port(address='127.0.0.1'):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def alive(pid):
    """It runs; a zombie does not."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8', errors='replace') as stat:
            return stat.read().rsplit(')', 1)[1].split()[0] not in 'ZX'
    except OSError:
        return False


class Tally:
    """Counts tests, prints a line for each, and the closing line."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def run(self, sentence, test, *arguments):
        try:
            test(*arguments)
        except Exception:  # pylint: disable=broad-except  # whatever it is, it is this test's
            self.failed += 1
            print(f'FAIL {sentence}\n{traceback.format_exc()}', flush=True)
        else:
            self.passed += 1
            print(f'ok   {sentence}', flush=True)

    def close(self):
        """The program's exit status."""
        print(f'{self.passed} passed, {self.failed} failed', flush=True)
        return 1 if self.failed else 0
