#!/usr/bin/env python3
"""Machines that carry the fleet's tag and are nobody's are given back, with all that hangs on them; those
of others are not touched."""

import os
import sys
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from bill import bill_rented  # noqa: E402
from by_hand import ZONE, machine_by_hand, state_of, tags_for  # noqa: E402
from checks import Run, equal, expect, wait_until  # noqa: E402
from instances import ready_instance, row_of, terminate  # noqa: E402
from stack import Stack  # noqa: E402

SWEPT_SECONDS = 30


def servers_rented(stack):
    return {item["id"] for item in bill_rented(stack.cloud) if item["kind"] == "server"}


def cycles_pass(stack, count=4):
    """So many cycles of job-watch-dog from now on."""
    def ended():
        return int(stack.database.value(
            "SELECT coalesce(max(id), 0) FROM job_runs WHERE job = 'job-watch-dog' AND result = 'ok'"))

    def runs():
        return int(stack.database.value("SELECT count(*) FROM job_runs WHERE job = 'job-watch-dog'"
                                        f" AND result = 'ok' AND id > {before}"))

    before = ended()
    wait_until(f"{count} cycles of job-watch-dog", lambda: runs() >= count, SWEPT_SECONDS)


def alerts(stack, status):
    return int(stack.database.value("SELECT count(*) FROM alerts WHERE name = 'OrphansFound'"
                                    f" AND status = '{status}'"))


def journal(stack, instance):
    return {row["action_type"] for row in
            stack.api.get(f"/action_logs?instance_id={instance}&limit=1000")}


def second_machine(stack):
    instance = ready_instance(stack)
    own = row_of(stack, instance, "provider_instance_id")
    second = machine_by_hand(stack, tags_for(stack, instance))
    equal(stack.cloud.rented(), (2, 2, 2), "what is rented with two machines")
    wait_until("the second machine, its volume and its address are gone",
               lambda: stack.cloud.rented() == (1, 1, 1), SWEPT_SECONDS)
    equal(servers_rented(stack), {own}, "the machine that is left")
    expect(second != own, "the one on record is the other one")
    wait_until("the alert is resolved", lambda: alerts(stack, "open") == 0, SWEPT_SECONDS)
    expect({"ORPHAN_FOUND", "ORPHAN_DELETED"} <= journal(stack, instance), "the journal tells of it")
    equal(stack.api.status_of(instance), "ready", "the instance meanwhile")
    stack.api.ask(instance, "still there?")
    terminate(stack, instance)
    stack.expect_nothing_rented(0)
    return instance


def machine_of_what_is_over(stack, instance):
    machine_by_hand(stack, tags_for(stack, instance))
    stack.expect_nothing_rented(SWEPT_SECONDS)
    wait_until("the alert is resolved", lambda: alerts(stack, "open") == 0, SWEPT_SECONDS)
    equal(stack.api.status_of(instance), "terminated", "its state")


def machines_of_others(stack):
    unknown = machine_by_hand(stack, tags_for(stack, uuid.uuid4()))
    foreign = machine_by_hand(stack, [])
    cycles_pass(stack)
    equal(servers_rented(stack), {unknown, foreign}, "the machines that are left")
    equal({state_of(stack, server) for server in (unknown, foreign)}, {"running"}, "their states")
    equal(stack.database.rows("SELECT ref, verdict FROM orphans WHERE gone_at IS NULL AND"
                              " released_at IS NULL"), [(unknown, "quarantined")], "what is reported")
    equal(alerts(stack, "open"), 1, "the number of open alerts")
    for server in (unknown, foreign):
        stack.cloud.delete_machine(server)
    wait_until("no orphan is on record", lambda: alerts(stack, "open") == 0, SWEPT_SECONDS)
    for item in bill_rented(stack.cloud):
        path = (f"/block/v1/zones/local/volumes/{item['id']}" if item["kind"] == "volume"
                else f"{ZONE}/ips/{item['id']}")
        stack.cloud.by_hand("DELETE", path)
    stack.expect_nothing_rented(10)


def main():
    with Run() as run, Stack(JOB_WATCH_DOG_PERIOD_SECONDS="0.5") as stack:
        run.after_each(stack.expect_invariants)
        instance = run.test("a second machine of a ready instance is given back, its own is not",
                            second_machine, stack)
        if instance:
            run.test("a machine of what is terminated is given back", machine_of_what_is_over, stack,
                     instance)
        run.test("machines of nobody that is known, and without our tag, are left alone",
                 machines_of_others, stack)


if __name__ == "__main__":
    main()
