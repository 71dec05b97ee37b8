#!/usr/bin/env python3
"""Several APIs and orchestrators on one database: whatever was begun at one goes on at another, one that
is killed is not missed, and each instance is handled by one at a time."""

import concurrent.futures
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from balancer import Balancer  # noqa: E402
from bill import ledger_differences  # noqa: E402
from checks import Run, equal, expect, wait_until  # noqa: E402
from instances import OVER_SECONDS, READY_SECONDS, creates_of, row_of, terminate  # noqa: E402
from stack import Stack, stay_away  # noqa: E402

MODEL = "mock-echo-model"
COUNT = 12
SILENCE_SECONDS = 5


class Twins:
    """A stack with a second API and orchestrator; workers come in through a balancer."""

    def __init__(self, stack, front):
        self.stack = stack
        self.front = front
        stack.further("api")
        stack.further("orchestrator")
        self.first, self.second = stack.client(), stack.client("api-2")
        self.prefer("api", "api-2")

    def prefer(self, *parts):
        """Workers come to the first of these that is there."""
        self.front.use([address_of(self.stack.url(part)) for part in parts])


def address_of(url):
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)


def routing(client):
    return client.get(f"/routing?model={MODEL}")["workers"]


def routed(client):
    return sorted(worker["instance_id"] for worker in routing(client))


def state_changes(stack, since):
    return stack.database.rows("SELECT instance_id, rule FROM action_logs WHERE rule IS NOT NULL"
                               f" AND instance_status_before <> instance_status_after AND seq > {since}")


def journal_end(stack):
    return stack.database.value("SELECT coalesce(max(seq), 0) FROM action_logs")


def api_of_last_beat(stack, instance):
    return stack.database.value(f"SELECT api_id FROM worker_heartbeats WHERE instance_id = '{instance}'")


def beats_elsewhere(stack, instance, before):
    wait_until("its worker beats at another API",
               lambda: api_of_last_beat(stack, instance) != before, 15)


def sessions(twins):
    """Made at one it counts at the other; ended at one it is over at both."""
    client = twins.stack.client()
    mirror = twins.stack.client("api-2")
    mirror.take_session_of(client)
    equal(mirror.get("/auth/me"), client.get("/auth/me"), "who that is at the other")
    equal(mirror.call("POST", "/auth/logout").status, 200, "logging out at the other")
    for which in (client, mirror):
        equal(which.call("GET", "/auth/me").status, 401, "the session afterwards")


def instance_at_both(twins):
    """Wished at one, shown, changed and asked at the other."""
    instance = twins.first.deploy()
    equal(twins.second.instance(instance)["correlation_id"], twins.first.instance(instance)["correlation_id"],
          "what the other shows of it")
    twins.second.wait_status(instance, "ready", READY_SECONDS)
    twins.second.ask(instance, "are you there?")
    return instance


def token_at_both(twins, instance):
    """The worker registered at the first API; its token lets it in at the second."""
    before = api_of_last_beat(twins.stack, instance)
    twins.prefer("api-2", "api")
    beats_elsewhere(twins.stack, instance, before)
    for client in (twins.first, twins.second):
        wait_until("it is routable at both", lambda one=client: routed(one) == [instance], 10)
    twins.prefer("api", "api-2")


def equal_answers(twins):
    def both():
        answers = [[(worker["instance_id"], worker["url"], worker["held"]) for worker in routing(client)]
                   for client in (twins.first, twins.second)]
        return answers[0] == answers[1] and answers[0]
    wait_until("both give the same workers", both, 10)


def agents_at_both(twins):
    """A machine may fetch its agent at either."""
    instance_hash = twins.stack.database.value(
        "SELECT agent_info->>'checksum' FROM worker_metadata WHERE agent_info->>'checksum' IS NOT NULL LIMIT 1")
    for client in (twins.first, twins.second):
        equal(client.call("GET", f"/agent/{instance_hash}").status, 200, "the answer for the agent")


def api_killed(twins, instance):
    """Its workers go on at the other; no instance changes its state, nobody drops out of traffic."""
    stack = twins.stack
    since, before = journal_end(stack), api_of_last_beat(stack, instance)
    stack.kill("api")
    beats_elsewhere(stack, instance, before)
    stay_away(SILENCE_SECONDS)
    equal(routed(twins.second), [instance], "who is routable at the one that is left")
    equal(state_changes(stack, since), [], "what was decided meanwhile")
    stack.start("api")
    stack.wait_probe("api", "/readyz", 200)
    equal(twins.first.get("/auth/me")["role"], "admin", "a session of before the kill")


def both_killed(twins, instance):
    """Nobody answers for several periods: workers try again, no instance changes its state."""
    stack = twins.stack
    since = journal_end(stack)
    stack.kill("api")
    stack.kill("api-2")
    stay_away(SILENCE_SECONDS)
    stack.start("api", "api-2")
    for part in ("api", "api-2"):
        stack.wait_probe(part, "/readyz", 200)
    for client in (twins.first, twins.second):
        wait_until("it is routable again at both", lambda one=client: routed(one) == [instance], 15)
    equal(state_changes(stack, since), [], "what was decided meanwhile")


def wish_counts_at_once(twins, instance):
    """Ended at one, out of the other's list with the next question."""
    twins.first.terminate(instance)
    equal(routed(twins.second), [], "who is routable at the other")
    twins.second.wait_status(instance, "terminated", OVER_SECONDS)


def claims_of(stack, instances):
    """(instance, claim) -> the orchestrators that the journal says did something under that claim."""
    names = ",".join(f"'{instance}'" for instance in instances)
    found = {}
    for instance, token, owner in stack.database.rows(
            "SELECT DISTINCT instance_id, metadata->>'token', metadata->>'orchestrator' FROM action_logs"
            f" WHERE metadata ? 'token' AND instance_id IN ({names})"):
        found.setdefault((instance, token), set()).add(owner)
    return found


def handled_once(twins):
    """Both orchestrators take part; no claim is shared, nothing is made twice, and the ledger is the bill."""
    stack = twins.stack
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        instances = list(pool.map(lambda n: (twins.first, twins.second)[n % 2].deploy(), range(COUNT)))
    for instance in instances:
        twins.first.wait_status(instance, "ready", 2 * READY_SECONDS)
    for instance in instances:
        outcomes = creates_of(stack, instance)
        equal(len([one for one in outcomes if one in ("ok", "adopted")]), 1, f"machines of {instance}")
    terminate(stack, *instances)
    claims = claims_of(stack, instances)
    equal({claim: owners for claim, owners in claims.items() if len(owners) > 1}, {}, "claims of two at once")
    everybody = set().union(*claims.values())
    equal(len(everybody), 2, f"the orchestrators that took part: {everybody}")
    stack.expect_nothing_rented(0)
    equal(ledger_differences(stack.cloud, stack.database, instances), [], "where ledger and bill differ")


def orchestrator_killed(twins):
    """The other takes over when the leases are out."""
    stack = twins.stack
    instance = twins.first.deploy()
    wait_until("its machine is being made", lambda: creates_of(stack, instance), 10)
    stack.kill("orchestrator")
    twins.second.wait_status(instance, "ready", READY_SECONDS)
    stack.start("orchestrator")
    stack.wait_probe("orchestrator", "/readyz", 200)
    equal(row_of(stack, instance, "generation"), "1", "its generation")
    terminate(stack, instance)
    stack.expect_nothing_rented(0)


def main():
    settings = {"JOB_PROVISIONING_PERIOD_SECONDS": "1", "JOB_TERMINATOR_PERIOD_SECONDS": "1",
                "JOB_HEALTH_CHECK_PERIOD_SECONDS": "1"}
    with Run() as run, Balancer() as front, \
            Stack(API_PUBLIC_URL=f"http://127.0.0.1:{front.port}", **settings) as stack:
        twins = Twins(stack, front)
        run.after_each(stack.expect_invariants)
        run.test("a session made at one API counts at the other, and ends at both", sessions, twins)
        instance = run.test("an instance deployed at one API is there at the other", instance_at_both, twins)
        if instance:
            run.test("a worker that registered at one API beats at the other, and is routable at both",
                     token_at_both, twins, instance)
            run.test("who is routable is the same at both", equal_answers, twins)
            run.test("the agent is given out by both", agents_at_both, twins)
            run.test("an API is killed: its workers go on at the other, and no instance changes its state",
                     api_killed, twins, instance)
            run.test("all APIs are killed: workers come back by themselves, and no instance changes its state",
                     both_killed, twins, instance)
            run.test("a wish at one API takes its instance out of the other's list at once",
                     wish_counts_at_once, twins, instance)
        run.test("two orchestrators: each instance is handled by one at a time", handled_once, twins)
        run.test("an orchestrator is killed: the other goes on with what it did", orchestrator_killed, twins)


if __name__ == "__main__":
    main()
