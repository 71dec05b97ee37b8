#!/usr/bin/env python3
"""What happens is told on Redis: commands and what costs money, at least once and of each instance in order,
also when Redis was away; and what others say there hastens, and decides nothing."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from bill import ledger_differences  # noqa: E402
from checks import Run, equal, expect, wait_until  # noqa: E402
from instances import READY_SECONDS, ready_instance, row_of, terminate  # noqa: E402
from redis_listener import Listener, command  # noqa: E402
from stack import Stack, stay_away  # noqa: E402

AWAY_SECONDS = 4.0
STORY = ["CMD:PROVISION", "EVT:INSTANCE_COST_START", "CMD:TERMINATE", "EVT:INSTANCE_COST_STOP"]
CHANNELS = {"CMD": "orchestrator_events", "EVT": "finops_events"}


def redis_path(stack):
    return stack.values["REDIS_URL"].removeprefix("unix://")


def listen(stack):
    return Listener(redis_path(stack), *CHANNELS.values())


def all_published(stack):
    wait_until("all is published", lambda: stack.database.value(
        "SELECT count(*) FROM outbox WHERE published_at IS NULL") == "0", 20)


def while_redis_is_away(stack, over):
    """One instance is made, another given back: without Redis."""
    stay_away(AWAY_SECONDS)
    made = ready_instance(stack)
    terminate(stack, over)
    waiting = stack.database.rows("SELECT instance_id, type FROM outbox WHERE published_at IS NULL")
    expect((made, STORY[0]) in waiting and (over, STORY[3]) in waiting, f"rows wait for Redis: {waiting}")
    job = next(job for job in stack.orchestrator("GET", "/jobs").body if job["name"] == "job-outbox")
    expect(job["failures_in_row"] > 0 and "Redis" in job["error_message"], f"the job says why: {job}")
    return made


def told_in_order(stack):
    """Three lives, Redis away in the middle of them; all that was heard."""
    ear = listen(stack)
    first, second = ready_instance(stack), ready_instance(stack)
    all_published(stack)
    stack.kill("redis")
    heard = ear.heard_all()
    ear.close()
    third = while_redis_is_away(stack, first)
    stack.pause("orchestrator")  # so that whoever listens is there first
    stack.start("redis")
    ear = listen(stack)
    stack.resume("orchestrator")
    terminate(stack, second, third)
    all_published(stack)
    heard += ear.heard_all()
    ear.close()
    for instance in (first, second, third):
        said = [(channel, json.loads(text)) for channel, text in heard if instance in text]
        once = list({body["event_id"]: (channel, body) for channel, body in reversed(said)}.values())[::-1]
        equal([body["type"] for _, body in once], STORY, f"what was told of {instance}")
        for channel, body in once:
            equal(channel, CHANNELS[body["type"][:3]], "the channel of " + body["type"])
        equal(once[3][1]["payload"]["reason"], "termination_confirmed", "why it costs no more")
    return first, second, third


def ledger_is_the_bill(stack, instances):
    equal(ledger_differences(stack.cloud, stack.database, instances), [], "where ledger and bill differ")


def say(stack, body):
    command(redis_path(stack), "PUBLISH", "orchestrator_events",
            body if isinstance(body, str) else json.dumps(body))


def foreign_commands_only_hasten(stack):
    instance = ready_instance(stack)
    wait_until("it is due no more", lambda: row_of(stack, instance, "next_run_at") == "", 10)
    before = row_of(stack, instance, "(desired, wish_version, wanted_generation, status)::text")
    looked_at = row_of(stack, instance, "last_look_at")
    for type_ in ("CMD:TERMINATE", "CMD:REINSTALL", "CMD:PROVISION"):
        say(stack, {"type": type_, "instance_id": instance})
    wait_until("it was looked at",
               lambda: row_of(stack, instance, "last_look_at") != looked_at, READY_SECONDS)
    after = row_of(stack, instance, "(desired, wish_version, wanted_generation, status)::text")
    equal(after, before, "what is wished of it, and its state")
    wishes = stack.database.value("SELECT count(*) FROM outbox WHERE type = 'CMD:TERMINATE'"
                                  f" AND instance_id = '{instance}'")
    equal(wishes, "0", "the number of wishes to end it")
    return instance


def reconcile_is_one_request(stack):
    say(stack, {"type": "CMD:RECONCILE"})
    wait_until("the watch dog was asked once, and ran", lambda: stack.database.rows(
        "SELECT job FROM job_requests WHERE requested_by = 'message' AND taken_at IS NOT NULL")
        == [("job-watch-dog",)], 10)


def nonsense_is_ignored(stack, instance):
    for body in ("", "{", "[]", "x" * 100000, {"type": "CMD:TERMINATE", "instance_id": "x' OR true"},
                 {"type": "CMD:TERMINATE", "instance_id": "00000000-0000-4000-8000-000000000000"},
                 {"type": "CMD:MAKE_COFFEE"}, {"type": 7}):
        for _ in range(20):
            say(stack, body)
    say(stack, {"type": "CMD:SYNC_CATALOG"})
    wait_until("what is sensible is still heard", lambda: stack.database.rows(
        "SELECT job FROM job_requests WHERE job = 'job-catalog-sync' AND taken_at IS NOT NULL"), 10)
    with open(os.path.join(stack.run_dir, "log", "orchestrator.log"), encoding="utf-8") as log:
        warnings = sum("was ignored" in line for line in log)
    expect(0 < warnings < 12, f"the log is not filled: {warnings} lines")
    equal(row_of(stack, instance, "status"), "ready", "the state of who was not meant")


def main():
    with Run() as run, Stack() as stack:
        run.after_each(stack.expect_invariants)
        made = run.test("every command and cost event is told, in order, though Redis was away",
                        told_in_order, stack)
        run.test("what the ledger counts is the provider's bill, to the second",
                 ledger_is_the_bill, stack, made)
        instance = run.test("a foreign command makes an instance due and wishes nothing",
                            foreign_commands_only_hasten, stack)
        run.test("CMD:RECONCILE is one request", reconcile_is_one_request, stack)
        run.test("nonsense on Redis is counted and ignored", nonsense_is_ignored, stack, instance)
        run.test("what it has said of an instance on its way ends with it", terminate, stack, instance)


if __name__ == "__main__":
    main()
