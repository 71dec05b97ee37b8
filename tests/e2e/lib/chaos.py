"""chaos: instances come and go while the provider fails at random and an orchestrator is killed every few
seconds.  All that is random is drawn from one seed."""

import contextlib
import itertools
import threading
import time
from collections import namedtuple

from checks import expect
from instances import rented_for

# What comes back from failures is not given up; all else is as quick as in other tests.
SETTINGS = {
    "PROVISION_MAX_ATTEMPTS": "50", "JOB_WATCH_DOG_PERIOD_SECONDS": "2",
    "JOB_PROVISIONING_PERIOD_SECONDS": "1", "JOB_HEALTH_CHECK_PERIOD_SECONDS": "1",
    "JOB_TERMINATOR_PERIOD_SECONDS": "1", "VOLUME_DELETE_RETRY_MAX_ATTEMPTS": "3",
}
READY_SECONDS = 240
OVER_SECONDS = 240
# A machine whose create was answered too late is found by the zone's next lists.
SWEPT_SECONDS = 60

# Shares of calls; latency in ms; kill_seconds between two kills.
Weather = namedtuple("Weather", "errors lost latency jitter list_lag kill_seconds")
Round = namedtuple("Round", "instances ready_seconds over_seconds kills faults")


class Killer:
    """Two orchestrators, killed in turns and started again."""

    PARTS = ("orchestrator", "orchestrator-2")

    def __init__(self, stack, seconds):
        self._stack = stack
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._error = None
        self.kills = 0

    def __enter__(self):
        self._stack.start(*self.PARTS)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self._stack.start(*self.PARTS)
        if self._error:
            raise self._error

    def _work(self):
        try:
            for part in itertools.cycle(self.PARTS):
                if self._over.wait(self._seconds):
                    return
                self._stack.kill(part)
                self.kills += 1
                self._stack.start(part)
        except Exception as error:  # raised again where it is seen, in __exit__
            self._error = error


def _rules(weather):
    third = weather.errors / 3
    return [
        {"name": "error_500", "probability": third},
        {"name": "error_after_work", "probability": third},
        {"name": "throttle", "probability": third, "value": 1},
        {"name": "lost_reply", "probability": weather.lost},
        {"name": "latency", "value": weather.latency, "jitter": weather.jitter},
    ] + ([{"name": "list_lag", "value": weather.list_lag}] if weather.list_lag else [])


@contextlib.contextmanager
def _faults(cloud, weather, seed):
    ids = [cloud.add_fault(seed=seed + number, **rule) for number, rule in enumerate(_rules(weather))]
    fired = {}
    try:
        yield fired
        fired.update({rule["name"]: rule["fired"] for rule in cloud.faults()})
    finally:
        for fault in ids:
            cloud.end_fault(fault)


def _wait_all(stack, instances, status, seconds):
    """How long it took."""
    begun = time.monotonic()
    for instance in instances:
        stack.api.wait_status(instance, status, max(1, begun + seconds - time.monotonic()))
    return time.monotonic() - begun


def chaos_round(stack, seed, count, weather):
    """All become ready with one machine each; all end; nothing is rented."""
    with _faults(stack.cloud, weather, seed) as fired, Killer(stack, weather.kill_seconds) as killer:
        instances = [stack.api.deploy() for _ in range(count)]
        ready = _wait_all(stack, instances, "ready", READY_SECONDS)
        for instance in instances:
            expect("server" in rented_for(stack, instance), f"{instance} is ready and has no machine")
            stack.api.terminate(instance)
        over = _wait_all(stack, instances, "terminated", OVER_SECONDS)
    stack.expect_nothing_rented(SWEPT_SECONDS)
    stack.expect_invariants()
    return Round(count, ready, over, killer.kills, dict(fired))
