#!/usr/bin/env python3
"""The provider refuses our credentials, or says that our quota is used up, while instances are in every
phase of their lives: the zone rests, one alert tells of it, nothing is given up, and all goes on by itself
when it is right again."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from checks import Run, equal, expect, wait_until  # noqa: E402
from instances import (  # noqa: E402
    OVER_SECONDS, READY_SECONDS, creates_of, ready_instance, row_of, terminate,
)
from stack import Stack, stay_away  # noqa: E402

PAUSE_SECONDS = 1
ATTEMPTS = 2
CREDENTIALS = "ProviderCredentialsRefused"
QUOTA = "ProviderQuota"


def alert(stack, name):
    """(status, occurrences) of the newest of that name in the zone where all is rented."""
    rows = stack.database.rows("SELECT a.status, a.occurrences FROM alerts a JOIN zones z ON z.id = a.zone_id"
                               f" WHERE a.name = '{name}' AND z.code = 'local' ORDER BY a.opened_at DESC")
    expect([row[0] for row in rows].count("open") <= 1, f"one open alert a zone: {rows}")
    return (rows[0][0], int(rows[0][1])) if rows else (None, 0)


def wait_alert(stack, name, status, occurrences=1, seconds=20):
    def reached():
        seen = alert(stack, name)
        return seen[0] == status and seen[1] >= occurrences
    wait_until(f"{name} is {status}", reached, seconds)


def paused(stack, reason):
    zone = next(zone for zone in stack.api.get("/zones") if zone["code"] == "local")
    return bool(zone["paused_until"]) and zone["paused_reason"] == reason


def journal_end(stack):
    return stack.database.value("SELECT coalesce(max(seq), 0) FROM action_logs")


def rules_since(stack, seq):
    return sorted(stack.database.rows(
        f"SELECT instance_id, rule FROM action_logs WHERE rule IS NOT NULL AND seq > {seq}"
        " AND instance_status_before <> instance_status_after"))


def made_once(stack, instance):
    outcomes = creates_of(stack, instance)
    equal(outcomes.count("ok") + outcomes.count("adopted"), 1, f"machines made for it: {outcomes}")


def nothing_to_do(stack):
    """Nobody asks for anything: the watch-dog's own list finds it out."""
    fault = stack.cloud.add_fault("unauthorized")
    try:
        wait_alert(stack, CREDENTIALS, "open")
        expect(paused(stack, "denied"), "the zone rests, for everybody to see")
    finally:
        stack.cloud.end_fault(fault)
    wait_alert(stack, CREDENTIALS, "resolved")


def credentials_refused(stack):
    serving, ending = ready_instance(stack), ready_instance(stack)
    fault = stack.cloud.add_fault("unauthorized")
    try:
        wait_alert(stack, CREDENTIALS, "open")
        since = journal_end(stack)
        waiting = [stack.api.deploy(), stack.api.deploy()]
        stack.api.terminate(ending)
        stack.api.wait_status(ending, "terminating", 10)
        for instance in (*waiting, ending):
            wait_until(f"{instance} tells of the refusal",
                       lambda one=instance: row_of(stack, one, "error_code") == "PROVIDER_DENIED", 15)
        seen = alert(stack, CREDENTIALS)[1]
        stay_away((ATTEMPTS + 2) * PAUSE_SECONDS)
        wait_alert(stack, CREDENTIALS, "open", seen + ATTEMPTS + 1)
        wait_until("the zone rests, for everybody to see", lambda: paused(stack, "denied"), 5)
        equal(rules_since(stack, since), [(ending, "terminate_requested")], "what was decided meanwhile")
        equal([stack.api.status_of(one) for one in (*waiting, serving)],
              ["provisioning", "provisioning", "ready"], "their states")
    finally:
        stack.cloud.end_fault(fault)
    wait_alert(stack, CREDENTIALS, "resolved")
    for instance in waiting:
        stack.api.wait_status(instance, "ready", READY_SECONDS)
        made_once(stack, instance)
    stack.api.wait_status(ending, "terminated", OVER_SECONDS)
    equal(stack.api.status_of(serving), "ready", "the one that serves")
    return [serving, *waiting]


def quota_used_up(stack, serving):
    fault = stack.cloud.add_fault("quota")
    try:
        waiting = [stack.api.deploy(), stack.api.deploy()]
        wait_alert(stack, QUOTA, "open")
        wait_until("the zone rests, for everybody to see", lambda: paused(stack, "quota"), 5)
        terminate(stack, serving[0])
        for instance in waiting:
            wait_until(f"{instance} was refused more often than a create may fail",
                       lambda one=instance: creates_of(stack, one).count("quota") > ATTEMPTS, 20)
            equal(row_of(stack, instance, "status"), "provisioning", "its state")
            equal(row_of(stack, instance, "error_code"), "PROVIDER_QUOTA", "the error on record")
        equal(alert(stack, QUOTA)[0], "open", "the alert meanwhile")
    finally:
        stack.cloud.end_fault(fault)
    for instance in waiting:
        stack.api.wait_status(instance, "ready", READY_SECONDS)
        made_once(stack, instance)
    wait_alert(stack, QUOTA, "resolved")
    terminate(stack, *waiting, *serving[1:])
    stack.expect_nothing_rented(0)


def nobody_asks_any_more(stack):
    """A quota that nobody needs is no reason for an alert."""
    fault = stack.cloud.add_fault("quota")
    try:
        waiting = stack.api.deploy()
        wait_alert(stack, QUOTA, "open")
        terminate(stack, waiting)
        wait_alert(stack, QUOTA, "resolved")
    finally:
        stack.cloud.end_fault(fault)


def main():
    settings = {"JOB_PROVISIONING_PERIOD_SECONDS": "1", "JOB_TERMINATOR_PERIOD_SECONDS": "1",
                "JOB_HEALTH_CHECK_PERIOD_SECONDS": "1", "JOB_WATCH_DOG_PERIOD_SECONDS": "1",
                "ZONE_PAUSE_SECONDS": str(PAUSE_SECONDS), "PROVISION_MAX_ATTEMPTS": str(ATTEMPTS)}
    with Run() as run, Stack(**settings) as stack:
        run.after_each(stack.expect_invariants)
        run.test("credentials are refused and nobody waits for anything: it is noticed, and noticed to be over",
                 nothing_to_do, stack)
        serving = run.test("credentials are refused: nothing is given up, and all goes on when they are right",
                           credentials_refused, stack)
        if serving:
            run.test("the quota is used up: what waits waits, what ends ends, and all goes on",
                     quota_used_up, stack, serving)
            run.test("the quota is used up and nobody asks any more: the alert ends by itself",
                     nobody_asks_any_more, stack)


if __name__ == "__main__":
    main()
