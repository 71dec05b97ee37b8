"""path: from a request to the first paid call and to an instance that serves, with a cloud that
takes no time."""

import time

import fleet
from checks import wait_until
from figure import Figure

AT_ONCE = 30
READY_SECONDS = 120
NO_DELAYS = {f"MOCKCLOUD_{name}_SECONDS": "0" for name in ("BOOT", "STOP", "INSTALL", "MODEL_LOAD", "VOLUME")}


def deploy(stack):
    """(id, fleet time of the answer)"""
    instance = stack.api.deploy()
    return instance, time.time()


def milliseconds(stack, instance, expression):
    return float(stack.database.value(
        f"SELECT extract(epoch FROM {expression}) * 1000 FROM instances i WHERE id = '{instance}'"))


def one(stack):
    """Milliseconds to the first paid call's record, and to ready."""
    instance, answered = deploy(stack)
    stack.api.wait_status(instance, "ready", READY_SECONDS)
    first = milliseconds(stack, instance,
                         "(SELECT min(started_at) FROM provider_operations o WHERE o.instance_id = i.id)")
    ready = milliseconds(stack, instance, "ready_at - created_at")
    stack.api.terminate(instance)
    return first - answered * 1000, ready


def many(stack):
    """Instances to ready a minute, all asked for at once."""
    started = time.monotonic()
    asked = [deploy(stack)[0] for _ in range(AT_ONCE)]
    listed = ", ".join(f"'{instance}'" for instance in asked)
    wait_until("all are ready", lambda: stack.database.value(
        f"SELECT count(*) FROM instances WHERE was_ready AND id IN ({listed})") == str(AT_ONCE), READY_SECONDS, 0.05)
    took = time.monotonic() - started
    for instance in asked:
        stack.api.terminate(instance)
    stack.expect_nothing_rented(READY_SECONDS)
    return AT_ONCE / took * 60


def measure(runs):
    with fleet.PlainStack(**NO_DELAYS) as stack:
        one(stack)  # the zone's security group is made once
        told = [one(stack) for _ in range(2 * runs)]
        stack.expect_nothing_rented(READY_SECONDS)
        rates = [many(stack) for _ in range(min(runs, 3))]
    return [Figure("202 to the first paid call", "ms", [first for first, _ in told], ("at most", 200)),
            Figure("request to ready, no delays of the cloud", "ms", [ready for _, ready in told],
                   ("at most", 3000)),
            Figure(f"instances to ready, {AT_ONCE} asked for at once", "a minute", rates)]
