#!/usr/bin/env python3
"""Any part may end, by a kill or by a polite request, and come back, in the middle of a boot and while
workers beat: what was asked for happens all the same, and nobody has to be told."""

import concurrent.futures
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from checks import Run, equal, expect, wait_until  # noqa: E402
from instances import OVER_SECONDS, READY_SECONDS, creates_of, row_of, terminate  # noqa: E402
from stack import Stack, stay_away, still_runs  # noqa: E402

AWAY_SECONDS = 1.0
HEARTBEAT_SECONDS = 1
# An outage that every worker notices several times over.
SILENCE_SECONDS = 8 * HEARTBEAT_SECONDS
SERVERS = ("api", "orchestrator", "mockcloud")


def wait_row(stack, instance, states, seconds=READY_SECONDS):
    wait_until(f"{instance} is one of {states}",
               lambda: row_of(stack, instance, "status") in (*states, "ready"), seconds)


def asked_to_end(stack, part):
    """SIGTERM (PostgreSQL: SIGINT) ends it within 10 s."""
    pid = stack.pid(part)
    os.kill(pid, signal.SIGINT if part == "postgres" else signal.SIGTERM)
    wait_until(f"{part} ends when asked to", lambda: not still_runs(pid), 10)


def boots_through(stack, part):
    """Killed while the machine is made, asked to end while it installs."""
    instance = stack.api.deploy()
    wait_row(stack, instance, ("provisioning", "booting"))
    stack.kill(part)
    stay_away(AWAY_SECONDS)
    stack.start(part)
    if part == "postgres":
        wait_until("the database answers", lambda: answers(stack), 30)
    wait_row(stack, instance, ("installing", "starting"))
    asked_to_end(stack, part)
    stay_away(AWAY_SECONDS)
    stack.start(part)
    stack.api.wait_status(instance, "ready", READY_SECONDS)
    stack.api.ask(instance, "are you there?")
    for server in SERVERS:
        stack.wait_probe(server, "/readyz", 200)
    stack.api.terminate(instance)
    creates = [outcome for outcome in creates_of(stack, instance) if outcome in ("ok", "adopted")]
    equal(len(creates), 1, "the number of machines that were made for it")


def answers(stack):
    try:
        return stack.database.value("SELECT 1") == "1"
    except Exception:  # still starting
        return False


def machine_of(stack, instance):
    found = [machine for machine in stack.cloud.machines()
             if f"inventiv-instance={instance}" in machine["tags"]]
    return found[0] if found else None


def agent_of(stack, instance):
    machine = machine_of(stack, instance)
    return machine and machine["pids"]["agent"]


def worker_killed(stack):
    instance = stack.api.deploy()
    first = wait_until("the worker runs", lambda: agent_of(stack, instance), READY_SECONDS)
    stack.cloud.kill_part(machine_of(stack, instance)["server_id"], "agent")
    wait_until("its supervisor starts another",
               lambda: agent_of(stack, instance) not in (None, first), 20)
    stack.api.wait_status(instance, "ready", READY_SECONDS)
    second = agent_of(stack, instance)
    os.kill(second, signal.SIGTERM)
    wait_until("asked to, it ends within 10 s", lambda: not still_runs(second), 10)
    wait_until("its supervisor starts another again",
               lambda: agent_of(stack, instance) not in (None, second), 20)
    beaten = beat_ages(stack)
    wait_until("it beats again", lambda: fresh(stack, 1), 20)
    expect(beaten, "it had beaten before")
    equal(stack.api.status_of(instance), "ready", "its state meanwhile")
    generation = row_of(stack, instance, "generation")
    equal(generation, "1", "its generation: nothing was installed anew")
    terminate(stack, instance)


def beat_ages(stack):
    return [float(row[0]) for row in stack.database.rows(
        "SELECT extract(epoch FROM fleet_now() - h.last_heartbeat) FROM worker_heartbeats h"
        "  JOIN instances i ON i.id = h.instance_id WHERE i.status = 'ready'")]


def fresh(stack, count):
    ages = beat_ages(stack)
    return len(ages) == count and max(ages) < 2 * HEARTBEAT_SECONDS


def others_than_ready(stack, instances, since):
    names = ",".join(f"'{instance}'" for instance in instances)
    return stack.database.rows(
        f"SELECT instance_id, rule FROM action_logs WHERE instance_id IN ({names})"
        f" AND rule IS NOT NULL AND seq > {since}")


def api_away(stack):
    """The workers of several ready instances beat at nobody for a while."""
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        instances = list(pool.map(lambda _: stack.client().deploy(), range(3)))
    for instance in instances:
        stack.api.wait_status(instance, "ready", READY_SECONDS)
    since = stack.database.value("SELECT max(seq) FROM action_logs")
    stack.kill("api")
    stay_away(SILENCE_SECONDS)
    expect(min(beat_ages(stack)) >= SILENCE_SECONDS - HEARTBEAT_SECONDS, "nobody was heard meanwhile")
    stack.start("api")
    wait_until("all beat again by themselves", lambda: fresh(stack, 3), 20)
    equal(others_than_ready(stack, instances, since), [], "what was decided about them meanwhile")
    for instance in instances:
        stack.api.ask(instance, "still there?")
    return instances


def database_away(stack, instances):
    """Nothing ends, nothing is decided; each says that it lives and is not ready."""
    pids = {part: stack.pid(part) for part in ("api", "orchestrator")}
    since = stack.database.value("SELECT max(seq) FROM action_logs")
    stack.kill("postgres")
    for part in pids:
        stack.wait_probe(part, "/readyz", 503)
        equal(stack.probe(part, "/healthz"), 200, f"/healthz of {part}")
    refused = stack.api.call("GET", "/instances", timeout=10)
    expect(refused is not None and refused.status >= 500, f"a question is answered with an error: {refused}")
    stay_away(AWAY_SECONDS)
    stack.start("postgres")
    for part, pid in pids.items():
        stack.wait_probe(part, "/readyz", 200)
        equal(stack.pid(part), pid, f"the process of {part}")
        expect(still_runs(pid), f"{part} has lived through it")
    wait_until("all beat again", lambda: fresh(stack, len(instances)), 20)
    equal(others_than_ready(stack, instances, since), [], "what was decided meanwhile")


def started_without_database(stack):
    """Programs that start while there is no database wait for it, alive and not ready."""
    for part in ("api", "orchestrator", "postgres"):
        asked_to_end(stack, part)
    stack.start("api", "orchestrator")
    for part in ("api", "orchestrator"):
        stack.wait_probe(part, "/healthz", 200)
        equal(stack.probe(part, "/readyz"), 503, f"/readyz of {part}")
    stack.start("postgres")
    for part in ("api", "orchestrator"):
        stack.wait_probe(part, "/readyz", 200)


def redis_away(stack, instances):
    """Not ready while it is away, and everything goes on."""
    pids = {part: stack.pid(part) for part in ("api", "orchestrator")}
    stack.kill("redis")
    for part in pids:
        stack.wait_probe(part, "/readyz", 503)
        equal(stack.probe(part, "/healthz"), 200, f"/healthz of {part}")
    terminate(stack, instances[0])
    stack.start("redis")
    for part, pid in pids.items():
        stack.wait_probe(part, "/readyz", 200)
        expect(still_runs(pid), f"{part} has lived through it")


def everything_killed(stack):
    """All at one instant, in the middle of a boot and of an end."""
    ending, booting = stack.api.deploy(), stack.api.deploy()
    stack.api.wait_status(ending, "ready", READY_SECONDS)
    stack.api.terminate(ending)
    wait_row(stack, ending, ("terminating",))
    for part in ("orchestrator", "api", "mockcloud", "redis", "postgres"):
        stack.kill(part)
    stack.mend()
    stack.api.wait_status(ending, "terminated", OVER_SECONDS)
    stack.api.wait_status(booting, "ready", READY_SECONDS)
    stack.api.ask(booting, "are you there?")
    terminate(stack, booting)
    stack.expect_nothing_rented(0)


def main():
    settings = {"JOB_PROVISIONING_PERIOD_SECONDS": "1", "JOB_TERMINATOR_PERIOD_SECONDS": "1",
                "JOB_HEALTH_CHECK_PERIOD_SECONDS": "1", "MOCKCLOUD_BOOT_SECONDS": "0.5",
                "MOCKCLOUD_INSTALL_SECONDS": "0.5", "MOCKCLOUD_MODEL_LOAD_SECONDS": "0.5"}
    with Run() as run, Stack(**settings) as stack:
        run.after_each(stack.expect_invariants)
        for part, name in (("api", "API"), ("orchestrator", "orchestrator"), ("redis", "Redis"),
                           ("postgres", "PostgreSQL"), ("mockcloud", "local cloud")):
            if run.test(f"the {name} ends twice in the middle of a boot, which reaches ready all the same",
                        boots_through, stack, part) is None and run.failed:
                stack.mend()
        run.test("all of them are given back", stack.expect_nothing_rented, OVER_SECONDS)
        run.test("a killed worker is started again, at boot and when ready", worker_killed, stack)
        instances = run.test("the API away for eight periods: all workers come back by themselves",
                             api_away, stack)
        if instances:
            run.test("without PostgreSQL all stay up, not ready, and nothing is decided",
                     database_away, stack, instances)
            run.test("without Redis all stay up, not ready, and work goes on", redis_away, stack, instances)
            run.test("the others are given back", terminate, stack, *instances[1:])
        run.test("started without PostgreSQL, programs wait for it", started_without_database, stack)
        run.test("everything killed at once: what was wanted happens all the same", everything_killed, stack)


if __name__ == "__main__":
    main()
