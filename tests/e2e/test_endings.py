#!/usr/bin/env python3
"""However an instance ends, and at whatever moment: everything rented is given back and proven so."""

import concurrent.futures
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from bill import bill_rented  # noqa: E402
from checks import Run, equal, expect, wait_until  # noqa: E402
from instances import (  # noqa: E402
    OVER_SECONDS, READY_SECONDS, archive, creates_of, ready_instance, row_of,
    rules_of, terminate,
)
from spoilt import SPOILT  # noqa: E402
from stack import Stack, still_runs  # noqa: E402


# How far a boot has come when the termination is asked for: a condition on its row.
MOMENTS = {
    "right after it was accepted": "true",
    "once the create is on record":
        "EXISTS (SELECT FROM provider_operations o WHERE o.instance_id = i.id)",
    "once the machine is on record": "provider_instance_id IS NOT NULL",
    "once the machine was powered on":
        "EXISTS (SELECT FROM provider_operations o WHERE o.instance_id = i.id"
        " AND o.kind = 'server_poweron')",
    "while it boots": "status = 'booting'",
    "while it installs": "status = 'installing'",
    "while its worker starts": "status = 'starting'",
    "when it is ready": "status = 'ready'",
}


def reached(stack, instance, condition):
    return stack.database.value(f"SELECT ({condition} OR status = 'ready') FROM instances i"
                                f" WHERE id = '{instance}'") == "t"


def terminate_at(stack, name, condition):
    client = stack.client()
    instance = client.deploy()
    if condition != "true":
        wait_until(name, lambda: reached(stack, instance, condition), READY_SECONDS)
    client.terminate(instance)
    client.wait_status(instance, "terminated", OVER_SECONDS)
    return instance


def terminate_at_any_moment(stack):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for ended in [pool.submit(terminate_at, stack, *moment) for moment in MOMENTS.items()]:
            ended.result()
    stack.expect_nothing_rented(0)
    kept = stack.database.rows(
        "SELECT 'volume', v.provider_volume_id FROM instance_volumes v WHERE status <> 'deleted'"
        " UNION ALL SELECT 'address', provider_address_id FROM instance_addresses WHERE deleted_at IS NULL")
    equal(kept, [], "volumes and addresses on record as alive")
    opened = stack.database.value(
        "SELECT count(*) FROM provider_operations WHERE kind = 'server_create' AND outcome = 'ok'"
        " AND gone_at IS NULL")
    equal(opened, "0", "the number of created machines that are not proven gone")


def terminated_twice_ends_once(stack):
    instance = stack.api.deploy()
    for _ in range(3):
        terminate(stack, instance)
    endings = stack.database.value("SELECT count(*) FROM action_logs WHERE rule = 'server_gone'"
                                   f" AND instance_id = '{instance}'")
    equal(endings, "1", "how often it ended")


def drain(stack):
    instance = ready_instance(stack)
    stack.api.post(f"/instances/{instance}/drain")
    stack.api.wait_status(instance, "terminated", OVER_SECONDS)
    rules = rules_of(stack, instance)
    equal(rules[-3:], ["drain_requested", "drained", "server_gone"], "the rules that ended it")
    stack.expect_nothing_rented(0)


def drain_of_what_serves_nothing(stack):
    instance = stack.api.deploy()
    reply = stack.api.call("POST", f"/instances/{instance}/drain", {})
    equal(reply.status, 409, "the answer to draining what is not up")
    equal(reply.body["error"], "not_drainable", "its reason")
    terminate(stack, instance)


def reinstall(stack):
    instance = ready_instance(stack)
    before = stack.api.instance(instance)
    stack.api.post(f"/instances/{instance}/reinstall")
    wait_until("the second generation begins", lambda: row_of(stack, instance, "generation") == "2", 10)
    stack.api.wait_status(instance, "ready", READY_SECONDS)
    after = stack.api.instance(instance)
    equal(after["provider_instance_id"], before["provider_instance_id"], "the machine")
    expect("hello" in str(stack.api.ask(instance, "hello")), "it answers again")
    tokens = stack.database.rows(
        f"SELECT generation, count(*) FROM worker_tokens WHERE instance_id = '{instance}'"
        " AND kind = 'secret' AND revoked_at IS NULL GROUP BY 1 ORDER BY 1")
    expect(("2", "1") in tokens, f"the second generation's worker has its own secret: {tokens}")
    beats = stack.database.value(
        f"SELECT generation FROM worker_heartbeats WHERE instance_id = '{instance}'")
    equal(beats, "2", "the generation that beats")
    return instance


def archive_when_over(stack, instance):
    equal(archive(stack, instance), 409, "the answer to archiving what is ready")
    terminate(stack, instance)
    equal(archive(stack, instance), 202, "the answer to archiving")
    stack.api.wait_status(instance, "archived", 10)
    expect(instance not in str(stack.api.get("/instances")), "the list no longer shows it")
    expect(instance in str(stack.api.get("/instances?archived=true")), "the list of archived ones does")


def machine_gone_behind_our_back(stack):
    """Somebody deletes the machine at the provider: what is left of it is given back all the same."""
    instance = ready_instance(stack)
    stack.cloud.delete_machine(stack.api.instance(instance)["provider_instance_id"])
    terminate(stack, instance)
    stack.expect_nothing_rented(0)


def volume_of_somebody_else(stack):
    """A data volume that a person attached by hand is not ours to delete."""
    instance = ready_instance(stack)
    server = f"/instance/v1/zones/local/servers/{stack.api.instance(instance)['provider_instance_id']}"
    theirs = stack.cloud.by_hand("POST", "/block/v1/zones/local/volumes",
                                 {"name": "data", "project_id": stack.values["MOCK_PROJECT_ID"],
                                  "from_empty": {"size": 5_000_000_000}})["id"]
    volumes = stack.cloud.by_hand("GET", server)["server"]["volumes"]
    kept = {place: {"id": volume["id"], "volume_type": volume["volume_type"]}
            for place, volume in volumes.items()}
    stack.cloud.by_hand("PATCH", server,
                        {"volumes": {**kept, "1": {"id": theirs, "volume_type": "sbs_volume"}}})
    terminate(stack, instance)
    left = [item["id"] for item in bill_rented(stack.cloud)]
    equal(left, [theirs], "what is still there")
    stack.cloud.by_hand("DELETE", f"/block/v1/zones/local/volumes/{theirs}")


def dies_at(stack, point, ask):
    """An orchestrator that is killed at a named point of a paid call, and another that comes after it."""
    stack.stop("orchestrator")
    stack.start("orchestrator", INVENTIV_KILL_POINT=point)
    pid = stack.pid("orchestrator")
    result = ask()
    wait_until(f"it dies at {point}", lambda: not still_runs(pid), 15)
    stack.start("orchestrator")
    return result


def killed_with_the_reply_in_hand(stack):
    """The machine is made, or deleted, and nobody has it on record."""
    instance = dies_at(stack, "replied:server_create", stack.api.deploy)
    equal(stack.cloud.rented()[0], 1, "the number of machines that nobody knows")
    stack.api.wait_status(instance, "ready", READY_SECONDS)
    equal(stack.cloud.rented(), (1, 1, 1), "what is rented: nothing twice")
    equal(creates_of(stack, instance), ["adopted"], "the outcomes of its creates")
    stack.expect_invariants()
    dies_at(stack, "replied:server_delete", lambda: stack.api.terminate(instance))
    stack.api.wait_status(instance, "terminated", OVER_SECONDS)
    stack.expect_nothing_rented(0)


def nothing_wrong_goes_unnoticed(stack):
    """The invariants can fail: what is spoilt on purpose is found, and then undone."""
    over, ready = ready_instance(stack), ready_instance(stack)
    terminate(stack, over)
    missed = []
    for spoilt_by, word in SPOILT.items():
        found = stack.database.violations(spoilt_by=spoilt_by.format(over=over, ready=ready))
        missed += [] if any(word in violation for violation in found) else [(word, found)]
    equal(missed, [], "what the invariants do not notice")
    terminate(stack, ready)


def main():
    with Run() as run, Stack() as stack:
        run.after_each(stack.expect_invariants)
        run.test("terminated at any moment of its boot, an instance leaves nothing behind",
                 terminate_at_any_moment, stack)
        run.test("asked to end three times, it ends once", terminated_twice_ends_once, stack)
        run.test("drained, it finishes and is given back", drain, stack)
        run.test("what serves nothing cannot be drained", drain_of_what_serves_nothing, stack)
        instance = run.test("reinstalled, it is ready again, in its second generation", reinstall, stack)
        if instance:
            run.test("over, it can be archived", archive_when_over, stack, instance)
        run.test("an orchestrator killed with the reply in hand: its successor finds what was done",
                 killed_with_the_reply_in_hand, stack)
        run.test("the invariants notice what is wrong", nothing_wrong_goes_unnoticed, stack)
        run.test("a volume that a person attached is left to that person", volume_of_somebody_else, stack)
        run.test("a machine deleted behind our back leaves nothing behind", machine_gone_behind_our_back, stack)


if __name__ == "__main__":
    main()
