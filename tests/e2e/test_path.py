#!/usr/bin/env python3
"""The whole path of an instance, from the request to `ready` and back, by API and by command line,
in two stacks beside each other; and who is let in on the way."""

import concurrent.futures
import hashlib
import json
import os
import re
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from api_client import call  # noqa: E402
from bill import bill_owner, bill_rented  # noqa: E402
from checks import Run, equal, expect  # noqa: E402
from instances import (  # noqa: E402
    OVER_SECONDS, READY_SECONDS, first_call_after, ready_instance, row_of, terminate,
)
from stack import BUILD_DIR, Stack  # noqa: E402

WORKER_BINARY = os.path.join(BUILD_DIR, "src", "worker", "inventiv-worker")


def path_by_api(stack):
    stack.expect_nothing_rented(0)
    instance = ready_instance(stack)
    shown = stack.api.instance(instance)
    equal(shown["progress_percent"], 100, "the progress of what is ready")
    expect(shown["ip_address"], "what is ready has an address")
    equal(stack.cloud.rented(), (1, 1, 1), "what is rented")
    answer = stack.api.ask(instance, "are you there?")
    expect("are you there?" in json.dumps(answer), f"the echo model echoes, not {answer}")
    terminate(stack, instance)
    stack.expect_nothing_rented(0)
    again = stack.api.call("DELETE", f"/instances/{instance}")
    equal(again.status, 200, "the answer to terminating what is over")
    journal = stack.api.get(f"/action_logs?instance_id={instance}&limit=1000")
    actions = {row["action_type"] for row in journal}
    missing = {"REQUEST_CREATE", "PROVIDER_CREATE", "INSTANCE_READY", "REQUEST_TERMINATE",
               "PROVIDER_TERMINATE", "INSTANCE_TERMINATED"} - actions
    equal(missing, set(), "what the journal does not tell")


def path_by_command_line(stack):
    deployed = json.loads(stack.cli("deploy", "--provider", "mock", "--model", "mock-echo-model", "--type",
                                    "mock-local-instance", "--zone", "local", "--json"))
    instance = deployed["instance_id"]
    stack.cli("wait", instance, timeout=60)
    listed = json.loads(stack.cli("ls", "--json"))
    expect(instance in json.dumps(listed), f"ls shows {instance}")
    equal(json.loads(stack.cli("show", instance, "--json"))["status"], "ready", "what show says")
    expect("anybody?" in stack.cli("ask", instance, "anybody?"), "the echo model echoes")
    stack.cli("terminate", instance)
    stack.api.wait_status(instance, "terminated", OVER_SECONDS)
    expect("Machine deleted" in stack.cli("logs", instance) or
           "PROVIDER_TERMINATE" in stack.cli("logs", instance), "logs tell of the machine's end")
    stack.expect_nothing_rented(0)


def deploy_and_wait_in_one(stack):
    shown = stack.cli("deploy", "--provider", "mock", "--model", "mock-echo-model", "--type",
                      "mock-local-instance", "--zone", "local-2", "--wait", timeout=60)
    expect("ready" in shown, f"deploy --wait ends with ready, not with {shown!r}")
    instance = stack.database.value("SELECT id FROM instances ORDER BY created_at DESC LIMIT 1")
    equal(stack.api.status_of(instance), "ready", "its state")
    equal({item["zone"] for item in bill_rented(stack.cloud)}, {"local-2"}, "the zone of what is rented")
    terminate(stack, instance)


def woken_not_awaited(stack):
    """The job's own period is 30 s in this stack."""
    instance = ready_instance(stack)
    waited = first_call_after(stack, instance)
    expect(waited < 2, f"the first paid call began {waited} s after the request")
    return instance


def agent_is_given_by_hash_alone(stack):
    with open(WORKER_BINARY, "rb") as binary:
        wanted = binary.read()
    digest = hashlib.sha256(wanted).hexdigest()
    given = stack.api.call("GET", f"/agent/{digest}")
    equal((given.status, given.raw == wanted), (200, True), "the agent by its own hash")
    other = hashlib.sha256(b"another").hexdigest()
    equal(stack.api.call("GET", f"/agent/{other}").status, 404, "the answer to another hash")


def beat(stack, instance, token):
    return call("POST", stack.values["API_URL"] + "/internal/worker/heartbeat",
                {"instance_id": instance, "worker_id": "w", "status": "ready", "model_id": None},
                {"Authorization": "Bearer " + token})


def worker_secret(stack, instance):
    """What the machine's worker keeps; it is known by the hash on record."""
    known = {row[0] for row in stack.database.rows(
        f"SELECT token_hash FROM worker_tokens WHERE instance_id = '{instance}' AND kind = 'secret'")}
    machine = row_of(stack, instance, "provider_instance_id")
    state = os.path.join(stack.guests(), machine, "var", "lib", "inventiv-worker")
    for name in os.listdir(state):
        with open(os.path.join(state, name), "rb") as file:
            for found in re.findall(rb"[0-9a-f]{64}", file.read(65536)):
                if hashlib.sha256(found).hexdigest() in known:
                    return found.decode()
    return None


def strangers_are_refused(stack, instance):
    other = ready_instance(stack)
    secret = worker_secret(stack, other)
    expect(secret, "the other worker's secret is found on its machine")
    equal(beat(stack, other, secret).status, 200, "the answer to a worker's own beat")
    equal(beat(stack, instance, secret).status, 401, "the answer to another worker's token")
    equal(beat(stack, instance, "nonsense").status, 401, "the answer to a made-up token")
    equal(beat(stack, "00000000-0000-4000-8000-000000000000", secret).status, 404,
          "the answer to a beat for no instance")
    terminate(stack, other)
    equal(beat(stack, other, secret).status, 410, "the answer to a beat of what is over")


def side_by_side(first, second, instance):
    theirs = ready_instance(second)
    expect(theirs not in json.dumps(first.api.get("/instances")), "the first stack does not see it")
    expect(instance not in json.dumps(second.api.get("/instances")), "the second stack sees its own only")
    equal({bill_owner(item) for item in bill_rented(second.cloud)}, {theirs}, "the second stack's bill")
    networks = [{machine["address"].rsplit(".", 1)[0] for machine in stack.cloud.machines()}
                for stack in (first, second)]
    expect(not networks[0] & networks[1], f"machines have networks of their own: {networks}")
    terminate(second, theirs)
    second.expect_nothing_rented(0)
    second.expect_invariants()
    equal(first.api.status_of(instance), "ready", "the first stack's instance meanwhile")
    first.api.ask(instance, "still there?")


def many_at_once(stack):
    """Each asks through its own session, as people do."""
    barrier = threading.Barrier(4)

    def one(_):
        client = stack.client()
        barrier.wait(30)
        instance = client.deploy()
        client.wait_status(instance, "ready", READY_SECONDS)
        client.ask(instance, "hello")
        client.terminate(instance)
        client.wait_status(instance, "terminated", OVER_SECONDS)
        return instance

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        equal(len(set(pool.map(one, range(4)))), 4, "the number of instances")


def main():
    second = Stack()
    with Run() as run, Stack(JOB_PROVISIONING_PERIOD_SECONDS="30") as stack:
        run.after_each(stack.expect_invariants)
        for time in ("once", "and once more"):
            run.test(f"an instance becomes ready, answers and is given back, by API, {time}", path_by_api, stack)
        for time in ("once", "and once more"):
            run.test(f"the same by command line, {time}", path_by_command_line, stack)
        run.test("deploy --wait ends when the instance is ready", deploy_and_wait_in_one, stack)
        instance = run.test("the first paid call does not wait for the job's period", woken_not_awaited, stack)
        run.test("the agent's binary is given to who knows its hash", agent_is_given_by_hash_alone, stack)
        run.test("a worker speaks for its own instance alone, and while it lasts", strangers_are_refused,
                 stack, instance)
        with second:
            run.test("two stacks beside each other see each their own", side_by_side, stack, second, instance)
        run.test("the last one is given back too", terminate, stack, instance)
        run.test("four at once become ready and are given back", many_at_once, stack)
        run.test("nothing is rented at the end", stack.expect_nothing_rented, 0)


if __name__ == "__main__":
    main()
