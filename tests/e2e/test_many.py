#!/usr/bin/env python3
"""Two orchestrators and 200 instances, made and ended: each is handled by one at a time, and what the
ledger says was paid is what the provider's bill says."""

import concurrent.futures
import datetime
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from bill import bill_owner  # noqa: E402
from checks import Run, equal, expect, wait_until  # noqa: E402
from stack import Stack  # noqa: E402

INSTANCES = 200
AT_ONCE = 8
# Nobody dies here, and so many calls at once may take their time.
PATIENT = {"PROVIDER_CALL_TIMEOUT_SECONDS": "15", "JOB_LEASE_SECONDS": "60"}
READY_SECONDS = 180
OVER_SECONDS = 120


def ask_all(stack, ask, things):
    """Over a few sessions at once, as several people would."""
    clients = [stack.client() for _ in range(AT_ONCE)]

    def share(place):
        return [ask(clients[place], thing) for thing in things[place::AT_ONCE]]

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return [made for share_of in pool.map(share, range(AT_ONCE)) for made in share_of]


def count_in(stack, status):
    return int(stack.database.value(f"SELECT count(*) FROM instances WHERE status = '{status}'"))


def make_all(stack):
    ask_all(stack, lambda client, _: client.deploy(), range(INSTANCES))
    wait_until("all are ready", lambda: count_in(stack, "ready") == INSTANCES, READY_SECONDS)


def end_all(stack):
    instances = [row[0] for row in stack.database.rows("SELECT id FROM instances")]
    ask_all(stack, lambda client, instance: client.terminate(instance), instances)
    wait_until("all are terminated", lambda: count_in(stack, "terminated") == INSTANCES, OVER_SECONDS)
    stack.expect_nothing_rented(0)


def both_took_part(stack):
    shares = stack.database.rows("SELECT orchestrator_id, sum(applied) FROM job_runs"
                                 " GROUP BY 1 HAVING sum(applied) > 0")
    equal(len(shares), 2, f"the number of orchestrators that applied anything ({shares})")


def one_at_a_time(stack):
    """A claim's token belongs to one orchestrator; the journal's tokens never fall back, and what was
    called under one token was over before anything was called or applied under the next."""
    fallen = stack.database.rows(
        "SELECT instance_id, seq, token, earlier FROM ("
        "  SELECT instance_id, seq, (metadata->>'token')::bigint AS token,"
        "         max((metadata->>'token')::bigint) OVER (PARTITION BY instance_id ORDER BY seq"
        "             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier"
        "    FROM action_logs WHERE component = 'orchestrator' AND metadata ? 'token') l"
        " WHERE token < earlier")
    equal(fallen, [], "what the journal tells under an earlier claim after a later one")
    untold = stack.database.value(
        "SELECT count(*) FROM action_logs WHERE component = 'orchestrator' AND instance_id IS NOT NULL"
        " AND rule IS NOT NULL AND NOT metadata ? 'token'")
    equal(untold, "0", "the number of transitions whose claim the journal does not tell")
    overlaps = stack.database.rows(
        "SELECT a.instance_id, a.kind, b.kind FROM provider_operations a JOIN provider_operations b"
        "    ON b.instance_id = a.instance_id AND b.op_id <> a.op_id AND b.started_at >= a.started_at"
        " WHERE b.started_at < a.ended_at")
    equal(overlaps, [], "calls of one instance that overlap")
    two_hands = stack.database.rows(
        "SELECT instance_id, metadata->>'token' FROM action_logs"
        " WHERE component = 'orchestrator' AND metadata ? 'orchestrator'"
        " GROUP BY 1, 2 HAVING count(DISTINCT metadata->>'orchestrator') > 1")
    equal(two_hands, [], "claims that two orchestrators worked under")
    creates = stack.database.value(
        "SELECT count(*) FROM provider_operations WHERE kind = 'server_create'")
    equal(creates, str(INSTANCES), "the number of creates")


def seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def bill_of(stack):
    """Of each instance: from the first moment that anything was rented to the last."""
    spans = {}
    for item in stack.cloud.bill()["items"]:
        owner = bill_owner(item)
        since, until = seconds_of(item["since"]), seconds_of(item["until"])
        first, last = spans.get(owner, (since, until))
        spans[owner] = (min(first, since), max(last, until))
    return spans


def ledger_of(stack):
    rows = stack.database.rows(
        "SELECT s.instance_id, extract(epoch FROM s.occurred_at), extract(epoch FROM e.occurred_at)"
        "  FROM outbox s JOIN outbox e USING (instance_id)"
        " WHERE s.type = 'EVT:INSTANCE_COST_START' AND e.type = 'EVT:INSTANCE_COST_STOP'")
    return {row[0]: (float(row[1]), float(row[2])) for row in rows}


def pairwise(stack):
    odd = stack.database.rows(
        "SELECT i.id, count(*) FILTER (WHERE o.type = 'EVT:INSTANCE_COST_START'),"
        "       count(*) FILTER (WHERE o.type = 'EVT:INSTANCE_COST_STOP')"
        "  FROM instances i LEFT JOIN outbox o ON o.instance_id = i.id GROUP BY 1"
        " HAVING count(*) FILTER (WHERE o.type = 'EVT:INSTANCE_COST_START') <> 1"
        "     OR count(*) FILTER (WHERE o.type = 'EVT:INSTANCE_COST_STOP') <> 1")
    equal(odd, [], "instances whose START and STOP are not one each")
    wait_until("everything in the outbox is published", lambda: stack.database.value(
        "SELECT count(*) FROM outbox WHERE published_at IS NULL") == "0", 15)


def ledger_is_the_bill(stack):
    bill, ledger = bill_of(stack), ledger_of(stack)
    equal(sorted(bill), sorted(ledger), "those who are in the ledger")
    far = {}
    for instance, (since, until) in bill.items():
        start, stop = ledger[instance]
        if abs(start - since) > 1 or abs(stop - until) > 1:
            far[instance] = (start - since, stop - until)
    equal(far, {}, "how many seconds START and STOP are off the bill, where that is more than one")
    paid = sum(until - since for since, until in bill.values())
    told = sum(stop - start for start, stop in ledger.values())
    print(f"     bill {paid:.3f} s, ledger {told:.3f} s", flush=True)
    expect(abs(paid - told) < 0.005 * paid, f"the bill is {paid:.3f} s, the ledger {told:.3f} s")


def main():
    with Run() as run, Stack(**PATIENT) as stack:
        run.after_each(stack.expect_invariants)
        stack.start("orchestrator-2")
        run.test(f"two orchestrators bring {INSTANCES} instances to ready", make_all, stack)
        run.test("and give all of them back", end_all, stack)
        run.test("both took part", both_took_part, stack)
        run.test("each instance was handled by one at a time", one_at_a_time, stack)
        run.test("each instance has one START and one STOP, all published", pairwise, stack)
        run.test("what the ledger says was paid is the bill, to the second", ledger_is_the_bill, stack)


if __name__ == "__main__":
    main()
