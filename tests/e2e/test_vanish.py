#!/usr/bin/env python3
"""Machines that disappear or stop at the provider behind our back: what else they had is given back,
with the reason on record; all of a zone at once are held until somebody confirms it."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from checks import Run, equal, expect, wait_until  # noqa: E402
from instances import OVER_SECONDS, READY_SECONDS, ready_instance, rented_for, row_of, rules_of, terminate  # noqa: E402
from stack import Stack, stay_away  # noqa: E402

MACHINES = 5
ROUNDS_SECONDS = 4


def fleet(stack):
    instances = [stack.api.deploy() for _ in range(MACHINES)]
    for instance in instances:
        stack.api.wait_status(instance, "ready", READY_SECONDS)
    return instances


def delete_machine(stack, instance):
    stack.cloud.delete_machine(row_of(stack, instance, "provider_instance_id"))


def expect_given_back(stack, instance):
    stack.api.wait_status(instance, "terminated", OVER_SECONDS)
    equal(rented_for(stack, instance), [], "what of it is on the bill")
    equal(stack.api.instance(instance)["deletion_reason"], "provider_deleted", "the reason on record")
    expect(stack.api.instance(instance)["deleted_by_provider"], "the provider did it")
    expect("server_vanished" in rules_of(stack, instance), "the rule is in the journal")
    equal(stack.api.instance(instance)["billed"], False, "whether money runs")


def one_of_many(stack, instances):
    lost = instances.pop()
    delete_machine(stack, lost)
    expect_given_back(stack, lost)
    for instance in instances:
        equal(stack.api.status_of(instance), "ready", "the state of another")
    equal(mass_alerts(stack, "open"), [], "alerts")


def mass_alerts(stack, status):
    return [row[0] for row in stack.database.rows(
        f"SELECT summary FROM alerts WHERE name = 'MassVanish' AND status = '{status}'")]


def absent(stack):
    return int(stack.database.value(
        "SELECT count(*) FROM instances WHERE gone_first_seen_at IS NOT NULL AND gone_looks > 2"))


def all_at_once(stack, instances):
    for instance in instances:
        delete_machine(stack, instance)
    wait_until("each is looked for again and again", lambda: absent(stack) == len(instances), 20)
    stay_away(ROUNDS_SECONDS)
    for instance in instances:
        equal(stack.api.status_of(instance), "ready", "the state of what is held")
    alerts = wait_until("there is an alert", lambda: mass_alerts(stack, "open"), 10)
    equal(len(alerts), 1, "the number of alerts")
    expect("inventiv zones confirm-vanished local" in alerts[0], f"it says what to do: {alerts[0]}")


def wish_wins(stack, instances):
    terminate(stack, instances.pop())


def confirmed(stack, instances):
    said = stack.cli("zones", "confirm-vanished", "local")
    equal(sorted(line.split()[0] for line in said.splitlines()), sorted(i[:8] for i in instances),
          "what the command confirmed")
    for instance in instances:
        expect_given_back(stack, instance)
    wait_until("the alert is over", lambda: not mass_alerts(stack, "open"), 10)
    equal(len(mass_alerts(stack, "resolved")), 1, "the number of alerts that are over")
    stack.expect_nothing_rented()
    expect("no machine is absent" in stack.cli("zones", "confirm-vanished", "local"), "nothing is left to confirm")


def stopped_by_hand(stack):
    instance = ready_instance(stack)
    machine = row_of(stack, instance, "provider_instance_id")
    server = f"/instance/v1/zones/local/servers/{machine}"
    stack.cloud.by_hand("POST", f"{server}/action", {"action": "stop_in_place"})
    stack.api.wait_status(instance, "unavailable", 20)
    equal(rules_of(stack, instance)[-1], "server_stopped", "the last rule")
    stay_away(ROUNDS_SECONDS)
    equal(stack.api.status_of(instance), "unavailable", "its state as long as the machine is stopped")
    stack.cloud.by_hand("POST", f"{server}/action", {"action": "poweron"})
    stack.api.wait_status(instance, "ready", READY_SECONDS)
    terminate(stack, instance)
    stack.expect_nothing_rented()


def main():
    with Run() as run, Stack(JOB_WATCH_DOG_PERIOD_SECONDS="1") as stack:
        run.after_each(stack.expect_invariants)
        run.test("a machine stopped by hand makes its instance unavailable, until it runs again",
                 stopped_by_hand, stack)
        instances = run.test("a zone is full of machines", fleet, stack)
        if instances:
            run.test("one of them is deleted by hand: all it had is given back, the reason is on record",
                     one_of_many, stack, instances)
            run.after_each(None)  # The bill has lost what is held.
            run.test("all others at once: held, with one alert", all_at_once, stack, instances)
            run.test("one of those is terminated by a wish all the same", wish_wins, stack, instances)
            run.after_each(stack.expect_invariants)
            run.test("the command confirms the rest: all is given back", confirmed, stack, instances)


if __name__ == "__main__":
    main()
